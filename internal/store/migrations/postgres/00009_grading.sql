-- +goose Up

-- Which of a learner's scores counts, and whether ending a talk is enough.
alter table scenarios add column rule text not null default 'best';
alter table scenarios add column completion boolean not null default false;

-- What an instructor decided: a score, or none in its place. It stands until
-- it is lifted.
alter table passbacks add column override text not null default ''; -- score, cleared; empty: nothing was decided
alter table passbacks add column override_score text not null default '';
alter table passbacks add column override_comment text not null default '';
alter table passbacks add column override_by text collate "C" not null default '';
alter table passbacks add column override_at bigint not null default 0;
alter table passbacks add column lifted_at bigint not null default 0;

-- +goose Down

alter table passbacks drop column lifted_at;
alter table passbacks drop column override_at;
alter table passbacks drop column override_by;
alter table passbacks drop column override_comment;
alter table passbacks drop column override_score;
alter table passbacks drop column override;
alter table scenarios drop column completion;
alter table scenarios drop column rule;
