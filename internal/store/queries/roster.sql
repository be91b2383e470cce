-- A launch tells what somebody is in a course better than a roster does.
-- name: MeetContextMember :exec
insert into context_members (workspace_id, context_id, learner_id, learns, teaches, status, source, first_seen, last_seen)
values (@workspace_id, @context_id, @learner_id, @learns, @teaches, @status, @source, @first_seen, @last_seen)
on conflict (workspace_id, context_id, learner_id) do update set
	learns = case when excluded.source = 'roster' and context_members.source = 'launch' then context_members.learns else excluded.learns end,
	teaches = case when excluded.source = 'roster' and context_members.source = 'launch' then context_members.teaches else excluded.teaches end,
	source = case when context_members.source = 'launch' then context_members.source else excluded.source end,
	status = excluded.status,
	last_seen = case when excluded.last_seen < context_members.last_seen then context_members.last_seen else excluded.last_seen end;

-- name: LeaveContext :exec
update context_members set status = 'left'
where workspace_id = @workspace_id and context_id = @context_id and last_seen < @last_seen and status <> 'left';

-- name: ContextMembers :many
select sqlc.embed(m), sqlc.embed(l)
from context_members m
join learners l on l.workspace_id = m.workspace_id and l.id = m.learner_id
where m.workspace_id = @workspace_id and m.context_id = @context_id
order by m.learner_id;

-- name: ContextMember :one
select sqlc.embed(m), sqlc.embed(l)
from context_members m
join learners l on l.workspace_id = m.workspace_id and l.id = m.learner_id
where m.workspace_id = @workspace_id and m.context_id = @context_id and m.learner_id = @learner_id;

-- name: CountContextMembers :many
select context_id, count(*) as n from context_members
where workspace_id = @workspace_id and learns and status <> 'left'
group by context_id;

-- What a roster tells of a learner: it has not seen them.
-- name: MeetRosterLearner :one
insert into learners (workspace_id, id, connection_id, subject, name, email, locale, created_at, seen_at, history)
values (@workspace_id, @id, @connection_id, @subject, @name, @email, '', @created_at, @seen_at, @id)
on conflict (workspace_id, connection_id, subject) do update set
	name = case when excluded.name = '' then learners.name else excluded.name end,
	email = case when excluded.email = '' then learners.email else excluded.email end
returning id;

-- name: Roster :one
select * from rosters where workspace_id = @workspace_id and context_id = @context_id;

-- name: Rosters :many
select * from rosters where workspace_id = @workspace_id order by context_id;

-- name: SaveRoster :exec
insert into rosters (workspace_id, context_id, connection_id, state, next_try, attempts, lease_until, synced_at, full_at, members, changes_url, answer)
values (@workspace_id, @context_id, @connection_id, @state, @next_try, @attempts, @lease_until, @synced_at, @full_at, @members, @changes_url, @answer)
on conflict (workspace_id, context_id) do update set
	connection_id = excluded.connection_id, state = excluded.state, next_try = excluded.next_try, attempts = excluded.attempts,
	lease_until = excluded.lease_until, synced_at = excluded.synced_at, full_at = excluded.full_at, members = excluded.members,
	changes_url = excluded.changes_url, answer = excluded.answer;

-- name: DueRosters :many
select r.* from rosters r
join connections c on c.workspace_id = r.workspace_id and c.id = r.connection_id
where r.workspace_id = @workspace_id and r.connection_id = @connection_id
	and r.next_try <= @now and r.lease_until <= @now and not c.disabled
order by r.next_try, r.context_id
limit cast(@rows as bigint);

-- PostgreSQL's own words: what another worker is looking at is not waited for.
-- name: DueRostersSkipLocked :many
select r.* from rosters r
join connections c on c.workspace_id = r.workspace_id and c.id = r.connection_id
where r.workspace_id = @workspace_id and r.connection_id = @connection_id
	and r.next_try <= @now and r.lease_until <= @now and not c.disabled
order by r.next_try, r.context_id
limit cast(@rows as bigint)
for update of r skip locked;

-- name: LeaseRoster :exec
update rosters set lease_until = @lease_until where workspace_id = @workspace_id and context_id = @context_id;

-- name: RosterLanes :many
select r.workspace_id, r.connection_id
from rosters r
join connections c on c.workspace_id = r.workspace_id and c.id = r.connection_id
where r.next_try <= @now and r.lease_until <= @now and not c.disabled
group by r.workspace_id, r.connection_id
order by min(r.next_try), r.workspace_id, r.connection_id;

-- name: NextRoster :one
select cast(case when r.lease_until > r.next_try then r.lease_until else r.next_try end as bigint) as due
from rosters r
join connections c on c.workspace_id = r.workspace_id and c.id = r.connection_id
where not c.disabled
order by due
limit 1;

-- name: SessionsIn :many
select sqlc.embed(s), l.history
from resource_links r
join sessions s on s.workspace_id = r.workspace_id and s.link_id = r.id
join learners l on l.workspace_id = s.workspace_id and l.id = s.learner_id
where r.workspace_id = @workspace_id and r.in_context = @in_context
order by s.started_at, s.id;

-- name: PassbacksInContext :many
select sqlc.embed(p) from resource_links r
join line_items i on i.workspace_id = r.workspace_id and i.link_id = r.id
join passbacks p on p.workspace_id = i.workspace_id and p.line_item_id = i.id
where r.workspace_id = @workspace_id and r.in_context = @in_context
order by p.id;

-- name: LineItemsIn :many
select i.* from resource_links r
join line_items i on i.workspace_id = r.workspace_id and i.link_id = r.id
where r.workspace_id = @workspace_id and r.in_context = @in_context
order by i.id;

-- name: LineItemByURL :one
select * from line_items where workspace_id = @workspace_id and connection_id = @connection_id and url_hash = @url_hash;
