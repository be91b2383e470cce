-- name: Session :one
select * from sessions where workspace_id = @workspace_id and id = @id;

-- name: OpenSession :one
select * from sessions
where workspace_id = @workspace_id and learner_id = @learner_id and link_id = @link_id and scenario_id = @scenario_id and ended_at = 0
order by started_at desc, id desc
limit 1;

-- name: SessionsOf :many
select * from sessions
where workspace_id = @workspace_id and learner_id = @learner_id and link_id = @link_id and scenario_id = @scenario_id
order by started_at desc, id desc;

-- name: EndedSessions :many
select * from sessions
where workspace_id = @workspace_id and ended_at > 0
order by ended_at desc, id desc
limit cast(@rows as bigint);

-- Parameters in the order of SaveSession: one Go value serves both.
-- name: AddSession :exec
insert into sessions (learner_id, link_id, launch_id, scenario_id, version, seed, standing, started_at, ended_at, score, line_item_id, workspace_id, id)
values (@learner_id, @link_id, @launch_id, @scenario_id, @version, @seed, @standing, @started_at, @ended_at, @score, @line_item_id, @workspace_id, @id);

-- name: SaveSession :execrows
update sessions
set learner_id = @learner_id, link_id = @link_id, launch_id = @launch_id, scenario_id = @scenario_id, version = @version,
	seed = @seed, standing = @standing, started_at = @started_at, ended_at = @ended_at, score = @score, line_item_id = @line_item_id
where workspace_id = @workspace_id and id = @id;

-- name: Picks :many
select * from picks where workspace_id = @workspace_id and session_id = @session_id order by turn;

-- name: AddPick :execrows
insert into picks (workspace_id, session_id, turn, choice, at)
values (@workspace_id, @session_id, @turn, @choice, @at)
on conflict (workspace_id, session_id, turn) do nothing;
