-- name: AddWorkspace :exec
insert into workspaces (id, slug, name, created_at)
values (@id, @slug, @name, @created_at);

-- name: Workspaces :many
select * from workspaces order by id;

-- An ID wins over another workspace's slug.
-- name: FindWorkspace :one
select * from workspaces
where id = @ref or slug = @ref
order by case when id = @ref then 0 else 1 end
limit 1;

-- name: Host :one
select * from hosts where name = @name;

-- name: CountHosts :one
select count(*) from hosts;

-- name: AddPerson :exec
insert into people (id, email, name, password_hash, created_at)
values (@id, @email, @name, @password_hash, @created_at);

-- name: CountPeople :one
select count(*) from people;

-- name: Person :one
select * from people where id = @id;

-- name: PersonByEmail :one
select * from people where email = @email;

-- name: Memberships :many
select sqlc.embed(w), m.role
from members m
join workspaces w on w.id = m.workspace_id
where m.person_id = @person_id
order by w.id;

-- name: SignIn :one
select * from sign_ins where token_hash = @token_hash and expires_at > @now;

-- name: SaveSignIn :exec
insert into sign_ins (token_hash, data, expires_at)
values (@token_hash, @data, @expires_at)
on conflict (token_hash) do update set data = excluded.data, expires_at = excluded.expires_at;

-- name: DeleteSignIn :exec
delete from sign_ins where token_hash = @token_hash;

-- name: SweepSignIns :exec
delete from sign_ins where expires_at <= @now;

-- name: DueLanes :many
select p.workspace_id, p.connection_id
from passbacks p
join connections c on c.workspace_id = p.workspace_id and c.id = p.connection_id
where p.state = 'waiting' and p.next_try <= @now and p.lease_until <= @now and not c.disabled
group by p.workspace_id, p.connection_id
order by min(p.next_try), p.workspace_id, p.connection_id;

-- A row that a worker holds falls due when its lease ends.
-- name: NextTry :one
select cast(case when p.lease_until > p.next_try then p.lease_until else p.next_try end as bigint) as due
from passbacks p
join connections c on c.workspace_id = p.workspace_id and c.id = p.connection_id
where p.state = 'waiting' and not c.disabled
order by due
limit 1;

-- name: Beat :exec
insert into nodes (id, beats) values (@id, 1)
on conflict (id) do update set beats = nodes.beats + 1;

-- name: Nodes :many
select * from nodes;

-- name: ForgetNode :exec
delete from nodes where id = @id;

-- name: TakeChore :execrows
insert into chores (name, lease_until) values (@name, @until)
on conflict (name) do update set lease_until = excluded.lease_until
where chores.lease_until <= @now or chores.lease_until > @latest;
