-- +goose Up

-- Grows with every change to what launches read and keep in memory.
alter table workspaces add column version integer not null default 0;

-- +goose Down

alter table workspaces drop column version;
