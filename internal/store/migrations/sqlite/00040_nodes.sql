-- +goose Up

-- The servers on this database. Each counts up now and then; one whose number
-- stands still is gone. No clock is compared.
create table nodes (
	id    text primary key,
	beats integer not null
);

-- What one server does for all. Nobody else begins it before lease_until.
create table chores (
	name        text primary key,
	lease_until integer not null
);

-- +goose Down

drop table chores;
drop table nodes;
