package lti

import "crypto/rsa"

// A PublicKey is a key that verifies signatures.
type PublicKey struct {
	ID  string // kid
	RSA *rsa.PublicKey
}

// A KeySet is a JWKS document, read (RFC 7517 §5).
type KeySet struct {
	Keys    []PublicKey // those that can verify id_tokens
	Skipped []string    // why others cannot, one text each
}

// Key returns the key with an id.
func (s *KeySet) Key(id string) (*rsa.PublicKey, bool) {
	for _, k := range s.Keys {
		if k.ID == id {
			return k.RSA, true
		}
	}
	return nil, false
}
