package lti

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/golang-jwt/jwt/v5"
)

// maxToken bounds an id_token. Recorded ones have 4 to 6 KiB.
const maxToken = 64 << 10

// A token is a JWS in compact form, taken apart and not yet believed.
type token struct {
	header    object
	signed    string // what the signature is about
	payload   []byte
	signature []byte
	method    jwt.SigningMethod // from CheckAlgorithm on
}

// forbidden headers change what a token means: extensions that must be
// understood, an unencoded or packed payload, encryption.
var forbidden = []string{"crit", "b64", "zip", "enc"}

func (f *finishing) parseToken() error {
	t, err := splitToken(f.raw)
	if err != nil {
		return err
	}
	for _, name := range forbidden {
		if t.header.member(name) != nil {
			return fmt.Errorf("header has %q", name)
		}
	}
	f.token = t
	return nil
}

// splitToken reads a compact serialization (RFC 7515 §3.1) in which nothing
// can be written in two ways.
func splitToken(raw string) (token, error) {
	if len(raw) > maxToken {
		return token{}, fmt.Errorf("%d bytes are more than %d", len(raw), maxToken)
	}
	parts := strings.Split(raw, ".")
	if len(parts) != 3 {
		return token{}, fmt.Errorf("%d parts, not 3", len(parts))
	}
	var decoded [3][]byte
	for i, part := range parts {
		b, err := decodeSegment(part)
		if err != nil {
			return token{}, fmt.Errorf("part %d: %w", i+1, err)
		}
		decoded[i] = b
	}
	header, err := readObject(decoded[0])
	if err != nil {
		return token{}, fmt.Errorf("header: %w", err)
	}
	return token{
		header: header, signed: parts[0] + "." + parts[1],
		payload: decoded[1], signature: decoded[2],
	}, nil
}

// decodeSegment takes base64url without padding, blanks or stray bits.
func decodeSegment(s string) ([]byte, error) {
	if strings.ContainsAny(s, "\r\n") { // the decoder would skip them
		return nil, errors.New("line break in base64url")
	}
	b, err := base64.RawURLEncoding.Strict().DecodeString(s)
	if err != nil {
		return nil, errors.New("not canonical base64url")
	}
	return b, nil
}

// methods are the algorithms that a registration may allow.
var methods = map[string]jwt.SigningMethod{
	"RS256": jwt.SigningMethodRS256, "RS384": jwt.SigningMethodRS384, "RS512": jwt.SigningMethodRS512,
	"PS256": jwt.SigningMethodPS256, "PS384": jwt.SigningMethodPS384, "PS512": jwt.SigningMethodPS512,
}

var defaultAlgorithms = []string{"RS256"}

func (f *finishing) algorithm() error {
	alg, err := f.token.header.required("alg")
	if err != nil {
		return err
	}
	allowed := f.registration.Algorithms
	if len(allowed) == 0 {
		allowed = defaultAlgorithms
	}
	method, known := methods[alg]
	if !known || !slices.Contains(allowed, alg) {
		return fmt.Errorf("%.20q is not among %q", alg, allowed)
	}
	f.token.method = method
	return nil
}

// findKey looks for kid in the registration's key set and nowhere else: jku,
// jwk, x5u and x5c of the header are not looked at.
func (f *finishing) findKey() error {
	kid, err := f.token.header.identifier("kid")
	if err != nil {
		return err
	}
	f.key, err = f.tool.keySets().Key(f.ctx, f.registration, kid)
	if err == nil && f.key == nil {
		return fmt.Errorf("kid %q: %w", kid, ErrUnknownKey)
	}
	return err
}

func (f *finishing) signature() error {
	if err := f.token.method.Verify(f.token.signed, f.token.signature, f.key); err != nil {
		return err
	}
	f.launch = &Launch{
		Registration: f.registration, StateID: f.pending.ID,
		StorageTarget: f.pending.StorageTarget, Stored: f.stored, Claims: f.token.payload,
	}
	return nil
}
