package lti

import (
	"context"
	"errors"
)

// A Registration is what a tool and a platform know of each other: the pair
// (issuer, client id) and the platform's endpoints (Core 1.0 §3.1).
type Registration struct {
	// ID is the caller's own name for it, at most 64 bytes. It is sealed into
	// the state of a login and never sent in the clear.
	ID string

	Issuer   string // exact: an opaque string, compared byte for byte
	ClientID string

	AuthURL   string // OIDC authorization endpoint
	TokenURL  string // OAuth 2 token endpoint
	KeySetURL string // JWKS of the platform

	// Audience of client assertions. Empty means TokenURL.
	Audience string

	// Deployments are the known deployment ids. Others are refused, unless
	// AcceptNewDeployments is set: then Launch.NewDeployment says so and the
	// caller pins the new id.
	Deployments          []string
	AcceptNewDeployments bool

	// AllowAnonymous accepts launches without sub (Core 1.0 §5.3.6).
	AllowAnonymous bool

	// Algorithms accepted for id_tokens: RS256, RS384, RS512, PS256, PS384 or
	// PS512. Empty means RS256 only. Symmetric algorithms and "none" are never
	// accepted.
	Algorithms []string

	// KeySet is the last good key set document, if the caller keeps one. It is
	// used while the platform cannot be reached and nothing is cached.
	KeySet []byte
}

// Registrations finds registrations. It is one of the two interfaces that a
// tool implements; the other is States.
type Registrations interface {
	// Find returns the registrations of an issuer, narrowed to a client id
	// unless that is empty. None is an empty slice, not an error.
	Find(ctx context.Context, issuer, clientID string) ([]Registration, error)

	// Registration returns the one that a state names, or ErrNoRegistration
	// when it is gone or switched off.
	Registration(ctx context.Context, id string) (Registration, error)
}

var (
	// ErrNoRegistration says that no registration fits.
	ErrNoRegistration = errors.New("no such registration")
	// ErrAmbiguous says that an issuer has several registrations and the login
	// request named no client id.
	ErrAmbiguous = errors.New("several registrations of this issuer, and no client_id")
)
