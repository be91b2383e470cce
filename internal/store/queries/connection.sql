-- One row per deployment, or one without. An empty id, issuer or client ID
-- stands for all of them.
-- Connections, in three ways, so that each has an index to go by: all, one, and
-- those of an issuer.
-- name: Connections :many
select sqlc.embed(c),
	cast(coalesce((
		select max(l.at) from launches l
		where l.workspace_id = c.workspace_id and l.connection_id = c.id and l.outcome = 'ok'
	), 0) as bigint) as last_launch_at,
	cast(coalesce((
		select max(p.posted_at) from passbacks p
		where p.workspace_id = c.workspace_id and p.connection_id = c.id
	), 0) as bigint) as last_passback_at,
	d.deployment
from connections c
left join deployments d on d.workspace_id = c.workspace_id and d.connection_id = c.id
where c.workspace_id = @workspace_id
order by c.connected_at desc, c.id desc, d.position, d.deployment;

-- name: ConnectionByID :many
select sqlc.embed(c),
	cast(coalesce((
		select max(l.at) from launches l
		where l.workspace_id = c.workspace_id and l.connection_id = c.id and l.outcome = 'ok'
	), 0) as bigint) as last_launch_at,
	cast(coalesce((
		select max(p.posted_at) from passbacks p
		where p.workspace_id = c.workspace_id and p.connection_id = c.id
	), 0) as bigint) as last_passback_at,
	d.deployment
from connections c
left join deployments d on d.workspace_id = c.workspace_id and d.connection_id = c.id
where c.workspace_id = @workspace_id and c.id = @id
order by c.connected_at desc, c.id desc, d.position, d.deployment;

-- name: ConnectionsOf :many
select sqlc.embed(c),
	cast(coalesce((
		select max(l.at) from launches l
		where l.workspace_id = c.workspace_id and l.connection_id = c.id and l.outcome = 'ok'
	), 0) as bigint) as last_launch_at,
	cast(coalesce((
		select max(p.posted_at) from passbacks p
		where p.workspace_id = c.workspace_id and p.connection_id = c.id
	), 0) as bigint) as last_passback_at,
	d.deployment
from connections c
left join deployments d on d.workspace_id = c.workspace_id and d.connection_id = c.id
where c.workspace_id = @workspace_id and c.issuer = @issuer
	and (cast(@client_id as text) = '' or c.client_id = cast(@client_id as text))
order by c.connected_at desc, c.id desc, d.position, d.deployment;

-- name: SaveConnection :exec
insert into connections (workspace_id, id, platform, issuer, client_id, accept_deployments, auth_url, token_url, key_set_url,
	audience, how, product, scopes, missing, disabled, key_set, key_set_at, connected_at, updated_at,
	profile, allow_anonymous, make_line_items, configuration_url, asked, registration_url, registration_token, registration_id)
values (@workspace_id, @id, @platform, @issuer, @client_id, @accept_deployments, @auth_url, @token_url, @key_set_url,
	@audience, @how, @product, @scopes, @missing, @disabled, @key_set, @key_set_at, @connected_at, @updated_at,
	@profile, @allow_anonymous, @make_line_items, @configuration_url, @asked, @registration_url, @registration_token, @registration_id)
on conflict (workspace_id, id) do update set
	platform = excluded.platform, issuer = excluded.issuer, client_id = excluded.client_id,
	accept_deployments = excluded.accept_deployments, auth_url = excluded.auth_url, token_url = excluded.token_url,
	key_set_url = excluded.key_set_url, audience = excluded.audience, how = excluded.how, product = excluded.product,
	scopes = excluded.scopes, missing = excluded.missing, disabled = excluded.disabled, key_set = excluded.key_set,
	key_set_at = excluded.key_set_at, connected_at = excluded.connected_at, updated_at = excluded.updated_at,
	profile = excluded.profile, allow_anonymous = excluded.allow_anonymous, make_line_items = excluded.make_line_items,
	configuration_url = excluded.configuration_url, asked = excluded.asked, registration_url = excluded.registration_url,
	registration_token = excluded.registration_token, registration_id = excluded.registration_id;

-- name: DropDeployments :exec
delete from deployments where workspace_id = @workspace_id and connection_id = @connection_id;

-- name: AddDeployment :exec
insert into deployments (workspace_id, connection_id, deployment, position)
values (@workspace_id, @connection_id, @deployment, @position)
on conflict (workspace_id, connection_id, deployment) do nothing;

-- name: PinDeployment :exec
insert into deployments (workspace_id, connection_id, deployment, position)
select @workspace_id, @connection_id, @deployment, coalesce(max(d.position) + 1, 0)
from deployments d
where d.workspace_id = @workspace_id and d.connection_id = @connection_id
on conflict (workspace_id, connection_id, deployment) do nothing;

-- name: KeepKeySet :execrows
update connections set key_set = @key_set, key_set_at = @key_set_at
where workspace_id = @workspace_id and id = @id;

-- name: KeepHeard :execrows
update connections set heard = @heard where workspace_id = @workspace_id and id = @id;

-- name: SaveTest :execrows
update connections set test = @test, test_until = @test_until where workspace_id = @workspace_id and id = @id;

-- name: ConnectionContents :one
select
	(select count(*) from learners l where l.workspace_id = @workspace_id and l.connection_id = @connection_id) as learners,
	(select count(*) from contexts c
		where c.workspace_id = @workspace_id and c.connection_id = @connection_id and c.platform_id <> '') as courses,
	(select count(*) from resource_links r where r.workspace_id = @workspace_id and r.connection_id = @connection_id) as links,
	(select count(*) from sessions s join learners l on l.workspace_id = s.workspace_id and l.id = s.learner_id
		where s.workspace_id = @workspace_id and l.connection_id = @connection_id) as sessions,
	(select count(*) from sessions s join learners l on l.workspace_id = s.workspace_id and l.id = s.learner_id
		where s.workspace_id = @workspace_id and l.connection_id = @connection_id and s.score <> '') as scores,
	(select count(*) from passbacks p
		where p.workspace_id = @workspace_id and p.connection_id = @connection_id and p.state = 'waiting') as waiting,
	(select count(*) from passbacks p
		where p.workspace_id = @workspace_id and p.connection_id = @connection_id and p.state = 'sent') as sent,
	(select count(*) from passbacks p
		where p.workspace_id = @workspace_id and p.connection_id = @connection_id and p.state = 'failed') as failed,
	(select count(*) from launches l where l.workspace_id = @workspace_id and l.connection_id = @connection_id) as launches;

-- name: DeleteConnection :execrows
delete from connections where workspace_id = @workspace_id and id = @id;

-- name: ForgetInvitesConnection :exec
update invites set connection_id = '' where workspace_id = @workspace_id and connection_id = @connection_id;
