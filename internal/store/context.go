package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Contexts implements greenroom.Reader.
func (r reader) Contexts(ctx context.Context) ([]greenroom.Context, error) {
	return many(ctx, r, "contexts", (*q.Queries).Contexts, r.workspace, toContext)
}

// Context implements greenroom.Reader.
func (r reader) Context(ctx context.Context, id greenroom.ContextID) (greenroom.Context, error) {
	path := "context " + string(id)
	if err := r.lockRow(ctx, "contexts", string(id)); err != nil {
		return greenroom.Context{}, r.fail(path, err)
	}
	return one(ctx, r, path, (*q.Queries).ContextByID, q.ContextByIDParams{WorkspaceID: r.workspace, ID: id}, toContext)
}

// LinksIn implements greenroom.Reader.
func (r reader) LinksIn(ctx context.Context, id greenroom.ContextID) ([]greenroom.ResourceLink, error) {
	arg := q.LinksInParams{WorkspaceID: r.workspace, InContext: id}
	list, err := many(ctx, r, "links in context "+string(id), (*q.Queries).LinksIn, arg, toResourceLink)
	sortByName(list, func(l greenroom.ResourceLink) string { return l.Title })
	return list, err
}

func toContext(r q.Context) greenroom.Context {
	return greenroom.Context{
		ID:             r.ID,
		Connection:     r.ConnectionID,
		Deployment:     r.Deployment,
		PlatformID:     r.PlatformID,
		LinkPlatformID: r.LinkPlatformID,
		Label:          r.Label,
		Title:          r.Title,
		MembershipsURL: r.MembershipsURL,
		LineItemsURL:   r.LineItemsURL,
		Scopes:         r.Scopes,
		CopiedFrom:     r.CopiedFrom,
		CreatedAt:      time.Time(r.CreatedAt),
		SeenAt:         time.Time(r.SeenAt),
	}
}

func fromContext(w greenroom.WorkspaceID, c greenroom.ConnectionID, x greenroom.Context) q.MeetContextParams {
	return q.MeetContextParams{
		WorkspaceID:    w,
		ID:             x.ID,
		ConnectionID:   c,
		Deployment:     x.Deployment,
		PlatformID:     x.PlatformID,
		LinkPlatformID: x.LinkPlatformID,
		Label:          x.Label,
		Title:          x.Title,
		MembershipsURL: x.MembershipsURL,
		LineItemsURL:   x.LineItemsURL,
		Scopes:         x.Scopes,
		CopiedFrom:     x.CopiedFrom,
		CreatedAt:      column.Time(x.CreatedAt),
		SeenAt:         column.Time(x.SeenAt),
	}
}
