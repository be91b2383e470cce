package storetest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func savePassback(t *testing.T, w *world, p greenroom.Passback) {
	t.Helper()
	update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SavePassback(ctx, p) })
}

// owe adds a passback of a learner of its own.
func owe(t *testing.T, w *world, n int, change func(*greenroom.Passback)) greenroom.Passback {
	t.Helper()
	r := w.record(100 + n)
	r.Learner.Subject = fmt.Sprint("learner-", n)
	l := must(w.RecordLaunch(t.Context(), r))(t)
	p := w.newPassback(t, fmt.Sprintf("passback-%02d", n))
	p.Learner, p.LineItem = l.Learner, l.LineItem
	if change != nil {
		change(&p)
	}
	savePassback(t, w, p)
	return p
}

func testPassbacks(t *testing.T, s greenroom.Store) {
	t.Run("one comes back as it was, before and after it was posted", func(t *testing.T) {
		w := full(t, s, "alpha")
		equal(t, "before", must(w.Passback(t.Context(), w.passback.ID))(t), w.passback)
		wanted, posted := score(t, "1/1"), score(t, "0/1")
		w.passback.Wanted, w.passback.WantedAt, w.passback.Posted, w.passback.PostedAt = wanted, minutes(1), &posted, minutes(2)
		w.passback.State, w.passback.Attempts, w.passback.Since, w.passback.NextTry = greenroom.PassbackSent, 3, minutes(3), minutes(4)
		w.passback.Stamp, w.passback.LeaseUntil, w.passback.Answer = minutes(5), minutes(6), "200 OK"
		w.passback.Override = &greenroom.Override{Score: &posted, Comment: "Badly argued.", By: w.learner.ID, At: minutes(7)}
		savePassback(t, w, w.passback)
		equal(t, "after", must(w.Passback(t.Context(), w.passback.ID))(t), w.passback)
		w.passback.Override, w.passback.Posted = &greenroom.Override{By: w.learner.ID, At: minutes(8)}, nil
		savePassback(t, w, w.passback)
		equal(t, "with the score taken away", must(w.Passback(t.Context(), w.passback.ID))(t), w.passback)
		w.passback.Override, w.passback.LiftedAt = nil, minutes(9)
		savePassback(t, w, w.passback)
		equal(t, "lifted", must(w.Passback(t.Context(), w.passback.ID))(t), w.passback)
	})
	t.Run("one is found by line item and learner once there is a score", func(t *testing.T) {
		w := launched(t, s, "alpha")
		_, err := w.PassbackFor(t.Context(), w.item.ID, w.learner.ID)
		refused(t, err, greenroom.ErrNotFound)
		p := w.newPassback(t, "passback")
		savePassback(t, w, p)
		equal(t, "passback", must(w.PassbackFor(t.Context(), w.item.ID, w.learner.ID))(t), p)
		_, err = w.Passback(t.Context(), "other")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("there is one per line item and learner, and the transaction goes on", func(t *testing.T) {
		w := full(t, s, "alpha")
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			refused(t, tx.SavePassback(ctx, w.newPassback(t, "second")), greenroom.ErrTaken)
			w.passback.Answer = "first"
			return tx.SavePassback(ctx, w.passback)
		})
		equal(t, "passback", must(w.PassbackFor(t.Context(), w.item.ID, w.learner.ID))(t), w.passback)
	})
	t.Run("a list shows names, and what changed last comes first", func(t *testing.T) {
		w := full(t, s, "alpha")
		second := owe(t, w, 1, func(p *greenroom.Passback) { p.State = greenroom.PassbackFailed })
		third := owe(t, w, 2, nil)
		savePassback(t, w, w.passback)
		must(w.ClaimPassbacks(t.Context(), w.connection.ID, noon, minutes(1), 2))(t) // a claim changes nothing to look at
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			w.item.Title = "renamed in the gradebook"
			return tx.SaveLineItem(ctx, w.item)
		})
		id := func(p greenroom.PassbackRow) greenroom.PassbackID { return p.ID }
		all := must(w.Passbacks(t.Context(), greenroom.PassbackFilter{}))(t)
		equal(t, "all", list(all, id), []greenroom.PassbackID{w.passback.ID, third.ID, second.ID})
		for name, tc := range map[string]struct {
			filter greenroom.PassbackFilter
			want   []greenroom.PassbackID
		}{
			"one":             {greenroom.PassbackFilter{Limit: 1}, []greenroom.PassbackID{w.passback.ID}},
			"the next":        {greenroom.PassbackFilter{Limit: 1, Skip: 1}, []greenroom.PassbackID{third.ID}},
			"after all":       {greenroom.PassbackFilter{Skip: 3}, []greenroom.PassbackID{}},
			"the last in it":  {greenroom.PassbackFilter{State: greenroom.PassbackWaiting, Skip: 1}, []greenroom.PassbackID{third.ID}},
			"of a learner":    {greenroom.PassbackFilter{Query: strings.ToUpper(w.learner.Name[1:]), State: greenroom.PassbackWaiting, Limit: 1}, []greenroom.PassbackID{w.passback.ID}},
			"by address":      {greenroom.PassbackFilter{Query: w.learner.Email, Limit: 1}, []greenroom.PassbackID{w.passback.ID}},
			"of an activity":  {greenroom.PassbackFilter{Query: w.link.Title, Limit: 1}, []greenroom.PassbackID{w.passback.ID}},
			"of nobody":       {greenroom.PassbackFilter{Query: "%"}, []greenroom.PassbackID{}},
			"of nobody in it": {greenroom.PassbackFilter{Query: "_", State: greenroom.PassbackFailed}, []greenroom.PassbackID{}},
			"the failed":      {greenroom.PassbackFilter{State: greenroom.PassbackFailed}, []greenroom.PassbackID{second.ID}},
			"a waiting":       {greenroom.PassbackFilter{State: greenroom.PassbackWaiting, Limit: 1}, []greenroom.PassbackID{w.passback.ID}},
			"of its LMS":      {greenroom.PassbackFilter{Connection: w.connection.ID, Limit: 1}, []greenroom.PassbackID{w.passback.ID}},
			"of another":      {greenroom.PassbackFilter{Connection: "other"}, []greenroom.PassbackID{}},
			"none waits":      {greenroom.PassbackFilter{Connection: "other", State: greenroom.PassbackWaiting}, []greenroom.PassbackID{}},
			"none is sent":    {greenroom.PassbackFilter{State: greenroom.PassbackSent}, []greenroom.PassbackID{}},
		} {
			equal(t, name, list(must(w.Passbacks(t.Context(), tc.filter))(t), id), tc.want)
		}
		equal(t, "learner", all[0].LearnerName, w.learner.DisplayName())
		equal(t, "activity", all[0].ActivityName, w.link.Title)
		equal(t, "URL", all[0].LineItemURL, itemURL)
		equal(t, "platform", all[0].PlatformName, w.connection.Platform)
	})
	t.Run("they are counted by state", func(t *testing.T) {
		w := full(t, s, "alpha")
		owe(t, w, 1, nil)
		owe(t, w, 2, func(p *greenroom.Passback) { p.State = greenroom.PassbackSent })
		want := map[greenroom.PassbackState]int{greenroom.PassbackWaiting: 2, greenroom.PassbackSent: 1}
		equal(t, "counts", must(w.CountPassbacks(t.Context()))(t), want)
	})
	t.Run("a line item's new URL, title and maximum are kept", func(t *testing.T) {
		w := launched(t, s, "alpha")
		w.item.URL, w.item.Title, w.item.Maximum = itemURL+"&moved=1", "moved", 0.1
		w.item.ResultsAt, w.item.ResultsAnswer = minutes(3), "403 no"
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			refused(t, tx.SaveLineItem(ctx, greenroom.LineItem{ID: "other"}), greenroom.ErrNotFound)
			return tx.SaveLineItem(ctx, w.item)
		})
		equal(t, "line item", must(w.LineItem(t.Context(), w.item.ID))(t), w.item)
		r := w.record(2)
		r.LineItem.URL = w.item.URL
		equal(t, "found by the new URL", must(w.RecordLaunch(t.Context(), r))(t).LineItem, w.item.ID)
	})
}

func testResults(t *testing.T, s greenroom.Store) {
	w := full(t, s, "alpha")
	keep := func(r greenroom.GradeResult) {
		t.Helper()
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			refused(t, tx.KeepResult(ctx, "other", r), greenroom.ErrNotFound)
			return tx.KeepResult(ctx, w.passback.ID, r)
		})
		w.passback.Read = &r
		equal(t, "passback", must(w.Passback(t.Context(), w.passback.ID))(t), w.passback)
	}
	keep(greenroom.GradeResult{At: minutes(3), Points: 7.25, Maximum: 10})
	keep(greenroom.GradeResult{At: minutes(4)})
	w.passback.Answer = "changed since"
	update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
		changed := w.passback
		changed.Read = nil
		return tx.SavePassback(ctx, changed)
	})
	equal(t, "after it was saved", must(w.Passback(t.Context(), w.passback.ID))(t), w.passback)
}

func testClaims(t *testing.T, s greenroom.Store) {
	t.Run("a claim brings all that posting takes", func(t *testing.T) {
		w := full(t, s, "alpha")
		w.passback.LeaseUntil = minutes(1)
		want := []greenroom.DuePassback{{Passback: w.passback, Workspace: w.workspace.ID, Subject: subject, Item: w.item}}
		equal(t, "claimed", must(w.ClaimPassbacks(t.Context(), w.connection.ID, noon, minutes(1), 5))(t), want)
		equal(t, "row", must(w.Passback(t.Context(), w.passback.ID))(t), w.passback)
	})
	t.Run("what is claimed is free again when its lease ends", func(t *testing.T) {
		w := full(t, s, "alpha")
		for _, tc := range []struct {
			now  time.Time
			want int
		}{{noon, 1}, {noon, 0}, {minutes(1).Add(-time.Millisecond), 0}, {minutes(1), 1}} {
			claimed := must(w.ClaimPassbacks(t.Context(), w.connection.ID, tc.now, minutes(1), 5))(t)
			equal(t, "claimed at "+tc.now.String(), len(claimed), tc.want)
		}
	})
	t.Run("only what waits and is due is claimed, of a connection that is on", func(t *testing.T) {
		for name, tc := range map[string]struct {
			change func(*greenroom.Passback)
			off    bool
			want   int
		}{
			"due":        {nil, false, 1},
			"not yet":    {func(p *greenroom.Passback) { p.NextTry = minutes(1) }, false, 0},
			"sent":       {func(p *greenroom.Passback) { p.State = greenroom.PassbackSent }, false, 0},
			"failed":     {func(p *greenroom.Passback) { p.State = greenroom.PassbackFailed }, false, 0},
			"leased":     {func(p *greenroom.Passback) { p.LeaseUntil = minutes(1) }, false, 0},
			"turned off": {nil, true, 0},
		} {
			w := connected(t, s, "alpha")
			owe(t, w, 1, tc.change)
			w.connection.Disabled = tc.off
			save(t, w, w.connection)
			equal(t, name, len(must(w.ClaimPassbacks(t.Context(), w.connection.ID, noon, minutes(1), 5))(t)), tc.want)
		}
	})
	t.Run("the one that waits longest comes first, up to a limit", func(t *testing.T) {
		w := connected(t, s, "alpha")
		for n, due := range []int{-1, -3, -2, -3} {
			owe(t, w, n, func(p *greenroom.Passback) { p.NextTry = minutes(due) })
		}
		claim := func(limit int) []string {
			due := must(w.ClaimPassbacks(t.Context(), w.connection.ID, noon, minutes(1), limit))(t)
			return list(due, func(p greenroom.DuePassback) string { return string(p.ID) })
		}
		equal(t, "none", claim(0), []string{})
		equal(t, "three", claim(3), []string{w.id("passback-01"), w.id("passback-03"), w.id("passback-02")})
		equal(t, "the rest", claim(3), []string{w.id("passback-00")})
	})
	t.Run("parallel claims share out, and no row goes twice", func(t *testing.T) {
		w := connected(t, s, "alpha")
		const rows = 24
		for n := range rows {
			owe(t, w, n, nil)
		}
		var mu sync.Mutex
		times := map[greenroom.PassbackID]int{}
		for _, err := range parallel(8, func(int) error {
			for {
				claimed, err := w.ClaimPassbacks(t.Context(), w.connection.ID, noon, minutes(1), 2)
				if err != nil || len(claimed) == 0 {
					return err
				}
				mu.Lock()
				for _, p := range claimed {
					times[p.ID]++
				}
				mu.Unlock()
			}
		}) {
			ok(t, err)
		}
		equal(t, "rows claimed", len(times), rows)
		for id, n := range times {
			equal(t, "claims of "+string(id), n, 1)
		}
	})
}

func testQueue(t *testing.T, open func(*testing.T) greenroom.Store) {
	t.Run("due lanes are those with something to claim, in every workspace", func(t *testing.T) {
		s := open(t)
		a, b, idle, off := connected(t, s, "alpha"), connected(t, s, "bravo"), connected(t, s, "idle"), connected(t, s, "off")
		owe(t, a, 1, nil)
		owe(t, a, 2, nil)
		owe(t, b, 1, func(p *greenroom.Passback) { p.NextTry = minutes(-1) })
		owe(t, idle, 1, func(p *greenroom.Passback) { p.NextTry = minutes(1) })
		owe(t, idle, 2, func(p *greenroom.Passback) { p.State = greenroom.PassbackSent })
		owe(t, idle, 3, func(p *greenroom.Passback) { p.LeaseUntil = minutes(1) })
		owe(t, off, 1, nil)
		off.connection.Disabled = true
		save(t, off, off.connection)

		lanes := must(s.Instance().DueLanes(t.Context(), noon))(t)
		equal(t, "lanes", lanes, []greenroom.Lane{{Workspace: b.workspace.ID, Connection: b.connection.ID}, {Workspace: a.workspace.ID, Connection: a.connection.ID}})
		for _, l := range lanes {
			must(s.Workspace(l.Workspace).ClaimPassbacks(t.Context(), l.Connection, noon, minutes(1), 10))(t)
		}
		equal(t, "lanes that are held", must(s.Instance().DueLanes(t.Context(), noon))(t), []greenroom.Lane{})
	})
	t.Run("the next try is that of the first waiting passback that nobody holds", func(t *testing.T) {
		s := open(t)
		next := func() time.Time { return must(s.Instance().NextTry(t.Context()))(t) }
		_, err := s.Instance().NextTry(t.Context())
		refused(t, err, greenroom.ErrNotFound)

		w := connected(t, s, "alpha")
		owe(t, w, 1, func(p *greenroom.Passback) { p.State, p.NextTry = greenroom.PassbackFailed, minutes(-9) })
		_, err = s.Instance().NextTry(t.Context())
		refused(t, err, greenroom.ErrNotFound)

		owe(t, w, 2, func(p *greenroom.Passback) { p.NextTry = minutes(5) })
		owe(t, connected(t, s, "bravo"), 3, func(p *greenroom.Passback) { p.NextTry = minutes(3) })
		equal(t, "next try", next(), minutes(3))
		must(w.ClaimPassbacks(t.Context(), w.connection.ID, minutes(5), minutes(6), 1))(t)
		equal(t, "next try", next(), minutes(3))
	})
	t.Run("what is held falls due when its lease ends", func(t *testing.T) {
		s := open(t)
		w := connected(t, s, "alpha")
		owe(t, w, 1, func(p *greenroom.Passback) { p.LeaseUntil = minutes(2) })
		equal(t, "next try", must(s.Instance().NextTry(t.Context()))(t), minutes(2))
	})
	t.Run("a connection that is off has no next try", func(t *testing.T) {
		s := open(t)
		w := connected(t, s, "alpha")
		owe(t, w, 1, nil)
		w.connection.Disabled = true
		save(t, w, w.connection)
		_, err := s.Instance().NextTry(t.Context())
		refused(t, err, greenroom.ErrNotFound)
	})
}
