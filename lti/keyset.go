package lti

import (
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
	"strings"
)

const (
	maxKeySetBytes = 256 << 10
	maxKeySetKeys  = 100
)

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

// ParseKeySet reads a JWKS document of at most 256 KiB and 100 keys. Keys that
// cannot verify an RSA signature are skipped; one odd key never spoils the set.
// A set without any usable key is no error.
func ParseKeySet(document []byte) (*KeySet, error) {
	if len(document) > maxKeySetBytes {
		return nil, fmt.Errorf("key set: %d bytes are more than %d", len(document), maxKeySetBytes)
	}
	o, err := readDocument(document)
	if err != nil {
		return nil, fmt.Errorf("key set: %w", err)
	}
	var keys []json.RawMessage
	if err := json.Unmarshal(o.raw("keys"), &keys); err != nil || keys == nil {
		return nil, errors.New(`key set: no list of "keys"`)
	}
	if len(keys) > maxKeySetKeys {
		return nil, fmt.Errorf("key set: %d keys are more than %d", len(keys), maxKeySetKeys)
	}
	set := &KeySet{}
	for i, raw := range keys {
		key, err := parseKey(raw)
		if err == nil {
			if _, twice := set.Key(key.ID); twice {
				err = errors.New("its kid was used before")
			}
		}
		if err != nil {
			set.Skipped = append(set.Skipped, fmt.Sprintf("key %d: %s", i+1, err))
			continue
		}
		set.Keys = append(set.Keys, key)
	}
	return set, nil
}

func parseKey(raw json.RawMessage) (PublicKey, error) {
	o, err := readDocument(raw)
	if err != nil {
		return PublicKey{}, err
	}
	if kty := o.text("kty"); kty != "RSA" {
		return PublicKey{}, fmt.Errorf("kty is %.20q, not RSA", kty)
	}
	if err := verifies(o); err != nil {
		return PublicKey{}, err
	}
	id, err := o.identifier("kid")
	if err != nil {
		return PublicKey{}, err
	}
	key, err := rsaKey(o)
	return PublicKey{id, key}, err
}

// verifies tells whether a key may be used for signatures. use, alg and
// key_ops are optional (RFC 7517 §4); what they say counts.
func verifies(o object) error {
	if use := o.text("use"); use != "" && use != "sig" {
		return fmt.Errorf("use is %.20q, not sig", use)
	}
	if alg := o.text("alg"); alg != "" && methods[alg] == nil {
		return fmt.Errorf("alg is %.20q", alg)
	}
	if ops := o.texts("key_ops"); ops != nil && !slices.Contains(ops, "verify") {
		return errors.New("key_ops lacks verify")
	}
	return nil
}

// Sizes of a modulus, in bits. Below is too weak (Security 1.0 §6), above
// costs too much to verify.
const (
	minModulus = 2048
	maxModulus = 8192
)

func rsaKey(o object) (*rsa.PublicKey, error) {
	n, err := keyNumber(o, "n")
	if err != nil {
		return nil, err
	}
	e, err := keyNumber(o, "e")
	if err != nil {
		return nil, err
	}
	switch {
	case n.BitLen() < minModulus:
		return nil, fmt.Errorf("%d bits are fewer than %d", n.BitLen(), minModulus)
	case n.BitLen() > maxModulus:
		return nil, fmt.Errorf("%d bits are more than %d", n.BitLen(), maxModulus)
	case n.Bit(0) == 0:
		return nil, errors.New("modulus is even")
	case !e.IsInt64() || e.Int64() < 3 || e.Int64() > 1<<31-1 || e.Bit(0) == 0:
		return nil, errors.New("exponent is not an odd number from 3 to 2³¹-1")
	}
	return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
}

// keyNumber reads base64url; some platforms pad it.
func keyNumber(o object, name string) (*big.Int, error) {
	text, err := o.required(name)
	if err != nil {
		return nil, err
	}
	b, err := base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	if err != nil {
		return nil, fmt.Errorf("%s is not base64url", name)
	}
	return new(big.Int).SetBytes(b), nil
}

// KeySetDocument returns the JWKS document of keys, with public members only.
func KeySetDocument(keys ...PublicKey) []byte {
	type jwk struct {
		KeyType   string `json:"kty"`
		Use       string `json:"use"`
		Algorithm string `json:"alg"`
		ID        string `json:"kid"`
		N         string `json:"n"`
		E         string `json:"e"`
	}
	list := make([]jwk, len(keys))
	number := base64.RawURLEncoding.EncodeToString
	for i, k := range keys {
		list[i] = jwk{
			KeyType: "RSA", Use: "sig", Algorithm: "RS256", ID: k.ID,
			N: number(k.RSA.N.Bytes()), E: number(big.NewInt(int64(k.RSA.E)).Bytes()),
		}
	}
	document, err := json.Marshal(map[string]any{"keys": list})
	if err != nil {
		panic(err) // strings always marshal
	}
	return document
}
