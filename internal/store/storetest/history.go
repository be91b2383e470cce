package storetest

import (
	"context"
	"fmt"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func learnerID(l greenroom.Learner) greenroom.LearnerID { return l.ID }

// arrives records a launch of somebody else at minute n.
func (w *world) arrives(t *testing.T, n int, subject, name, email string) greenroom.Learner {
	t.Helper()
	r := w.record(n)
	r.Learner.Subject, r.Learner.Name, r.Learner.Email = subject, name, email
	launch := must(w.RecordLaunch(t.Context(), r))(t)
	return must(w.Learner(t.Context(), launch.Learner))(t)
}

// practises adds an ended session of a learner.
func (w *world) practises(t *testing.T, l greenroom.Learner, id string, at int) greenroom.Session {
	t.Helper()
	s := w.newSession(id, at)
	s.Learner, s.EndedAt = l.ID, minutes(at+1)
	update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddSession(ctx, s) })
	return s
}

func (w *world) joins(t *testing.T, l greenroom.Learner, history greenroom.LearnerID) {
	t.Helper()
	update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SetHistory(ctx, l.ID, history) })
}

func testHistories(t *testing.T, s greenroom.Store) {
	t.Run("a new learner has one of their own, and keeps it", func(t *testing.T) {
		w := launched(t, s, "alpha")
		equal(t, "history", w.learner.History, w.learner.ID)
		other := w.arrives(t, 20, "other", "", "")
		w.joins(t, other, w.learner.ID)
		again := w.arrives(t, 21, "other", "", "")
		equal(t, "after another launch", again.History, w.learner.ID)
		equal(t, "the learner", again.ID, other.ID)
	})
	t.Run("merged learners share sessions and passbacks, and keep their open session", func(t *testing.T) {
		w := full(t, s, "alpha")
		other := w.arrives(t, 20, "other", "", "")
		theirs := w.practises(t, other, "theirs", 30)
		history := func() []greenroom.SessionID {
			return list(must(w.History(t.Context(), w.learner.ID, 0))(t), func(p greenroom.PastSession) greenroom.SessionID { return p.ID })
		}
		equal(t, "alone", history(), []greenroom.SessionID{w.open.ID, w.ended.ID})
		w.joins(t, other, w.learner.History)
		equal(t, "together", history(), []greenroom.SessionID{theirs.ID, w.open.ID, w.ended.ID})
		for _, of := range []greenroom.LearnerID{other.ID, w.learner.ID} {
			equal(t, "at the link", list(must(w.SessionsOf(t.Context(), of, w.link.ID, w.scenario.ID))(t), sessionID), history())
		}
		_, err := w.OpenSession(t.Context(), other.ID, w.link.ID, w.scenario.ID)
		refused(t, err, greenroom.ErrNotFound)
		first := must(w.History(t.Context(), w.learner.ID, 1))(t)
		equal(t, "with a limit", first, []greenroom.PastSession{{
			Session: theirs, ScenarioSlug: slug, ScenarioTitle: w.scenario.Title, ActivityTitle: w.link.Title,
			CourseTitle: w.link.ContextTitle, Context: w.context.ID,
		}})
		passbacks := must(w.PassbacksOf(t.Context(), w.learner.ID))(t)
		equal(t, "passbacks", list(passbacks, func(p greenroom.PassbackRow) greenroom.PassbackID { return p.ID }), []greenroom.PassbackID{w.passback.ID})
		both := must(w.MembershipsOf(t.Context(), w.learner.ID))(t)
		equal(t, "courses", list(both, func(m greenroom.MembershipRow) string { return string(m.Learner) + " in " + m.Course.Title }),
			[]string{string(other.ID) + " in " + w.context.Title, string(w.learner.ID) + " in " + w.context.Title})
		equal(t, "identities", list(must(w.Identities(t.Context(), w.learner.ID))(t), learnerID), []greenroom.LearnerID{other.ID, w.learner.ID})
	})
	t.Run("nobody who is not there gets one", func(t *testing.T) {
		w := launched(t, s, "alpha")
		err := w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error { return tx.SetHistory(ctx, "other", "x") })
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("each is one row of the list, which is searched and sorted", func(t *testing.T) { testFindLearners(t, launched(t, s, "alpha")) })
	t.Run("learners of the same name or address are alike", func(t *testing.T) {
		w := launched(t, s, "alpha")
		a := w.arrives(t, 20, "a", "Nadia", "n@example.org")
		name := w.arrives(t, 21, "b", "NADIA", "")
		mail := w.arrives(t, 22, "c", "Somebody", "N@example.org")
		w.arrives(t, 23, "d", "", "")
		w.arrives(t, 24, "e", "", "")
		like := func(l greenroom.Learner) []greenroom.LearnerID {
			return list(must(w.LearnersLike(t.Context(), l.History, 0))(t), learnerID)
		}
		equal(t, "of the first", like(a), []greenroom.LearnerID{mail.ID, name.ID})
		w.joins(t, name, a.ID)
		a = must(w.Learner(t.Context(), a.ID))(t)
		equal(t, "after a merge", like(a), []greenroom.LearnerID{mail.ID})
		equal(t, "of one whom nothing is known of", len(must(w.LearnersLike(t.Context(), "other", 0))(t)), 0)
	})
}

func testFindLearners(t *testing.T, w *world) {
	second := w.newConnection("second", "https://other.example.edu", "2")
	update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveConnection(ctx, second) })
	zoe := w.arrives(t, 20, "sub_20", "zoe", "zoe@example.org")
	adam := w.arrives(t, 30, "sub-30", "Adam 100%", "")
	w.arrives(t, 40, "nameless", "", "")
	w.practises(t, zoe, "z", 50)
	find := func(f greenroom.LearnerFilter) string {
		found := must(w.FindLearners(t.Context(), f))(t)
		return fmt.Sprint(list(found, func(l greenroom.LearnerRow) string { return l.Subject }))
	}
	for _, tc := range []struct {
		what string
		f    greenroom.LearnerFilter
		want string
	}{
		{"all, last seen first", greenroom.LearnerFilter{}, "[nameless sub-30 sub_20 subject-1]"},
		{"by name, those without behind", greenroom.LearnerFilter{Sort: greenroom.ByName}, "[sub-30 subject-1 sub_20 nameless]"},
		{"by sessions", greenroom.LearnerFilter{Sort: greenroom.BySessions}, "[sub_20 nameless sub-30 subject-1]"},
		{"a part of a name", greenroom.LearnerFilter{Query: "ADAM"}, "[sub-30]"},
		{"a part of an address", greenroom.LearnerFilter{Query: "Zoe@"}, "[sub_20]"},
		{"a subject, in which _ is no pattern", greenroom.LearnerFilter{Query: "sub_"}, "[sub_20]"},
		{"nor is %", greenroom.LearnerFilter{Query: "100%"}, "[sub-30]"},
		{"nothing", greenroom.LearnerFilter{Query: `\`}, "[]"},
		{"a page", greenroom.LearnerFilter{Skip: 1, Limit: 2}, "[sub-30 sub_20]"},
		{"of a connection", greenroom.LearnerFilter{Connection: w.connection.ID, Limit: 1}, "[nameless]"},
		{"of another connection", greenroom.LearnerFilter{Connection: second.ID}, "[]"},
	} {
		equal(t, tc.what, find(tc.f), tc.want)
	}
	w.joins(t, zoe, adam.ID)
	equal(t, "merged", find(greenroom.LearnerFilter{}), "[nameless sub-30 subject-1]")
	equal(t, "merged, found by the other's name", find(greenroom.LearnerFilter{Query: "zoe"}), "[sub-30]")
	row := must(w.FindLearners(t.Context(), greenroom.LearnerFilter{Query: "zoe"}))(t)[0]
	equal(t, "row", []any{row.Identities, row.Sessions, row.PlatformName}, []any{2, 1, w.connection.Platform})
}

func testEraseLearner(t *testing.T, s greenroom.Store) {
	erase := func(t *testing.T, w *world, id greenroom.LearnerID) error {
		return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error { return tx.EraseLearner(ctx, id) })
	}
	t.Run("what was theirs goes, and what was others' stays", func(t *testing.T) {
		w := full(t, s, "alpha")
		other := w.arrives(t, 20, "other", "Other", "")
		kept := w.practises(t, other, "kept", 30)
		ok(t, erase(t, w, w.learner.ID))
		for what, err := range map[string]error{
			"learner":  second(w.Learner(t.Context(), w.learner.ID)),
			"open":     second(w.Session(t.Context(), w.open.ID)),
			"ended":    second(w.Session(t.Context(), w.ended.ID)),
			"passback": second(w.Passback(t.Context(), w.passback.ID)),
		} {
			if err == nil {
				t.Errorf("%s is still there", what)
			}
		}
		equal(t, "picks", must(w.Picks(t.Context(), w.open.ID))(t), []greenroom.Pick{})
		equal(t, "another's", must(w.Session(t.Context(), kept.ID))(t), kept)
	})
	t.Run("launches stay as nobody's and sign nobody in", func(t *testing.T) {
		w := full(t, s, "alpha")
		review := w.record(30)
		review.Launch.ForLearner, review.Learner.Subject = w.learner.ID, "teacher"
		reviewed := must(w.RecordLaunch(t.Context(), review))(t)
		ok(t, erase(t, w, w.learner.ID))
		l := must(w.Launch(t.Context(), w.launch.ID))(t)
		equal(t, "of it", []any{l.Learner, l.Claims, l.ReturnURL, l.SignInHash, l.SignInUntil.IsZero(), l.Reference},
			[]any{greenroom.LearnerID(""), "", "", "", true, w.launch.Reference})
		l = must(w.Launch(t.Context(), reviewed.ID))(t)
		equal(t, "of a review", []any{l.ForLearner, l.Claims, l.SignInHash}, []any{greenroom.LearnerID(""), "", reviewed.SignInHash})
		equal(t, "in the log", len(must(w.Launches(t.Context(), greenroom.LaunchFilter{}))(t)), 3)
	})
	t.Run("the next launch makes somebody new", func(t *testing.T) {
		w := full(t, s, "alpha")
		ok(t, erase(t, w, w.learner.ID))
		again := must(w.RecordLaunch(t.Context(), w.record(50)))(t)
		if again.Learner == w.learner.ID {
			t.Error("the learner is who was erased")
		}
		equal(t, "sessions", len(must(w.History(t.Context(), again.Learner, 0))(t)), 0)
	})
	t.Run("nobody who is not there is erased", func(t *testing.T) {
		refused(t, erase(t, launched(t, s, "alpha"), "other"), greenroom.ErrNotFound)
	})
}

func testTombstones(t *testing.T, s greenroom.Store) {
	w := full(t, s, "alpha")
	find := func(mark string) (greenroom.Tombstone, error) {
		return w.Tombstone(t.Context(), w.connection.ID, mark)
	}
	change := func(fn func(ctx context.Context, tx greenroom.Tx) error) error { return w.Update(t.Context(), fn) }
	equal(t, "found", must(find(w.tombstone.Mark))(t), w.tombstone)
	equal(t, "any", must(w.AnyTombstone(t.Context()))(t), true)
	refused(t, second(find("other")), greenroom.ErrNotFound)
	again := w.tombstone
	again.At = minutes(9)
	ok(t, change(func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveTombstone(ctx, again) }))
	equal(t, "of a second erasure", must(find(w.tombstone.Mark))(t), again)
	elsewhere := greenroom.Tombstone{Connection: "other", Mark: "mark", At: noon}
	refused(t, change(func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveTombstone(ctx, elsewhere) }), greenroom.ErrNotFound)
	for range 2 { // the second time there is nothing to lift
		ok(t, change(func(ctx context.Context, tx greenroom.Tx) error {
			return tx.LiftTombstone(ctx, w.connection.ID, w.tombstone.Mark)
		}))
		refused(t, second(find(w.tombstone.Mark)), greenroom.ErrNotFound)
		equal(t, "any left", must(w.AnyTombstone(t.Context()))(t), false)
	}
}

func second[T any](_ T, err error) error { return err }

func testRetention(t *testing.T, s greenroom.Store) {
	older := func(t *testing.T, w *world, at int) greenroom.Aged { return must(w.Older(t.Context(), minutes(at)))(t) }
	t.Run("sessions go by age, the oldest first, and passbacks stay", func(t *testing.T) {
		w := full(t, s, "alpha") // ended: 3 to 4; open since 5
		equal(t, "at the end of one", older(t, w, 4).Sessions, 0)
		equal(t, "after it", older(t, w, 5).Sessions, 1)
		equal(t, "after both", older(t, w, 60).Sessions, 2)
		equal(t, "swept", must(w.SweepSessions(t.Context(), minutes(60), 1))(t), 1)
		refused(t, second(w.Session(t.Context(), w.ended.ID)), greenroom.ErrNotFound)
		equal(t, "swept again", must(w.SweepSessions(t.Context(), minutes(60), 9))(t), 1)
		equal(t, "picks", must(w.Picks(t.Context(), w.open.ID))(t), []greenroom.Pick{})
		must(w.Passback(t.Context(), w.passback.ID))(t)
	})
	t.Run("learners go when nobody of their history was there", func(t *testing.T) {
		w := launched(t, s, "alpha") // seen at 1
		old := w.arrives(t, 2, "old", "", "")
		late := w.arrives(t, 30, "late", "", "")
		practising := w.arrives(t, 3, "practising", "", "")
		w.practises(t, practising, "p", 25)
		equal(t, "at once", older(t, w, 2).Learners, 1)
		equal(t, "later", older(t, w, 20).Learners, 2)
		w.joins(t, old, late.ID)
		equal(t, "with one merged", older(t, w, 20).Learners, 1)
		equal(t, "swept", must(w.SweepLearners(t.Context(), minutes(20), 5))(t), 1)
		refused(t, second(w.Learner(t.Context(), w.learner.ID)), greenroom.ErrNotFound)
		equal(t, "the launch", must(w.Launch(t.Context(), w.launch.ID))(t).Learner, "")
		for _, l := range []greenroom.Learner{old, late, practising} {
			must(w.Learner(t.Context(), l.ID))(t)
		}
		equal(t, "batches", []int{must(w.SweepLearners(t.Context(), minutes(900), 2))(t), must(w.SweepLearners(t.Context(), minutes(900), 2))(t)}, []int{2, 1})
	})
}
