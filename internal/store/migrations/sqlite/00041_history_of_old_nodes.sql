-- +goose Up

-- While a command of the version before 00013 still runs, it adds learners
-- without a history; those would all be one person. It is the learner's own ID
-- then.
update learners set history = id where history = '';

-- +goose StatementBegin
create trigger learners_own_history after insert on learners when new.history = ''
begin
	update learners set history = new.id where workspace_id = new.workspace_id and id = new.id;
end;
-- +goose StatementEnd

-- +goose Down

drop trigger learners_own_history;
