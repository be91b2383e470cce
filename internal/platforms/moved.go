package platforms

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

const (
	// lookAgain is how long a platform's configuration is left alone after it
	// was read: whoever sends launches with keys that nobody has must not make
	// us call the platform each time.
	lookAgain = 10 * time.Minute
	lookTime  = 10 * time.Second
)

// moved looks whether a platform that registered itself has moved its
// addresses, and returns the registration with the new ones. Its configuration
// is read from where it was at registration, and must name the same issuer.
func (p *Platforms) moved(ctx context.Context, w greenroom.WorkspaceID, r lti.Registration) (lti.Registration, bool) {
	id, store := greenroom.ConnectionID(r.ID), p.store.Workspace(w)
	c, err := store.Connection(ctx, id)
	if err != nil || c.ConfigurationURL == "" || c.Issuer != r.Issuer || !p.mayLook(w, id) {
		return r, false
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookTime)
	defer cancel()
	cfg, err := p.ReadConfiguration(ctx, c.ConfigurationURL)
	if err != nil {
		p.log.WarnContext(ctx, "configuration not read again", "connection", id, "err", err)
		return r, false
	}
	if c, err = greenroom.MoveConnection(ctx, store, id, cfg, p.now(), p.random); err != nil {
		p.log.WarnContext(ctx, "new addresses not kept", "connection", id, "err", err)
		return r, false
	}
	return registration(c), c.KeySetURL != r.KeySetURL
}

// mayLook takes turns, connection by connection.
func (p *Platforms) mayLook(w greenroom.WorkspaceID, id greenroom.ConnectionID) bool {
	p.looking.Lock()
	defer p.looking.Unlock()
	at, now := string(w)+"/"+string(id), p.now()
	if last, ok := p.looked[at]; ok && now.Before(last.Add(lookAgain)) {
		return false
	}
	p.looked[at] = now
	return true
}
