package platforms

import (
	"context"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ags"
)

// FindOrMakeLineItem looks for a link's column: by the link, and by our own
// name for it, for a Moodle column that was changed no longer tells its link. If
// there is none it makes one.
func (p *Platforms) FindOrMakeLineItem(
	ctx context.Context, w greenroom.WorkspaceID, c greenroom.Connection, k greenroom.Key, q greenroom.LineItemQuery,
) (greenroom.LineItem, error) {
	client := p.clientFor(w, c, k, q.Deployment)
	for _, filter := range []ags.Filter{
		{ResourceLinkID: q.ResourceLinkID, Tag: greenroom.LineItemTag},
		{ResourceLinkID: q.ResourceLinkID},
		{ResourceID: q.ResourceID, Tag: greenroom.LineItemTag},
	} {
		item, found, err := firstItem(ctx, client, q.URL, filter)
		if err != nil || found {
			return lineItem(item), err
		}
	}
	made, err := ags.CreateLineItem(ctx, client, q.URL, ags.LineItem{
		Label: q.Label, ScoreMaximum: q.Maximum, ResourceLinkID: q.ResourceLinkID, ResourceID: q.ResourceID, Tag: greenroom.LineItemTag,
	})
	return lineItem(made), err
}

func firstItem(ctx context.Context, client *lti.Client, container string, f ags.Filter) (ags.LineItem, bool, error) {
	for item, err := range ags.LineItems(ctx, client, container, f) {
		return item, err == nil, err
	}
	return ags.LineItem{}, false, nil
}

func lineItem(i ags.LineItem) greenroom.LineItem {
	return greenroom.LineItem{URL: i.ID, Maximum: i.ScoreMaximum}
}
