-- name: AddAudit :exec
insert into audit (workspace_id, id, at, actor, actor_name, action, noun, noun_id, label, changes)
values (@workspace_id, @id, @at, @actor, @actor_name, @action, @noun, @noun_id, @label, @changes);

-- An empty noun, noun_id or action is any; so is every actor with @anybody, and every
-- place with an empty @before_id.
-- name: Audit :many
select * from audit
where workspace_id = @workspace_id
	and (cast(@noun as text) = '' or noun = @noun)
	and (cast(@noun_id as text) = '' or noun_id = @noun_id)
	and (cast(@action as text) = '' or action = @action)
	and (cast(@anybody as boolean) or actor = @actor)
	and (cast(@before_id as text) = '' or at < @before_at or (at = @before_at and id < @before_id))
order by at desc, id desc
limit cast(@rows as bigint);

-- Of the names that one person had, any: the page shows it in a menu.
-- name: AuditActors :many
select actor, cast(max(actor_name) as text) as name from audit
where workspace_id = @workspace_id
group by actor;

-- name: AddInstanceAudit :exec
insert into instance_audit (id, at, actor, actor_name, action, noun, noun_id, label, changes)
values (@id, @at, @actor, @actor_name, @action, @noun, @noun_id, @label, @changes);

-- name: InstanceAudit :many
select * from instance_audit order by at desc, id desc;

-- name: Contents :one
select
	(select count(*) from connections c where c.workspace_id = @workspace_id) as connections,
	(select count(*) from members m where m.workspace_id = @workspace_id) as members,
	(select count(*) from learners l where l.workspace_id = @workspace_id) as learners,
	(select count(*) from scenarios s where s.workspace_id = @workspace_id) as scenarios,
	(select count(*) from sessions s where s.workspace_id = @workspace_id) as sessions,
	(select count(*) from sessions s where s.workspace_id = @workspace_id and s.score <> '') as scores,
	(select count(*) from passbacks p where p.workspace_id = @workspace_id and p.state = 'waiting') as waiting,
	(select count(*) from launches l where l.workspace_id = @workspace_id) as launches,
	(select count(*) from audit a where a.workspace_id = @workspace_id) as audit_entries;
