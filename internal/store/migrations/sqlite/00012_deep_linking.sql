-- +goose Up

-- A deep linking request is answered once: when, and with how many items.
alter table launches add column answered_at integer not null default 0;
alter table launches add column answered_items integer not null default 0;

-- +goose Down

alter table launches drop column answered_items;
alter table launches drop column answered_at;
