-- name: Identities :many
select * from learners
where workspace_id = @workspace_id and history = @history
order by seen_at desc, id desc;

-- One row for each history: the learner of it who was seen last. Whoever of it
-- is looked for finds it.
-- name: FindLearners :many
select sqlc.embed(l), c.platform,
	(select count(*) from learners i where i.workspace_id = l.workspace_id and i.history = l.history) as identities,
	(select count(*) from learners i join sessions s on s.workspace_id = i.workspace_id and s.learner_id = i.id
		where i.workspace_id = l.workspace_id and i.history = l.history) as sessions
from learners l
join connections c on c.workspace_id = l.workspace_id and c.id = l.connection_id
where l.workspace_id = @workspace_id
	and not exists (
		select 1 from learners later where later.workspace_id = l.workspace_id and later.history = l.history
			and (later.seen_at > l.seen_at or (later.seen_at = l.seen_at and later.id > l.id)))
	and exists (
		select 1 from learners i where i.workspace_id = l.workspace_id and i.history = l.history
			and (cast(@connection_id as text) = '' or i.connection_id = cast(@connection_id as text))
			and (lower(i.name) like lower(cast(@pattern as text)) escape '\'
				or lower(i.email) like lower(cast(@pattern as text)) escape '\'
				or lower(i.subject) like lower(cast(@pattern as text)) escape '\'))
order by
	case when cast(@sort as text) = 'name' and l.name = '' then 1 else 0 end,
	case when cast(@sort as text) = 'name' then lower(l.name) end,
	case when cast(@sort as text) = 'sessions' then (
		select count(*) from learners i join sessions s on s.workspace_id = i.workspace_id and s.learner_id = i.id
		where i.workspace_id = l.workspace_id and i.history = l.history) end desc,
	l.seen_at desc, l.id desc
limit cast(@rows as bigint) offset cast(@skip as bigint);

-- name: LearnersLike :many
select distinct o.* from learners l
join learners o on o.workspace_id = l.workspace_id and o.history <> l.history
	and ((l.email <> '' and lower(o.email) = lower(l.email)) or (l.name <> '' and lower(o.name) = lower(l.name)))
where l.workspace_id = @workspace_id and l.history = @history
order by o.seen_at desc, o.id desc
limit cast(@rows as bigint);

-- name: SetHistory :execrows
update learners set history = @history where workspace_id = @workspace_id and id = @id;

-- What a launch told of somebody goes with them; that there was one stays.
-- name: ForgetLaunches :exec
update launches
set learner_id = '', detail = '', claims = '', return_url = '', deep_linking = '', sign_in_hash = '', sign_in_until = 0
where workspace_id = @workspace_id and learner_id = @learner_id and learner_id <> '';

-- name: ForgetReviews :exec
update launches set for_learner_id = '', claims = ''
where workspace_id = @workspace_id and for_learner_id = @for_learner_id and for_learner_id <> '';

-- name: DeleteLearner :execrows
delete from learners where workspace_id = @workspace_id and id = @id;

-- name: Tombstone :one
select * from tombstones
where workspace_id = @workspace_id and connection_id = @connection_id and mark = @mark;

-- name: AnyTombstone :many
select mark from tombstones where workspace_id = @workspace_id limit 1;

-- name: SaveTombstone :exec
insert into tombstones (workspace_id, connection_id, mark, at)
values (@workspace_id, @connection_id, @mark, @at)
on conflict (workspace_id, connection_id, mark) do update set at = excluded.at;

-- name: LiftTombstone :exec
delete from tombstones
where workspace_id = @workspace_id and connection_id = @connection_id and mark = @mark;

-- name: OldSessions :one
select count(*) from sessions
where workspace_id = @workspace_id and started_at < @before and ended_at < @before;

-- name: SweepSessions :execrows
delete from sessions
where sessions.workspace_id = @workspace_id and sessions.id in (
	select s.id from sessions s
	where s.workspace_id = @workspace_id and s.started_at < @before and s.ended_at < @before
	order by s.started_at, s.id
	limit cast(@rows as bigint)
);

-- Whoever of a history was seen, or has practised, since then keeps all of it.
-- name: OldLearners :many
select l.id from learners l
where l.workspace_id = @workspace_id
	and l.seen_at < @before and l.created_at < @before
	and not exists (
		select 1 from learners i where i.workspace_id = l.workspace_id and i.history = l.history
			and (i.seen_at >= @before or i.created_at >= @before))
	and not exists (
		select 1 from learners i join sessions s on s.workspace_id = i.workspace_id and s.learner_id = i.id
		where i.workspace_id = l.workspace_id and i.history = l.history and (s.started_at >= @before or s.ended_at >= @before))
order by l.id
limit cast(@rows as bigint);

-- name: MembershipsOf :many
select sqlc.embed(m), sqlc.embed(c)
from learners l
join context_members m on m.workspace_id = l.workspace_id and m.learner_id = l.id
join contexts c on c.workspace_id = m.workspace_id and c.id = m.context_id
where l.workspace_id = @workspace_id and l.history = @history
order by m.last_seen desc, m.context_id, m.learner_id;
