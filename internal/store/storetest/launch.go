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
		want.Context, r.Link.Context = r.Context.ID, r.Context.ID
		equal(t, "returned", got, want)
		equal(t, "launch", must(w.Launch(t.Context(), want.ID))(t), want)
		equal(t, "by state", must(w.LaunchByState(t.Context(), want.StateID))(t), want)
		r.Learner.History = r.Learner.ID
		equal(t, "learner", must(w.Learner(t.Context(), r.Learner.ID))(t), r.Learner)
		equal(t, "link", must(w.ResourceLink(t.Context(), r.Link.ID))(t), *r.Link)
		equal(t, "context", must(w.Context(t.Context(), r.Context.ID))(t), *r.Context)
		r.LineItem.ResourceLink = r.Link.ID
		equal(t, "line item", must(w.LineItem(t.Context(), r.LineItem.ID))(t), *r.LineItem)
	})
	t.Run("a second launch finds them again", func(t *testing.T) {
		w := launched(t, s, "alpha")
		got := must(w.RecordLaunch(t.Context(), w.record(2)))(t)
		equal(t, "learner", got.Learner, w.learner.ID)
		equal(t, "link", got.Link, w.link.ID)
		equal(t, "line item", got.LineItem, w.item.ID)
		equal(t, "context", got.Context, w.context.ID)
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
	t.Run("a launch that is recorded already is returned once more", func(t *testing.T) {
		w := launched(t, s, "alpha")
		for n := range 2 { // of a place that is new, and of one that is known
			r := w.record(2)
			r.Launch.ID, r.Launch.StateID = greenroom.LaunchID(fmt.Sprint("again ", n)), fmt.Sprint("again ", n)
			r.Context.PlatformID, r.Link.PlatformID = "another course", "another link"
			first := must(w.RecordLaunch(t.Context(), r))(t)
			before := dump(t, w)
			equal(t, "launch", must(w.RecordLaunch(t.Context(), r))(t), first)
			unchanged(t, w, before)
		}
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
	t.Run("the newest learners come first", func(t *testing.T) {
		w := connected(t, s, "alpha")
		for n, sub := range []string{"first", "second", "third", "first"} {
			r := w.record(n)
			r.Learner.Subject = sub
			must(w.RecordLaunch(t.Context(), r))(t)
		}
		sub := func(l greenroom.Learner) string { return l.Subject }
		equal(t, "all", list(must(w.Learners(t.Context(), 0))(t), sub), []string{"third", "second", "first"})
		equal(t, "two", list(must(w.Learners(t.Context(), 2))(t), sub), []string{"third", "second"})
	})
	t.Run("a learner is found by connection and subject", func(t *testing.T) {
		w := launched(t, s, "alpha")
		equal(t, "learner", must(w.LearnerBySubject(t.Context(), w.connection.ID, subject))(t), w.learner)
		for c, sub := range map[greenroom.ConnectionID]string{w.connection.ID: "other", "other": subject} {
			_, err := w.LearnerBySubject(t.Context(), c, sub)
			refused(t, err, greenroom.ErrNotFound)
		}
	})
	t.Run("a late launch does not set back when the learner was seen", func(t *testing.T) {
		w := launched(t, s, "alpha")
		r := w.record(2)
		r.Learner.SeenAt = minutes(-9)
		must(w.RecordLaunch(t.Context(), r))(t)
		equal(t, "seen", must(w.Learner(t.Context(), w.learner.ID))(t).SeenAt, minutes(1))
	})
}

func testDeepLinking(t *testing.T, s greenroom.Store) {
	answer := func(w *world, id greenroom.LaunchID, items int) error {
		return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			return tx.AnswerDeepLinking(ctx, id, minutes(items), items)
		})
	}
	t.Run("a request is answered once, and forgotten", func(t *testing.T) {
		w := launched(t, s, "alpha")
		ok(t, answer(w, w.launch.ID, 2))
		want := w.launch
		want.DeepLinking, want.AnsweredAt, want.AnsweredItems = "", minutes(2), 2
		equal(t, "launch", must(w.Launch(t.Context(), w.launch.ID))(t), want)
		refused(t, answer(w, w.launch.ID, 3), greenroom.ErrAnswered)
		equal(t, "launch", must(w.Launch(t.Context(), w.launch.ID))(t), want)
	})
	t.Run("no items are an answer as well", func(t *testing.T) {
		w := launched(t, s, "alpha")
		ok(t, answer(w, w.launch.ID, 0))
		refused(t, answer(w, w.launch.ID, 0), greenroom.ErrAnswered)
	})
	t.Run("of several answers at once one succeeds", func(t *testing.T) {
		w := launched(t, s, "alpha")
		oneWins(t, parallel(8, func(n int) error { return answer(w, w.launch.ID, n) }), greenroom.ErrAnswered)
	})
	t.Run("a launch that asks for nothing cannot be answered", func(t *testing.T) {
		w := connected(t, s, "alpha")
		r := w.record(1)
		r.Launch.DeepLinking = ""
		got := must(w.RecordLaunch(t.Context(), r))(t)
		refused(t, answer(w, got.ID, 1), greenroom.ErrAnswered)
		refused(t, answer(w, "other", 1), greenroom.ErrAnswered)
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
	t.Run("a row names platform, learner and activity, and what is unknown or gone is empty", func(t *testing.T) {
		w := launched(t, s, "alpha")
		nobody := greenroom.Launch{ID: "nobody", At: minutes(2), Outcome: greenroom.LaunchRefused, Learner: "gone", Link: "gone"}
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddLaunch(ctx, nobody) })
		equal(t, "rows", must(w.Launches(t.Context(), greenroom.LaunchFilter{}))(t), []greenroom.LaunchRow{
			{Launch: nobody},
			{Launch: w.launch, PlatformName: w.connection.Platform, LearnerName: w.learner.Name, ActivityName: w.link.Title},
		})
	})
	t.Run("a learner without a name is shown by the subject, and never by an address", func(t *testing.T) {
		w := connected(t, s, "alpha")
		for n, sub := range []string{"4711", "bea@lms.example.edu"} {
			r := w.record(n)
			r.Learner.Name, r.Learner.Subject = "", sub
			must(w.RecordLaunch(t.Context(), r))(t)
		}
		found := must(w.Launches(t.Context(), greenroom.LaunchFilter{}))(t)
		equal(t, "names", list(found, func(l greenroom.LaunchRow) string { return l.LearnerName }),
			[]string{"Learner •••@lms.example.edu", "Learner 4711"})
	})
	t.Run("it comes newest first, narrowed as asked, up to a limit", func(t *testing.T) {
		w := launched(t, s, "alpha")
		other := w.newConnection("other", "https://other.example.edu", clientID)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveConnection(ctx, other) })
		for n, l := range []greenroom.Launch{
			{ID: "a", Reference: "R3F0000000A0", At: minutes(3), Connection: w.connection.ID, Check: "nonce"},
			{ID: "b", Reference: "R3F0000000ZZ", At: minutes(4), Check: "state"},
			{ID: "c", Reference: "R3F100000000", At: minutes(4), Connection: other.ID, Check: "nonce"},
			{ID: "d", Reference: "ZZZZZZZZZZZZ", At: minutes(2), Connection: other.ID, Check: "state"},
		} {
			l.Outcome = greenroom.LaunchRefused
			if n == 0 {
				l.Learner = w.learner.ID
			}
			update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddLaunch(ctx, l) })
		}
		first := w.launch.ID // of minute 1
		type filter = greenroom.LaunchFilter
		for name, tc := range map[string]struct {
			filter filter
			want   []greenroom.LaunchID
		}{
			"all":                        {filter{}, []greenroom.LaunchID{"c", "b", "a", "d", first}},
			"two":                        {filter{Limit: 2}, []greenroom.LaunchID{"c", "b"}},
			"a connection":               {filter{Connection: other.ID}, []greenroom.LaunchID{"c", "d"}},
			"its newest":                 {filter{Connection: other.ID, Limit: 1}, []greenroom.LaunchID{"c"}},
			"no such connection":         {filter{Connection: "gone"}, []greenroom.LaunchID{}},
			"what succeeded":             {filter{Outcome: greenroom.LaunchOK}, []greenroom.LaunchID{first}},
			"what was refused":           {filter{Outcome: greenroom.LaunchRefused}, []greenroom.LaunchID{"c", "b", "a", "d"}},
			"a check":                    {filter{Check: "state"}, []greenroom.LaunchID{"b", "d"}},
			"a check and a connection":   {filter{Check: "state", Connection: other.ID}, []greenroom.LaunchID{"d"}},
			"a learner":                  {filter{Learner: w.learner.ID}, []greenroom.LaunchID{"a", first}},
			"a whole reference":          {filter{Reference: "R3F0000000ZZ"}, []greenroom.LaunchID{"b"}},
			"the beginning of some":      {filter{Reference: "R3F0"}, []greenroom.LaunchID{"b", "a"}},
			"a beginning, a connection":  {filter{Reference: "R3F0", Connection: w.connection.ID}, []greenroom.LaunchID{"a"}},
			"a beginning, an outcome":    {filter{Reference: "ZZZZ", Outcome: greenroom.LaunchOK}, []greenroom.LaunchID{}},
			"the end of a reference":     {filter{Reference: "00ZZ"}, []greenroom.LaunchID{}},
			"what SQL would understand":  {filter{Reference: "R3F%"}, []greenroom.LaunchID{}},
			"before a row":               {filter{Before: greenroom.LaunchCursor{At: minutes(4), ID: "b"}}, []greenroom.LaunchID{"a", "d", first}},
			"before one of its time":     {filter{Before: greenroom.LaunchCursor{At: minutes(4), ID: "c"}}, []greenroom.LaunchID{"b", "a", "d", first}},
			"before one, of its check":   {filter{Before: greenroom.LaunchCursor{At: minutes(4), ID: "c"}, Check: "nonce"}, []greenroom.LaunchID{"a"}},
			"before the last":            {filter{Before: greenroom.LaunchCursor{At: minutes(1), ID: first}}, []greenroom.LaunchID{}},
			"before one, by a beginning": {filter{Before: greenroom.LaunchCursor{At: minutes(4), ID: "b"}, Reference: "R3F0"}, []greenroom.LaunchID{"a"}},
			"before one of a connection": {filter{Before: greenroom.LaunchCursor{At: minutes(4), ID: "c"}, Connection: other.ID}, []greenroom.LaunchID{"d"}},
		} {
			found := must(w.Launches(t.Context(), tc.filter))(t)
			equal(t, name, list(found, func(l greenroom.LaunchRow) greenroom.LaunchID { return l.ID }), tc.want)
		}
	})
}

func testSweepLaunches(t *testing.T, s greenroom.Store) {
	ids := func(t *testing.T, w *world) []greenroom.LaunchID {
		return list(must(w.Launches(t.Context(), greenroom.LaunchFilter{}))(t), func(l greenroom.LaunchRow) greenroom.LaunchID { return l.ID })
	}
	refusal := func(t *testing.T, w *world, id greenroom.LaunchID, minute int) {
		l := greenroom.Launch{ID: id, At: minutes(minute), Outcome: greenroom.LaunchRefused, Connection: w.connection.ID}
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddLaunch(ctx, l) })
	}
	t.Run("what is older goes, in batches, the oldest first", func(t *testing.T) {
		w := connected(t, s, "alpha")
		for n, id := range []greenroom.LaunchID{"a", "b", "c", "d"} {
			refusal(t, w, id, n)
		}
		equal(t, "swept", must(w.SweepLaunches(t.Context(), minutes(3), minutes(100), 2))(t), 2)
		equal(t, "left", ids(t, w), []greenroom.LaunchID{"d", "c"})
		equal(t, "swept", must(w.SweepLaunches(t.Context(), minutes(3), minutes(100), 2))(t), 1)
		equal(t, "left", ids(t, w), []greenroom.LaunchID{"d"})
		equal(t, "swept", must(w.SweepLaunches(t.Context(), minutes(3), minutes(100), 2))(t), 0)
	})
	t.Run("a launch whose sign-in lasts stays until it ends", func(t *testing.T) {
		w := launched(t, s, "alpha") // signed in until minute 61
		must(w.RecordLaunch(t.Context(), w.record(2)))(t)
		equal(t, "swept", must(w.SweepLaunches(t.Context(), minutes(50), minutes(60), 0))(t), 0)
		equal(t, "swept", must(w.SweepLaunches(t.Context(), minutes(50), minutes(61), 0))(t), 1)
		_, err := w.Launch(t.Context(), w.launch.ID)
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("a connection's last success stays, so that it is known to work", func(t *testing.T) {
		w := launched(t, s, "alpha")
		refusal(t, w, "later", 2)
		equal(t, "swept", must(w.SweepLaunches(t.Context(), minutes(500), minutes(1000), 0))(t), 1)
		equal(t, "left", ids(t, w), []greenroom.LaunchID{w.launch.ID})
		equal(t, "last launch", must(w.Connection(t.Context(), w.connection.ID))(t).LastLaunchAt, minutes(1))
	})
	t.Run("what came of a launch outlives it", func(t *testing.T) {
		w := full(t, s, "alpha")
		later := w.record(90)
		later.Learner.Subject = "somebody-else"
		must(w.RecordLaunch(t.Context(), later))(t)
		must(w.SweepLaunches(t.Context(), minutes(80), minutes(80), 0))(t)
		_, err := w.Launch(t.Context(), w.open.Launch)
		refused(t, err, greenroom.ErrNotFound)

		equal(t, "learner", must(w.Learner(t.Context(), w.learner.ID))(t), w.learner)
		equal(t, "link", must(w.ResourceLink(t.Context(), w.link.ID))(t), w.link)
		equal(t, "session", must(w.OpenSession(t.Context(), w.learner.ID, w.link.ID, w.scenario.ID))(t), w.open)
		equal(t, "ended session", must(w.Session(t.Context(), w.ended.ID))(t), w.ended)
		equal(t, "picks", must(w.Picks(t.Context(), w.open.ID))(t), []greenroom.Pick{w.pick})
		equal(t, "passback", must(w.Passback(t.Context(), w.passback.ID))(t), w.passback)
		w.open.EndedAt = minutes(95)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveSession(ctx, w.open) })
		equal(t, "due", len(must(w.ClaimPassbacks(t.Context(), w.connection.ID, minutes(96), minutes(97), 9))(t)), 1)
	})
}
