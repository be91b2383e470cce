package lti

import (
	"context"
	"encoding/json"
	"errors"
	"time"
)

// A Message is a statement that a platform has signed and sent by itself,
// without a browser and without a login: a notice (package pns). Every check of
// MessageChecks has passed.
//
// No login was there to make its nonce. The caller remembers (issuer, Nonce) for
// MessageLife and a little more, and takes none twice.
type Message struct {
	Registration Registration // found by iss and aud

	DeploymentID  string
	NewDeployment bool // not among Registration.Deployments

	Nonce    string
	IssuedAt time.Time
	Expires  time.Time

	Context  *Context          // nil when not told
	Custom   map[string]string // as in Launch
	Platform *PlatformInstance // nil when not told

	Passed []Check         // in the order in which they were made
	Odd    []string        // optional claims of odd types, which were ignored
	Claims json.RawMessage // the verified payload
}

// MessageLife is how long ago a message may have been issued, whatever it says.
const MessageLife = 24 * time.Hour

// ReadMessage checks a token that a platform has sent by itself. It makes the
// checks of a launch that need neither login nor browser, and stops at the
// first that does not hold; the registration is found by the token's iss and
// aud, its keys by the registration. The error is always a *Refusal.
func (t *Tool) ReadMessage(ctx context.Context, token string) (*Message, error) {
	f := &finishing{ctx: ctx, tool: t, now: t.now(), raw: token, maxAge: MessageLife}
	passed := make([]Check, 0, len(messageSteps))
	for _, step := range messageSteps {
		if err := step.holds(f); err != nil {
			return nil, f.refuse(step.check, passed, err)
		}
		passed = append(passed, step.check)
	}
	l := f.launch
	return &Message{
		Registration: l.Registration, DeploymentID: l.DeploymentID, NewDeployment: l.NewDeployment,
		Nonce: l.Nonce, IssuedAt: l.IssuedAt, Expires: l.Expires,
		Context: l.Context, Custom: l.Custom, Platform: l.Platform,
		Passed: passed, Odd: *f.claims.odd, Claims: l.Claims,
	}, nil
}

// messageSteps are those of a launch as far as they are about the token. What
// it says of itself finds the registration; nothing is believed before the
// signature holds.
var messageSteps = []step{
	{CheckToken, (*finishing).parseToken},
	{CheckRegistration, (*finishing).findAddressee},
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
	{CheckNonce, (*finishing).anyNonce},
	{CheckVersion, (*finishing).version},
	{CheckDeployment, (*finishing).deployment},
}

// MessageChecks returns the checks of ReadMessage in the order in which they
// are made.
func MessageChecks() []Check {
	all := make([]Check, len(messageSteps))
	for i, step := range messageSteps {
		all[i] = step.check
	}
	return all
}

// findAddressee looks for the registration that a token claims to be for.
func (f *finishing) findAddressee() error {
	c, err := readObject(f.token.payload)
	if err != nil {
		return err
	}
	issuer, err := c.required("iss")
	if err != nil {
		return err
	}
	audience := c.texts("aud")
	if len(audience) == 0 || audience[0] == "" {
		return errors.New("aud is absent")
	}
	f.registration, err = f.tool.find(f.ctx, loginRequest{issuer: issuer, clientID: audience[0]})
	if err != nil && !errors.Is(err, ErrNoRegistration) && !errors.Is(err, ErrAmbiguous) {
		return &failure{internal: true, err: err}
	}
	return err
}

// anyNonce: whether it is new, the caller knows.
func (f *finishing) anyNonce() error {
	_, err := f.claims.identifier("nonce")
	return err
}
