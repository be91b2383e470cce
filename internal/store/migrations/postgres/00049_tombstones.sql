-- +goose Up

-- Who was erased and is not brought back by a roster: for each connection a
-- mark (an HMAC of the subject), and nothing of the person.
create table tombstones (
	workspace_id  text collate "C" not null,
	connection_id text collate "C" not null,
	mark          text collate "C" not null,
	at            bigint not null,
	primary key (workspace_id, connection_id, mark),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
);

-- +goose Down

drop table tombstones;
