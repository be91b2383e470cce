-- +goose Up

-- What a copied course was made of, and what an older tool called things.
alter table resource_links add column copied_from text collate "C" not null default '';
alter table resource_links add column legacy_id text collate "C" not null default '';
alter table contexts add column copied_from text collate "C" not null default '';
alter table learners add column legacy_id text collate "C" not null default '';

-- Notices that were taken, so that none is taken twice: by the platform's name
-- for it, and by the nonce of its token (a SHA-256: nonces have no length that
-- an index could rely on).
create table notices (
	workspace_id  text collate "C" not null,
	connection_id text collate "C" not null,
	deployment    text collate "C" not null,
	notice_id     text collate "C" not null,
	nonce_hash    text collate "C" not null,
	type          text not null,
	at            bigint not null,
	received_at   bigint not null,
	primary key (workspace_id, connection_id, deployment, notice_id),
	unique (workspace_id, connection_id, nonce_hash),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
);
create index notices_received on notices (workspace_id, received_at);

-- Where a deployment takes subscriptions to notices, and what it was asked for.
create table notice_services (
	workspace_id  text collate "C" not null,
	connection_id text collate "C" not null,
	deployment    text collate "C" not null,
	url           text not null,
	copies        boolean not null, -- it tells of copied courses
	handler       text not null, -- where it sends them; empty: nowhere
	next_try      bigint not null,
	attempts      bigint not null,
	answer        text not null,
	primary key (workspace_id, connection_id, deployment),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
);

-- Consumer keys of LTI 1.1, with which a platform proves that the ids of an
-- older tool are its own; and what that tool's activities are here.
create table legacy_keys (
	workspace_id  text collate "C" not null,
	connection_id text collate "C" not null,
	consumer_key  text collate "C" not null,
	sealed        bytea not null,
	created_at    bigint not null,
	primary key (workspace_id, connection_id, consumer_key),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
);

create table legacy_links (
	workspace_id  text collate "C" not null,
	connection_id text collate "C" not null,
	legacy_id     text collate "C" not null,
	scenario_id   text collate "C" not null,
	primary key (workspace_id, connection_id, legacy_id),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade,
	foreign key (workspace_id, scenario_id) references scenarios (workspace_id, id)
);

-- +goose Down

drop table legacy_links;
drop table legacy_keys;
drop table notice_services;
drop table notices;
alter table learners drop column legacy_id;
alter table contexts drop column copied_from;
alter table resource_links drop column legacy_id;
alter table resource_links drop column copied_from;
