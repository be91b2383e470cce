package storetest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testRosters(t *testing.T, s greenroom.Store) {
	t.Run("a launch notes its learner as a member, and keeps when they came first", func(t *testing.T) {
		w := launched(t, s, "alpha")
		equal(t, "member", must(w.ContextMember(t.Context(), w.context.ID, w.learner.ID))(t), w.memberRow)
		r := w.record(5)
		r.Member.Learns, r.Member.Teaches = false, true
		must(w.RecordLaunch(t.Context(), r))(t)
		want := w.memberRow.ContextMember
		want.Learns, want.Teaches, want.LastSeen = false, true, minutes(5)
		equal(t, "after another launch", must(w.ContextMember(t.Context(), w.context.ID, w.learner.ID))(t).ContextMember, want)
		_, err := w.ContextMember(t.Context(), w.context.ID, "nobody")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("a launch without a member notes none", func(t *testing.T) {
		w := connected(t, s, "alpha")
		r := w.record(1)
		r.Member = nil
		l := must(w.RecordLaunch(t.Context(), r))(t)
		equal(t, "members", len(must(w.ContextMembers(t.Context(), l.Context))(t)), 0)
	})
	t.Run("a roster's learner is found or added, blanks erase nothing, and nobody counts as seen", func(t *testing.T) {
		w := launched(t, s, "alpha")
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			known := greenroom.Learner{ID: "new", Connection: w.connection.ID, Subject: subject, CreatedAt: minutes(9), SeenAt: minutes(9)}
			equal(t, "known", must(tx.MeetRosterLearner(ctx, known))(t), w.learner.ID)
			fresh := greenroom.Learner{
				ID: greenroom.LearnerID(w.id("fresh")), Connection: w.connection.ID, Subject: "other", Name: "Cy", Email: "cy@example.org",
				CreatedAt: minutes(9), SeenAt: minutes(9), History: greenroom.LearnerID(w.id("fresh")),
			}
			equal(t, "fresh", must(tx.MeetRosterLearner(ctx, fresh))(t), fresh.ID)
			equal(t, "as it was added", must(tx.Learner(ctx, fresh.ID))(t), fresh)
			return nil
		})
		equal(t, "learner", must(w.Learner(t.Context(), w.learner.ID))(t), w.learner)
	})
	t.Run("what a launch told of roles stays when a roster tells otherwise", func(t *testing.T) {
		w := launched(t, s, "alpha")
		told := greenroom.ContextMember{
			Context: w.context.ID, Learner: w.learner.ID, Learns: false, Teaches: true,
			Status: greenroom.MemberInactive, Source: greenroom.FromRoster, FirstSeen: minutes(9), LastSeen: minutes(9),
		}
		meet := func(m greenroom.ContextMember) greenroom.ContextMember {
			update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.MeetContextMember(ctx, m) })
			return must(w.ContextMember(t.Context(), m.Context, m.Learner))(t).ContextMember
		}
		want := w.memberRow.ContextMember
		want.Status, want.LastSeen = greenroom.MemberInactive, minutes(9)
		equal(t, "launched before", meet(told), want)

		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			id, err := tx.MeetRosterLearner(ctx, greenroom.Learner{ID: greenroom.LearnerID(w.id("cy")), Connection: w.connection.ID, Subject: "cy"})
			told.Learner = id
			return err
		})
		equal(t, "on the roster alone", meet(told), told)
		told.Learns, told.LastSeen = true, minutes(3)
		changed := meet(told)
		told.LastSeen = minutes(9)
		equal(t, "roster again, and time never goes back", changed, told)
	})
	t.Run("who was not seen since a time has left, others and other contexts stay", func(t *testing.T) {
		w := launched(t, s, "alpha")
		r := w.record(5)
		r.Learner.Subject = "later"
		later := must(w.RecordLaunch(t.Context(), r))(t)
		r = w.record(1000)
		r.Launch.StateID, r.Context.PlatformID, r.Member.LastSeen = "elsewhere", "other course", minutes(1)
		elsewhere := must(w.RecordLaunch(t.Context(), r))(t)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			return tx.LeaveContext(ctx, w.context.ID, minutes(5))
		})
		status := func(c greenroom.ContextID, l greenroom.LearnerID) greenroom.MemberStatus {
			return must(w.ContextMember(t.Context(), c, l))(t).Status
		}
		equal(t, "before", status(w.context.ID, w.learner.ID), greenroom.MemberLeft)
		equal(t, "at the time", status(w.context.ID, later.Learner), greenroom.MemberActive)
		equal(t, "elsewhere", status(elsewhere.Context, elsewhere.Learner), greenroom.MemberActive)
		equal(t, "counts", must(w.CountContextMembers(t.Context()))(t), map[greenroom.ContextID]int{w.context.ID: 1, elsewhere.Context: 1})
	})
	t.Run("members are listed by name", func(t *testing.T) {
		w := launched(t, s, "alpha")
		for n, name := range []string{"zoe", "Adam", "mia"} {
			r := w.record(10 + n)
			r.Learner.Subject, r.Learner.Name = name, name
			must(w.RecordLaunch(t.Context(), r))(t)
		}
		got := list(must(w.ContextMembers(t.Context(), w.context.ID))(t), func(m greenroom.ContextMemberRow) string { return m.Person.Name })
		equal(t, "names", got, []string{"Adam", w.learner.Name, "mia", "zoe"})
	})
	t.Run("a roster comes back as it was, and there is one for a context", func(t *testing.T) {
		w := full(t, s, "alpha")
		equal(t, "roster", must(w.Roster(t.Context(), w.context.ID))(t), w.roster)
		w.roster.State, w.roster.NextTry, w.roster.Attempts, w.roster.Answer = greenroom.RosterFailing, minutes(3), 2, "503"
		saveRoster(t, w, w.roster)
		equal(t, "all", must(w.Rosters(t.Context()))(t), []greenroom.Roster{w.roster})
		_, err := w.Roster(t.Context(), "other")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("what happened at the links of a context is listed with it", func(t *testing.T) {
		w := full(t, s, "alpha")
		got := must(w.SessionsIn(t.Context(), w.context.ID))(t)
		equal(t, "sessions", got, []greenroom.ContextSession{
			{Session: w.ended, History: w.learner.History}, {Session: w.open, History: w.learner.History},
		})
		equal(t, "passbacks", must(w.PassbacksIn(t.Context(), w.context.ID))(t), []greenroom.Passback{w.passback})
		equal(t, "line items", must(w.LineItemsIn(t.Context(), w.context.ID))(t), []greenroom.LineItem{w.item})
		equal(t, "line item by URL", must(w.LineItemByURL(t.Context(), w.connection.ID, itemURL))(t), w.item)
		_, err := w.LineItemByURL(t.Context(), w.connection.ID, itemURL+"&")
		refused(t, err, greenroom.ErrNotFound)
		equal(t, "sessions of another", len(must(w.SessionsIn(t.Context(), "other"))(t)), 0)
	})
}

func saveRoster(t *testing.T, w *world, r greenroom.Roster) {
	t.Helper()
	update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveRoster(ctx, r) })
}

// oweRoster adds a roster of a context of its own.
func oweRoster(t *testing.T, w *world, n int, change func(*greenroom.Roster)) greenroom.Roster {
	t.Helper()
	r := w.record(200 + n)
	r.Context.PlatformID = r.Launch.StateID
	l := must(w.RecordLaunch(t.Context(), r))(t)
	roster := w.newRoster(l.Context)
	if change != nil {
		change(&roster)
	}
	saveRoster(t, w, roster)
	return roster
}

func testRosterClaims(t *testing.T, open func(t *testing.T) greenroom.Store) {
	t.Run("only what is due and free is claimed, of a connection that is on, the longest due first", func(t *testing.T) {
		s := open(t)
		w, off := connected(t, s, "alpha"), connected(t, s, "off")
		late := oweRoster(t, w, 1, func(r *greenroom.Roster) { r.NextTry = minutes(-5) })
		due := oweRoster(t, w, 2, nil)
		oweRoster(t, w, 3, func(r *greenroom.Roster) { r.NextTry = minutes(1) })
		oweRoster(t, w, 4, func(r *greenroom.Roster) { r.LeaseUntil = minutes(1) })
		oweRoster(t, off, 1, nil)
		off.connection.Disabled = true
		save(t, off, off.connection)

		equal(t, "lanes", must(s.Instance().RosterLanes(t.Context(), noon))(t),
			[]greenroom.Lane{{Workspace: w.workspace.ID, Connection: w.connection.ID}})
		equal(t, "next", must(s.Instance().NextRoster(t.Context()))(t), minutes(-5))
		claimed := must(w.ClaimRosters(t.Context(), w.connection.ID, noon, minutes(2), 9))(t)
		late.LeaseUntil, due.LeaseUntil = minutes(2), minutes(2)
		equal(t, "claimed", claimed, []greenroom.Roster{late, due})
		equal(t, "of the one that is off", len(must(off.ClaimRosters(t.Context(), off.connection.ID, noon, minutes(2), 9))(t)), 0)
		equal(t, "lanes that are held", must(s.Instance().RosterLanes(t.Context(), noon))(t), []greenroom.Lane{})
		equal(t, "next of those that are held", must(s.Instance().NextRoster(t.Context()))(t), minutes(1))
	})
	t.Run("nothing waits where nobody asked", func(t *testing.T) {
		_, err := open(t).Instance().NextRoster(t.Context())
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("parallel claims share out", func(t *testing.T) {
		w := connected(t, open(t), "alpha")
		for n := range 8 {
			oweRoster(t, w, n, nil)
		}
		var mu sync.Mutex
		times := map[greenroom.ContextID]int{}
		for _, err := range parallel(4, func(int) error {
			for {
				claimed, err := w.ClaimRosters(t.Context(), w.connection.ID, noon, noon.Add(time.Minute), 1)
				if err != nil || len(claimed) == 0 {
					return err
				}
				mu.Lock()
				times[claimed[0].Context]++
				mu.Unlock()
			}
		}) {
			ok(t, err)
		}
		equal(t, "claimed", len(times), 8)
		for id, n := range times {
			equal(t, "claims of "+string(id), n, 1)
		}
	})
}
