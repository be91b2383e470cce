package lti

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// The checks of an id_token as such (Security 1.0 §5.1.3).

// maxTokenAge is how long ago a token may have been issued, however long it
// says that it lives. Its nonce is younger than that.
const maxTokenAge = 10 * time.Minute

func (f *finishing) issuer() error {
	issuer, err := f.claims.required("iss")
	if err == nil && issuer != f.registration.Issuer {
		return fmt.Errorf("%q is not %q", issuer, f.registration.Issuer)
	}
	return err
}

// audience: a token for us and for somebody else could be replayed by that
// somebody, and we trust nobody.
func (f *finishing) audience() error {
	raw := f.claims.raw("aud")
	if raw == nil {
		return errors.New("aud is absent")
	}
	var one string
	all, err := stringList(raw)
	if err != nil {
		if json.Unmarshal(raw, &one) != nil {
			return errors.New("aud is neither a string nor a list of strings")
		}
		all = []string{one}
	}
	if len(all) == 0 {
		return errors.New("aud is empty")
	}
	for _, each := range all {
		if each != f.registration.ClientID {
			return fmt.Errorf("%q is not %q", all, f.registration.ClientID)
		}
	}
	return nil
}

func (f *finishing) authorizedParty() error {
	if !f.claims.has("azp") {
		return nil
	}
	azp, err := f.claims.required("azp")
	if err == nil && azp != f.registration.ClientID {
		return fmt.Errorf("%q is not %q", azp, f.registration.ClientID)
	}
	return err
}

func (f *finishing) expiry() error {
	exp, err := f.claims.seconds("exp")
	if err != nil {
		return err
	}
	f.launch.Expires = time.Unix(exp, 0)
	if !f.now.Before(f.launch.Expires.Add(f.tool.leeway())) {
		return fmt.Errorf("expired at %s, it is %s", f.launch.Expires.UTC(), f.now.UTC())
	}
	if iat, err := f.claims.seconds("iat"); err == nil && exp < iat {
		return errors.New("exp is before iat")
	}
	return nil
}

func (f *finishing) issuedAt() error {
	iat, err := f.claims.seconds("iat")
	if err != nil {
		return err
	}
	f.launch.IssuedAt = time.Unix(iat, 0)
	switch age := f.now.Sub(f.launch.IssuedAt); {
	case age < -f.tool.leeway():
		return fmt.Errorf("issued at %s, it is %s", f.launch.IssuedAt.UTC(), f.now.UTC())
	case age > f.maxAge+f.tool.leeway():
		return fmt.Errorf("issued at %s, it is %s already", f.launch.IssuedAt.UTC(), f.now.UTC())
	}
	return nil
}

func (f *finishing) notBefore() error {
	if !f.claims.has("nbf") {
		return nil
	}
	nbf, err := f.claims.seconds("nbf")
	if err == nil && time.Unix(nbf, 0).After(f.now.Add(f.tool.leeway())) {
		return fmt.Errorf("not before %s, it is %s", time.Unix(nbf, 0).UTC(), f.now.UTC())
	}
	return err
}

func (f *finishing) nonce() error {
	nonce, err := f.claims.required("nonce")
	if err == nil && subtle.ConstantTimeCompare([]byte(nonce), []byte(f.pending.Nonce)) != 1 {
		return errors.New("not the nonce of this login")
	}
	return err
}
