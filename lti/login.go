package lti

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"
)

// A Login is the answer to a login request: set Cookie, drop DropCookies, and
// redirect the browser to RedirectURL with status 302. Nothing was written.
//
// A browser that keeps no cookie in a frame needs a page with StorageScript in
// place of the redirect, or a window of its own. Which it is must be found out
// now: at the launch it is too late.
type Login struct {
	RedirectURL  string
	Cookie       *http.Cookie
	DropCookies  []*http.Cookie // the oldest of more than twenty, to be set as well
	Pending      PendingLogin
	Registration Registration

	// Storage is where the platform offers to keep the secret of the login for
	// a browser that keeps no cookie; nil if it offers nothing.
	Storage *Storage
}

// A loginRequest is what a platform sends to begin a login (Security 1.0
// §5.1.1.1). None of it is signed.
type loginRequest struct {
	issuer, loginHint, target         string
	clientID, messageHint, deployment string
	messageHinted                     bool
	storageTarget                     string
}

const (
	maxHint   = 8 << 10
	maxTarget = 4 << 10
)

// storageTargets are frame names that can be used without harm.
var storageTargets = regexp.MustCompile(`^[A-Za-z0-9_.-]{1,64}$`)

// StartLogin answers a login request: it finds the registration, makes nonce
// and state, and binds both to this browser by a cookie. launchURL is where the
// platform is to send its answer, one of the registered redirect URIs. have are
// the request's cookies, so that old ones can be dropped.
//
// The error is a *Refusal; nothing is redirected then.
func (t *Tool) StartLogin(ctx context.Context, p Params, launchURL string, have ...*http.Cookie) (*Login, error) {
	request, err := readLogin(p)
	if err != nil {
		return nil, refuse(CheckRequest, err)
	}
	if err := t.checkTarget(request.target, launchURL); err != nil {
		return nil, refuse(CheckTarget, err)
	}
	registration, err := t.find(ctx, request)
	if err != nil {
		refusal := refuse(CheckRegistration, err)
		refusal.Internal = !errors.Is(err, ErrNoRegistration) && !errors.Is(err, ErrAmbiguous)
		return nil, refusal
	}
	login, err := t.begin(request, registration, launchURL)
	if err != nil {
		return nil, &Refusal{
			Check: CheckState, Spec: CheckState.Spec(), Cause: err,
			Internal: true, Registration: registration.ID,
		}
	}
	login.DropCookies = t.dropped(have)
	return login, nil
}

func readLogin(p Params) (loginRequest, error) {
	var r loginRequest
	for _, member := range []struct {
		name string
		most int // negative if the parameter is optional
		into *string
	}{
		{"iss", maxIdentifier, &r.issuer},
		{"login_hint", maxHint, &r.loginHint},
		{"target_link_uri", maxTarget, &r.target},
		{"client_id", -maxIdentifier, &r.clientID},
		{"lti_message_hint", -maxHint, &r.messageHint},
		{"lti_deployment_id", -maxIdentifier, &r.deployment},
	} {
		value, err := p.bounded(member.name, member.most)
		if err != nil {
			return r, err
		}
		*member.into = value
	}
	r.messageHinted = p.Has("lti_message_hint")
	if target := p.Get("lti_storage_target"); storageTargets.MatchString(target) {
		r.storageTarget = target
	}
	return r, nil
}

// find returns the only registration that fits. The issuer is compared byte
// for byte, whatever the caller's storage does.
func (t *Tool) find(ctx context.Context, r loginRequest) (Registration, error) {
	all, err := t.Registrations.Find(ctx, r.issuer, r.clientID)
	if err != nil {
		return Registration{}, fmt.Errorf("find registration: %w", err)
	}
	var fit []Registration
	for _, each := range all {
		if each.Issuer == r.issuer && (r.clientID == "" || each.ClientID == r.clientID) {
			fit = append(fit, each)
		}
	}
	switch len(fit) {
	case 0:
		return Registration{}, fmt.Errorf("issuer %q, client %q: %w", r.issuer, r.clientID, ErrNoRegistration)
	case 1:
		return fit[0], nil
	}
	return Registration{}, fmt.Errorf("issuer %q, client %q: %w", r.issuer, r.clientID, ErrAmbiguous)
}

// begin makes the state, the cookie and the authentication request.
func (t *Tool) begin(r loginRequest, registration Registration, launchURL string) (*Login, error) {
	var random [16 + 16 + 32]byte
	if _, err := io.ReadFull(t.random(), random[:]); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	now := t.now()
	id := random[:16]
	stamp(id, now)
	text := base64.RawURLEncoding.EncodeToString
	life := t.stateLife()
	pending := PendingLogin{
		ID: text(id), Nonce: text(random[16:32]),
		Registration: registration.ID, Expires: now.Add(life).Truncate(time.Second),
		Binding:    Bind(r.target, launchURL),
		Deployment: BindDeployment(r.deployment), StorageTarget: r.storageTarget,
	}
	secret := cookieValue(pending.Expires, text(random[32:]))
	pending.Secret = sha256.Sum256([]byte(secret))
	state, err := t.States.Seal(pending)
	if err != nil {
		return nil, err
	}
	redirect, err := authURL(r, registration, launchURL, state, pending.Nonce)
	if err != nil {
		return nil, err
	}
	return &Login{
		RedirectURL: redirect, Cookie: t.cookie(pending.ID, secret, int(life/time.Second)),
		Pending: pending, Registration: registration, Storage: storageFor(pending, registration, secret),
	}, nil
}

// stamp begins an identifier with the time, 48 bits of milliseconds: what is
// spent at one time lies side by side in the index of whoever keeps it. 80 bits
// of chance are left.
func stamp(id []byte, now time.Time) {
	var ms [8]byte
	binary.BigEndian.PutUint64(ms[:], uint64(now.UnixMilli()))
	copy(id, ms[2:])
}

// authURL is the authentication request (Security 1.0 §5.1.1.2). A query that
// the endpoint has already stays as it is.
func authURL(r loginRequest, registration Registration, launchURL, state, nonce string) (string, error) {
	u, err := url.Parse(registration.AuthURL)
	if err != nil {
		return "", fmt.Errorf("authorization endpoint: %w", err)
	}
	if u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
		return "", fmt.Errorf("authorization endpoint %q is no web address", registration.AuthURL)
	}
	query := url.Values{
		"scope": {"openid"}, "response_type": {"id_token"}, "response_mode": {"form_post"}, "prompt": {"none"},
		"client_id": {registration.ClientID}, "redirect_uri": {launchURL},
		"login_hint": {r.loginHint}, "state": {state}, "nonce": {nonce},
	}
	if r.messageHinted {
		query.Set("lti_message_hint", r.messageHint)
	}
	// %20 and not +, which some platforms take for a plus.
	added := strings.ReplaceAll(query.Encode(), "+", "%20")
	if u.RawQuery != "" {
		added = u.RawQuery + "&" + added
	}
	u.RawQuery, u.Fragment, u.RawFragment = added, "", ""
	return u.String(), nil
}

func (t *Tool) now() time.Time {
	if t.Now == nil {
		return time.Now()
	}
	return t.Now()
}

func (t *Tool) random() io.Reader {
	if t.Random == nil {
		return rand.Reader
	}
	return t.Random
}

func (t *Tool) stateLife() time.Duration {
	if t.StateLife == 0 {
		return 10 * time.Minute
	}
	return t.StateLife
}

func (t *Tool) leeway() time.Duration {
	if t.Leeway == 0 {
		return time.Minute
	}
	return t.Leeway
}
