-- +goose Up

-- The host that a workspace's URLs carry; empty: the instance's own.
alter table workspaces add column host text not null default '';

-- All hosts on which a workspace answers, those of its older URLs included.
create table hosts (
	workspace_id text not null references workspaces (id),
	name         text not null unique,
	added_at     integer not null,
	primary key (workspace_id, name)
) strict;

-- +goose Down

drop table hosts;
alter table workspaces drop column host;
