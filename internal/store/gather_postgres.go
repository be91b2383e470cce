package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// postgresGatherers is how many statements are under way at once, at most.
const postgresGatherers = 4

func gatherOnPostgres(db *sql.DB) *gather {
	statistics := &statistics{db: db}
	return &gather{
		write: func(ctx context.Context, batch []*gathered) error { return writeLaunches(ctx, db, batch) },
		most:  postgresGatherers,
		wrote: statistics.grow,
	}
}

// writeLaunches keeps a batch, and fills in which learners they are.
func writeLaunches(ctx context.Context, db *sql.DB, batch []*gathered) error {
	// In one order, so that two statements never wait for each other.
	slices.SortFunc(batch, func(a, b *gathered) int { return strings.Compare(a.learnerKey(), b.learnerKey()) })
	rows := make([]launchRow, len(batch))
	byLaunch := map[string]*gathered{}
	for i, one := range batch {
		rows[i] = newLaunchRow(one)
		byLaunch[rows[i].Workspace+" "+rows[i].ID] = one
	}
	document, err := json.Marshal(rows)
	if err != nil {
		return errors.Join(errAlone, err)
	}
	found, err := db.QueryContext(ctx, gatherLaunches, string(document))
	if err != nil {
		return errors.Join(errAlone, err)
	}
	defer found.Close()
	written := 0
	for found.Next() {
		var workspace, launch, learner string
		if err := found.Scan(&workspace, &launch, &learner); err != nil {
			return err
		}
		byLaunch[workspace+" "+launch].learner = greenroom.LearnerID(learner)
		written++
	}
	if err := found.Err(); err != nil {
		return errors.Join(errAlone, err)
	}
	if written != len(batch) {
		return errors.New("launches are missing from what was written")
	}
	return nil
}

// gatherLaunches meets learners as MeetLearner does and members as
// MeetContextMember, and adds launches. A spent state, or a connection that is
// gone, fails all of it. Connections are shared before anything is written, as
// recordLaunch does: whoever deletes one holds it, and wants its learners next.
const gatherLaunches = `
with r as materialized (
	select * from jsonb_to_recordset($1::jsonb) as x(
		workspace text, id text, reference text, at bigint, outcome text, connection text, deployment text, message_type text,
		link text, item text, scenario text, return_url text, standing text, instructor boolean, passed text, state text,
		sign_in_hash text, sign_in_until bigint, claims text, took bigint, rung text, context text, deep_linking text, for_learner text,
		learner text, subject text, name text, email text, locale text,
		member boolean, learns boolean, teaches boolean, member_status text, member_source text)
), shared as materialized (
	select from connections where (workspace_id, id) in (select workspace, connection from r) order by workspace_id, id for key share
), who as (
	insert into learners (workspace_id, id, connection_id, subject, name, email, locale, created_at, seen_at, history)
	select workspace, learner, connection, subject, name, email, locale, at, at, learner from r
	where (select count(*) from shared) >= 0 -- all of them first
	order by workspace, connection, subject
	on conflict (workspace_id, connection_id, subject) do update set
		name = case when excluded.name = '' then learners.name else excluded.name end,
		email = case when excluded.email = '' then learners.email else excluded.email end,
		locale = case when excluded.locale = '' then learners.locale else excluded.locale end,
		seen_at = case when excluded.seen_at < learners.seen_at then learners.seen_at else excluded.seen_at end
	returning workspace_id, id, connection_id, subject
), belongs as (
	insert into context_members (workspace_id, context_id, learner_id, learns, teaches, status, source, first_seen, last_seen)
	select r.workspace, r.context, who.id, r.learns, r.teaches, r.member_status, r.member_source, r.at, r.at
	from r join who on who.workspace_id = r.workspace and who.connection_id = r.connection and who.subject = r.subject
	where r.member and r.context <> ''
	order by r.workspace, r.context, who.id
	on conflict (workspace_id, context_id, learner_id) do update set
		learns = case when excluded.source = 'roster' and context_members.source = 'launch' then context_members.learns else excluded.learns end,
		teaches = case when excluded.source = 'roster' and context_members.source = 'launch' then context_members.teaches else excluded.teaches end,
		source = case when context_members.source = 'launch' then context_members.source else excluded.source end,
		status = excluded.status,
		last_seen = case when excluded.last_seen < context_members.last_seen then context_members.last_seen else excluded.last_seen end
)
insert into launches (workspace_id, id, reference, at, outcome, connection_id, deployment, message_type, learner_id, link_id,
	line_item_id, scenario_id, return_url, standing, instructor, check_name, clause, detail, passed, state_id, sign_in_hash, sign_in_until,
	claims, took_ms, rung, context_id, deep_linking, for_learner_id)
select r.workspace, r.id, r.reference, r.at, r.outcome, r.connection, r.deployment, r.message_type, who.id, r.link,
	r.item, r.scenario, r.return_url, r.standing, r.instructor, '', '', '', r.passed, r.state, r.sign_in_hash, r.sign_in_until,
	r.claims, r.took, r.rung, r.context, r.deep_linking, r.for_learner
from r join who on who.workspace_id = r.workspace and who.connection_id = r.connection and who.subject = r.subject
returning workspace_id, id, learner_id`
