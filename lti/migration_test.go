package lti_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
)

// signedBy adds the claim lti1p1 with a sign about values that a test may spoil.
func signedBy(secret string, spoil func(values []any)) func(*attempt) {
	return func(a *attempt) {
		// The nonce is the login's, which is not known here: the attempt writes it.
		a.migrate = func(nonce string) map[string]any {
			values := []any{"key11", a.claims[claim+"deployment_id"], a.claims["iss"], a.claims["aud"], a.claims["exp"], nonce}
			spoil(values)
			mac := hmac.New(sha256.New, []byte(secret))
			fmt.Fprintf(mac, "%v&%v&%v&%v&%v&%v", values...)
			return map[string]any{
				"oauth_consumer_key": "key11", "oauth_consumer_key_sign": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
				"user_id": "old-u1", "context_id": "old-c1", "resource_link_id": "old-l1",
				"tool_consumer_instance_guid": "g", "resource_link_ids": []string{"a", "b"},
			}
		}
	}
}

func TestMigration(t *testing.T) {
	sound := func([]any) {}
	for name, row := range map[string]struct {
		change func(*attempt)
		secret string
		want   bool
	}{
		"signed":                   {signedBy("s3cret", sound), "s3cret", true},
		"with another secret":      {signedBy("guess", sound), "s3cret", false},
		"for another key":          {signedBy("s3cret", func(v []any) { v[0] = "other" }), "s3cret", false},
		"for another deployment":   {signedBy("s3cret", func(v []any) { v[1] = "d2" }), "s3cret", false},
		"by another issuer":        {signedBy("s3cret", func(v []any) { v[2] = "https://evil.example" }), "s3cret", false},
		"for another client":       {signedBy("s3cret", func(v []any) { v[3] = "x" }), "s3cret", false},
		"of another time":          {signedBy("s3cret", func(v []any) { v[4] = 1 }), "s3cret", false},
		"of another launch":        {signedBy("s3cret", func(v []any) { v[5] = "n" }), "s3cret", false},
		"where we have no secret":  {signedBy("", sound), "", false},
		"without a sign":           {with(claim+"lti1p1", map[string]any{"oauth_consumer_key": "key11", "user_id": "x"}), "s3cret", false},
		"with a sign of no base64": {with(claim+"lti1p1", map[string]any{"oauth_consumer_key": "key11", "oauth_consumer_key_sign": "%"}), "s3cret", false},
		"without a key":            {with(claim+"lti1p1", map[string]any{"user_id": "x"}), "s3cret", false},
		"from nothing":             {nothing, "s3cret", false},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			row.change(a)
			launch, err := a.run(t)
			if err != nil {
				t.Fatal(err)
			}
			if got := launch.MigratesFrom(row.secret); got != row.want {
				t.Errorf("migrates: %t, with %+v", got, launch.Migration)
			}
			if m := launch.Migration; row.want && (m.UserID != "old-u1" || m.ContextID != "old-c1" || m.ResourceLinkID != "old-l1" || m.PlatformGUID != "g" || len(m.ResourceLinkIDs) != 2) {
				t.Errorf("migration %+v", m)
			}
		})
	}
	if (&lti.Launch{Migration: &lti.Migration{ConsumerKey: "k"}}).MigratesFrom("s") {
		t.Error("a launch of nothing migrates")
	}
}
