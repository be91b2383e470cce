-- +goose Up

-- When a key signs, and when it last did. A key that was there signs from the
-- day it was made until the next one was.

alter table keys add column signs_at integer not null default 0;
alter table keys add column retires_at integer not null default 0;
alter table keys add column withdrawn_at integer not null default 0;
alter table keys add column used_at integer not null default 0;

update keys set signs_at = created_at, retires_at = coalesce((
	select min(later.created_at) from keys later
	where later.workspace_id = keys.workspace_id and later.created_at > keys.created_at
), 0);

-- What platforms have made of a key's signatures.

create table key_uses (
	workspace_id  text not null,
	key_id        text not null,
	connection_id text not null,
	accepted_at   integer not null,
	refused_at    integer not null,
	primary key (workspace_id, key_id, connection_id),
	foreign key (workspace_id, key_id) references keys (workspace_id, id),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
) strict;
create index key_uses_connection on key_uses (workspace_id, connection_id);

-- +goose Down
drop table key_uses;
alter table keys drop column signs_at;
alter table keys drop column retires_at;
alter table keys drop column withdrawn_at;
alter table keys drop column used_at;
