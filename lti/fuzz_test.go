package lti_test

import (
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
)

// Whatever stands in the id_token's place, only the token itself launches.
func FuzzIDToken(f *testing.F) {
	a := newAttempt(f)
	a.tool.States = neverSpent{lti.NewMemoryStates([32]byte{})}
	a.begin(f)
	genuine := a.idToken()
	for _, seed := range []string{genuine, genuine + "=", "", "..", "a.b.c", "e30.e30.e30", "bnVsbA.bnVsbA.", genuine[:100]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		a.form.Set("id_token", token)
		launch, err := a.finish(t)
		if (err == nil) != (token == genuine) || (launch == nil) != (err != nil) {
			t.Errorf("%q: launch %v, error %v", token, launch, err)
		}
	})
}

// Whatever a platform signs is refused, or is a launch with what a launch has.
func FuzzClaims(f *testing.F) {
	a := newAttempt(f)
	a.tool.States = neverSpent{lti.NewMemoryStates([32]byte{})}
	a.begin(f)
	for _, seed := range []string{
		string(mustJSON(a.claims)), `{}`, `[]`, `null`, `"x"`, `{"a":{"a":[{"b":1}]}}`, `{"iss":null}`, `{"\u0061":1,"a":2}`, "\xff", `{`, ``,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		a.form.Set("id_token", sign(mustJSON(a.header), payload, a.key))
		launch, err := a.finish(t)
		if (launch == nil) != (err != nil) {
			t.Errorf("launch %v, error %v", launch, err)
		}
		if launch != nil && (launch.Subject == "" || launch.DeploymentID != "d1" || launch.TargetLinkURI != target) {
			t.Errorf("launch %+v", launch)
		}
	})
}
