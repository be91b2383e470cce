package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Learners implements greenroom.Reader. A limit of 0 is none.
func (r reader) Learners(ctx context.Context, limit int) ([]greenroom.Learner, error) {
	return many(ctx, r, "learners", (*q.Queries).Learners, q.LearnersParams{WorkspaceID: r.workspace, Rows: rows(limit)}, toLearner)
}

// Learner implements greenroom.Reader.
func (r reader) Learner(ctx context.Context, id greenroom.LearnerID) (greenroom.Learner, error) {
	return one(ctx, r, "learner "+string(id), (*q.Queries).Learner, q.LearnerParams{WorkspaceID: r.workspace, ID: id}, toLearner)
}

// LearnerBySubject implements greenroom.Reader.
func (r reader) LearnerBySubject(ctx context.Context, c greenroom.ConnectionID, subject string) (greenroom.Learner, error) {
	arg := q.LearnerBySubjectParams{WorkspaceID: r.workspace, ConnectionID: c, Subject: subject}
	return one(ctx, r, "learner of connection "+string(c), (*q.Queries).LearnerBySubject, arg, toLearner)
}

// ResourceLink implements greenroom.Reader.
func (r reader) ResourceLink(ctx context.Context, id greenroom.ResourceLinkID) (greenroom.ResourceLink, error) {
	arg := q.ResourceLinkParams{WorkspaceID: r.workspace, ID: id}
	return one(ctx, r, "resource link "+string(id), (*q.Queries).ResourceLink, arg, toResourceLink)
}

// LineItem implements greenroom.Reader.
func (r reader) LineItem(ctx context.Context, id greenroom.LineItemID) (greenroom.LineItem, error) {
	path := "line item " + string(id)
	if err := r.lockRow(ctx, "line_items", string(id)); err != nil {
		return greenroom.LineItem{}, r.fail(path, err)
	}
	return one(ctx, r, path, (*q.Queries).LineItem, q.LineItemParams{WorkspaceID: r.workspace, ID: id}, toLineItem)
}

// SaveLineItem implements greenroom.Tx. ErrNotFound if there is no such line item.
func (t *workspaceTx) SaveLineItem(ctx context.Context, i greenroom.LineItem) error {
	return t.fail("line item "+string(i.ID), wrote(t.txn.db.SaveLineItem(ctx, q.SaveLineItemParams{
		WorkspaceID: t.workspace, ID: i.ID, URL: i.URL, URLHash: hash(i.URL), Title: i.Title, Maximum: i.Maximum,
		ResultsAt: column.Time(i.ResultsAt), ResultsAnswer: i.ResultsAnswer,
	})))
}

func toLearner(r q.Learner) greenroom.Learner {
	return greenroom.Learner{
		ID:         r.ID,
		Connection: r.ConnectionID,
		Subject:    r.Subject,
		Name:       r.Name,
		Email:      r.Email,
		Locale:     r.Locale,
		History:    r.History,
		LegacyID:   r.LegacyID,
		CreatedAt:  time.Time(r.CreatedAt),
		SeenAt:     time.Time(r.SeenAt),
	}
}

func fromLearner(w greenroom.WorkspaceID, c greenroom.ConnectionID, l greenroom.Learner) q.MeetLearnerParams {
	return q.MeetLearnerParams{
		WorkspaceID:  w,
		ID:           l.ID,
		ConnectionID: c,
		Subject:      l.Subject,
		Name:         l.Name,
		Email:        l.Email,
		Locale:       l.Locale,
		CreatedAt:    column.Time(l.CreatedAt),
		SeenAt:       column.Time(l.SeenAt),
		LegacyID:     l.LegacyID,
	}
}

func toResourceLink(l q.ResourceLink) greenroom.ResourceLink {
	return greenroom.ResourceLink{
		ID: l.ID, Connection: l.ConnectionID, Deployment: l.Deployment, PlatformID: l.PlatformID,
		Title: l.Title, ContextID: l.ContextID, ContextTitle: l.ContextTitle, Context: l.InContext, Scenario: l.ScenarioID,
		CopiedFrom: l.CopiedFrom, LegacyID: l.LegacyID,
	}
}

func fromResourceLink(w greenroom.WorkspaceID, c greenroom.ConnectionID, l greenroom.ResourceLink) q.MeetResourceLinkParams {
	return q.MeetResourceLinkParams{
		WorkspaceID:  w,
		ID:           l.ID,
		ConnectionID: c,
		Deployment:   l.Deployment,
		PlatformID:   l.PlatformID,
		Title:        l.Title,
		ContextID:    l.ContextID,
		ContextTitle: l.ContextTitle,
		InContext:    l.Context,
		ScenarioID:   l.Scenario,
		CopiedFrom:   l.CopiedFrom,
		LegacyID:     l.LegacyID,
	}
}

func toLineItem(r q.LineItem) greenroom.LineItem {
	return greenroom.LineItem{
		ID: r.ID, Connection: r.ConnectionID, ResourceLink: r.LinkID, URL: r.URL, Title: r.Title, Maximum: r.Maximum,
		ResultsAt: time.Time(r.ResultsAt), ResultsAnswer: r.ResultsAnswer,
	}
}

func fromLineItem(w greenroom.WorkspaceID, c greenroom.ConnectionID, link greenroom.ResourceLinkID, i greenroom.LineItem) q.MeetLineItemParams {
	return q.MeetLineItemParams{
		WorkspaceID:  w,
		ID:           i.ID,
		ConnectionID: c,
		LinkID:       link,
		URL:          i.URL,
		URLHash:      hash(i.URL),
		Title:        i.Title,
		Maximum:      i.Maximum,
	}
}

// hash stands for a text that is too long for an index.
func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}
