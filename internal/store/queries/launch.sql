-- name: Launch :one
select * from launches where workspace_id = @workspace_id and id = @id;

-- name: LaunchByReference :one
select * from launches
where workspace_id = @workspace_id and reference = @reference
order by at desc, id desc
limit 1;

-- name: LaunchByState :one
select * from launches where workspace_id = @workspace_id and state_id = @state_id;

-- The log, a page at a time. It is written three times, so that each has an
-- index to walk along: of all, of one connection, by the beginning of a
-- reference.
-- name: Launches :many
select sqlc.embed(l), coalesce(c.platform, '') as platform,
	coalesce(p.name, '') as learner_name, coalesce(p.subject, '') as learner_subject, coalesce(r.title, '') as activity
from launches l
left join connections c on c.workspace_id = l.workspace_id and c.id = l.connection_id
left join learners p on p.workspace_id = l.workspace_id and p.id = l.learner_id
left join resource_links r on r.workspace_id = l.workspace_id and r.id = l.link_id
where l.workspace_id = @workspace_id
	and (cast(@outcome as text) = '' or l.outcome = cast(@outcome as text))
	and (cast(@check_name as text) = '' or l.check_name = cast(@check_name as text))
	and (cast(@learner_id as text) = '' or l.learner_id = cast(@learner_id as text))
	and l.at <= cast(@before_at as bigint) and (l.at < cast(@before_at as bigint) or l.id < cast(@before_id as text))
order by l.at desc, l.id desc
limit cast(@rows as bigint);

-- name: LaunchesOf :many
select sqlc.embed(l), coalesce(c.platform, '') as platform,
	coalesce(p.name, '') as learner_name, coalesce(p.subject, '') as learner_subject, coalesce(r.title, '') as activity
from launches l
left join connections c on c.workspace_id = l.workspace_id and c.id = l.connection_id
left join learners p on p.workspace_id = l.workspace_id and p.id = l.learner_id
left join resource_links r on r.workspace_id = l.workspace_id and r.id = l.link_id
where l.workspace_id = @workspace_id and l.connection_id = @connection_id
	and (cast(@outcome as text) = '' or l.outcome = cast(@outcome as text))
	and (cast(@check_name as text) = '' or l.check_name = cast(@check_name as text))
	and (cast(@learner_id as text) = '' or l.learner_id = cast(@learner_id as text))
	and l.at <= cast(@before_at as bigint) and (l.at < cast(@before_at as bigint) or l.id < cast(@before_id as text))
order by l.at desc, l.id desc
limit cast(@rows as bigint);

-- References are digits and capital letters: whatever the collation, those that
-- begin with a prefix lie between it and it filled up with Z. They are few: the sum
-- keeps SQLite from walking along the time instead.
-- name: LaunchesReferred :many
select sqlc.embed(l), coalesce(c.platform, '') as platform,
	coalesce(p.name, '') as learner_name, coalesce(p.subject, '') as learner_subject, coalesce(r.title, '') as activity
from launches l
left join connections c on c.workspace_id = l.workspace_id and c.id = l.connection_id
left join learners p on p.workspace_id = l.workspace_id and p.id = l.learner_id
left join resource_links r on r.workspace_id = l.workspace_id and r.id = l.link_id
where l.workspace_id = @workspace_id
	and l.reference between @reference and cast(@reference_end as text)
	and substr(l.reference, 1, length(cast(@prefix as text))) = cast(@prefix as text)
	and (cast(@connection_id as text) = '' or l.connection_id = cast(@connection_id as text))
	and (cast(@outcome as text) = '' or l.outcome = cast(@outcome as text))
	and (cast(@check_name as text) = '' or l.check_name = cast(@check_name as text))
	and (cast(@learner_id as text) = '' or l.learner_id = cast(@learner_id as text))
	and (l.at + 0 < cast(@before_at as bigint) or (l.at + 0 = cast(@before_at as bigint) and l.id < cast(@before_id as text)))
order by l.at + 0 desc, l.id desc
limit cast(@rows as bigint);

-- A connection's last success stays: the pages tell by it that it works.
-- name: SweepLaunches :execrows
delete from launches
where launches.workspace_id = @workspace_id and launches.id in (
	select l.id from launches l
	where l.workspace_id = @workspace_id and l.at < @before and l.sign_in_until <= @now
		and not (l.outcome = 'ok' and l.at = (
			select max(o.at) from launches o
			where o.workspace_id = l.workspace_id and o.connection_id = l.connection_id and o.outcome = 'ok'
		))
	order by l.at, l.id
	limit cast(@rows as bigint)
);

-- A spent state adds no row.
-- name: AddLaunch :execrows
insert into launches (workspace_id, id, reference, at, outcome, connection_id, deployment, message_type, learner_id, link_id,
	line_item_id, scenario_id, return_url, standing, instructor, check_name, clause, detail, passed, state_id, sign_in_hash, sign_in_until,
	claims, took_ms, rung, context_id, deep_linking, for_learner_id, answered_at, answered_items)
values (@workspace_id, @id, @reference, @at, @outcome, @connection_id, @deployment, @message_type, @learner_id, @link_id,
	@line_item_id, @scenario_id, @return_url, @standing, @instructor, @check_name, @clause, @detail, @passed, @state_id, @sign_in_hash, @sign_in_until,
	@claims, @took_ms, @rung, @context_id, @deep_linking, @for_learner_id, @answered_at, @answered_items)
on conflict (workspace_id, state_id) do nothing;

-- An answered request asks for nothing any more.
-- name: AnswerDeepLinking :execrows
update launches set deep_linking = '', answered_at = @answered_at, answered_items = @answered_items
where workspace_id = @workspace_id and id = @id and deep_linking <> '';

-- What came with a launch replaces what was known; what did not come stays.
-- name: MeetLearner :one
insert into learners (workspace_id, id, connection_id, subject, name, email, locale, created_at, seen_at, history, legacy_id)
values (@workspace_id, @id, @connection_id, @subject, @name, @email, @locale, @created_at, @seen_at, @id, @legacy_id)
on conflict (workspace_id, connection_id, subject) do update set
	name = case when excluded.name = '' then learners.name else excluded.name end,
	email = case when excluded.email = '' then learners.email else excluded.email end,
	locale = case when excluded.locale = '' then learners.locale else excluded.locale end,
	seen_at = case when excluded.seen_at < learners.seen_at then learners.seen_at else excluded.seen_at end,
	legacy_id = case when excluded.legacy_id = '' then learners.legacy_id else excluded.legacy_id end
returning id;

-- What a launch tells of the services of a context stands for all of them:
-- scopes come with the URLs.
-- name: MeetContext :one
insert into contexts (workspace_id, id, connection_id, deployment, platform_id, link_platform_id, label, title,
	memberships_url, line_items_url, scopes, created_at, seen_at, copied_from)
values (@workspace_id, @id, @connection_id, @deployment, @platform_id, @link_platform_id, @label, @title,
	@memberships_url, @line_items_url, @scopes, @created_at, @seen_at, @copied_from)
on conflict (workspace_id, connection_id, deployment, platform_id, link_platform_id) do update set
	label = case when excluded.label = '' then contexts.label else excluded.label end,
	title = case when excluded.title = '' then contexts.title else excluded.title end,
	memberships_url = case when excluded.memberships_url = '' then contexts.memberships_url else excluded.memberships_url end,
	line_items_url = case when excluded.line_items_url = '' then contexts.line_items_url else excluded.line_items_url end,
	scopes = case when excluded.line_items_url = '' then contexts.scopes else excluded.scopes end,
	created_at = case when contexts.created_at = 0 then excluded.created_at else contexts.created_at end,
	seen_at = case when excluded.seen_at < contexts.seen_at then contexts.seen_at else excluded.seen_at end,
	copied_from = case when contexts.copied_from = '' then excluded.copied_from else contexts.copied_from end
returning id;

-- name: MeetResourceLink :one
insert into resource_links (workspace_id, id, connection_id, deployment, platform_id, title, context_id, context_title, in_context, scenario_id,
	copied_from, legacy_id)
values (@workspace_id, @id, @connection_id, @deployment, @platform_id, @title, @context_id, @context_title, @in_context, @scenario_id,
	@copied_from, @legacy_id)
on conflict (workspace_id, connection_id, deployment, platform_id) do update set
	title = case when excluded.title = '' then resource_links.title else excluded.title end,
	context_id = case when excluded.context_id = '' then resource_links.context_id else excluded.context_id end,
	context_title = case when excluded.context_title = '' then resource_links.context_title else excluded.context_title end,
	in_context = case when excluded.in_context = '' then resource_links.in_context else excluded.in_context end,
	scenario_id = case when excluded.scenario_id = '' then resource_links.scenario_id else excluded.scenario_id end,
	copied_from = case when resource_links.copied_from = '' then excluded.copied_from else resource_links.copied_from end,
	legacy_id = case when excluded.legacy_id = '' then resource_links.legacy_id else excluded.legacy_id end
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
order by id desc
limit cast(@rows as bigint);

-- name: Learner :one
select * from learners where workspace_id = @workspace_id and id = @id;

-- name: LearnerBySubject :one
select * from learners
where workspace_id = @workspace_id and connection_id = @connection_id and subject = @subject;

-- name: ResourceLink :one
select * from resource_links where workspace_id = @workspace_id and id = @id;

-- name: LineItem :one
select * from line_items where workspace_id = @workspace_id and id = @id;

-- name: SaveLineItem :execrows
update line_items set url = @url, url_hash = @url_hash, title = @title, maximum = @maximum,
	results_at = @results_at, results_answer = @results_answer
where workspace_id = @workspace_id and id = @id;

-- name: LinksIn :many
select * from resource_links where workspace_id = @workspace_id and in_context = @in_context order by id;

-- name: Contexts :many
select * from contexts where workspace_id = @workspace_id order by seen_at desc, id desc;

-- name: ContextByID :one
select * from contexts where workspace_id = @workspace_id and id = @id;
