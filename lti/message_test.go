package lti_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// newMessage is a message that would be read, taken apart. Nothing of a login
// or a user is in it.
func newMessage(t testing.TB) *attempt {
	a := newAttempt(t)
	for _, name := range []string{"sub", claim + "message_type", claim + "target_link_uri", claim + "resource_link", claim + "roles"} {
		delete(a.claims, name)
	}
	a.claims["nonce"], a.claims["exp"] = "n1", now.Add(time.Hour).Unix()
	return a
}

func (a *attempt) read(t testing.TB) (*lti.Message, error) {
	a.tool.Registrations = a.registrations
	a.tool.KeySets = lti.NewKeySets(always(http.StatusOK, keySet(a.keys...)), clock)
	return a.tool.ReadMessage(t.Context(), a.idToken())
}

func TestMessage(t *testing.T) {
	a := newMessage(t)
	a.claims[claim+"context"] = map[string]any{"id": "c1"}
	a.claims["azp"] = clientID
	m, err := a.read(t)
	if err != nil {
		t.Fatal(err)
	}
	if m.Registration.ID != "r1" || m.DeploymentID != "d1" || m.NewDeployment || m.Nonce != "n1" || m.Context.ID != "c1" || !m.Expires.Equal(now.Add(time.Hour)) || !slices.Equal(m.Passed, lti.MessageChecks()) {
		t.Errorf("message %+v", m)
	}
}

func TestSpoiledMessages(t *testing.T) {
	for name, row := range map[string]struct {
		spoil func(*attempt)
		want  lti.Check
	}{
		"no token":                  {func(a *attempt) { a.token = constant("") }, lti.CheckToken},
		"no JSON inside":            {func(a *attempt) { a.bodyJSON, a.started = "x", &lti.Login{} }, lti.CheckRegistration},
		"no issuer":                 {without("iss"), lti.CheckRegistration},
		"an unknown issuer":         {with("iss", "https://evil.example"), lti.CheckRegistration},
		"almost the issuer":         {with("iss", issuer+"/"), lti.CheckRegistration},
		"no audience":               {without("aud"), lti.CheckRegistration},
		"an unknown client":         {with("aud", "someone-else"), lti.CheckRegistration},
		"for somebody else as well": {with("aud", []string{clientID, "someone-else"}), lti.CheckAudience},
		"for another party":         {with("azp", "someone-else"), lti.CheckAuthorizedParty},
		"an algorithm not allowed":  {func(a *attempt) { a.header["alg"] = "HS256" }, lti.CheckAlgorithm},
		"a key of nobody":           {func(a *attempt) { a.header["kid"] = "k9" }, lti.CheckKey},
		"signed by somebody else":   {foreignHeader, lti.CheckSignature},
		"a claim twice":             {func(a *attempt) { rawClaims(`"azp":"x","azp":"client-1"`)(a); a.started = &lti.Login{} }, lti.CheckRegistration},
		"expired":                   {with("exp", now.Add(-2*time.Minute).Unix()), lti.CheckExpiry},
		"without end":               {without("exp"), lti.CheckExpiry},
		"of the day before":         {with("iat", now.Add(-25*time.Hour).Unix()), lti.CheckIssuedAt},
		"of tomorrow":               {with("iat", now.Add(10*time.Minute).Unix()), lti.CheckIssuedAt},
		"not yet":                   {with("nbf", now.Add(10*time.Minute).Unix()), lti.CheckNotBefore},
		"no nonce":                  {without("nonce"), lti.CheckNonce},
		"a nonce that is a number":  {with("nonce", 5), lti.CheckNonce},
		"an endless nonce":          {with("nonce", long(256)), lti.CheckNonce},
		"another version":           {with(claim+"version", "1.1"), lti.CheckVersion},
		"no deployment":             {without(claim + "deployment_id"), lti.CheckDeployment},
		"an unknown deployment":     {with(claim+"deployment_id", "d9"), lti.CheckDeployment},
		"a context out of bounds":   {with(claim+"context", map[string]any{"id": long(256)}), lti.CheckClaims},
	} {
		t.Run(name, func(t *testing.T) {
			a := newMessage(t)
			row.spoil(a)
			m, err := a.read(t)
			refusal, ok := errors.AsType[*lti.Refusal](err)
			if m != nil || !ok {
				t.Fatalf("message %+v, error %v", m, err)
			}
			all := lti.MessageChecks()
			if refusal.Check != row.want || refusal.Cause == nil || refusal.Internal || !slices.Equal(refusal.Passed, all[:slices.Index(all, row.want)]) {
				t.Errorf("refused by %q after %q (%v), want %q", refusal.Check, refusal.Passed, refusal.Cause, row.want)
			}
		})
	}
}

func TestMessageOfANewDeployment(t *testing.T) {
	a := newMessage(t)
	a.claims[claim+"deployment_id"] = "d9"
	acceptNew(a)
	if m, err := a.read(t); err != nil || !m.NewDeployment {
		t.Errorf("%+v, %v", m, err)
	}
}

func TestMessageWithoutADatabase(t *testing.T) {
	a := newMessage(t)
	a.tool.Registrations = failing{}
	_, err := a.tool.ReadMessage(t.Context(), a.idToken())
	if refusal, ok := errors.AsType[*lti.Refusal](err); !ok || !refusal.Internal || refusal.Check != lti.CheckRegistration {
		t.Errorf("error %v", err)
	}
}

// failing are registrations in a database that is down.
type failing struct{}

func (failing) Find(context.Context, string, string) ([]lti.Registration, error) {
	return nil, errors.New("database is down")
}

func (failing) Registration(context.Context, string) (lti.Registration, error) {
	return lti.Registration{}, errors.New("database is down")
}
