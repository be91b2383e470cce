-- name: PassbackBacklogs :many
select state, count(*) as n, cast(min(since) as bigint) as oldest
from passbacks
where state in ('waiting', 'failed')
group by state;

-- A connection that fails rests, and what is due there with it: no worker is
-- to be blamed.
-- name: DueBacklog :one
select count(*) as n,
	cast(coalesce(min(case when p.lease_until > p.next_try then p.lease_until else p.next_try end), 0) as bigint) as oldest
from passbacks p
join connections c on c.workspace_id = p.workspace_id and c.id = p.connection_id
left join (select distinct t.workspace_id, t.connection_id from passbacks t where t.state = 'waiting' and t.attempts > 0) f
	on f.workspace_id = p.workspace_id and f.connection_id = p.connection_id
where p.state = 'waiting' and p.next_try <= @now and p.lease_until <= @now and not c.disabled and f.connection_id is null;

-- name: DueRosterBacklog :one
select count(*) as n,
	cast(coalesce(min(case when r.lease_until > r.next_try then r.lease_until else r.next_try end), 0) as bigint) as oldest
from rosters r
join connections c on c.workspace_id = r.workspace_id and c.id = r.connection_id
left join (select distinct t.workspace_id, t.connection_id from rosters t where t.state = 'failing') f
	on f.workspace_id = r.workspace_id and f.connection_id = r.connection_id
where r.next_try <= @now and r.lease_until <= @now and not c.disabled and f.connection_id is null;

-- name: RosterTroubles :one
select cast(coalesce(sum(case when state = 'failing' then 1 else 0 end), 0) as bigint) as failing,
	cast(coalesce(sum(case when state = 'refused' then 1 else 0 end), 0) as bigint) as refused
from rosters;

-- name: DueLineItemBacklog :one
select count(*) as n,
	cast(coalesce(min(case when d.lease_until > d.next_try then d.lease_until else d.next_try end), 0) as bigint) as oldest
from line_item_duties d
join connections c on c.workspace_id = d.workspace_id and c.id = d.connection_id
left join (select distinct t.workspace_id, t.connection_id from line_item_duties t where t.state = 'wanted' and t.attempts > 0) f
	on f.workspace_id = d.workspace_id and f.connection_id = d.connection_id
where d.state = 'wanted' and d.next_try <= @now and d.lease_until <= @now and not c.disabled and f.connection_id is null;

-- name: LineItemTroubles :one
select cast(coalesce(sum(case when state = 'wanted' and attempts > 0 then 1 else 0 end), 0) as bigint) as failing,
	cast(coalesce(sum(case when state = 'refused' then 1 else 0 end), 0) as bigint) as refused
from line_item_duties where state in ('wanted', 'refused');

-- name: FailingLanes :many
select workspace_id, connection_id, count(*) as n, cast(min(since) as bigint) as oldest
from passbacks
where state = 'waiting' and attempts > 0
group by workspace_id, connection_id
order by count(*) desc, workspace_id, connection_id
limit cast(@lanes as bigint);

-- name: SigningKeys :one
select count(*) as n, cast(coalesce(min(signs_at), 0) as bigint) as oldest
from keys
where withdrawn_at = 0 and signs_at > 0 and signs_at <= @now and (retires_at = 0 or retires_at > @now);
