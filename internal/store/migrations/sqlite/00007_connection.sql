-- +goose Up

-- What administrators decide about a connection: the LMS it is (empty: as its
-- product says), whether people may launch whom it does not name, and whether
-- to make a gradebook column where a launch brings none.
alter table connections add column profile text not null default '';
alter table connections add column allow_anonymous integer not null default 0;
alter table connections add column make_line_items integer not null default 0;

-- What a dynamic registration leaves behind: where the platform's configuration
-- is, the scopes that were asked for (JSON), and where and by which token
-- (sealed) the registration can be changed.
alter table connections add column configuration_url text not null default '';
alter table connections add column asked text not null default '';
alter table connections add column registration_url text not null default '';
alter table connections add column registration_token blob not null default x'';

-- What the token endpoint last said about each scope, and the last test, both
-- JSON. A test is under way until test_until.
alter table connections add column heard text not null default '';
alter table connections add column test text not null default '';
alter table connections add column test_until integer not null default 0;

create index audit_noun on audit (workspace_id, noun, noun_id, at, id);

-- +goose Down

drop index audit_noun;
alter table connections drop column test_until;
alter table connections drop column test;
alter table connections drop column heard;
alter table connections drop column registration_token;
alter table connections drop column registration_url;
alter table connections drop column asked;
alter table connections drop column configuration_url;
alter table connections drop column make_line_items;
alter table connections drop column allow_anonymous;
alter table connections drop column profile;
