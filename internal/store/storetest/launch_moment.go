package storetest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// moment is a launch of the n-th learner, at the time of the world's first
// launch: a class that begins together.
func (w *world) moment(n int) greenroom.LaunchRecord {
	r := w.record(n + 1000)
	at := minutes(1)
	r.Launch.At, r.Launch.SignInUntil = at, minutes(61)
	r.Learner.Subject, r.Learner.CreatedAt, r.Learner.SeenAt = fmt.Sprint("subject-", n), at, at
	r.Member.FirstSeen, r.Member.LastSeen = at, at
	r.Context.CreatedAt, r.Context.SeenAt = at, at
	return r
}

// Launches that tell what was told a moment ago may be written in another way
// than the first of them. They leave the same behind.
func testLaunchesOfAMoment(t *testing.T, s greenroom.Store) {
	t.Run("find context, link and line item, and add the learner", func(t *testing.T) {
		w := launched(t, s, "alpha")
		r := w.moment(2)
		got := must(w.RecordLaunch(t.Context(), r))(t)
		want := r.Launch
		want.Learner, want.Context, want.Link, want.LineItem = r.Learner.ID, w.context.ID, w.link.ID, w.item.ID
		equal(t, "returned", got, want)
		equal(t, "launch", must(w.Launch(t.Context(), want.ID))(t), want)
		r.Learner.History = r.Learner.ID
		equal(t, "learner", must(w.Learner(t.Context(), want.Learner))(t), r.Learner)
		member := must(w.ContextMember(t.Context(), w.context.ID, want.Learner))(t)
		equal(t, "member", member.ContextMember.Status, greenroom.MemberActive)
	})
	t.Run("of a learner who is known fill in names, and blanks erase nothing", func(t *testing.T) {
		w := launched(t, s, "alpha")
		r := w.moment(2)
		r.Learner.Subject, r.Learner.Name, r.Learner.Email = subject, "New name", ""
		equal(t, "learner", must(w.RecordLaunch(t.Context(), r))(t).Learner, w.learner.ID)
		found := must(w.Learner(t.Context(), w.learner.ID))(t)
		equal(t, "name", found.Name, "New name")
		equal(t, "e-mail", found.Email, w.learner.Email)
	})
	t.Run("with a spent state are refused, and nothing has changed", func(t *testing.T) {
		w := launched(t, s, "alpha")
		before := dump(t, w)
		r := w.moment(2)
		r.Launch.StateID = stateID
		_, err := w.RecordLaunch(t.Context(), r)
		refused(t, err, greenroom.ErrSpent)
		unchanged(t, w, before)
	})
	t.Run("of a crowd are all written, each for its learner, and one that is spent fails alone", func(t *testing.T) {
		w := launched(t, s, "alpha")
		const crowd = 60
		got := make([]greenroom.Launch, crowd)
		errs := parallel(crowd, func(n int) (err error) {
			r := w.moment(n)
			if n%20 == 7 {
				r.Launch.StateID = stateID
			}
			got[n], err = w.RecordLaunch(t.Context(), r)
			return err
		})
		for n, err := range errs {
			if n%20 == 7 {
				refused(t, err, greenroom.ErrSpent)
				continue
			}
			ok(t, err)
			who := must(w.LearnerBySubject(t.Context(), w.connection.ID, fmt.Sprint("subject-", n)))(t)
			equal(t, "learner", got[n].Learner, who.ID)
			equal(t, "launch", must(w.Launch(t.Context(), got[n].ID))(t), got[n])
		}
		equal(t, "launches", len(must(w.Launches(t.Context(), greenroom.LaunchFilter{}))(t)), crowd-3+1)
	})
	t.Run("of one learner in a crowd make one learner", func(t *testing.T) {
		w := launched(t, s, "alpha")
		for _, err := range parallel(20, func(n int) error {
			r := w.moment(n)
			r.Learner.Subject = "same"
			_, err := w.RecordLaunch(t.Context(), r)
			return err
		}) {
			ok(t, err)
		}
		equal(t, "learners", len(must(w.Learners(t.Context(), 0))(t)), 2)
	})
	t.Run("of one state in a crowd have one winner", func(t *testing.T) {
		w := launched(t, s, "alpha")
		oneWins(t, parallel(20, func(n int) error {
			r := w.moment(n)
			r.Launch.StateID = "same"
			_, err := w.RecordLaunch(t.Context(), r)
			return err
		}), greenroom.ErrSpent)
	})
	t.Run("of a connection that is gone find nothing", func(t *testing.T) {
		w := launched(t, s, "alpha")
		errs := parallel(20, func(n int) error {
			if n == 10 {
				return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
					return tx.DeleteConnection(ctx, w.connection.ID)
				})
			}
			_, err := w.RecordLaunch(t.Context(), w.moment(n))
			return err
		})
		ok(t, errs[10])
		for _, err := range errs {
			if err != nil && !errors.Is(err, greenroom.ErrNotFound) {
				t.Error(err)
			}
		}
		_, err := w.RecordLaunch(t.Context(), w.moment(30))
		refused(t, err, greenroom.ErrNotFound)
		equal(t, "learners", must(w.Learners(t.Context(), 0))(t), []greenroom.Learner{})
	})
	t.Run("that tell something else are written", func(t *testing.T) {
		w := launched(t, s, "alpha")
		r := w.moment(2)
		r.Context.Title, r.Link.Title = "New course", "New title"
		r.Link.ContextTitle = "New course"
		must(w.RecordLaunch(t.Context(), r))(t)
		equal(t, "link", must(w.ResourceLink(t.Context(), w.link.ID))(t).Title, "New title")
		equal(t, "context", must(w.Context(t.Context(), w.context.ID))(t).Title, "New course")
	})
	t.Run("keep odd texts as the first does", func(t *testing.T) {
		w := launched(t, s, "alpha")
		r := w.moment(2)
		r.Launch.Passed, r.Launch.Claims = nil, "a\x00b\xff\"\\u0000"
		r.Learner.Name = "Zoë \x00\xff\U0001F600"
		got := must(w.RecordLaunch(t.Context(), r))(t)
		again := w.record(3) // a minute later: as the first
		again.Launch.Passed, again.Launch.Claims = nil, r.Launch.Claims
		again.Learner.Name, again.Learner.Subject = r.Learner.Name, "other"
		first := must(w.RecordLaunch(t.Context(), again))(t)
		equal(t, "claims", must(w.Launch(t.Context(), got.ID))(t).Claims, must(w.Launch(t.Context(), first.ID))(t).Claims)
		equal(t, "passed", must(w.Launch(t.Context(), got.ID))(t).Passed, must(w.Launch(t.Context(), first.ID))(t).Passed)
		equal(t, "name", must(w.Learner(t.Context(), got.Learner))(t).Name, must(w.Learner(t.Context(), first.Learner))(t).Name)
	})
}
