-- +goose Up

-- While nodes of the version before 00009 still run, they post what was earned
-- over what an instructor decided, and call the duty done. It is due once more,
-- a minute later, until a node that knows of the decision has brought it.

-- +goose StatementBegin
create function passbacks_decision_stands() returns trigger language plpgsql as $$
begin
	new.state := 'waiting';
	new.attempts := 0;
	new.since := new.posted_at;
	new.next_try := new.posted_at + 60000;
	return new;
end $$;
-- +goose StatementEnd

create trigger passbacks_decision_stands before update on passbacks
	for each row when (new.override <> '' and new.state = 'sent' and new.posted <> new.override_score)
	execute function passbacks_decision_stands();

-- +goose Down

drop trigger passbacks_decision_stands on passbacks;
drop function passbacks_decision_stands;
