package storetest

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testRecordLaunch(t *testing.T, s greenroom.Store) {
	t.Run("a first launch adds learner, link, line item and launch", func(t *testing.T) {
		w := connected(t, s, "alpha")
		r := w.record(1)
		got := must(w.RecordLaunch(t.Context(), r))(t)

		want := r.Launch
		want.Learner, want.Link, want.LineItem = r.Learner.ID, r.Link.ID, r.LineItem.ID
		equal(t, "returned", got, want)
		equal(t, "launch", must(w.Launch(t.Context(), want.ID))(t), want)
		equal(t, "by state", must(w.LaunchByState(t.Context(), want.StateID))(t), want)
		equal(t, "learner", must(w.Learner(t.Context(), r.Learner.ID))(t), r.Learner)
		equal(t, "link", must(w.ResourceLink(t.Context(), r.Link.ID))(t), r.Link)
		r.LineItem.ResourceLink = r.Link.ID
		equal(t, "line item", must(w.LineItem(t.Context(), r.LineItem.ID))(t), *r.LineItem)
	})
	t.Run("a second launch finds them again", func(t *testing.T) {
		w := launched(t, s, "alpha")
		got := must(w.RecordLaunch(t.Context(), w.record(2)))(t)
		equal(t, "learner", got.Learner, w.learner.ID)
		equal(t, "link", got.Link, w.link.ID)
		equal(t, "line item", got.LineItem, w.item.ID)
		found := must(w.Learner(t.Context(), w.learner.ID))(t)
		equal(t, "created", found.CreatedAt, minutes(1))
		equal(t, "seen", found.SeenAt, minutes(2))
	})
	t.Run("what comes replaces what was known, and blanks erase nothing", func(t *testing.T) {
		w := launched(t, s, "alpha")
		r := w.record(2)
		r.Learner.Name, r.Learner.Email, r.Learner.Locale = "New name", "", ""
		r.Link.Title, r.Link.ContextID, r.Link.ContextTitle = "", "", "New course"
		r.LineItem.Title = ""
		must(w.RecordLaunch(t.Context(), r))(t)

		learner := must(w.Learner(t.Context(), w.learner.ID))(t)
		equal(t, "name", learner.Name, "New name")
		equal(t, "e-mail", learner.Email, w.learner.Email)
		equal(t, "locale", learner.Locale, w.learner.Locale)
		link := must(w.ResourceLink(t.Context(), w.link.ID))(t)
		equal(t, "title", link.Title, w.link.Title)
		equal(t, "context", link.ContextID, w.link.ContextID)
		equal(t, "context title", link.ContextTitle, "New course")
		equal(t, "line item", must(w.LineItem(t.Context(), w.item.ID))(t), w.item)
	})
	t.Run("a line item keeps the maximum that was read", func(t *testing.T) {
		w := launched(t, s, "alpha")
		w.item.Maximum = 12.5
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveLineItem(ctx, w.item) })
		must(w.RecordLaunch(t.Context(), w.record(2)))(t)
		equal(t, "line item", must(w.LineItem(t.Context(), w.item.ID))(t), w.item)
	})
	t.Run("a URL is a line item's however long it is", func(t *testing.T) {
		w := launched(t, s, "alpha")
		for n := range 2 {
			r := w.record(2 + n)
			r.LineItem.URL = itemURL + strings.Repeat("ö", 10_000)
			got := must(w.RecordLaunch(t.Context(), r))(t)
			equal(t, "line item", got.LineItem, w.record(2).LineItem.ID)
		}
	})
	t.Run("a launch may bring no line item", func(t *testing.T) {
		w := connected(t, s, "alpha")
		r := w.record(1)
		r.LineItem = nil
		equal(t, "line item", must(w.RecordLaunch(t.Context(), r))(t).LineItem, "")
	})
	t.Run("an anonymous launch is nobody's", func(t *testing.T) {
		w := connected(t, s, "alpha")
		r := w.record(1)
		r.Learner = greenroom.Learner{}
		equal(t, "learner", must(w.RecordLaunch(t.Context(), r))(t).Learner, "")
		equal(t, "learners", must(w.Learners(t.Context(), 0))(t), []greenroom.Learner{})
	})
	t.Run("the deployment is pinned if asked, behind those that were there", func(t *testing.T) {
		w := connected(t, s, "alpha")
		for n, pin := range []bool{false, true, true} {
			r := w.record(n)
			r.Launch.Deployment, r.PinDeployment = fmt.Sprint("new-", n), pin
			must(w.RecordLaunch(t.Context(), r))(t)
		}
		again := w.record(3)
		again.PinDeployment = true
		must(w.RecordLaunch(t.Context(), again))(t)
		found := must(w.Connection(t.Context(), w.connection.ID))(t)
		equal(t, "deployments", found.Deployments, []string{deployment, "new-1", "new-2"})
	})
	t.Run("a spent state is refused, and nothing has changed", func(t *testing.T) {
		w := launched(t, s, "alpha")
		before := dump(t, w)
		r := w.record(2)
		r.Launch.StateID, r.Launch.Deployment, r.PinDeployment = stateID, "new", true
		r.Learner.Name, r.Link.Title = "Eve", "changed"
		r.LineItem.URL = itemURL + "2"
		got, err := w.RecordLaunch(t.Context(), r)
		refused(t, err, greenroom.ErrSpent)
		equal(t, "launch", got, greenroom.Launch{})
		unchanged(t, w, before)
	})
	t.Run("a state spent in one workspace is unspent in another", func(t *testing.T) {
		launched(t, s, "alpha")
		launched(t, s, "bravo")
	})
	t.Run("without a state, a connection or its scenario nothing is recorded", func(t *testing.T) {
		w := connected(t, s, "alpha")
		for name, spoil := range map[string]func(*greenroom.LaunchRecord){
			"no state":      func(r *greenroom.LaunchRecord) { r.Launch.StateID = "" },
			"no connection": func(r *greenroom.LaunchRecord) { r.Launch.Connection = "other" },
		} {
			r := w.record(1)
			spoil(&r)
			if _, err := w.RecordLaunch(t.Context(), r); err == nil {
				t.Errorf("%s: recorded", name)
			}
		}
		equal(t, "learners", must(w.Learners(t.Context(), 0))(t), []greenroom.Learner{})
	})
	t.Run("a departing browser does not cancel it", func(t *testing.T) {
		w := connected(t, s, "alpha")
		gone, leave := context.WithCancel(t.Context())
		leave()
		must(w.RecordLaunch(gone, w.record(1)))(t)
	})
	t.Run("learners come last seen first", func(t *testing.T) {
		w := connected(t, s, "alpha")
		for n, sub := range []string{"first", "second", "third", "first"} {
			r := w.record(n)
			r.Learner.Subject = sub
			must(w.RecordLaunch(t.Context(), r))(t)
		}
		sub := func(l greenroom.Learner) string { return l.Subject }
		equal(t, "all", list(must(w.Learners(t.Context(), 0))(t), sub), []string{"first", "third", "second"})
		equal(t, "two", list(must(w.Learners(t.Context(), 2))(t), sub), []string{"first", "third"})
	})
	t.Run("a late launch does not set back when the learner was seen", func(t *testing.T) {
		w := launched(t, s, "alpha")
		r := w.record(2)
		r.Learner.SeenAt = minutes(-9)
		must(w.RecordLaunch(t.Context(), r))(t)
		equal(t, "seen", must(w.Learner(t.Context(), w.learner.ID))(t).SeenAt, minutes(1))
	})
}

func testParallelLaunches(t *testing.T, s greenroom.Store) {
	t.Run("of one state have one winner", func(t *testing.T) {
		w := connected(t, s, "alpha")
		errs := parallel(12, func(n int) error {
			r := w.record(n)
			r.Launch.StateID = stateID
			_, err := w.RecordLaunch(t.Context(), r)
			return err
		})
		oneWins(t, errs, greenroom.ErrSpent)
		equal(t, "launches", len(must(w.Launches(t.Context(), greenroom.LaunchFilter{}))(t)), 1)
	})
	t.Run("of one learner all succeed and make one learner", func(t *testing.T) {
		w := connected(t, s, "alpha")
		for _, err := range parallel(12, func(n int) error {
			r := w.record(n)
			r.PinDeployment, r.Launch.Deployment = true, "pinned"
			_, err := w.RecordLaunch(t.Context(), r)
			return err
		}) {
			ok(t, err)
		}
		equal(t, "learners", len(must(w.Learners(t.Context(), 0))(t)), 1)
		equal(t, "launches", len(must(w.Launches(t.Context(), greenroom.LaunchFilter{}))(t)), 12)
		found := must(w.Connection(t.Context(), w.connection.ID))(t)
		equal(t, "deployments", found.Deployments, []string{deployment, "pinned"})
	})
	t.Run("beside saving the connection all succeed", func(t *testing.T) {
		w := connected(t, s, "alpha")
		for _, err := range parallel(12, func(n int) error {
			if n%3 == 0 {
				return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
					return tx.SaveConnection(ctx, w.connection)
				})
			}
			r := w.record(n)
			r.PinDeployment = true
			_, err := w.RecordLaunch(t.Context(), r)
			return err
		}) {
			ok(t, err)
		}
	})
	t.Run("beside deleting the connection succeed or find nothing", func(t *testing.T) {
		w := launched(t, s, "alpha")
		errs := parallel(12, func(n int) error {
			if n == 6 {
				return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
					return tx.DeleteConnection(ctx, w.connection.ID)
				})
			}
			_, err := w.RecordLaunch(t.Context(), w.record(n+2))
			return err
		})
		ok(t, errs[6])
		for _, err := range errs {
			if err != nil {
				refused(t, err, greenroom.ErrNotFound)
			}
		}
		equal(t, "learners", must(w.Learners(t.Context(), 0))(t), []greenroom.Learner{})
	})
}

func testLaunchLog(t *testing.T, s greenroom.Store) {
	t.Run("a refusal comes back as it was", func(t *testing.T) {
		w := connected(t, s, "alpha")
		l := greenroom.Launch{
			ID: "refusal", Reference: reference, At: noon, Outcome: greenroom.LaunchRefused, Connection: w.connection.ID,
			Deployment: "9", MessageType: "LtiResourceLinkRequest", Check: "nonce", Clause: "§5.1.3", Detail: "seen before",
			Passed: []string{"state", "issuer"}, Instructor: true,
		}
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddLaunch(ctx, l) })
		equal(t, "by ID", must(w.Launch(t.Context(), "refusal"))(t), l)
		equal(t, "by reference", must(w.LaunchByReference(t.Context(), reference))(t), l)
		_, err := w.Launch(t.Context(), "other")
		refused(t, err, greenroom.ErrNotFound)
		_, err = w.LaunchByState(t.Context(), "")
		refused(t, err, greenroom.ErrNotFound)
		_, err = w.LaunchByReference(t.Context(), "other")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("a row of the log signs nobody in and spends nothing", func(t *testing.T) {
		w := connected(t, s, "alpha")
		r := w.record(1)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddLaunch(ctx, r.Launch) })
		found := must(w.Launch(t.Context(), r.Launch.ID))(t)
		equal(t, "sign-in", found.SignInHash, "")
		equal(t, "state", found.StateID, "")
		if !found.SignInUntil.IsZero() {
			t.Error("signed in until", found.SignInUntil)
		}
		r.Launch.ID = "recorded"
		must(w.RecordLaunch(t.Context(), r))(t)
	})
	t.Run("it comes newest first, of one connection if asked, up to a limit", func(t *testing.T) {
		w := connected(t, s, "alpha")
		for n, c := range []greenroom.ConnectionID{w.connection.ID, "", w.connection.ID, ""} {
			l := greenroom.Launch{ID: greenroom.LaunchID(fmt.Sprint("launch-", n)), At: minutes(n / 2), Connection: c}
			update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddLaunch(ctx, l) })
		}
		for name, tc := range map[string]struct {
			filter greenroom.LaunchFilter
			want   []greenroom.LaunchID
		}{
			"all":           {greenroom.LaunchFilter{}, []greenroom.LaunchID{"launch-3", "launch-2", "launch-1", "launch-0"}},
			"two":           {greenroom.LaunchFilter{Limit: 2}, []greenroom.LaunchID{"launch-3", "launch-2"}},
			"a connection":  {greenroom.LaunchFilter{Connection: w.connection.ID}, []greenroom.LaunchID{"launch-2", "launch-0"}},
			"its newest":    {greenroom.LaunchFilter{Connection: w.connection.ID, Limit: 1}, []greenroom.LaunchID{"launch-2"}},
			"no connection": {greenroom.LaunchFilter{Connection: "other"}, []greenroom.LaunchID{}},
		} {
			found := must(w.Launches(t.Context(), tc.filter))(t)
			equal(t, name, list(found, func(l greenroom.Launch) greenroom.LaunchID { return l.ID }), tc.want)
		}
	})
}
