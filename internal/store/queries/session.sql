-- name: Session :one
select * from sessions where workspace_id = @workspace_id and id = @id;

-- name: OpenSession :one
select * from sessions
where workspace_id = @workspace_id and learner_id = @learner_id and link_id = @link_id and scenario_id = @scenario_id and ended_at = 0
order by started_at desc, id desc
limit 1;

-- name: SessionsOf :many
select s.* from learners l
join learners same on same.workspace_id = l.workspace_id and same.history = l.history
join sessions s on s.workspace_id = l.workspace_id and s.learner_id = same.id
where l.workspace_id = @workspace_id and l.id = @learner_id and s.link_id = @link_id and s.scenario_id = @scenario_id
order by s.started_at desc, s.id desc;

-- name: History :many
select sqlc.embed(s), c.slug, c.title as scenario, r.title as activity, r.context_title as course, r.in_context
from learners l
join sessions s on s.workspace_id = l.workspace_id and s.learner_id = l.id
join scenarios c on c.workspace_id = s.workspace_id and c.id = s.scenario_id
join resource_links r on r.workspace_id = s.workspace_id and r.id = s.link_id
where l.workspace_id = @workspace_id and l.history = @history
order by s.started_at desc, s.id desc
limit cast(@rows as bigint);

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
