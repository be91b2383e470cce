package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// LinkOf implements greenroom.Reader.
func (r reader) LinkOf(ctx context.Context, p greenroom.Place) (greenroom.ResourceLink, error) {
	arg := q.LinkOfParams{WorkspaceID: r.workspace, ConnectionID: p.Connection, Deployment: p.Deployment, PlatformID: p.PlatformID}
	return one(ctx, r, "link "+p.PlatformID, (*q.Queries).LinkOf, arg, toResourceLink)
}

// ContextOf implements greenroom.Reader.
func (r reader) ContextOf(ctx context.Context, p greenroom.Place) (greenroom.Context, error) {
	arg := q.ContextOfParams{WorkspaceID: r.workspace, ConnectionID: p.Connection, Deployment: p.Deployment, PlatformID: p.PlatformID}
	return one(ctx, r, "context "+p.PlatformID, (*q.Queries).ContextOf, arg, toContext)
}

// MeetContext implements greenroom.Tx.
func (t *workspaceTx) MeetContext(ctx context.Context, c greenroom.Context) (greenroom.ContextID, error) {
	id, err := t.txn.db.MeetContext(ctx, fromContext(t.workspace, c.Connection, c))
	return id, t.fail("context "+string(c.ID), err)
}

// AddNotice implements greenroom.Tx.
func (t *workspaceTx) AddNotice(ctx context.Context, n greenroom.Notice) error {
	return t.fail("notice "+n.ID, added(t.txn.db.AddNotice(ctx, q.AddNoticeParams{
		WorkspaceID: t.workspace, ConnectionID: n.Connection, Deployment: n.Deployment, NoticeID: n.ID, NonceHash: hash(n.Nonce),
		Type: n.Type, At: column.Time(n.At), ReceivedAt: column.Time(n.ReceivedAt),
	})))
}

// Notices implements greenroom.Reader. A limit of 0 is none.
func (r reader) Notices(ctx context.Context, c greenroom.ConnectionID, limit int) ([]greenroom.Notice, error) {
	arg := q.NoticesParams{WorkspaceID: r.workspace, ConnectionID: c, Rows: rows(limit)}
	return many(ctx, r, "notices of connection "+string(c), (*q.Queries).Notices, arg, func(n q.Notice) greenroom.Notice {
		return greenroom.Notice{
			Connection: n.ConnectionID, Deployment: n.Deployment, ID: n.NoticeID, Type: n.Type,
			At: time.Time(n.At), ReceivedAt: time.Time(n.ReceivedAt),
		}
	})
}

// SweepNotices implements greenroom.WorkspaceStore.
func (w *workspaceStore) SweepNotices(ctx context.Context, before time.Time) (int, error) {
	var swept int64
	err := w.store.update(ctx, func(ctx context.Context, t *txn) (err error) {
		swept, err = t.db.SweepNotices(ctx, q.SweepNoticesParams{WorkspaceID: w.workspace, Before: column.Time(before)})
		return err
	})
	return int(swept), w.fail("sweep notices", err)
}

// NoticeServices implements greenroom.Reader.
func (r reader) NoticeServices(ctx context.Context) ([]greenroom.NoticeService, error) {
	return many(ctx, r, "notice services", (*q.Queries).NoticeServices, r.workspace, toNoticeService)
}

// NoticeService implements greenroom.Reader.
func (r reader) NoticeService(ctx context.Context, c greenroom.ConnectionID, deployment string) (greenroom.NoticeService, error) {
	path := "notice service of connection " + string(c)
	const row = "notice_services where workspace_id = $1 and connection_id = $2 and deployment = $3"
	if err := r.lock(ctx, row, string(r.workspace), string(c), deployment); err != nil {
		return greenroom.NoticeService{}, r.fail(path, err)
	}
	arg := q.NoticeServiceParams{WorkspaceID: r.workspace, ConnectionID: c, Deployment: deployment}
	return one(ctx, r, path, (*q.Queries).NoticeService, arg, toNoticeService)
}

// SaveNoticeService implements greenroom.Tx.
func (t *workspaceTx) SaveNoticeService(ctx context.Context, n greenroom.NoticeService) error {
	return t.fail("notice service of connection "+string(n.Connection), t.txn.db.SaveNoticeService(ctx, q.SaveNoticeServiceParams{
		WorkspaceID: t.workspace, ConnectionID: n.Connection, Deployment: n.Deployment, URL: n.URL, Copies: n.Copies,
		Handler: n.Handler, NextTry: column.Time(n.NextTry), Attempts: n.Attempts, Answer: n.Answer,
	}))
}

func toNoticeService(n q.NoticeService) greenroom.NoticeService {
	return greenroom.NoticeService{
		Connection: n.ConnectionID, Deployment: n.Deployment, URL: n.URL, Copies: n.Copies,
		Handler: n.Handler, NextTry: time.Time(n.NextTry), Attempts: n.Attempts, Answer: n.Answer,
	}
}

// LegacyKeys implements greenroom.Reader.
func (r reader) LegacyKeys(ctx context.Context, c greenroom.ConnectionID) ([]greenroom.LegacyKey, error) {
	arg := q.LegacyKeysParams{WorkspaceID: r.workspace, ConnectionID: c}
	return many(ctx, r, "consumer keys of connection "+string(c), (*q.Queries).LegacyKeys, arg, func(k q.LegacyKey) greenroom.LegacyKey {
		return greenroom.LegacyKey{Connection: k.ConnectionID, Key: k.ConsumerKey, Sealed: k.Sealed, CreatedAt: time.Time(k.CreatedAt)}
	})
}

// SaveLegacyKey implements greenroom.Tx.
func (t *workspaceTx) SaveLegacyKey(ctx context.Context, k greenroom.LegacyKey) error {
	return t.fail("consumer key of connection "+string(k.Connection), t.txn.db.SaveLegacyKey(ctx, q.SaveLegacyKeyParams{
		WorkspaceID: t.workspace, ConnectionID: k.Connection, ConsumerKey: k.Key, Sealed: k.Sealed, CreatedAt: column.Time(k.CreatedAt),
	}))
}

// DeleteLegacyKey implements greenroom.Tx.
func (t *workspaceTx) DeleteLegacyKey(ctx context.Context, c greenroom.ConnectionID, key string) error {
	arg := q.DeleteLegacyKeyParams{WorkspaceID: t.workspace, ConnectionID: c, ConsumerKey: key}
	return t.fail("consumer key of connection "+string(c), wrote(t.txn.db.DeleteLegacyKey(ctx, arg)))
}

// LegacyLinks implements greenroom.Reader.
func (r reader) LegacyLinks(ctx context.Context, c greenroom.ConnectionID) ([]greenroom.LegacyLink, error) {
	arg := q.LegacyLinksParams{WorkspaceID: r.workspace, ConnectionID: c}
	return many(ctx, r, "links of an older tool", (*q.Queries).LegacyLinks, arg, toLegacyLink)
}

// LegacyLink implements greenroom.Reader.
func (r reader) LegacyLink(ctx context.Context, c greenroom.ConnectionID, id string) (greenroom.LegacyLink, error) {
	arg := q.LegacyLinkParams{WorkspaceID: r.workspace, ConnectionID: c, LegacyID: id}
	return one(ctx, r, "link "+id+" of an older tool", (*q.Queries).LegacyLink, arg, toLegacyLink)
}

// ReplaceLegacyLinks implements greenroom.Tx.
func (t *workspaceTx) ReplaceLegacyLinks(ctx context.Context, c greenroom.ConnectionID, list []greenroom.LegacyLink) error {
	const path = "links of an older tool"
	if err := t.txn.db.ForgetLegacyLinks(ctx, q.ForgetLegacyLinksParams{WorkspaceID: t.workspace, ConnectionID: c}); err != nil {
		return t.fail(path, err)
	}
	for _, l := range list {
		arg := q.SaveLegacyLinkParams{WorkspaceID: t.workspace, ConnectionID: c, LegacyID: l.LegacyID, ScenarioID: l.Scenario}
		if err := t.txn.db.SaveLegacyLink(ctx, arg); err != nil {
			return t.fail(path, err)
		}
	}
	return nil
}

func toLegacyLink(l q.LegacyLink) greenroom.LegacyLink {
	return greenroom.LegacyLink{LegacyID: l.LegacyID, Scenario: l.ScenarioID}
}
