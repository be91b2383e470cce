-- name: LinkOf :one
select * from resource_links
where workspace_id = @workspace_id and connection_id = @connection_id and deployment = @deployment and platform_id = @platform_id;

-- name: ContextOf :one
select * from contexts
where workspace_id = @workspace_id and connection_id = @connection_id and deployment = @deployment
	and platform_id = @platform_id and link_platform_id = '';

-- name: AddNotice :execrows
insert into notices (workspace_id, connection_id, deployment, notice_id, nonce_hash, type, at, received_at)
values (@workspace_id, @connection_id, @deployment, @notice_id, @nonce_hash, @type, @at, @received_at)
on conflict do nothing;

-- name: Notices :many
select * from notices
where workspace_id = @workspace_id and connection_id = @connection_id
order by received_at desc, notice_id
limit cast(@rows as bigint);

-- name: SweepNotices :execrows
delete from notices where workspace_id = @workspace_id and received_at < @before;

-- name: NoticeServices :many
select * from notice_services where workspace_id = @workspace_id order by connection_id, deployment;

-- name: NoticeService :one
select * from notice_services
where workspace_id = @workspace_id and connection_id = @connection_id and deployment = @deployment;

-- name: SaveNoticeService :exec
insert into notice_services (workspace_id, connection_id, deployment, url, copies, handler, next_try, attempts, answer)
values (@workspace_id, @connection_id, @deployment, @url, @copies, @handler, @next_try, @attempts, @answer)
on conflict (workspace_id, connection_id, deployment) do update set
	url = excluded.url, copies = excluded.copies, handler = excluded.handler, next_try = excluded.next_try,
	attempts = excluded.attempts, answer = excluded.answer;

-- name: LegacyKeys :many
select * from legacy_keys
where workspace_id = @workspace_id and connection_id = @connection_id
order by consumer_key;

-- name: SaveLegacyKey :exec
insert into legacy_keys (workspace_id, connection_id, consumer_key, sealed, created_at)
values (@workspace_id, @connection_id, @consumer_key, @sealed, @created_at)
on conflict (workspace_id, connection_id, consumer_key) do update set sealed = excluded.sealed, created_at = excluded.created_at;

-- name: DeleteLegacyKey :execrows
delete from legacy_keys where workspace_id = @workspace_id and connection_id = @connection_id and consumer_key = @consumer_key;

-- name: LegacyLinks :many
select * from legacy_links
where workspace_id = @workspace_id and connection_id = @connection_id
order by legacy_id;

-- name: LegacyLink :one
select * from legacy_links
where workspace_id = @workspace_id and connection_id = @connection_id and legacy_id = @legacy_id;

-- name: SaveLegacyLink :exec
insert into legacy_links (workspace_id, connection_id, legacy_id, scenario_id)
values (@workspace_id, @connection_id, @legacy_id, @scenario_id)
on conflict (workspace_id, connection_id, legacy_id) do update set scenario_id = excluded.scenario_id;

-- name: ForgetLegacyLinks :exec
delete from legacy_links where workspace_id = @workspace_id and connection_id = @connection_id;
