-- +goose Up

-- What belongs to the instance.

create table workspaces (
	id         text primary key,
	slug       text not null unique,
	name       text not null,
	created_at integer not null
) strict;

create table people (
	id            text primary key,
	email         text not null unique,
	name          text not null,
	password_hash text not null,
	created_at    integer not null
) strict;

create table members (
	workspace_id text not null references workspaces (id),
	person_id    text not null references people (id),
	role         text not null,
	joined_at    integer not null,
	primary key (workspace_id, person_id)
) strict;
create index members_person on members (person_id);

create table sign_ins (
	token_hash text primary key,
	data       blob not null,
	expires_at integer not null
) strict;
create index sign_ins_expiry on sign_ins (expires_at);

-- What belongs to one workspace: workspace_id leads every key.

create table keys (
	workspace_id text not null references workspaces (id),
	id           text not null,
	public       blob not null,
	sealed       blob not null,
	created_at   integer not null,
	primary key (workspace_id, id)
) strict;

create table connections (
	workspace_id       text not null references workspaces (id),
	id                 text not null,
	platform           text not null,
	issuer             text not null,
	client_id          text not null,
	accept_deployments integer not null,
	auth_url           text not null,
	token_url          text not null,
	key_set_url        text not null,
	audience           text not null,
	how                text not null,
	product            text not null,
	scopes             text not null, -- JSON
	missing            text not null, -- JSON
	disabled           integer not null,
	key_set            blob not null,
	key_set_at         integer not null,
	connected_at       integer not null,
	updated_at         integer not null,
	primary key (workspace_id, id),
	unique (workspace_id, issuer, client_id)
) strict;

create table deployments (
	workspace_id  text not null,
	connection_id text not null,
	deployment    text not null,
	position      integer not null,
	primary key (workspace_id, connection_id, deployment),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
) strict;

create table invites (
	workspace_id  text not null references workspaces (id),
	id            text not null,
	created_by    text not null, -- empty: the command line
	created_at    integer not null,
	expires_at    integer not null,
	used_at       integer not null,
	revoked_at    integer not null,
	lease_until   integer not null,
	connection_id text not null, -- empty until used, and after the connection is gone
	primary key (workspace_id, id)
) strict;

create table scenarios (
	workspace_id text not null references workspaces (id),
	id           text not null,
	slug         text not null,
	title        text not null,
	description  text not null,
	objective    text not null,
	difficulty   text not null,
	version      integer not null,
	created_at   integer not null,
	updated_at   integer not null,
	archived     integer not null,
	primary key (workspace_id, id),
	unique (workspace_id, slug)
) strict;

create table scenario_versions (
	workspace_id text not null,
	scenario_id  text not null,
	version      integer not null,
	source       blob not null,
	compiled     blob not null,
	saved_at     integer not null,
	primary key (workspace_id, scenario_id, version),
	foreign key (workspace_id, scenario_id) references scenarios (workspace_id, id)
) strict;

create table learners (
	workspace_id  text not null,
	id            text not null,
	connection_id text not null,
	subject       text not null,
	name          text not null,
	email         text not null,
	locale        text not null,
	created_at    integer not null,
	seen_at       integer not null,
	primary key (workspace_id, id),
	unique (workspace_id, connection_id, subject),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
) strict;
create index learners_seen on learners (workspace_id, seen_at);

create table resource_links (
	workspace_id  text not null,
	id            text not null,
	connection_id text not null,
	deployment    text not null,
	platform_id   text not null,
	title         text not null,
	context_id    text not null,
	context_title text not null,
	primary key (workspace_id, id),
	unique (workspace_id, connection_id, deployment, platform_id),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
) strict;

-- A URL has no length that an index could rely on: its SHA-256 has.
create table line_items (
	workspace_id  text not null,
	id            text not null,
	connection_id text not null,
	link_id       text not null,
	url           text not null,
	url_hash      text not null,
	title         text not null,
	maximum       real not null,
	primary key (workspace_id, id),
	unique (workspace_id, connection_id, url_hash),
	foreign key (workspace_id, link_id) references resource_links (workspace_id, id) on delete cascade,
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
) strict;
create index line_items_link on line_items (workspace_id, link_id);

-- The launch log. Its rows name learner, link, line item and scenario without
-- owing them anything, so that the busiest write keeps few indexes and the log
-- can be swept. A state is null in rows that sign nobody in.
create table launches (
	workspace_id  text not null references workspaces (id),
	id            text not null,
	reference     text not null,
	at            integer not null,
	outcome       text not null,
	connection_id text,
	deployment    text not null,
	message_type  text not null,
	learner_id    text not null,
	link_id       text not null,
	line_item_id  text not null,
	scenario_id   text not null,
	return_url    text not null,
	standing      text not null,
	instructor    integer not null,
	check_name    text not null,
	clause        text not null,
	detail        text not null,
	passed        text not null, -- JSON
	state_id      text,
	sign_in_hash  text not null,
	sign_in_until integer not null,
	primary key (workspace_id, id),
	unique (workspace_id, state_id),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
) strict;
create index launches_reference on launches (workspace_id, reference);
create index launches_at on launches (workspace_id, at, id);
create index launches_connection on launches (workspace_id, connection_id, at, id);
create index launches_last on launches (workspace_id, connection_id, outcome, at);

create table sessions (
	workspace_id text not null,
	id           text not null,
	learner_id   text not null,
	link_id      text not null,
	launch_id    text not null,
	scenario_id  text not null,
	version      integer not null,
	seed         integer not null,
	standing     text not null,
	started_at   integer not null,
	ended_at     integer not null,
	score        text not null, -- given/possible, empty: none
	line_item_id text not null,
	primary key (workspace_id, id),
	foreign key (workspace_id, learner_id) references learners (workspace_id, id) on delete cascade,
	foreign key (workspace_id, link_id) references resource_links (workspace_id, id) on delete cascade,
	foreign key (workspace_id, scenario_id, version) references scenario_versions (workspace_id, scenario_id, version)
) strict;
create index sessions_learner on sessions (workspace_id, learner_id, link_id, scenario_id, started_at);
create index sessions_link on sessions (workspace_id, link_id);
create index sessions_ended on sessions (workspace_id, ended_at, id);

create table picks (
	workspace_id text not null,
	session_id   text not null,
	turn         integer not null,
	choice       integer not null,
	at           integer not null,
	primary key (workspace_id, session_id, turn),
	foreign key (workspace_id, session_id) references sessions (workspace_id, id) on delete cascade
) strict;

-- The row is the queue. changed counts the workspace's saves, for lists.
create table passbacks (
	workspace_id  text not null,
	id            text not null,
	connection_id text not null,
	line_item_id  text not null,
	learner_id    text not null,
	wanted        text not null,
	wanted_at     integer not null,
	posted        text not null, -- empty: nothing yet
	posted_at     integer not null,
	state         text not null,
	attempts      integer not null,
	since         integer not null,
	next_try      integer not null,
	stamp         integer not null,
	lease_until   integer not null,
	answer        text not null,
	changed       integer not null,
	primary key (workspace_id, id),
	unique (workspace_id, line_item_id, learner_id),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade,
	foreign key (workspace_id, line_item_id) references line_items (workspace_id, id) on delete cascade,
	foreign key (workspace_id, learner_id) references learners (workspace_id, id) on delete cascade
) strict;
create index passbacks_due on passbacks (state, next_try);
create index passbacks_lane on passbacks (workspace_id, connection_id, state, next_try);
create index passbacks_posted on passbacks (workspace_id, connection_id, posted_at);
create index passbacks_learner on passbacks (workspace_id, learner_id);
create index passbacks_changed on passbacks (workspace_id, changed);
create index passbacks_state on passbacks (workspace_id, state, changed);

-- +goose Down

drop table passbacks;
drop table picks;
drop table sessions;
drop table launches;
drop table line_items;
drop table resource_links;
drop table learners;
drop table scenario_versions;
drop table scenarios;
drop table invites;
drop table deployments;
drop table connections;
drop table keys;
drop table sign_ins;
drop table members;
drop table people;
drop table workspaces;
