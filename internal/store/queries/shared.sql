-- An empty id, issuer or client ID stands for all of them.
-- name: SharedRegistrations :many
select * from shared_registrations
where (cast(@id as text) = '' or id = @id)
	and (cast(@issuer as text) = '' or issuer = @issuer)
	and (cast(@client_id as text) = '' or client_id = @client_id)
order by id;

-- name: SaveSharedRegistration :exec
insert into shared_registrations (id, platform, issuer, client_id, auth_url, token_url, key_set_url, audience, product,
	claimants, disabled, key_set, key_set_at, connected_at, updated_at)
values (@id, @platform, @issuer, @client_id, @auth_url, @token_url, @key_set_url, @audience, @product,
	@claimants, @disabled, @key_set, @key_set_at, @connected_at, @updated_at)
on conflict (id) do update set
	platform = excluded.platform, issuer = excluded.issuer, client_id = excluded.client_id, auth_url = excluded.auth_url,
	token_url = excluded.token_url, key_set_url = excluded.key_set_url, audience = excluded.audience,
	product = excluded.product, claimants = excluded.claimants, disabled = excluded.disabled, key_set = excluded.key_set,
	key_set_at = excluded.key_set_at, connected_at = excluded.connected_at, updated_at = excluded.updated_at;

-- name: SaveSharingConnections :many
update connections set issuer = @issuer, client_id = @client_id, auth_url = @auth_url, token_url = @token_url,
	key_set_url = @key_set_url, audience = @audience
where registration_id = @registration_id
returning workspace_id;

-- name: KeepSharedKeySet :execrows
update shared_registrations set key_set = @key_set, key_set_at = @key_set_at where id = @id;

-- name: DeleteSharedRegistration :execrows
delete from shared_registrations where id = @id;

-- name: InstanceKeys :many
select * from instance_keys order by created_at desc, id desc;

-- name: AddInstanceKey :exec
insert into instance_keys (id, public, sealed, created_at, signs_at, retires_at, withdrawn_at, used_at)
values (@id, @public, @sealed, @created_at, @signs_at, @retires_at, @withdrawn_at, @used_at);

-- name: SaveInstanceKey :execrows
update instance_keys
set sealed = @sealed, signs_at = @signs_at, retires_at = @retires_at, withdrawn_at = @withdrawn_at, used_at = @used_at
where id = @id;

-- name: ClaimOf :one
select * from deployment_claims where registration_id = @registration_id and deployment = @deployment;

-- name: ClaimsOf :many
select * from deployment_claims where registration_id = @registration_id order by claimed_at desc, deployment;

-- name: DeploymentClaims :many
select * from deployment_claims where workspace_id = @workspace_id order by claimed_at desc, registration_id, deployment;

-- name: AddClaim :execrows
insert into deployment_claims (workspace_id, registration_id, deployment, connection_id, site_id, site_name, claimed_at)
values (@workspace_id, @registration_id, @deployment, @connection_id, @site_id, @site_name, @claimed_at)
on conflict (registration_id, deployment) do nothing;

-- name: DropClaim :execrows
delete from deployment_claims
where workspace_id = @workspace_id and registration_id = @registration_id and deployment = @deployment;

-- name: ClaimCode :one
select * from claim_codes where code_hash = @code_hash;

-- name: OpenClaimCodes :many
select * from claim_codes
where workspace_id = @workspace_id and used_at = 0 and revoked_at = 0 and expires_at > @now
order by created_at desc, id desc;

-- name: AddClaimCode :exec
insert into claim_codes (workspace_id, id, code_hash, created_by, created_at, expires_at, used_at, revoked_at)
values (@workspace_id, @id, @code_hash, @created_by, @created_at, @expires_at, @used_at, @revoked_at);

-- name: SaveClaimCode :execrows
update claim_codes set used_at = @used_at, revoked_at = @revoked_at where workspace_id = @workspace_id and id = @id;

-- name: AddArrival :execrows
insert into arrivals (id, registration_id, deployment, state_id, site_id, site_name, product, at, expires_at, wrong_codes, used_at)
values (@id, @registration_id, @deployment, @state_id, @site_id, @site_name, @product, @at, @expires_at, @wrong_codes, @used_at)
on conflict (state_id) do nothing;

-- name: Arrival :one
select * from arrivals where id = @id;

-- name: SaveArrival :execrows
update arrivals set wrong_codes = @wrong_codes, used_at = @used_at where id = @id;

-- name: WrongCodes :one
select cast(coalesce(sum(wrong_codes), 0) as bigint) as wrong from arrivals
where registration_id = @registration_id and deployment = @deployment and at > @since;

-- name: SweepArrivals :exec
delete from arrivals where expires_at < @before;
