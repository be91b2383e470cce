-- +goose Up

-- By which way the browser was recognised; empty: it was not, or nobody noted.
alter table launches add column rung text not null default '';

-- +goose Down

alter table launches drop column rung;
