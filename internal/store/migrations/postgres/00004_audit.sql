-- +goose Up

-- Who did what. Rows are added with the change and never altered. An actor or
-- a noun may be gone by now: its name is kept, and nothing refers to it.
create table audit (
	workspace_id text collate "C" not null references workspaces (id),
	id           text collate "C" not null,
	at           bigint not null,
	actor        text collate "C" not null, -- empty: nobody who had signed in
	actor_name   text collate "C" not null,
	action       text collate "C" not null,
	noun         text collate "C" not null,
	noun_id      text collate "C" not null,
	label        text not null,
	changes      text not null, -- JSON
	primary key (workspace_id, id)
);
create index audit_at on audit (workspace_id, at, id);
create index audit_actor on audit (workspace_id, actor, at, id);

-- What is remembered of workspaces that are gone: the instance's own.
create table instance_audit (
	id         text collate "C" primary key,
	at         bigint not null,
	actor      text collate "C" not null,
	actor_name text collate "C" not null,
	action     text collate "C" not null,
	noun       text collate "C" not null,
	noun_id    text collate "C" not null,
	label      text not null,
	changes    text not null -- JSON
);
create index instance_audit_at on instance_audit (at, id);

-- +goose Down

drop table instance_audit;
drop table audit;
