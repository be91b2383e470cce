-- +goose Up

-- What the LMS's gradebook said when its results were read last: when and how
-- for the whole column, and the points of each passback's learner.
alter table line_items add column results_at bigint not null default 0;
alter table line_items add column results_answer text not null default ''; -- empty: they were read
alter table passbacks add column read_at bigint not null default 0;
alter table passbacks add column read_points double precision not null default 0;
alter table passbacks add column read_maximum double precision not null default 0; -- 0: no score stands there

-- +goose Down

alter table passbacks drop column read_maximum;
alter table passbacks drop column read_points;
alter table passbacks drop column read_at;
alter table line_items drop column results_answer;
alter table line_items drop column results_at;
