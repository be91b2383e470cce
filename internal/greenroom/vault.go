package greenroom

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"fmt"
)

// A Vault seals what must not be readable in a copy of the database. Each
// purpose has a key of its own, derived from the master key, which is in a
// file or the environment and never in the database.
type Vault struct {
	master [32]byte
}

// NewVault returns a vault under a master key.
func NewVault(master [32]byte) *Vault { return &Vault{master: master} }

// Derive returns the 32-byte key of a purpose (HKDF-SHA-256).
func (v *Vault) Derive(purpose string) [32]byte {
	raw, err := hkdf.Key(sha256.New, v.master[:], nil, "greenroom "+purpose, 32)
	if err != nil { // only a length over 255 hashes can fail
		panic(err)
	}
	return [32]byte(raw)
}

// Seal encrypts plain (AES-256-GCM, random nonce in front) so that it opens
// for the same purpose and owner only.
func (v *Vault) Seal(purpose, owner string, plain []byte) ([]byte, error) {
	aead, err := v.aead(purpose)
	if err != nil {
		return nil, err
	}
	nonce := make([]byte, aead.NonceSize())
	if _, err := rand.Read(nonce); err != nil {
		return nil, err
	}
	return aead.Seal(nonce, nonce, plain, []byte(owner)), nil
}

// Open undoes Seal. ErrMasterKey if it does not open: another master key,
// another owner, or damage.
func (v *Vault) Open(purpose, owner string, sealed []byte) ([]byte, error) {
	aead, err := v.aead(purpose)
	if err != nil {
		return nil, err
	}
	if len(sealed) < aead.NonceSize() {
		return nil, ErrMasterKey
	}
	nonce, body := sealed[:aead.NonceSize()], sealed[aead.NonceSize():]
	plain, err := aead.Open(nil, nonce, body, []byte(owner))
	if err != nil {
		return nil, ErrMasterKey
	}
	return plain, nil
}

func (v *Vault) aead(purpose string) (cipher.AEAD, error) {
	key := v.Derive(purpose)
	block, err := aes.NewCipher(key[:])
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

const signingPurpose = "signing key"

// SealKey makes a Key of a key pair, for the workspace that will own it.
func (v *Vault) SealKey(w WorkspaceID, id KeyID, pair *rsa.PrivateKey) (Key, error) {
	private, err := x509.MarshalPKCS8PrivateKey(pair)
	if err != nil {
		return Key{}, err
	}
	public, err := x509.MarshalPKIXPublicKey(&pair.PublicKey)
	if err != nil {
		return Key{}, err
	}
	sealed, err := v.Seal(signingPurpose, string(w)+"/"+string(id), private)
	return Key{ID: id, Public: public, Sealed: sealed}, err
}

// OpenKey returns the key pair. ErrMasterKey if it was sealed under another
// master key or for another workspace.
func (v *Vault) OpenKey(w WorkspaceID, k Key) (*rsa.PrivateKey, error) {
	private, err := v.Open(signingPurpose, string(w)+"/"+string(k.ID), k.Sealed)
	if err != nil {
		return nil, err
	}
	parsed, err := x509.ParsePKCS8PrivateKey(private)
	if err != nil {
		return nil, err
	}
	pair, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("signing key %s: %T is no RSA key", k.ID, parsed)
	}
	return pair, nil
}

// PublicRSA returns the public half.
func (k Key) PublicRSA() (*rsa.PublicKey, error) {
	parsed, err := x509.ParsePKIXPublicKey(k.Public)
	if err != nil {
		return nil, err
	}
	public, ok := parsed.(*rsa.PublicKey)
	if !ok {
		return nil, fmt.Errorf("signing key %s: %T is no RSA key", k.ID, parsed)
	}
	return public, nil
}
