-- name: LineItemDuty :one
select * from line_item_duties where workspace_id = @workspace_id and link_id = @link_id;

-- name: LineItemDuties :many
select d.* from resource_links r
join line_item_duties d on d.workspace_id = r.workspace_id and d.link_id = r.id
where r.workspace_id = @workspace_id and r.in_context = @in_context
order by d.link_id;

-- name: SaveLineItemDuty :exec
insert into line_item_duties (workspace_id, link_id, connection_id, state, next_try, attempts, lease_until, answer, line_item_id)
values (@workspace_id, @link_id, @connection_id, @state, @next_try, @attempts, @lease_until, @answer, @line_item_id)
on conflict (workspace_id, link_id) do update set
	connection_id = excluded.connection_id, state = excluded.state, next_try = excluded.next_try, attempts = excluded.attempts,
	lease_until = excluded.lease_until, answer = excluded.answer, line_item_id = excluded.line_item_id;

-- name: DueLineItems :many
select d.* from line_item_duties d
join connections c on c.workspace_id = d.workspace_id and c.id = d.connection_id
where d.workspace_id = @workspace_id and d.connection_id = @connection_id
	and d.state = 'wanted' and d.next_try <= @now and d.lease_until <= @now and not c.disabled
order by d.next_try, d.link_id
limit cast(@rows as bigint);

-- PostgreSQL's own words: what another worker is looking at is not waited for.
-- name: DueLineItemsSkipLocked :many
select d.* from line_item_duties d
join connections c on c.workspace_id = d.workspace_id and c.id = d.connection_id
where d.workspace_id = @workspace_id and d.connection_id = @connection_id
	and d.state = 'wanted' and d.next_try <= @now and d.lease_until <= @now and not c.disabled
order by d.next_try, d.link_id
limit cast(@rows as bigint)
for update of d skip locked;

-- name: LeaseLineItemDuty :exec
update line_item_duties set lease_until = @lease_until where workspace_id = @workspace_id and link_id = @link_id;

-- name: LineItemLanes :many
select d.workspace_id, d.connection_id
from line_item_duties d
join connections c on c.workspace_id = d.workspace_id and c.id = d.connection_id
where d.state = 'wanted' and d.next_try <= @now and d.lease_until <= @now and not c.disabled
group by d.workspace_id, d.connection_id
order by min(d.next_try), d.workspace_id, d.connection_id;

-- name: NextLineItem :one
select cast(case when d.lease_until > d.next_try then d.lease_until else d.next_try end as bigint) as due
from line_item_duties d
join connections c on c.workspace_id = d.workspace_id and c.id = d.connection_id
where d.state = 'wanted' and not c.disabled
order by due
limit 1;

-- name: LinkByPlatformID :one
select * from resource_links
where workspace_id = @workspace_id and connection_id = @connection_id and deployment = @deployment and platform_id = @platform_id;

-- name: SessionsAt :many
select * from sessions where workspace_id = @workspace_id and link_id = @link_id order by ended_at, id;
