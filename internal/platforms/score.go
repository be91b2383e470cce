package platforms

import (
	"context"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ags"
)

// PostScore brings one score to a line item: Completed and FullyGraded, unless
// it takes points away.
func (p *Platforms) PostScore(ctx context.Context, w greenroom.WorkspaceID, c greenroom.Connection, k greenroom.Key, s greenroom.ScorePost) error {
	client := p.clientFor(w, c, k, s.Deployment)
	score := ags.Score{Subject: s.Subject, Given: s.Given, Maximum: s.Maximum, At: s.At}
	if s.Cleared {
		score = ags.Cleared(s.Subject, s.At)
	}
	score.Comment, score.ScoringUserID = s.Comment, s.ScoringUserID
	return ags.PostScore(ctx, client, s.LineItemURL, score)
}

// ScoreMaximum reads the maximum of a line item.
func (p *Platforms) ScoreMaximum(ctx context.Context, w greenroom.WorkspaceID, c greenroom.Connection, k greenroom.Key, lineItemURL, deployment string) (float64, error) {
	client := p.clientFor(w, c, k, deployment)
	item, err := ags.GetLineItem(ctx, client, lineItemURL)
	return item.ScoreMaximum, err
}

// LineItemResource reads the resourceId of a line item.
func (p *Platforms) LineItemResource(ctx context.Context, w greenroom.WorkspaceID, c greenroom.Connection, k greenroom.Key, lineItemURL, deployment string) (string, error) {
	client := p.clientFor(w, c, k, deployment)
	item, err := ags.GetLineItem(ctx, client, lineItemURL)
	return item.ResourceID, err
}

// clientFor returns a client that calls the connection's services in the
// workspace's name. Clients are cheap; the access tokens are shared.
func (p *Platforms) clientFor(w greenroom.WorkspaceID, c greenroom.Connection, k greenroom.Key, deployment string) *lti.Client {
	if c.Shared != "" { // signed by the instance, whichever key the caller holds
		return p.sharedClient(w, c, deployment)
	}
	return lti.NewClient(registration(c), sealedKey{p.vault, w, k}, p.client,
		lti.WithTokens(p.tokens), lti.WithDeployment(deployment),
		lti.WithNow(p.now), lti.WithRandom(p.random),
		lti.WithFallback(retiringKey{p, w}), lti.WithOnToken(p.noteSigning(w, c.ID)), lti.WithOnScope(p.noteScope(w, c.ID)))
}
