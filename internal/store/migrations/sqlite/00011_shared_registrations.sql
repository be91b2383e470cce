-- +goose Up

-- Registrations that belong to the instance: one client ID for all customers of
-- a tool. Workspaces share them, deployment by deployment.
create table shared_registrations (
	id           text primary key,
	platform     text not null,
	issuer       text not null,
	client_id    text not null,
	auth_url     text not null,
	token_url    text not null,
	key_set_url  text not null,
	audience     text not null,
	product      text not null,
	claimants    text not null, -- who may claim a deployment
	disabled     integer not null,
	key_set      blob not null,
	key_set_at   integer not null,
	connected_at integer not null,
	updated_at   integer not null,
	unique (issuer, client_id)
) strict;

-- The keys with which the instance signs for them.
create table instance_keys (
	id           text primary key,
	public       blob not null,
	sealed       blob not null,
	created_at   integer not null,
	signs_at     integer not null,
	retires_at   integer not null,
	withdrawn_at integer not null,
	used_at      integer not null
) strict;

-- The registration that a connection shares; empty: it has its own.
alter table connections add column registration_id text not null default '';

-- Which deployment belongs to which workspace: to one.
create table deployment_claims (
	workspace_id    text not null references workspaces (id),
	registration_id text not null references shared_registrations (id),
	deployment      text not null,
	connection_id   text not null,
	site_id         text not null, -- tool_platform.guid, as the LMS signed it
	site_name       text not null,
	claimed_at      integer not null,
	primary key (workspace_id, registration_id, deployment),
	unique (registration_id, deployment),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
) strict;
create index deployment_claims_connection on deployment_claims (workspace_id, connection_id);

-- One-time codes of workspaces, as keyed hashes.
create table claim_codes (
	workspace_id text not null references workspaces (id),
	id           text not null,
	code_hash    text not null unique,
	created_by   text not null, -- empty: the command line
	created_at   integer not null,
	expires_at   integer not null,
	used_at      integer not null,
	revoked_at   integer not null,
	primary key (workspace_id, id)
) strict;

-- Administrators of an LMS who launched from a deployment that is nobody's yet.
-- The row spends the launch's state, and counts the codes that were wrong.
create table arrivals (
	id              text primary key,
	registration_id text not null references shared_registrations (id) on delete cascade,
	deployment      text not null,
	state_id        text not null unique,
	site_id         text not null,
	site_name       text not null,
	product         text not null,
	at              integer not null,
	expires_at      integer not null,
	wrong_codes     integer not null,
	used_at         integer not null
) strict;
create index arrivals_deployment on arrivals (registration_id, deployment, at);
create index arrivals_expiry on arrivals (expires_at);

-- +goose Down

drop table arrivals;
drop table claim_codes;
drop table deployment_claims;
alter table connections drop column registration_id;
drop table instance_keys;
drop table shared_registrations;
