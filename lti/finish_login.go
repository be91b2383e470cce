package lti

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"net/http"
	"slices"
)

// The checks that need no token: is this the answer to a login of ours?

// request: a token comes by POST only; in a query it would end in logs and
// histories. Errors may come by GET as well.
func (f *finishing) request() error {
	if f.params.Has("error") {
		return nil
	}
	if f.params.method != http.MethodPost {
		return fmt.Errorf("id_token by %s", f.params.method)
	}
	if f.params.Get("id_token") == "" {
		return errors.New("neither id_token nor error")
	}
	return nil
}

func (f *finishing) state() error {
	err := f.openState()
	if err != nil && f.params.Has("error") {
		// What the platform says helps more than our view of its state.
		return platformFailure(f.params)
	}
	return err
}

func (f *finishing) openState() error {
	sealed := f.params.Get("state")
	if sealed == "" {
		return errors.New("no state")
	}
	pending, err := f.tool.States.Open(sealed)
	if errors.Is(err, ErrUnknownState) {
		return err
	}
	if err != nil {
		return &failure{internal: true, err: fmt.Errorf("open state: %w", err)}
	}
	if !f.now.Before(pending.Expires) {
		return fmt.Errorf("state expired at %s", pending.Expires.UTC())
	}
	if here := Bind("", f.launchURL); subtle.ConstantTimeCompare(here[:16], pending.Binding[:16]) != 1 {
		return errors.New("state was made for another launch URL")
	}
	f.pending = pending
	return nil
}

func (f *finishing) findRegistration() error {
	r, err := f.tool.Registrations.Registration(f.ctx, f.pending.Registration)
	switch {
	case errors.Is(err, ErrNoRegistration):
		return fmt.Errorf("registration %q: %w", f.pending.Registration, err)
	case err != nil:
		return &failure{internal: true, err: fmt.Errorf("find registration: %w", err)}
	}
	f.registration = r
	return nil
}

func (f *finishing) platformError() error {
	if !f.params.Has("error") {
		return nil
	}
	return platformFailure(f.params)
}

// platformCodes are the errors that may be named to a person (OpenID Connect
// Core §3.1.2.6, RFC 6749 §4.1.2.1; launch_no_longer_valid is Canvas').
var platformCodes = []string{
	"login_required", "interaction_required", "consent_required", "account_selection_required",
	"invalid_request", "invalid_request_object", "invalid_scope", "unsupported_response_type",
	"unauthorized_client", "access_denied", "server_error", "temporarily_unavailable",
	"launch_no_longer_valid",
}

func platformFailure(p Params) error {
	code := p.Get("error")
	if !slices.Contains(platformCodes, code) {
		code = "unknown_error"
	}
	said := fmt.Sprintf("platform said %.100q", p.Get("error"))
	if more := p.Get("error_description"); more != "" {
		said += fmt.Sprintf(", %.500q", more)
	}
	return &failure{check: CheckPlatformError, code: code, err: errors.New(said)}
}

func (f *finishing) browser() error {
	switch {
	case f.tool.holdsSecret(f.pending, f.cookies):
		return nil
	case f.params.asked:
		return f.browserByStorage()
	case slices.ContainsFunc(f.cookies, func(c *http.Cookie) bool { return c.Name == f.tool.cookiePrefix()+f.pending.ID }):
		return errors.New("cookie holds another secret")
	case !f.tool.KeepsCookies(f.cookies):
		return errors.New("browser sent no cookie of any login")
	}
	return errors.New("browser sent cookies of other logins only")
}

func (f *finishing) browserByStorage() error {
	switch {
	case f.pending.StorageTarget == "":
		return errors.New("the login was offered no storage by the platform")
	case f.params.stored == "":
		return fmt.Errorf("the platform's storage gave nothing back: %.40q", f.params.problem)
	case !f.pending.isSecret(f.params.stored):
		return errors.New("the platform's storage held another secret")
	}
	f.stored = true
	return nil
}
