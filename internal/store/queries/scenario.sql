-- name: Scenarios :many
select * from scenarios where workspace_id = @workspace_id and not archived order by id;

-- name: Scenario :one
select * from scenarios where workspace_id = @workspace_id and id = @id;

-- name: ScenarioBySlug :one
select * from scenarios where workspace_id = @workspace_id and slug = @slug;

-- name: ScenarioVersion :one
select * from scenario_versions
where workspace_id = @workspace_id and scenario_id = @scenario_id and version = @version;

-- name: SaveScenario :exec
insert into scenarios (workspace_id, id, slug, title, description, objective, difficulty, version, created_at, updated_at, archived, rule, completion)
values (@workspace_id, @id, @slug, @title, @description, @objective, @difficulty, @version, @created_at, @updated_at, @archived, @rule, @completion)
on conflict (workspace_id, id) do update set
	slug = excluded.slug, title = excluded.title, description = excluded.description, objective = excluded.objective,
	difficulty = excluded.difficulty, version = excluded.version, created_at = excluded.created_at,
	updated_at = excluded.updated_at, archived = excluded.archived;

-- name: AddScenarioVersion :execrows
insert into scenario_versions (workspace_id, scenario_id, version, source, compiled, saved_at)
values (@workspace_id, @scenario_id, @version, @source, @compiled, @saved_at)
on conflict (workspace_id, scenario_id, version) do nothing;

-- name: SaveGrading :execrows
update scenarios set rule = @rule, completion = @completion where workspace_id = @workspace_id and id = @id;
