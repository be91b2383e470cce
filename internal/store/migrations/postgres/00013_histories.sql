-- +goose Up

-- Learners of one history are one person to us, whatever their LMSes call them.
-- Each keeps its own subject, for its own LMS knows no other.
alter table learners add column history text collate "C" not null default '';
update learners set history = id;
create index learners_history on learners (workspace_id, history);

-- What a person's erasure looks for.
create index launches_learner on launches (workspace_id, learner_id, at) where learner_id <> '';
create index launches_for_learner on launches (workspace_id, for_learner_id) where for_learner_id <> '';

-- After how many months practice is erased; 0: never.
alter table workspaces add column retention_months integer not null default 0;
create index sessions_started on sessions (workspace_id, started_at, id);

-- +goose Down

drop index sessions_started;
alter table workspaces drop column retention_months;
drop index launches_for_learner;
drop index launches_learner;
drop index learners_history;
alter table learners drop column history;
