-- +goose Up

-- The duty to find or make the gradebook column of a link that was launched
-- without one: the row is the queue, and remembers what came of it.
create table line_item_duties (
	workspace_id  text collate "C" not null,
	link_id       text collate "C" not null,
	connection_id text collate "C" not null,
	state         text not null,
	next_try      bigint not null,
	attempts      bigint not null,
	lease_until   bigint not null,
	answer        text not null,
	line_item_id  text collate "C" not null, -- empty until it is made
	primary key (workspace_id, link_id),
	foreign key (workspace_id, link_id) references resource_links (workspace_id, id) on delete cascade,
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
);
create index line_item_duties_due on line_item_duties (state, next_try);
create index line_item_duties_lane on line_item_duties (workspace_id, connection_id, state, next_try);

-- +goose Down

drop table line_item_duties;
