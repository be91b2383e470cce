-- name: Workspace :one
select * from workspaces where id = @workspace_id;

-- name: SettingsVersion :one
select version from workspaces where id = @workspace_id;

-- name: ChangeSettings :exec
update workspaces set version = version + 1 where id = @workspace_id;

-- name: SaveWorkspace :execrows
update workspaces set slug = @slug, name = @name, host = @host, retention_months = @retention_months where id = @id;

-- name: Hosts :many
select * from hosts where workspace_id = @workspace_id order by added_at desc, name desc;

-- name: AddHost :exec
insert into hosts (workspace_id, name, added_at) values (@workspace_id, @name, @added_at);

-- name: DropHost :execrows
delete from hosts where workspace_id = @workspace_id and name = @name;

-- name: DeleteWorkspace :execrows
delete from workspaces where id = @id;

-- name: Members :many
select sqlc.embed(p), m.role, m.joined_at
from members m
join people p on p.id = m.person_id
where m.workspace_id = @workspace_id
order by p.id;

-- name: Member :one
select sqlc.embed(p), m.role, m.joined_at
from members m
join people p on p.id = m.person_id
where m.workspace_id = @workspace_id and m.person_id = @person_id;

-- name: PutMember :exec
insert into members (workspace_id, person_id, role, joined_at)
values (@workspace_id, @person_id, @role, @joined_at)
on conflict (workspace_id, person_id) do update set role = excluded.role;

-- name: Keys :many
select * from keys where workspace_id = @workspace_id order by created_at desc, id desc;

-- name: AddKey :exec
insert into keys (workspace_id, id, public, sealed, created_at, signs_at, retires_at, withdrawn_at, used_at)
values (@workspace_id, @id, @public, @sealed, @created_at, @signs_at, @retires_at, @withdrawn_at, @used_at);

-- name: SaveKey :execrows
update keys
set sealed = @sealed, signs_at = @signs_at, retires_at = @retires_at, withdrawn_at = @withdrawn_at, used_at = @used_at
where workspace_id = @workspace_id and id = @id;

-- name: KeyUses :many
select * from key_uses where workspace_id = @workspace_id order by key_id, connection_id;

-- name: SaveKeyUse :exec
insert into key_uses (workspace_id, key_id, connection_id, accepted_at, refused_at)
values (@workspace_id, @key_id, @connection_id, @accepted_at, @refused_at)
on conflict (workspace_id, key_id, connection_id) do update
set accepted_at = excluded.accepted_at, refused_at = excluded.refused_at;

-- name: Invite :one
select * from invites where workspace_id = @workspace_id and id = @id;

-- name: OpenInvites :many
select * from invites
where workspace_id = @workspace_id and used_at = 0 and revoked_at = 0 and expires_at > @now
order by created_at desc, id desc;

-- Parameters in the order of SaveInvite: one Go value serves both.
-- name: AddInvite :exec
insert into invites (created_by, created_at, expires_at, used_at, revoked_at, lease_until, connection_id, workspace_id, id)
values (@created_by, @created_at, @expires_at, @used_at, @revoked_at, @lease_until, @connection_id, @workspace_id, @id);

-- name: SaveInvite :execrows
update invites
set created_by = @created_by, created_at = @created_at, expires_at = @expires_at, used_at = @used_at,
	revoked_at = @revoked_at, lease_until = @lease_until, connection_id = @connection_id
where workspace_id = @workspace_id and id = @id;
