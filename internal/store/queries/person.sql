-- name: People :many
select * from people order by email;

-- name: SavePerson :execrows
update people set name = @name, password_hash = @password_hash, generation = @generation where id = @id;

-- name: RemoveMember :execrows
delete from members where workspace_id = @workspace_id and person_id = @person_id;

-- name: PersonLink :one
select * from person_links where workspace_id = @workspace_id and id = @id;

-- name: PersonLinkByToken :one
select * from person_links where token_hash = @token_hash;

-- name: OpenInvitations :many
select * from person_links
where workspace_id = @workspace_id and kind = 'invitation' and used_at = 0 and revoked_at = 0 and expires_at > @now
order by created_at desc, id desc;

-- name: AddPersonLink :exec
insert into person_links (workspace_id, id, token_hash, kind, person_id, email, name, role, created_by, created_at, expires_at, used_at, revoked_at)
values (@workspace_id, @id, @token_hash, @kind, @person_id, @email, @name, @role, @created_by, @created_at, @expires_at, @used_at, @revoked_at);

-- name: SavePersonLink :execrows
update person_links set used_at = @used_at, revoked_at = @revoked_at
where workspace_id = @workspace_id and id = @id;

-- name: RevokeResets :exec
update person_links set revoked_at = @revoked_at
where kind = 'reset' and person_id = @person_id and used_at = 0 and revoked_at = 0;

-- name: SweepPersonLinks :exec
delete from person_links where expires_at <= @expired_before;
