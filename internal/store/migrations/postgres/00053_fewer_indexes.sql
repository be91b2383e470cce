-- +goose Up

-- Every launch writes to each index of three tables. A connection's log and its
-- last success are read along one; whoever came last is not looked for by the
-- time, which every launch of theirs would move.
create index launches_of on launches (workspace_id, connection_id, at, id, outcome);
drop index launches_connection;
drop index launches_last;
drop index learners_seen;

-- +goose Down

create index learners_seen on learners (workspace_id, seen_at);
create index launches_last on launches (workspace_id, connection_id, outcome, at);
create index launches_connection on launches (workspace_id, connection_id, at, id);
drop index launches_of;
