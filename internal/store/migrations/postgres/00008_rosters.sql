-- +goose Up

-- Who is in a course, as launches and rosters tell. Who left stays, as left.
create table context_members (
	workspace_id text collate "C" not null,
	context_id   text collate "C" not null,
	learner_id   text collate "C" not null,
	learns       boolean not null,
	teaches      boolean not null,
	status       text not null,
	source       text not null, -- who told the roles: a launch outranks a roster
	first_seen   bigint not null,
	last_seen    bigint not null,
	primary key (workspace_id, context_id, learner_id),
	foreign key (workspace_id, context_id) references contexts (workspace_id, id) on delete cascade,
	foreign key (workspace_id, learner_id) references learners (workspace_id, id) on delete cascade
);
create index context_members_learner on context_members (workspace_id, learner_id);

-- The duty to read the roster of a course: the row is the queue.
create table rosters (
	workspace_id  text collate "C" not null,
	context_id    text collate "C" not null,
	connection_id text collate "C" not null,
	state         text not null,
	next_try      bigint not null,
	attempts      bigint not null,
	lease_until   bigint not null,
	synced_at     bigint not null,
	full_at       bigint not null,
	members       bigint not null,
	changes_url   text not null, -- empty: the platform offers no differences
	answer        text not null,
	primary key (workspace_id, context_id),
	foreign key (workspace_id, context_id) references contexts (workspace_id, id) on delete cascade,
	foreign key (workspace_id, connection_id) references connections (workspace_id, id) on delete cascade
);
create index rosters_due on rosters (next_try);
create index rosters_lane on rosters (workspace_id, connection_id, next_try);

-- What a link opened when it was launched last.
alter table resource_links add column scenario_id text collate "C" not null default '';
update resource_links set scenario_id = coalesce((
	select s.scenario_id from sessions s
	where s.workspace_id = resource_links.workspace_id and s.link_id = resource_links.id
	order by s.started_at desc, s.id desc limit 1
), '');

-- Who launched before there were members.
insert into context_members (workspace_id, context_id, learner_id, learns, teaches, status, source, first_seen, last_seen)
select l.workspace_id, l.context_id, l.learner_id, true, false, 'active', 'launch', min(l.at), max(l.at)
from launches l
join contexts c on c.workspace_id = l.workspace_id and c.id = l.context_id
join learners p on p.workspace_id = l.workspace_id and p.id = l.learner_id
where l.outcome = 'ok' and l.standing not in ('preview', 'test_user')
group by l.workspace_id, l.context_id, l.learner_id;

insert into context_members (workspace_id, context_id, learner_id, learns, teaches, status, source, first_seen, last_seen)
select s.workspace_id, r.in_context, s.learner_id, true, false, 'active', 'launch', min(s.started_at), max(s.started_at)
from sessions s
join resource_links r on r.workspace_id = s.workspace_id and r.id = s.link_id
join contexts c on c.workspace_id = r.workspace_id and c.id = r.in_context
where s.standing not in ('preview', 'test_user')
group by s.workspace_id, r.in_context, s.learner_id
on conflict do nothing;

-- +goose Down

alter table resource_links drop column scenario_id;
drop table rosters;
drop table context_members;
