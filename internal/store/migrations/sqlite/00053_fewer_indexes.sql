-- +goose Up

-- Every launch writes to each index of three tables. A connection's log and its
-- last success are read along one; whoever came last is not looked for by the
-- time, which every launch of theirs would move.
create index launches_of on launches (workspace_id, connection_id, at, id, outcome);
drop index launches_connection;
drop index launches_last;
drop index learners_seen;

-- A membership is its key and little else: it is kept in the index of its key.
alter table context_members rename to context_members_before;
create table context_members (
	workspace_id text not null,
	context_id   text not null,
	learner_id   text not null,
	learns       integer not null,
	teaches      integer not null,
	status       text not null,
	source       text not null, -- who told the roles: a launch outranks a roster
	first_seen   integer not null,
	last_seen    integer not null,
	primary key (workspace_id, context_id, learner_id),
	foreign key (workspace_id, context_id) references contexts (workspace_id, id) on delete cascade,
	foreign key (workspace_id, learner_id) references learners (workspace_id, id) on delete cascade
) strict, without rowid;
insert into context_members
select workspace_id, context_id, learner_id, learns, teaches, status, source, first_seen, last_seen
from context_members_before order by workspace_id, context_id, learner_id;
drop table context_members_before;
create index context_members_learner on context_members (workspace_id, learner_id);

-- +goose Down

create index learners_seen on learners (workspace_id, seen_at);
create index launches_last on launches (workspace_id, connection_id, outcome, at);
create index launches_connection on launches (workspace_id, connection_id, at, id);
drop index launches_of;
