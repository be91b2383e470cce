package greenroom

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/lti/profile"
)

// A ConnectionEdit is what the form of one connection holds, as typed. It has
// the fields of the manual form and these.
type ConnectionEdit struct {
	ConnectionForm
	AcceptDeployments bool   // field accept_deployments: the first launch of each adds it
	Audience          string // field audience: of client assertions; empty: the access token URL
	Profile           string // field profile: code of the LMS; empty: as the platform says
	AllowAnonymous    bool   // field allow_anonymous
	MakeLineItems     bool   // field make_line_items
}

// EditOf returns the form as it stands for a connection.
func EditOf(c Connection) ConnectionEdit {
	return ConnectionEdit{
		ConnectionForm: ConnectionForm{
			Platform: c.Platform, Issuer: c.Issuer, ClientID: c.ClientID, Deployments: strings.Join(c.Deployments, "\n"),
			AuthURL: c.AuthURL, TokenURL: c.TokenURL, KeySetURL: c.KeySetURL,
		},
		AcceptDeployments: c.AcceptDeployments, Audience: c.Audience, Profile: c.Profile,
		AllowAnonymous: c.AllowAnonymous, MakeLineItems: c.MakeLineItems,
	}
}

// check returns the form's values as a connection, or *Invalid.
func (f ConnectionEdit) check(allowHTTP bool) (Connection, error) {
	c, err := f.ConnectionForm.check(allowHTTP)
	var bad Invalid
	if found, ok := errors.AsType[*Invalid](err); ok {
		bad = *found
	} else if err != nil {
		return Connection{}, err
	}
	if f.AcceptDeployments && strings.Trim(f.Deployments, deploymentGaps) == "" {
		bad.drop("deployment_ids") // the launches will tell
	}
	c.Audience = strings.TrimSpace(f.Audience)
	if c.Audience != "" {
		if text := checkIdentifier(c.Audience, ""); text != "" {
			bad.Add("audience", text)
		}
	}
	c.AcceptDeployments, c.AllowAnonymous, c.MakeLineItems = f.AcceptDeployments, f.AllowAnonymous, f.MakeLineItems
	if c.Profile = f.Profile; c.Profile != "" {
		if _, known := profile.ByCode(c.Profile); !known {
			bad.Add("profile", "Choose one of the list.")
		}
	}
	return c, bad.OrNil()
}

// EditConnection changes a connection, whose learners, scores and history stay
// its own. The key set is fetched if its URL is a new one. *Invalid names
// fields, those of another connection with the same issuer and client ID among
// them.
func (s *Service) EditConnection(ctx context.Context, a Actor, id ConnectionID, f ConnectionEdit) (SavedConnection, error) {
	store, err := s.settings(a)
	if err != nil {
		return SavedConnection{}, err
	}
	old, err := store.Connection(ctx, id)
	if err != nil {
		return SavedConnection{}, err
	}
	c, err := f.check(s.AllowHTTP)
	if err != nil {
		return SavedConnection{}, err
	}
	saved := SavedConnection{Warnings: issuerWarning(c)}
	if c.KeySetURL != old.KeySetURL {
		s.fetchKeySet(ctx, &c, &saved)
	}
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		now, err := tx.Connection(ctx, id)
		if err != nil {
			return err
		}
		if err := errors.Join(sharedStays(now, c), notTaken(ctx, tx, id, c)); err != nil {
			return err
		}
		saved.Connection = edited(now, c)
		saved.Connection.UpdatedAt = s.Now()
		e := connectionEntry(ConnectionChanged, now, saved.Connection)
		if len(e.Changes) == 0 && c.KeySet == nil {
			saved.Connection = now
			return nil
		}
		if err := tx.SaveConnection(ctx, saved.Connection); err != nil {
			return err
		}
		if len(e.Changes) == 0 {
			return nil
		}
		return s.audit(ctx, tx, a, e)
	})
	return saved, err
}

// edited is a connection with the values of the form.
func edited(old, typed Connection) Connection {
	c := old
	c.Platform, c.Issuer, c.ClientID = typed.Platform, typed.Issuer, typed.ClientID
	c.Deployments, c.AcceptDeployments = typed.Deployments, typed.AcceptDeployments
	c.AuthURL, c.TokenURL, c.Audience, c.Profile = typed.AuthURL, typed.TokenURL, typed.Audience, typed.Profile
	c.AllowAnonymous, c.MakeLineItems = typed.AllowAnonymous, typed.MakeLineItems
	if typed.KeySetURL != old.KeySetURL {
		c.KeySetURL, c.KeySet, c.KeySetAt = typed.KeySetURL, typed.KeySet, typed.KeySetAt
	}
	return c
}

// sharedStays refuses changes of what a shared connection has from the
// instance's registration.
func sharedStays(now, typed Connection) error {
	if now.Shared == "" {
		return nil
	}
	var bad Invalid
	for _, field := range []struct{ name, was, is string }{
		{"issuer", now.Issuer, typed.Issuer}, {"client_id", now.ClientID, typed.ClientID},
		{"auth_url", now.AuthURL, typed.AuthURL}, {"token_url", now.TokenURL, typed.TokenURL},
		{"jwks_url", now.KeySetURL, typed.KeySetURL}, {"audience", now.Audience, typed.Audience},
	} {
		if field.was != field.is {
			bad.Add(field.name, "This is the shared registration's. Only whoever runs Greenroom can change it.")
		}
	}
	if !slices.Equal(now.Deployments, typed.Deployments) || typed.AcceptDeployments {
		bad.Add("deployment_ids", "Deployments of a shared registration are claimed and released, not typed.")
	}
	return bad.OrNil()
}

// notTaken refuses an issuer and client ID that another connection has.
func notTaken(ctx context.Context, tx Tx, id ConnectionID, c Connection) error {
	same, err := tx.ConnectionsOf(ctx, c.Issuer, c.ClientID)
	if err != nil {
		return err
	}
	for _, other := range same {
		if other.ID != id {
			return invalid("client_id", fmt.Sprintf("The connection “%s” of this workspace has this issuer and client ID already.", other.Platform))
		}
	}
	return nil
}
