-- +goose Up

-- Only what waits is looked for by its time. Rows that fall due together are
-- many when a gradebook is sent again: they are taken in the index's order.
drop index passbacks_due;
drop index passbacks_lane;
create index passbacks_due on passbacks (next_try) where state = 'waiting';
create index passbacks_lane on passbacks (workspace_id, connection_id, next_try, id) where state = 'waiting';

-- +goose Down

drop index passbacks_due;
drop index passbacks_lane;
create index passbacks_due on passbacks (state, next_try);
create index passbacks_lane on passbacks (workspace_id, connection_id, state, next_try);
