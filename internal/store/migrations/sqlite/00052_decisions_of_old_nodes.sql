-- +goose Up

-- A program of the version before 00009 would post what was earned over what an
-- instructor decided, and call the duty done. It is due once more, a minute
-- later, until a program that knows of the decision has brought it.
-- +goose StatementBegin
create trigger passbacks_decision_stands after update on passbacks
	when new.override <> '' and new.state = 'sent' and new.posted <> new.override_score
begin
	update passbacks set state = 'waiting', attempts = 0, since = new.posted_at, next_try = new.posted_at + 60000
	where workspace_id = new.workspace_id and id = new.id;
end;
-- +goose StatementEnd

-- +goose Down

drop trigger passbacks_decision_stands;
