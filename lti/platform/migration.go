package platform

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
)

// migration is the claim by which a tool finds what it knew under LTI 1.1 (LTI
// 1.3 migration guide §2). A member is there only if it differs from now.
func (p *Platform) migration(t *Tool, h hint, launch map[string]any) map[string]any {
	m := t.Migration
	text := strings.Join([]string{
		m.ConsumerKey, fmt.Sprint(launch[claim+"deployment_id"]), p.issuer, t.ClientID, fmt.Sprint(launch["exp"]), fmt.Sprint(launch["nonce"]),
	}, "&")
	mac := hmac.New(sha256.New, []byte(m.Secret))
	mac.Write([]byte(text))
	all := map[string]any{
		"oauth_consumer_key": m.ConsumerKey, "oauth_consumer_key_sign": base64.StdEncoding.EncodeToString(mac.Sum(nil)),
	}
	for name, then := range map[string]string{
		"user_id": m.Users[h.user], "context_id": m.Contexts[h.course], "resource_link_id": m.Links[h.link],
	} {
		if then != "" {
			all[name] = then
		}
	}
	return all
}
