-- +goose Up

-- Who did what. Rows are added with the change and never altered. An actor or
-- a noun may be gone by now: its name is kept, and nothing refers to it.
create table audit (
	workspace_id text not null references workspaces (id),
	id           text not null,
	at           integer not null,
	actor        text not null, -- empty: nobody who had signed in
	actor_name   text not null,
	action       text not null,
	noun         text not null,
	noun_id      text not null,
	label        text not null,
	changes      text not null, -- JSON
	primary key (workspace_id, id)
) strict;
create index audit_at on audit (workspace_id, at, id);
create index audit_actor on audit (workspace_id, actor, at, id);

-- What is remembered of workspaces that are gone: the instance's own.
create table instance_audit (
	id         text primary key,
	at         integer not null,
	actor      text not null,
	actor_name text not null,
	action     text not null,
	noun       text not null,
	noun_id    text not null,
	label      text not null,
	changes    text not null -- JSON
) strict;
create index instance_audit_at on instance_audit (at, id);

-- +goose Down

drop table instance_audit;
drop table audit;
