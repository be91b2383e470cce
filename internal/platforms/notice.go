package platforms

import (
	"context"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti/pns"
)

// SetNoticeHandler asks a deployment to send notices of copied courses to an
// address, or to none if it is empty.
func (p *Platforms) SetNoticeHandler(ctx context.Context, w greenroom.WorkspaceID, c greenroom.Connection, k greenroom.Key, deployment, service, handler string) error {
	client := p.clientFor(w, c, k, deployment)
	if handler == "" {
		return pns.RemoveHandler(ctx, client, service, pns.ContextCopyNotice)
	}
	_, err := pns.SetHandler(ctx, client, service, pns.Handler{NoticeType: pns.ContextCopyNotice, URL: handler})
	return err
}
