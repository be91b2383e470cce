-- name: PassbackBacklogs :many
select state, count(*) as n, cast(min(since) as bigint) as oldest
from passbacks
where state in ('waiting', 'failed')
group by state;

-- name: DueBacklog :one
select count(*) as n,
	cast(coalesce(min(case when p.lease_until > p.next_try then p.lease_until else p.next_try end), 0) as bigint) as oldest
from passbacks p
join connections c on c.workspace_id = p.workspace_id and c.id = p.connection_id
where p.state = 'waiting' and p.next_try <= @now and p.lease_until <= @now and not c.disabled;

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
