package lti

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"

	"github.com/golang-jwt/jwt/v5"
)

// A Signer makes JWTs in the tool's name: RS256, with a kid that the tool's
// key set names.
type Signer interface {
	Sign(ctx context.Context, claims map[string]any) (string, error)
}

// A PrivateKey is a key pair of the tool, and a Signer.
type PrivateKey struct {
	ID  string // kid; never to be used for another key
	RSA *rsa.PrivateKey
}

// NewPrivateKey makes an RSA key pair of 2048 bits.
func NewPrivateKey(random io.Reader, id string) (PrivateKey, error) {
	key, err := rsa.GenerateKey(random, minModulus)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("make key: %w", err)
	}
	return PrivateKey{id, key}, nil
}

// ParsePrivateKey reads what MarshalPKCS8 wrote.
func ParsePrivateKey(id string, pkcs8 []byte) (PrivateKey, error) {
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return PrivateKey{}, fmt.Errorf("read key: %w", err)
	}
	pair, ok := key.(*rsa.PrivateKey)
	if !ok {
		return PrivateKey{}, errors.New("read key: not an RSA key")
	}
	return PrivateKey{id, pair}, nil
}

// MarshalPKCS8 returns the pair in PKCS #8, DER, in the clear.
func (k PrivateKey) MarshalPKCS8() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(k.RSA) }

// Public returns what platforms may know of the key.
func (k PrivateKey) Public() PublicKey { return PublicKey{k.ID, &k.RSA.PublicKey} }

// Sign implements Signer.
func (k PrivateKey) Sign(_ context.Context, claims map[string]any) (string, error) {
	t := jwt.NewWithClaims(jwt.SigningMethodRS256, jwt.MapClaims(claims))
	t.Header["kid"] = k.ID
	signed, err := t.SignedString(k.RSA)
	if err != nil {
		return "", fmt.Errorf("sign: %w", err)
	}
	return signed, nil
}
