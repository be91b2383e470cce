package lti

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Migration are the ids by which the platform knew user, course and link when
// the tool was used by LTI 1.1 (claim lti1p1). A member that is the same in
// both is left out by the platform.
//
// Anybody who can launch the tool could write it: use it only after
// Launch.MigratesFrom.
type Migration struct {
	ConsumerKey    string
	Sign           string // proof that the platform holds the key's secret; empty if it gave none
	UserID         string
	ContextID      string
	ResourceLinkID string
	PlatformGUID   string // tool_consumer_instance_guid

	ResourceLinkIDs []string // when several links of LTI 1.1 became one
}

// MigratesFrom tells whether the launch comes from a platform that holds the
// secret of the LTI 1.1 consumer key which it names: Migration.ConsumerKey, by
// which the caller finds the secret. Without a sign, or a secret, it does not.
func (l *Launch) MigratesFrom(secret string) bool {
	if l.Migration == nil || secret == "" || l.Migration.ConsumerKey == "" {
		return false
	}
	sign, err := base64.StdEncoding.DecodeString(l.Migration.Sign)
	if err != nil {
		return false
	}
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(l.migrationText()))
	return hmac.Equal(sign, mac.Sum(nil))
}

// migrationText is what the sign is about: values of this one token, as they
// stand there.
func (l *Launch) migrationText() string {
	c, err := readObject(l.Claims)
	if err != nil {
		return ""
	}
	return strings.Join([]string{
		l.Migration.ConsumerKey, l.DeploymentID, l.Registration.Issuer, l.Registration.ClientID,
		string(c.raw("exp")), l.Nonce,
	}, "&")
}

func readMigration(c object) *Migration {
	o, ok := c.object(claim + "lti1p1")
	if !ok {
		return nil
	}
	return &Migration{
		ConsumerKey: o.text("oauth_consumer_key"), Sign: o.text("oauth_consumer_key_sign"),
		UserID: o.text("user_id"), ContextID: o.text("context_id"), ResourceLinkID: o.text("resource_link_id"),
		PlatformGUID: o.text("tool_consumer_instance_guid"), ResourceLinkIDs: o.texts("resource_link_ids"),
	}
}
