-- name: Launch :one
select * from launches where workspace_id = @workspace_id and id = @id;

-- name: LaunchByReference :one
select * from launches
where workspace_id = @workspace_id and reference = @reference
order by at desc, id desc
limit 1;

-- name: LaunchByState :one
select * from launches where workspace_id = @workspace_id and state_id = @state_id;

-- name: Launches :many
select * from launches
where workspace_id = @workspace_id
order by at desc, id desc
limit cast(@rows as bigint);

-- name: LaunchesOf :many
select * from launches
where workspace_id = @workspace_id and connection_id = @connection_id
order by at desc, id desc
limit cast(@rows as bigint);

-- A spent state adds no row.
-- name: AddLaunch :execrows
insert into launches (workspace_id, id, reference, at, outcome, connection_id, deployment, message_type, learner_id, link_id,
	line_item_id, scenario_id, return_url, standing, instructor, check_name, clause, detail, passed, state_id, sign_in_hash, sign_in_until, rung)
values (@workspace_id, @id, @reference, @at, @outcome, @connection_id, @deployment, @message_type, @learner_id, @link_id,
	@line_item_id, @scenario_id, @return_url, @standing, @instructor, @check_name, @clause, @detail, @passed, @state_id, @sign_in_hash, @sign_in_until, @rung)
on conflict (workspace_id, state_id) do nothing;

-- What came with a launch replaces what was known; what did not come stays.
-- name: MeetLearner :one
insert into learners (workspace_id, id, connection_id, subject, name, email, locale, created_at, seen_at)
values (@workspace_id, @id, @connection_id, @subject, @name, @email, @locale, @created_at, @seen_at)
on conflict (workspace_id, connection_id, subject) do update set
	name = case when excluded.name = '' then learners.name else excluded.name end,
	email = case when excluded.email = '' then learners.email else excluded.email end,
	locale = case when excluded.locale = '' then learners.locale else excluded.locale end,
	seen_at = case when excluded.seen_at < learners.seen_at then learners.seen_at else excluded.seen_at end
returning id;

-- name: MeetResourceLink :one
insert into resource_links (workspace_id, id, connection_id, deployment, platform_id, title, context_id, context_title)
values (@workspace_id, @id, @connection_id, @deployment, @platform_id, @title, @context_id, @context_title)
on conflict (workspace_id, connection_id, deployment, platform_id) do update set
	title = case when excluded.title = '' then resource_links.title else excluded.title end,
	context_id = case when excluded.context_id = '' then resource_links.context_id else excluded.context_id end,
	context_title = case when excluded.context_title = '' then resource_links.context_title else excluded.context_title end
returning id;

-- name: MeetLineItem :one
insert into line_items (workspace_id, id, connection_id, link_id, url, url_hash, title, maximum)
values (@workspace_id, @id, @connection_id, @link_id, @url, @url_hash, @title, @maximum)
on conflict (workspace_id, connection_id, url_hash) do update set
	link_id = excluded.link_id,
	title = case when excluded.title = '' then line_items.title else excluded.title end,
	maximum = case when line_items.maximum > 0 then line_items.maximum else excluded.maximum end
returning id;

-- name: Learners :many
select * from learners
where workspace_id = @workspace_id
order by seen_at desc, id desc
limit cast(@rows as bigint);

-- name: Learner :one
select * from learners where workspace_id = @workspace_id and id = @id;

-- name: ResourceLink :one
select * from resource_links where workspace_id = @workspace_id and id = @id;

-- name: LineItem :one
select * from line_items where workspace_id = @workspace_id and id = @id;

-- name: SaveLineItem :execrows
update line_items set url = @url, url_hash = @url_hash, title = @title, maximum = @maximum
where workspace_id = @workspace_id and id = @id;
