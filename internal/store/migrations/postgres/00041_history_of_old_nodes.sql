-- +goose Up

-- While nodes of the version before 00013 still run, they add learners without
-- a history; those would all be one person. It is the learner's own ID then.
update learners set history = id where history = '';

-- +goose StatementBegin
create function learners_own_history() returns trigger language plpgsql as $$
begin
	new.history := new.id;
	return new;
end $$;
-- +goose StatementEnd

create trigger learners_own_history before insert on learners
	for each row when (new.history = '') execute function learners_own_history();

-- +goose Down

drop trigger learners_own_history on learners;
drop function learners_own_history;
