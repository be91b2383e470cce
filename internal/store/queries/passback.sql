-- name: Passback :one
select * from passbacks where workspace_id = @workspace_id and id = @id;

-- name: PassbackFor :one
select * from passbacks
where workspace_id = @workspace_id and line_item_id = @line_item_id and learner_id = @learner_id;

-- name: Passbacks :many
select sqlc.embed(p), sqlc.embed(l), i.url, i.maximum, r.title, c.platform
from passbacks p
join learners l on l.workspace_id = p.workspace_id and l.id = p.learner_id
join line_items i on i.workspace_id = p.workspace_id and i.id = p.line_item_id
join resource_links r on r.workspace_id = i.workspace_id and r.id = i.link_id
join connections c on c.workspace_id = p.workspace_id and c.id = p.connection_id
where p.workspace_id = @workspace_id
	and (cast(@connection_id as text) = '' or p.connection_id = @connection_id)
	and (cast(@pattern as text) = ''
		or lower(l.name) like lower(cast(@pattern as text)) escape '\'
		or lower(l.email) like lower(cast(@pattern as text)) escape '\'
		or lower(r.title) like lower(cast(@pattern as text)) escape '\')
order by p.changed desc, p.id desc
limit cast(@rows as bigint) offset cast(@skip as bigint);

-- name: PassbacksIn :many
select sqlc.embed(p), sqlc.embed(l), i.url, i.maximum, r.title, c.platform
from passbacks p
join learners l on l.workspace_id = p.workspace_id and l.id = p.learner_id
join line_items i on i.workspace_id = p.workspace_id and i.id = p.line_item_id
join resource_links r on r.workspace_id = i.workspace_id and r.id = i.link_id
join connections c on c.workspace_id = p.workspace_id and c.id = p.connection_id
where p.workspace_id = @workspace_id and p.state = @state
	and (cast(@connection_id as text) = '' or p.connection_id = @connection_id)
	and (cast(@pattern as text) = ''
		or lower(l.name) like lower(cast(@pattern as text)) escape '\'
		or lower(l.email) like lower(cast(@pattern as text)) escape '\'
		or lower(r.title) like lower(cast(@pattern as text)) escape '\')
order by p.changed desc, p.id desc
limit cast(@rows as bigint) offset cast(@skip as bigint);

-- name: PassbacksOf :many
select sqlc.embed(p), sqlc.embed(l), i.url, i.maximum, r.title, c.platform
from learners l
join passbacks p on p.workspace_id = l.workspace_id and p.learner_id = l.id
join line_items i on i.workspace_id = p.workspace_id and i.id = p.line_item_id
join resource_links r on r.workspace_id = i.workspace_id and r.id = i.link_id
join connections c on c.workspace_id = p.workspace_id and c.id = p.connection_id
where l.workspace_id = @workspace_id and l.history = @history
order by p.changed desc, p.id desc;

-- name: CountPassbacks :many
select state, count(*) as n from passbacks where workspace_id = @workspace_id group by state;

-- name: NextChange :one
select cast(coalesce(max(changed), 0) + 1 as bigint) from passbacks where workspace_id = @workspace_id;

-- name: SavePassback :exec
insert into passbacks (workspace_id, id, connection_id, line_item_id, learner_id, wanted, wanted_at, posted, posted_at,
	state, attempts, since, next_try, stamp, lease_until, answer, changed,
	override, override_score, override_comment, override_by, override_at, lifted_at)
values (@workspace_id, @id, @connection_id, @line_item_id, @learner_id, @wanted, @wanted_at, @posted, @posted_at,
	@state, @attempts, @since, @next_try, @stamp, @lease_until, @answer, @changed,
	@override, @override_score, @override_comment, @override_by, @override_at, @lifted_at)
on conflict (workspace_id, id) do update set
	connection_id = excluded.connection_id, line_item_id = excluded.line_item_id, learner_id = excluded.learner_id,
	wanted = excluded.wanted, wanted_at = excluded.wanted_at, posted = excluded.posted, posted_at = excluded.posted_at,
	state = excluded.state, attempts = excluded.attempts, since = excluded.since, next_try = excluded.next_try,
	stamp = excluded.stamp, lease_until = excluded.lease_until, answer = excluded.answer, changed = excluded.changed,
	override = excluded.override, override_score = excluded.override_score, override_comment = excluded.override_comment,
	override_by = excluded.override_by, override_at = excluded.override_at, lifted_at = excluded.lifted_at;

-- name: KeepResult :execrows
update passbacks set read_at = @read_at, read_points = @read_points, read_maximum = @read_maximum
where workspace_id = @workspace_id and id = @id;

-- name: DuePassbacks :many
select sqlc.embed(p), l.subject, sqlc.embed(i)
from passbacks p
join learners l on l.workspace_id = p.workspace_id and l.id = p.learner_id
join line_items i on i.workspace_id = p.workspace_id and i.id = p.line_item_id
join connections c on c.workspace_id = p.workspace_id and c.id = p.connection_id
where p.workspace_id = @workspace_id and p.connection_id = @connection_id
	and p.state = 'waiting' and p.next_try <= @now and p.lease_until <= @now and not c.disabled
order by p.next_try, p.id
limit cast(@rows as bigint);

-- PostgreSQL's own words: what another worker is looking at is not waited for.
-- name: DuePassbacksSkipLocked :many
select sqlc.embed(p), l.subject, sqlc.embed(i)
from passbacks p
join learners l on l.workspace_id = p.workspace_id and l.id = p.learner_id
join line_items i on i.workspace_id = p.workspace_id and i.id = p.line_item_id
join connections c on c.workspace_id = p.workspace_id and c.id = p.connection_id
where p.workspace_id = @workspace_id and p.connection_id = @connection_id
	and p.state = 'waiting' and p.next_try <= @now and p.lease_until <= @now and not c.disabled
order by p.next_try, p.id
limit cast(@rows as bigint)
for update of p skip locked;

-- name: LeasePassback :exec
update passbacks set lease_until = @lease_until where workspace_id = @workspace_id and id = @id;
