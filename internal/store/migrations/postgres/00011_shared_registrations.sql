-- +goose Up

-- Registrations that belong to the instance: one client ID for all customers of
-- a tool. Workspaces share them, deployment by deployment.
create table shared_registrations (
	id           text collate "C" primary key,
	platform     text not null,
	issuer       text collate "C" not null,
	client_id    text collate "C" not null,
	auth_url     text collate "C" not null,
	token_url    text collate "C" not null,
	key_set_url  text collate "C" not null,
	audience     text collate "C" not null,
	product      text collate "C" not null,
	claimants    text collate "C" not null, -- who may claim a deployment
	disabled     boolean not null,
	key_set      bytea not null,
	key_set_at   bigint not null,
	connected_at bigint not null,
	updated_at   bigint not null,
	unique (issuer, client_id)
);

-- The keys with which the instance signs for them.
create table instance_keys (
	id           text collate "C" primary key,
	public       bytea not null,
	sealed       bytea not null,
	created_at   bigint not null,
	signs_at     bigint not null,
	retires_at   bigint not null,
	withdrawn_at bigint not null,
	used_at      bigint not null
);

-- The registration that a connection shares; empty: it has its own.
alter table connections add column registration_id text collate "C" not null default '';

-- Which deployment belongs to which workspace: to one.
create table deployment_claims (
	workspace_id    text collate "C" not null references workspaces (id),
	registration_id text collate "C" not null references shared_registrations (id),
	deployment      text collate "C" not null,
	connection_id   text collate "C" not null,
	site_id         text collate "C" not null, -- tool_platform.guid, as the LMS signed it
	site_name       text not null,
	claimed_at      bigint not null,
	primary key (workspace_id, registration_id, deployment),
	unique (registration_id, deployment),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
);
create index deployment_claims_connection on deployment_claims (workspace_id, connection_id);

-- One-time codes of workspaces, as keyed hashes.
create table claim_codes (
	workspace_id text collate "C" not null references workspaces (id),
	id           text collate "C" not null,
	code_hash    text collate "C" not null unique,
	created_by   text collate "C" not null, -- empty: the command line
	created_at   bigint not null,
	expires_at   bigint not null,
	used_at      bigint not null,
	revoked_at   bigint not null,
	primary key (workspace_id, id)
);

-- Administrators of an LMS who launched from a deployment that is nobody's yet.
-- The row spends the launch's state, and counts the codes that were wrong.
create table arrivals (
	id              text collate "C" primary key,
	registration_id text collate "C" not null references shared_registrations (id) on delete cascade,
	deployment      text collate "C" not null,
	state_id        text collate "C" not null unique,
	site_id         text collate "C" not null,
	site_name       text not null,
	product         text collate "C" not null,
	at              bigint not null,
	expires_at      bigint not null,
	wrong_codes     bigint not null,
	used_at         bigint not null
);
create index arrivals_deployment on arrivals (registration_id, deployment, at);
create index arrivals_expiry on arrivals (expires_at);

-- +goose Down

drop table arrivals;
drop table claim_codes;
drop table deployment_claims;
alter table connections drop column registration_id;
drop table instance_keys;
drop table shared_registrations;
