package lti

import (
	"context"
	"crypto/rsa"
	"errors"
	"net/http"
	"slices"
	"time"
)

// FinishLaunch takes the platform's answer to a login: the parameters of the
// request that arrived at launchURL, and its cookies. It makes every check of
// Checks in their order and stops at the first that does not hold. The last one
// is States.Spend, so a refused launch has spent nothing.
//
// The error is always a *Refusal. That includes an error which the platform
// reports instead of sending a token: Check is CheckPlatformError then.
func (t *Tool) FinishLaunch(ctx context.Context, p Params, cookies []*http.Cookie, launchURL string) (*Launch, error) {
	f := &finishing{
		ctx: ctx, tool: t, now: t.now(), params: p, cookies: cookies, launchURL: launchURL,
		raw: p.Get("id_token"), maxAge: maxTokenAge,
	}
	passed := make([]Check, 0, len(steps))
	for _, step := range steps {
		if step.check == CheckReplay {
			f.launch.Passed = passed
		}
		if err := step.holds(f); err != nil {
			return nil, f.refuse(step.check, passed, err)
		}
		passed = append(passed, step.check)
	}
	f.launch.Passed = passed
	return f.launch, nil
}

// A step makes one check.
type step struct {
	check Check
	holds func(*finishing) error
}

// steps is the order. The state comes first, so that the key set URL is ours
// and not the token's; no claim is read before the signature holds.
var steps = []step{
	{CheckRequest, (*finishing).request},
	{CheckState, (*finishing).state},
	{CheckRegistration, (*finishing).findRegistration},
	{CheckPlatformError, (*finishing).platformError},
	{CheckBrowser, (*finishing).browser},
	{CheckToken, (*finishing).parseToken},
	{CheckAlgorithm, (*finishing).algorithm},
	{CheckKey, (*finishing).findKey},
	{CheckSignature, (*finishing).signature},
	{CheckClaims, (*finishing).readClaims},
	{CheckIssuer, (*finishing).issuer},
	{CheckAudience, (*finishing).audience},
	{CheckAuthorizedParty, (*finishing).authorizedParty},
	{CheckExpiry, (*finishing).expiry},
	{CheckIssuedAt, (*finishing).issuedAt},
	{CheckNotBefore, (*finishing).notBefore},
	{CheckNonce, (*finishing).nonce},
	{CheckVersion, (*finishing).version},
	{CheckMessageType, (*finishing).messageType},
	{CheckDeployment, (*finishing).deployment},
	{CheckTarget, (*finishing).target},
	{CheckResourceLink, (*finishing).resourceLink},
	{CheckRoles, (*finishing).roles},
	{CheckSubject, (*finishing).subject},
	{CheckDeepLinking, (*finishing).deepLinking},
	{CheckForUser, (*finishing).forUser},
	{CheckReplay, (*finishing).spend},
}

// Checks returns all checks of a launch in the order in which they are made.
func Checks() []Check {
	all := make([]Check, len(steps))
	for i, step := range steps {
		all[i] = step.check
	}
	return all
}

// finishing is a launch on its way through the checks. Each step may rely on
// those before it.
type finishing struct {
	ctx       context.Context
	tool      *Tool
	now       time.Time
	params    Params
	cookies   []*http.Cookie
	launchURL string
	raw       string        // the token
	maxAge    time.Duration // how long ago it may have been issued

	pending      PendingLogin // from CheckState on
	stored       bool         // recognised by the platform's storage, from CheckBrowser on
	registration Registration // from CheckRegistration on
	token        token        // from CheckToken on
	key          *rsa.PublicKey
	claims       object  // from CheckClaims on
	launch       *Launch // from CheckSignature on
}

// A failure is an error that knows more than which step it happened in.
type failure struct {
	check    Check // empty: the step's
	code     string
	internal bool
	err      error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func (f *finishing) refuse(c Check, passed []Check, err error) *Refusal {
	r := &Refusal{
		Check: c, Cause: err, Passed: slices.Clip(passed),
		Registration: f.registration.ID, Verified: f.launch,
	}
	if more, ok := errors.AsType[*failure](err); ok {
		if more.check != "" {
			r.Check = more.check
		}
		r.Code, r.Internal, r.Cause = more.code, more.internal, more.err
	}
	r.Spec = r.Check.Spec()
	if r.Verified != nil {
		r.Verified.Passed = r.Passed
	}
	return r
}

// spend is the last check, and the caller's.
func (f *finishing) spend() error {
	f.launch.Odd = *f.claims.odd
	err := f.tool.States.Spend(f.ctx, f.launch)
	if err != nil && !errors.Is(err, ErrSpent) {
		return &failure{internal: true, err: err}
	}
	return err
}
