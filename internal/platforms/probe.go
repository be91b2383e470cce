package platforms

import (
	"context"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti/ags"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
	"github.com/greenroom-lti/greenroom/lti/nrps"
)

// ReadConfiguration reads a platform's configuration anew. Errors are
// *greenroom.RegistrationError.
func (p *Platforms) ReadConfiguration(ctx context.Context, url string) (greenroom.PlatformConfiguration, error) {
	cfg, err := dynreg.Discover(ctx, p.client, url, "", p.options())
	if err != nil {
		return greenroom.PlatformConfiguration{}, registrationError(err)
	}
	return greenroom.PlatformConfiguration{
		Issuer: cfg.Issuer, AuthURL: cfg.AuthorizationEndpoint, TokenURL: cfg.TokenEndpoint, KeySetURL: cfg.JWKSURI,
		Audience: cfg.AuthorizationServer, Product: cfg.ProductFamilyCode, Scopes: cfg.ScopesSupported,
	}, nil
}

// AskScopes asks for an access token and throws it away.
func (p *Platforms) AskScopes(ctx context.Context, w greenroom.WorkspaceID, c greenroom.Connection, k greenroom.Key, deployment string, scopes ...string) ([]string, error) {
	client := p.clientFor(w, c, k, deployment)
	return client.Grant(ctx, scopes...)
}

// CountLineItems reads the columns of a context.
func (p *Platforms) CountLineItems(ctx context.Context, w greenroom.WorkspaceID, c greenroom.Connection, k greenroom.Key, in greenroom.Context, most int) (int, error) {
	client := p.clientFor(w, c, k, in.Deployment)
	n := 0
	for _, err := range ags.LineItems(ctx, client, in.LineItemsURL, ags.Filter{}) {
		if err != nil {
			return n, err
		}
		if n++; n == most {
			break
		}
	}
	return n, nil
}

// CountMembers reads the roster of a context.
func (p *Platforms) CountMembers(ctx context.Context, w greenroom.WorkspaceID, c greenroom.Connection, k greenroom.Key, in greenroom.Context, most int) (int, error) {
	client := p.clientFor(w, c, k, in.Deployment)
	roster := nrps.Roster{URL: in.MembershipsURL, Client: client, Limit: min(most, membersPerPage(c))}
	n := 0
	for _, err := range roster.Members(ctx) {
		if err != nil {
			return n, err
		}
		if n++; n == most {
			break
		}
	}
	return n, nil
}

// noteScope returns what remembers which scopes a platform grants. A call is
// made whether or not that is remembered.
func (p *Platforms) noteScope(w greenroom.WorkspaceID, c greenroom.ConnectionID) func(context.Context, string, bool) {
	return func(ctx context.Context, scope string, granted bool) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
		defer cancel()
		word := greenroom.ScopeWord{Scope: scope, Granted: granted, At: p.now()}
		if err := greenroom.NoteScope(ctx, p.store.Workspace(w), c, word); err != nil {
			p.log.WarnContext(ctx, "scope not noted", "connection", c, "scope", scope, "err", err)
		}
	}
}
