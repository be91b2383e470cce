-- +goose Up

-- A sign-in carries the generation in which it began, and opens nothing once
-- the person has a later one.
alter table people add column generation bigint not null default 0;

-- One-time links for people: only the hash of the token is kept. The operator's
-- are in no workspace, so that workspace_id refers to nothing.
create table person_links (
	workspace_id text collate "C" not null, -- empty: made on the command line for a person of any workspace
	id           text collate "C" not null,
	token_hash   text collate "C" not null unique,
	kind         text collate "C" not null,
	person_id    text collate "C" not null, -- of a reset
	email        text collate "C" not null, -- of an invitation
	name         text not null, -- of an invitation, may be empty
	role         text collate "C" not null, -- of an invitation
	created_by   text collate "C" not null, -- empty: the command line
	created_at   bigint not null,
	expires_at   bigint not null,
	used_at      bigint not null,
	revoked_at   bigint not null,
	primary key (workspace_id, id)
);
create index person_links_person on person_links (person_id);

-- +goose Down

drop table person_links;
alter table people drop column generation;
