package storetest

import (
	"context"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testCopies(t *testing.T, s greenroom.Store) {
	t.Run("what a platform calls by an ID is found in its deployment alone", func(t *testing.T) {
		w := launched(t, s, "alpha")
		at := greenroom.Place{Connection: w.connection.ID, Deployment: deployment, PlatformID: activity}
		equal(t, "link", must(w.LinkOf(t.Context(), at))(t), w.link)
		elsewhere := at
		elsewhere.Deployment = "2"
		refused(t, second(w.LinkOf(t.Context(), elsewhere)), greenroom.ErrNotFound)
		at.PlatformID = w.context.PlatformID
		equal(t, "context", must(w.ContextOf(t.Context(), at))(t), w.context)
		elsewhere.PlatformID = at.PlatformID
		refused(t, second(w.ContextOf(t.Context(), elsewhere)), greenroom.ErrNotFound)
		at.Connection = "other"
		refused(t, second(w.ContextOf(t.Context(), at)), greenroom.ErrNotFound)
	})
	t.Run("where things come from is kept once it is known", func(t *testing.T) {
		w := launched(t, s, "alpha")
		tell := func(n int, link greenroom.ResourceLinkID, course greenroom.ContextID, legacy string) {
			r := w.record(n)
			r.Link.CopiedFrom, r.Context.CopiedFrom, r.Link.LegacyID, r.Learner.LegacyID = link, course, legacy, legacy
			must(w.RecordLaunch(t.Context(), r))(t)
		}
		known := func() []string {
			l := must(w.ResourceLink(t.Context(), w.link.ID))(t)
			return []string{
				string(l.CopiedFrom), l.LegacyID, string(must(w.Context(t.Context(), w.context.ID))(t).CopiedFrom),
				must(w.Learner(t.Context(), w.learner.ID))(t).LegacyID,
			}
		}
		tell(20, "link-0", "context-0", "old")
		tell(21, "", "", "")
		tell(22, "link-9", "context-9", "newer")
		equal(t, "known", known(), []string{"link-0", "newer", "context-0", "newer"})
	})
	t.Run("a context can be known before its first launch, and after it", func(t *testing.T) {
		w := launched(t, s, "alpha")
		copied := greenroom.Context{ID: "early", Connection: w.connection.ID, Deployment: deployment, PlatformID: "course-2", CopiedFrom: w.context.ID, CreatedAt: noon}
		meet := func(c greenroom.Context) (id greenroom.ContextID) {
			update(t, w, func(ctx context.Context, tx greenroom.Tx) (err error) {
				id, err = tx.MeetContext(ctx, c)
				return err
			})
			return id
		}
		equal(t, "ID", meet(copied), copied.ID)
		r := w.record(20)
		r.Context.PlatformID = "course-2"
		launch := must(w.RecordLaunch(t.Context(), r))(t)
		c := must(w.Context(t.Context(), launch.Context))(t)
		equal(t, "launched", []any{c.ID, c.CopiedFrom, c.SeenAt}, []any{copied.ID, w.context.ID, minutes(20)})
		copied.ID, copied.PlatformID, copied.CopiedFrom, copied.SeenAt = "late", w.context.PlatformID, c.ID, minutes(0)
		equal(t, "the other way round", meet(copied), w.context.ID)
		c = must(w.Context(t.Context(), w.context.ID))(t)
		equal(t, "kept", []any{c.CopiedFrom, c.SeenAt, c.MembershipsURL}, []any{copied.CopiedFrom, w.context.SeenAt, w.context.MembershipsURL})
	})
}

func testNotices(t *testing.T, s greenroom.Store) {
	t.Run("each is taken once, by its ID and by its nonce", func(t *testing.T) {
		w := launched(t, s, "alpha")
		add := func(deployment, id, nonce string) error {
			return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				return tx.AddNotice(ctx, greenroom.Notice{Connection: w.connection.ID, Deployment: deployment, ID: id, Nonce: nonce, ReceivedAt: noon})
			})
		}
		ok(t, add("1", "a", "n1"))
		refused(t, add("1", "a", "n2"), greenroom.ErrTaken)
		refused(t, add("1", "b", "n1"), greenroom.ErrTaken)
		refused(t, add("2", "b", "n1"), greenroom.ErrTaken)
		ok(t, add("2", "a", "n3"))
		equal(t, "taken", len(must(w.Notices(t.Context(), w.connection.ID, 0))(t)), 2)
		refused(t, w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			return tx.AddNotice(ctx, greenroom.Notice{Connection: "other", ID: "x", Nonce: "x"})
		}), greenroom.ErrNotFound)
	})
	t.Run("they come back without nonce, and go by age", func(t *testing.T) {
		w := full(t, s, "alpha")
		want := w.notice
		want.Nonce = ""
		equal(t, "notices", must(w.Notices(t.Context(), w.connection.ID, 1))(t), []greenroom.Notice{want})
		equal(t, "at the moment", must(w.SweepNotices(t.Context(), w.notice.ReceivedAt))(t), 0)
		equal(t, "after it", must(w.SweepNotices(t.Context(), minutes(60)))(t), 1)
	})
	t.Run("of a deployment's service there is one", func(t *testing.T) {
		w := full(t, s, "alpha")
		equal(t, "service", must(w.NoticeService(t.Context(), w.connection.ID, deployment))(t), w.service)
		w.service.Handler, w.service.Copies, w.service.Attempts = "", false, 0
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveNoticeService(ctx, w.service) })
		equal(t, "all", must(w.NoticeServices(t.Context()))(t), []greenroom.NoticeService{w.service})
		refused(t, second(w.NoticeService(t.Context(), w.connection.ID, "2")), greenroom.ErrNotFound)
	})
}

func testLegacy(t *testing.T, s greenroom.Store) {
	t.Run("a key is replaced and deleted", func(t *testing.T) {
		w := full(t, s, "alpha")
		w.legacyKey.Sealed = []byte{0, 1, 255}
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveLegacyKey(ctx, w.legacyKey) })
		equal(t, "keys", must(w.LegacyKeys(t.Context(), w.connection.ID))(t), []greenroom.LegacyKey{w.legacyKey})
		remove := func(ctx context.Context, tx greenroom.Tx) error {
			return tx.DeleteLegacyKey(ctx, w.connection.ID, w.legacyKey.Key)
		}
		update(t, w, remove)
		refused(t, w.Update(t.Context(), remove), greenroom.ErrNotFound)
		equal(t, "left", len(must(w.LegacyKeys(t.Context(), w.connection.ID))(t)), 0)
	})
	t.Run("links are replaced all at once", func(t *testing.T) {
		w := full(t, s, "alpha")
		two := []greenroom.LegacyLink{{LegacyID: "a", Scenario: w.scenario.ID}, {LegacyID: "b", Scenario: w.scenario.ID}}
		replace := func(list []greenroom.LegacyLink) error {
			return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				return tx.ReplaceLegacyLinks(ctx, w.connection.ID, list)
			})
		}
		ok(t, replace(two))
		equal(t, "links", must(w.LegacyLinks(t.Context(), w.connection.ID))(t), two)
		equal(t, "one", must(w.LegacyLink(t.Context(), w.connection.ID, "b"))(t), two[1])
		refused(t, second(w.LegacyLink(t.Context(), w.connection.ID, "old-1")), greenroom.ErrNotFound)
		refused(t, replace([]greenroom.LegacyLink{{LegacyID: "c", Scenario: "other"}}), greenroom.ErrNotFound)
		equal(t, "after a refusal", len(must(w.LegacyLinks(t.Context(), w.connection.ID))(t)), 2)
	})
}
