package platforms

import (
	"context"
	"errors"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// Registrations returns the connections of one workspace as the protocol
// library asks for them. One that is switched off is a
// *greenroom.SwitchedOffError, which is lti.ErrNoRegistration.
func (p *Platforms) Registrations(w greenroom.WorkspaceID) lti.Registrations {
	return registrations{p.recent, w}
}

type registrations struct {
	recent    *greenroom.Recent
	workspace greenroom.WorkspaceID
}

func (r registrations) Find(ctx context.Context, issuer, clientID string) ([]lti.Registration, error) {
	connections, err := r.recent.ConnectionsOf(ctx, r.workspace, issuer, clientID)
	if err != nil {
		return nil, err
	}
	var found []lti.Registration
	var off greenroom.ConnectionID
	for _, c := range connections {
		if c.Shared != "" { // its people come in by the shared door
			continue
		}
		if c.Disabled {
			off = c.ID
			continue
		}
		found = append(found, registration(c))
	}
	if len(found) == 0 && off != "" {
		return nil, &greenroom.SwitchedOffError{Connection: off}
	}
	if len(found) == 1 {
		greenroom.Note(ctx, "", greenroom.ConnectionID(found[0].ID))
	}
	return found, nil
}

func (r registrations) Registration(ctx context.Context, id string) (lti.Registration, error) {
	c, err := r.recent.Connection(ctx, r.workspace, greenroom.ConnectionID(id))
	if errors.Is(err, greenroom.ErrNotFound) || err == nil && c.Shared != "" {
		return lti.Registration{}, lti.ErrNoRegistration
	}
	if err == nil && c.Disabled {
		return lti.Registration{}, &greenroom.SwitchedOffError{Connection: c.ID}
	}
	greenroom.Note(ctx, "", c.ID)
	return registration(c), err
}

// registration turns a connection into the library's type.
func registration(c greenroom.Connection) lti.Registration {
	return lti.Registration{
		ID:     string(c.ID),
		Issuer: c.Issuer, ClientID: c.ClientID,
		AuthURL: c.AuthURL, TokenURL: c.TokenURL, KeySetURL: c.KeySetURL,
		Audience:             c.TokenAudience(),
		Deployments:          c.Deployments,
		AcceptNewDeployments: c.AcceptDeployments,
		AllowAnonymous:       c.AllowAnonymous,
		KeySet:               c.KeySet,
	}
}
