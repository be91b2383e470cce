package storetest

import (
	"context"
	"errors"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testAudit(t *testing.T, s greenroom.Store) {
	add := func(t *testing.T, w *world, list ...greenroom.AuditEntry) {
		t.Helper()
		for _, e := range list {
			update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddAudit(ctx, e) })
		}
	}
	ids := func(t *testing.T, w *world, f greenroom.AuditFilter) []string {
		t.Helper()
		return list(must(w.Audit(t.Context(), f))(t), func(e greenroom.AuditEntry) string { return string(e.ID) })
	}
	t.Run("an entry comes back as it was, with and without changes", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		with, without := w.newEntry("with", 1), w.newEntry("without", 0)
		without.Changes, without.Actor = nil, ""
		add(t, w, with, without)
		equal(t, "log", must(w.Audit(t.Context(), greenroom.AuditFilter{}))(t), []greenroom.AuditEntry{with, without})
	})
	t.Run("it is written with its change or not at all", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		stop := errors.New("stop")
		err := w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			ok(t, tx.AddAudit(ctx, w.newEntry("undone", 0)))
			return stop
		})
		refused(t, err, stop)
		equal(t, "log", ids(t, w, greenroom.AuditFilter{}), []string{})
	})
	t.Run("an ID is used once", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		add(t, w, w.newEntry("entry", 0))
		err := w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			return tx.AddAudit(ctx, w.newEntry("entry", 1))
		})
		refused(t, err, greenroom.ErrTaken)
	})
	t.Run("pages meet without a gap, also among entries of the same time", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		add(t, w, w.newEntry("b", 5), w.newEntry("a", 5), w.newEntry("c", 5), w.newEntry("old", 1), w.newEntry("new", 9))
		want := []string{w.id("new"), w.id("c"), w.id("b"), w.id("a"), w.id("old")}
		equal(t, "whole", ids(t, w, greenroom.AuditFilter{}), want)
		for size := 1; size <= 5; size++ {
			f, paged := greenroom.AuditFilter{Limit: size}, []string{}
			for {
				page := must(w.Audit(t.Context(), f))(t)
				if len(page) == 0 {
					break
				}
				f.Before = page[len(page)-1].Cursor()
				paged = append(paged, list(page, func(e greenroom.AuditEntry) string { return string(e.ID) })...)
			}
			equal(t, "in pages", paged, want)
		}
	})
	t.Run("a filter lets through what it names", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		mine, operators, scenario := w.newEntry("mine", 3), w.newEntry("operators", 2), w.newEntry("scenario", 1)
		operators.Actor, operators.ActorName = "", "Operator"
		mine.NounID = "thing"
		scenario.Noun, scenario.Action = greenroom.NounScenario, greenroom.ScenarioImported
		add(t, w, mine, operators, scenario)
		nobody, stranger := greenroom.PersonID(""), greenroom.PersonID("stranger")
		for name, tc := range map[string]struct {
			f    greenroom.AuditFilter
			want []string
		}{
			"a noun":          {greenroom.AuditFilter{Noun: greenroom.NounScenario}, []string{w.id("scenario")}},
			"a thing":         {greenroom.AuditFilter{Noun: greenroom.NounConnection, NounID: "thing"}, []string{w.id("mine")}},
			"no such thing":   {greenroom.AuditFilter{NounID: "other"}, []string{}},
			"an action":       {greenroom.AuditFilter{Action: greenroom.ConnectionChanged}, []string{w.id("mine"), w.id("operators")}},
			"an actor":        {greenroom.AuditFilter{Actor: &w.person.ID}, []string{w.id("mine"), w.id("scenario")}},
			"nobody":          {greenroom.AuditFilter{Actor: &nobody}, []string{w.id("operators")}},
			"a stranger":      {greenroom.AuditFilter{Actor: &stranger}, []string{}},
			"noun and actor":  {greenroom.AuditFilter{Actor: &w.person.ID, Noun: greenroom.NounConnection}, []string{w.id("mine")}},
			"actor and place": {greenroom.AuditFilter{Actor: &w.person.ID, Before: mine.Cursor()}, []string{w.id("scenario")}},
		} {
			equal(t, name, ids(t, w, tc.f), tc.want)
		}
	})
	t.Run("everybody in the log is named once", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		operators := w.newEntry("operators", 2)
		operators.Actor, operators.ActorName = "", "Operator"
		add(t, w, w.newEntry("one", 1), w.newEntry("two", 2), operators)
		equal(t, "actors", must(w.AuditActors(t.Context()))(t), []greenroom.AuditActor{
			{ID: w.person.ID, Name: w.mark + " Ada"}, {Name: "Operator"},
		})
	})
	t.Run("a workspace begins with the entries of its creation", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		e := w.newEntry("created", 0)
		made := greenroom.Workspace{ID: greenroom.WorkspaceID(w.mark + "-second"), Slug: w.mark + "-second", Name: "Second", CreatedAt: noon}
		ok(t, s.Instance().CreateWorkspace(t.Context(), made, greenroom.Key{ID: "k"}, w.person.ID, e))
		equal(t, "log", must(s.Workspace(made.ID).Audit(t.Context(), greenroom.AuditFilter{}))(t), []greenroom.AuditEntry{e})
	})
}

func testDeleteWorkspace(t *testing.T, s greenroom.Store) {
	w, other := full(t, s, "alpha"), full(t, s, "bravo")
	twin := full(t, s, "charlie", w)
	update(t, other, func(ctx context.Context, tx greenroom.Tx) error {
		return tx.PutMember(ctx, w.person.ID, greenroom.MemberRole, noon)
	})
	before, twins := dump(t, other), dump(t, twin)
	held := must(w.Contents(t.Context()))(t)
	empty := dump(t, &world{store: s, WorkspaceStore: s.Workspace("nowhere"), person: w.person})

	t.Run("first it is counted", func(t *testing.T) {
		equal(t, "contents", held, greenroom.Contents{
			Connections: 1, Members: 1, Learners: 1, Scenarios: 1, Sessions: 2, Scores: 1, Waiting: 1, Launches: 2, AuditEntries: 1,
		})
	})
	record := w.newEntry("record", 7)
	record.Action, record.Noun, record.NounID = greenroom.WorkspaceDeleted, greenroom.NounWorkspace, string(w.workspace.ID)

	t.Run("an undone deletion leaves everything", func(t *testing.T) {
		all, stop := dump(t, w), errors.New("stop")
		err := w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			ok(t, tx.DeleteWorkspace(ctx, record))
			return stop
		})
		refused(t, err, stop)
		unchanged(t, w, all)
		equal(t, "records", must(s.Instance().InstanceAudit(t.Context()))(t), []greenroom.AuditEntry{})
	})

	update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.DeleteWorkspace(ctx, record) })

	t.Run("nothing is left of it", func(t *testing.T) {
		_, err := s.Instance().FindWorkspace(t.Context(), w.workspace.Slug)
		refused(t, err, greenroom.ErrNotFound)
		for name, shown := range dump(t, w) {
			equal(t, name, shown, empty[name])
		}
	})
	t.Run("the others are as they were, the twin with its IDs as well", func(t *testing.T) {
		unchanged(t, other, before)
		unchanged(t, twin, twins)
	})
	t.Run("people stay, and so do their other memberships", func(t *testing.T) {
		equal(t, "person", must(s.Instance().Person(t.Context(), w.person.ID))(t), w.person)
		names := list(must(s.Instance().Memberships(t.Context(), w.person.ID))(t), func(m greenroom.Membership) greenroom.WorkspaceID {
			return m.Workspace.ID
		})
		equal(t, "memberships", names, []greenroom.WorkspaceID{other.workspace.ID})
	})
	t.Run("the instance remembers it", func(t *testing.T) {
		equal(t, "records", must(s.Instance().InstanceAudit(t.Context()))(t), []greenroom.AuditEntry{record})
	})
	t.Run("its queue is empty, and its passbacks cannot come back", func(t *testing.T) {
		for _, lane := range must(s.Instance().DueLanes(t.Context(), minutes(600)))(t) {
			if lane.Workspace == w.workspace.ID {
				t.Errorf("lane %+v is due", lane)
			}
		}
		err := w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error { return tx.SavePassback(ctx, w.passback) })
		refused(t, err, greenroom.ErrNotFound)
		err = w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveInvite(ctx, w.invite) })
		refused(t, err, greenroom.ErrNotFound)
		_, err = w.RecordLaunch(t.Context(), w.record(99))
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("it is deleted once", func(t *testing.T) {
		err := w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			again := record
			again.ID = "again"
			return tx.DeleteWorkspace(ctx, again)
		})
		refused(t, err, greenroom.ErrNotFound)
		equal(t, "records", len(must(s.Instance().InstanceAudit(t.Context()))(t)), 1)
	})
	t.Run("its address is free again", func(t *testing.T) {
		next := greenroom.Workspace{ID: "next", Slug: w.workspace.Slug, Name: "Next"}
		ok(t, s.Instance().CreateWorkspace(t.Context(), next, greenroom.Key{ID: "k"}, ""))
		equal(t, "log", must(s.Workspace("next").Audit(t.Context(), greenroom.AuditFilter{}))(t), []greenroom.AuditEntry{})
	})
}

// testDeleteWhileOthersWrite lets learners launch while their workspace goes:
// whatever comes first, nobody blocks the other for good and nothing is left.
func testDeleteWhileOthersWrite(t *testing.T, s greenroom.Store) {
	for range 4 {
		w := full(t, s, "alpha")
		record := w.newEntry("record", 7)
		errs := parallel(6, func(n int) error {
			if n == 3 {
				return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error { return tx.DeleteWorkspace(ctx, record) })
			}
			_, err := w.RecordLaunch(t.Context(), w.record(20+n))
			return err
		})
		ok(t, errs[3])
		equal(t, "contents", must(w.Contents(t.Context()))(t), greenroom.Contents{})
		_, err := w.Workspace(t.Context())
		refused(t, err, greenroom.ErrNotFound)
	}
}
