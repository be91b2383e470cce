-- +goose Up

-- A course, or what an LMS has in its place. A link that came without one is a
-- context of its own: link_platform_id is the link's then, and platform_id is
-- empty. What a launch tells of the services of a context is kept: rosters are
-- read and columns made when nobody launches.
create table contexts (
	workspace_id     text not null,
	id               text not null,
	connection_id    text not null,
	deployment       text not null,
	platform_id      text not null,
	link_platform_id text not null,
	label            text not null,
	title            text not null,
	memberships_url  text not null, -- empty: the platform offers no roster here
	line_items_url   text not null, -- empty: it lets nobody make columns here
	scopes           text not null, -- JSON: what may be asked for here
	created_at       integer not null,
	seen_at          integer not null,
	primary key (workspace_id, id),
	unique (workspace_id, connection_id, deployment, platform_id, link_platform_id),
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
);

alter table resource_links add column in_context text not null default '';
create index resource_links_context on resource_links (workspace_id, in_context);

-- The oldest link of a context lends its ID to it.
insert into contexts (workspace_id, id, connection_id, deployment, platform_id, link_platform_id, label, title,
	memberships_url, line_items_url, scopes, created_at, seen_at)
select workspace_id, min(id), connection_id, deployment, context_id,
	case when context_id = '' then platform_id else '' end, '', max(context_title), '', '', '[]', 0, 0
from resource_links
group by workspace_id, connection_id, deployment, context_id, case when context_id = '' then platform_id else '' end;

update resource_links set in_context = (
	select c.id from contexts c
	where c.workspace_id = resource_links.workspace_id and c.connection_id = resource_links.connection_id
		and c.deployment = resource_links.deployment and c.platform_id = resource_links.context_id
		and c.link_platform_id = case when resource_links.context_id = '' then resource_links.platform_id else '' end
);

-- Where a launch led beside a scenario: the context, what a deep linking
-- request asked for (JSON, until it was answered), and whose work is reviewed.
alter table launches add column context_id text not null default '';
alter table launches add column deep_linking text not null default '';
alter table launches add column for_learner_id text not null default '';

-- +goose Down

alter table launches drop column for_learner_id;
alter table launches drop column deep_linking;
alter table launches drop column context_id;
drop index resource_links_context;
alter table resource_links drop column in_context;
drop table contexts;
