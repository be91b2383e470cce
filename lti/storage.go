package lti

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"net/http"
	"net/url"
)

// A Storage is the place that a platform lends a tool in its own page, for
// browsers that keep no cookies in a frame (LTI Client Side OIDC Login 0.1;
// Platform Storage 0.1). A page of the tool's, with StorageScript, keeps the
// secret of a login there and asks for it at the launch.
type Storage struct {
	// Target is where the platform listens: "_parent", or the name of a frame
	// of the parent's.
	Target string
	// Origin is that of the authorization endpoint. Nobody else is told the
	// value, and nobody else is believed.
	Origin string
	Key    string
	Value  string // the secret of the login; empty at the launch
}

// StorageScript is a script for the page that talks to the platform's storage.
// It works on the element with data-lti-storage, and on nothing else:
//
//	<main data-lti-storage="put" data-target=… data-origin=… data-key=… data-value=… data-next="RedirectURL">
//	<main data-lti-storage="get" data-target=… data-origin=… data-key=…><form method="post" action=…>…</form></main>
//
// "put" goes on to data-next once the value is kept. Where nobody answers
// within two seconds it shows the element with data-lti-fallback in place of
// the one with data-lti-wait. "get" fills the form's fields stored and problem
// (timeout, missing, or the platform's error code) and submits it either way.
//
// With data-ask the platform has offered nothing; it is asked for its
// capabilities first.
//
//go:embed storage.js
var StorageScript string

// storageKey is the name under which the secret of a login is kept.
func storageKey(stateID string) string { return "lti_state_" + stateID }

// storageFor is nil if the platform offered none.
func storageFor(p PendingLogin, r Registration, value string) *Storage {
	u, err := url.Parse(r.AuthURL)
	if p.StorageTarget == "" || err != nil || u.Host == "" {
		return nil
	}
	return &Storage{Target: p.StorageTarget, Origin: u.Scheme + "://" + u.Host, Key: storageKey(p.ID), Value: value}
}

// Storage tells that a launch waits for what its login put into the platform's
// storage: the browser brought no cookie of the login, and the platform
// offered storage. Ask there, then call FinishLaunch with
// Params.WithStored. It is nil for any other launch, right or wrong:
// FinishLaunch says which.
func (t *Tool) Storage(ctx context.Context, p Params, cookies []*http.Cookie, launchURL string) *Storage {
	f := &finishing{ctx: ctx, tool: t, now: t.now(), params: p, cookies: cookies, launchURL: launchURL}
	if p.asked || f.request() != nil || f.state() != nil || t.holdsSecret(f.pending, f.cookies) {
		return nil
	}
	if f.findRegistration() != nil || f.platformError() != nil {
		return nil
	}
	return storageFor(f.pending, f.registration, "")
}

// WithStored returns the parameters of a launch with the value that the
// platform's storage gave back for Storage.Key; or, if it gave none, with the
// script's word for why.
func (p Params) WithStored(value, problem string) Params {
	p.asked, p.stored, p.problem = true, value, problem
	return p
}

// isSecret compares what a browser brought with the hash in the state.
func (p PendingLogin) isSecret(value string) bool {
	sum := sha256.Sum256([]byte(value))
	return subtle.ConstantTimeCompare(sum[:], p.Secret[:]) == 1
}
