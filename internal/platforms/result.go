package platforms

import (
	"context"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti/ags"
)

// ReadResults reads what a gradebook has in one column. No limit is asked for:
// a Moodle answers 404 to one.
func (p *Platforms) ReadResults(
	ctx context.Context, w greenroom.WorkspaceID, c greenroom.Connection, k greenroom.Key, lineItemURL, deployment string,
	each func(greenroom.PlatformResult) error,
) error {
	client := p.clientFor(w, c, k, deployment)
	for r, err := range ags.Results(ctx, client, lineItemURL, ags.ResultFilter{}) {
		if err == nil {
			err = each(greenroom.PlatformResult{Subject: r.UserID, Score: r.Score, Maximum: r.Maximum})
		}
		if err != nil {
			return err
		}
	}
	return nil
}
