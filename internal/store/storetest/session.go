package storetest

import (
	"context"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func sessionID(s greenroom.Session) greenroom.SessionID { return s.ID }

func testSessions(t *testing.T, s greenroom.Store) {
	t.Run("open and ended ones come back as they were", func(t *testing.T) {
		w := full(t, s, "alpha")
		equal(t, "open", must(w.Session(t.Context(), w.open.ID))(t), w.open)
		equal(t, "ended", must(w.Session(t.Context(), w.ended.ID))(t), w.ended)
		_, err := w.Session(t.Context(), "other")
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("the open one is found until it ends", func(t *testing.T) {
		w := full(t, s, "alpha")
		find := func() (greenroom.Session, error) {
			return w.OpenSession(t.Context(), w.learner.ID, w.link.ID, w.scenario.ID)
		}
		equal(t, "open", must(find())(t), w.open)
		earned := score(t, "1/1")
		w.open.EndedAt, w.open.Score, w.open.Standing = minutes(9), &earned, greenroom.NoLineItem
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveSession(ctx, w.open) })
		equal(t, "saved", must(w.Session(t.Context(), w.open.ID))(t), w.open)
		_, err := find()
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("one that was never begun cannot be saved", func(t *testing.T) {
		w := launched(t, s, "alpha")
		err := w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			return tx.SaveSession(ctx, w.newSession("other", 1))
		})
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("one needs a learner, a link and a version of a scenario", func(t *testing.T) {
		w := launched(t, s, "alpha")
		for name, spoil := range map[string]func(*greenroom.Session){
			"learner": func(s *greenroom.Session) { s.Learner = "other" },
			"link":    func(s *greenroom.Session) { s.Link = "other" },
			"version": func(s *greenroom.Session) { s.Version = 2 },
		} {
			broken := w.newSession(name, 1)
			spoil(&broken)
			err := w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error { return tx.AddSession(ctx, broken) })
			refused(t, err, greenroom.ErrNotFound)
		}
	})
	t.Run("a learner's come newest first", func(t *testing.T) {
		w := full(t, s, "alpha")
		found := must(w.SessionsOf(t.Context(), w.learner.ID, w.link.ID, w.scenario.ID))(t)
		equal(t, "sessions", list(found, sessionID), []greenroom.SessionID{w.open.ID, w.ended.ID})
		for name, found := range map[string][]greenroom.Session{
			"another learner's":   must(w.SessionsOf(t.Context(), "other", w.link.ID, w.scenario.ID))(t),
			"at another link":     must(w.SessionsOf(t.Context(), w.learner.ID, "other", w.scenario.ID))(t),
			"of another scenario": must(w.SessionsOf(t.Context(), w.learner.ID, w.link.ID, "other"))(t),
		} {
			equal(t, name, found, []greenroom.Session{})
		}
	})
	t.Run("the ended ones come newest first, up to a limit", func(t *testing.T) {
		w := full(t, s, "alpha")
		later := w.newSession("later", 1)
		later.EndedAt = minutes(8)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.AddSession(ctx, later) })
		equal(t, "all", list(must(w.EndedSessions(t.Context(), 0))(t), sessionID), []greenroom.SessionID{later.ID, w.ended.ID})
		equal(t, "one", list(must(w.EndedSessions(t.Context(), 1))(t), sessionID), []greenroom.SessionID{later.ID})
	})
	t.Run("picks come in the order of their turns", func(t *testing.T) {
		w := full(t, s, "alpha")
		for _, turn := range []int{2, 1} {
			update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
				return tx.AddPick(ctx, greenroom.Pick{Session: w.open.ID, Turn: turn, Choice: turn, At: minutes(turn)})
			})
		}
		turns := list(must(w.Picks(t.Context(), w.open.ID))(t), func(p greenroom.Pick) int { return p.Turn })
		equal(t, "turns", turns, []int{0, 1, 2})
		equal(t, "first", must(w.Picks(t.Context(), w.open.ID))(t)[0], w.pick)
		equal(t, "of no session", must(w.Picks(t.Context(), "other"))(t), []greenroom.Pick{})
	})
	t.Run("a turn has one pick, and the transaction goes on", func(t *testing.T) {
		w := full(t, s, "alpha")
		second := w.pick
		second.Choice = 0
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			refused(t, tx.AddPick(ctx, second), greenroom.ErrTaken)
			second.Turn = 1
			return tx.AddPick(ctx, second)
		})
		equal(t, "picks", must(w.Picks(t.Context(), w.open.ID))(t), []greenroom.Pick{w.pick, second})
	})
	t.Run("of parallel picks at one turn one is kept", func(t *testing.T) {
		w := full(t, s, "alpha")
		oneWins(t, parallel(8, func(n int) error {
			return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				return tx.AddPick(ctx, greenroom.Pick{Session: w.open.ID, Turn: 1, Choice: n, At: noon})
			})
		}), greenroom.ErrTaken)
		equal(t, "picks", len(must(w.Picks(t.Context(), w.open.ID))(t)), 2)
	})
}
