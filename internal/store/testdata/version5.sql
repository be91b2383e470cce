-- What the version before 00006 says to the database, as its program has it. A
-- server of that version goes on saying it while another migrates.

-- name: SaveConnection
insert into connections (workspace_id, id, platform, issuer, client_id, accept_deployments, auth_url, token_url, key_set_url,
	audience, how, product, scopes, missing, disabled, key_set, key_set_at, connected_at, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9,
	$10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
on conflict (workspace_id, id) do update set
	platform = excluded.platform, issuer = excluded.issuer, client_id = excluded.client_id,
	accept_deployments = excluded.accept_deployments, auth_url = excluded.auth_url, token_url = excluded.token_url,
	key_set_url = excluded.key_set_url, audience = excluded.audience, how = excluded.how, product = excluded.product,
	scopes = excluded.scopes, missing = excluded.missing, disabled = excluded.disabled, key_set = excluded.key_set,
	key_set_at = excluded.key_set_at, connected_at = excluded.connected_at, updated_at = excluded.updated_at

-- name: AddDeployment
insert into deployments (workspace_id, connection_id, deployment, position)
values ($1, $2, $3, $4)
on conflict (workspace_id, connection_id, deployment) do nothing

-- name: MeetLearner
insert into learners (workspace_id, id, connection_id, subject, name, email, locale, created_at, seen_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (workspace_id, connection_id, subject) do update set
	name = case when excluded.name = '' then learners.name else excluded.name end,
	email = case when excluded.email = '' then learners.email else excluded.email end,
	locale = case when excluded.locale = '' then learners.locale else excluded.locale end,
	seen_at = case when excluded.seen_at < learners.seen_at then learners.seen_at else excluded.seen_at end
returning id

-- name: MeetResourceLink
insert into resource_links (workspace_id, id, connection_id, deployment, platform_id, title, context_id, context_title)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (workspace_id, connection_id, deployment, platform_id) do update set
	title = case when excluded.title = '' then resource_links.title else excluded.title end,
	context_id = case when excluded.context_id = '' then resource_links.context_id else excluded.context_id end,
	context_title = case when excluded.context_title = '' then resource_links.context_title else excluded.context_title end
returning id

-- name: MeetLineItem
insert into line_items (workspace_id, id, connection_id, link_id, url, url_hash, title, maximum)
values ($1, $2, $3, $4, $5, $6, $7, $8)
on conflict (workspace_id, connection_id, url_hash) do update set
	link_id = excluded.link_id,
	title = case when excluded.title = '' then line_items.title else excluded.title end,
	maximum = case when line_items.maximum > 0 then line_items.maximum else excluded.maximum end
returning id

-- name: AddLaunch
insert into launches (workspace_id, id, reference, at, outcome, connection_id, deployment, message_type, learner_id, link_id,
	line_item_id, scenario_id, return_url, standing, instructor, check_name, clause, detail, passed, state_id, sign_in_hash, sign_in_until,
	claims, took_ms, rung)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10,
	$11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22,
	$23, $24, $25)
on conflict (workspace_id, state_id) do nothing

-- name: Learner
select workspace_id, id, connection_id, subject, name, email, locale, created_at, seen_at from learners where workspace_id = $1 and id = $2

-- name: AddSession
insert into sessions (learner_id, link_id, launch_id, scenario_id, version, seed, standing, started_at, ended_at, score, line_item_id, workspace_id, id)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- name: AddPick
insert into picks (workspace_id, session_id, turn, choice, at)
values ($1, $2, $3, $4, $5)
on conflict (workspace_id, session_id, turn) do nothing

-- name: SaveSession
update sessions
set learner_id = $1, link_id = $2, launch_id = $3, scenario_id = $4, version = $5,
	seed = $6, standing = $7, started_at = $8, ended_at = $9, score = $10, line_item_id = $11
where workspace_id = $12 and id = $13

-- name: OpenSession
select workspace_id, id, learner_id, link_id, launch_id, scenario_id, version, seed, standing, started_at, ended_at, score, line_item_id from sessions
where workspace_id = $1 and learner_id = $2 and link_id = $3 and scenario_id = $4 and ended_at = 0
order by started_at desc, id desc
limit 1

-- name: SavePassback
insert into passbacks (workspace_id, id, connection_id, line_item_id, learner_id, wanted, wanted_at, posted, posted_at,
	state, attempts, since, next_try, stamp, lease_until, answer, changed)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9,
	$10, $11, $12, $13, $14, $15, $16, $17)
on conflict (workspace_id, id) do update set
	connection_id = excluded.connection_id, line_item_id = excluded.line_item_id, learner_id = excluded.learner_id,
	wanted = excluded.wanted, wanted_at = excluded.wanted_at, posted = excluded.posted, posted_at = excluded.posted_at,
	state = excluded.state, attempts = excluded.attempts, since = excluded.since, next_try = excluded.next_try,
	stamp = excluded.stamp, lease_until = excluded.lease_until, answer = excluded.answer, changed = excluded.changed

-- name: DuePassbacks
select p.workspace_id, p.id, p.connection_id, p.line_item_id, p.learner_id, p.wanted, p.wanted_at, p.posted, p.posted_at, p.state, p.attempts, p.since, p.next_try, p.stamp, p.lease_until, p.answer, p.changed, l.subject, i.workspace_id, i.id, i.connection_id, i.link_id, i.url, i.url_hash, i.title, i.maximum
from passbacks p
join learners l on l.workspace_id = p.workspace_id and l.id = p.learner_id
join line_items i on i.workspace_id = p.workspace_id and i.id = p.line_item_id
join connections c on c.workspace_id = p.workspace_id and c.id = p.connection_id
where p.workspace_id = $1 and p.connection_id = $2
	and p.state = 'waiting' and p.next_try <= $3 and p.lease_until <= $3 and not c.disabled
order by p.next_try, p.id
limit cast($4 as bigint)

-- name: LeasePassback
update passbacks set lease_until = $1 where workspace_id = $2 and id = $3

-- name: AddWorkspace
insert into workspaces (id, slug, name, created_at)
values ($1, $2, $3, $4)

-- name: SaveSignIn
insert into sign_ins (token_hash, data, expires_at)
values ($1, $2, $3)
on conflict (token_hash) do update set data = excluded.data, expires_at = excluded.expires_at

-- name: SignIn
select token_hash, data, expires_at from sign_ins where token_hash = $1 and expires_at > $2

-- name: DueLanes
select p.workspace_id, p.connection_id
from passbacks p
join connections c on c.workspace_id = p.workspace_id and c.id = p.connection_id
where p.state = 'waiting' and p.next_try <= $1 and p.lease_until <= $1 and not c.disabled
group by p.workspace_id, p.connection_id
order by min(p.next_try), p.workspace_id, p.connection_id

-- name: AddKey
insert into keys (workspace_id, id, public, sealed, created_at, signs_at, retires_at, withdrawn_at, used_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: SaveScenario
insert into scenarios (workspace_id, id, slug, title, description, objective, difficulty, version, created_at, updated_at, archived)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict (workspace_id, id) do update set
	slug = excluded.slug, title = excluded.title, description = excluded.description, objective = excluded.objective,
	difficulty = excluded.difficulty, version = excluded.version, created_at = excluded.created_at,
	updated_at = excluded.updated_at, archived = excluded.archived

-- name: AddScenarioVersion
insert into scenario_versions (workspace_id, scenario_id, version, source, compiled, saved_at)
values ($1, $2, $3, $4, $5, $6)
on conflict (workspace_id, scenario_id, version) do nothing
