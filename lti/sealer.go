package lti

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"time"
)

// maxState is what Seal promises. States travel in URLs.
const maxState = 400

// stateLabel keeps our states apart from anything else sealed with the key.
var stateLabel = []byte("lti login state 1")

// A Sealer makes states that hold the login themselves, sealed with AES-256-GCM,
// so that a login writes nothing. Embed it and add Spend to have States. It may
// be used by many at once.
type Sealer struct {
	aead cipher.AEAD
}

// NewSealer returns a sealer. Whoever holds the key can forge states; tools
// that share it open each other's. One key is good for 2³² states.
func NewSealer(key [32]byte) *Sealer {
	block, err := aes.NewCipher(key[:])
	if err != nil {
		panic(err) // the key has the right length by its type
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // AES has the right block size
	}
	return &Sealer{aead}
}

// Seal implements States. Registration and storage target may have 128 bytes
// together.
func (s *Sealer) Seal(p PendingLogin) (string, error) {
	b := binary.BigEndian.AppendUint64(nil, uint64(p.Expires.Unix()))
	b = append(append(b, p.Binding[:]...), p.Secret[:]...)
	for _, text := range []string{p.ID, p.Registration, p.Nonce, p.Deployment, p.StorageTarget} {
		if len(text) > 255 {
			return "", fmt.Errorf("seal state: %.20q… is too long", text)
		}
		b = append(append(b, byte(len(text))), text...)
	}
	state := base64.RawURLEncoding.EncodeToString(s.aead.Seal(nil, nil, b, stateLabel))
	if len(state) > maxState {
		return "", fmt.Errorf("seal state: %d bytes are more than %d", len(state), maxState)
	}
	return state, nil
}

// Open implements States.
func (s *Sealer) Open(state string) (PendingLogin, error) {
	if len(state) > maxState {
		return PendingLogin{}, ErrUnknownState
	}
	sealed, err := decodeSegment(state)
	if err != nil {
		return PendingLogin{}, ErrUnknownState
	}
	b, err := s.aead.Open(nil, nil, sealed, stateLabel)
	if err != nil || len(b) < 8+32+32 {
		return PendingLogin{}, ErrUnknownState
	}
	p := PendingLogin{Expires: time.Unix(int64(binary.BigEndian.Uint64(b)), 0)}
	b = b[8:]
	b = b[copy(p.Binding[:], b):]
	b = b[copy(p.Secret[:], b):]
	for _, text := range []*string{&p.ID, &p.Registration, &p.Nonce, &p.Deployment, &p.StorageTarget} {
		if len(b) == 0 || len(b) <= int(b[0]) {
			return PendingLogin{}, ErrUnknownState
		}
		*text, b = string(b[1:1+b[0]]), b[1+int(b[0]):]
	}
	return p, nil
}
