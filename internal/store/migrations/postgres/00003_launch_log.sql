-- +goose Up

-- What the launch log tells beside the check that failed: the verified token's
-- claims with personal values masked (JSON), how long the answer took, and by
-- which way the browser was recognised.
alter table launches add column claims text not null default '';
alter table launches add column took_ms bigint not null default 0;
alter table launches add column rung text not null default '';

-- +goose Down

alter table launches drop column rung;
alter table launches drop column took_ms;
alter table launches drop column claims;
