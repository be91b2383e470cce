package greenroom

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/argon2"
)

// The parameters of argon2id: 19 MiB, two passes, one lane (OWASP's first
// choice). A stored hash names its own, so that these may change.
const (
	argonMemory = 19 * 1024 // KiB
	argonTime   = 2
	argonLanes  = 1
	argonSalt   = 16
	argonKey    = 32
)

// nobodysHash is verified against when there is no such person, so that the
// answer takes as long as for one who exists.
const nobodysHash = "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"

// A hashLimit bounds how many hashes are computed at once: each takes 19 MiB,
// and a crowd at the sign-in page must not take the server's memory. Some may
// wait for their turn, for a while; the others hear ErrBusy at once.
type hashLimit struct {
	once  sync.Once
	room  chan struct{} // for those who compute or wait
	slots chan struct{} // for those who compute
}

const (
	maxHashes      = 4
	maxHashWaiters = 28
	hashPatience   = 3 * time.Second
)

func (l *hashLimit) enter(ctx context.Context) (leave func(), err error) {
	l.once.Do(func() {
		l.room = make(chan struct{}, maxHashes+maxHashWaiters)
		l.slots = make(chan struct{}, maxHashes)
	})
	select {
	case l.room <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	patience := time.NewTimer(hashPatience)
	defer patience.Stop()
	select {
	case l.slots <- struct{}{}:
		return func() { <-l.slots; <-l.room }, nil
	case <-patience.C:
		err = ErrBusy
	case <-ctx.Done():
		err = ctx.Err()
	}
	<-l.room
	return nil, err
}

// hash returns the password's hash in PHC format.
func (l *hashLimit) hash(ctx context.Context, password string, random io.Reader) (string, error) {
	leave, err := l.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	salt := make([]byte, argonSalt)
	if _, err := io.ReadFull(random, salt); err != nil {
		return "", err
	}
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonLanes, argonKey)
	b64 := base64.RawStdEncoding.EncodeToString
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, argonMemory, argonTime, argonLanes, b64(salt), b64(key)), nil
}

// verify tells whether the hash is that of the password.
func (l *hashLimit) verify(ctx context.Context, hash, password string) (bool, error) {
	var version, memory, passes, lanes int
	fields := strings.Split(hash, "$")
	if len(fields) != 6 || fields[1] != "argon2id" {
		return false, errors.New("password hash: not argon2id")
	}
	if _, err := fmt.Sscanf(fields[2]+" "+fields[3], "v=%d m=%d,t=%d,p=%d", &version, &memory, &passes, &lanes); err != nil {
		return false, fmt.Errorf("password hash: %w", err)
	}
	salt, err1 := base64.RawStdEncoding.DecodeString(fields[4])
	want, err2 := base64.RawStdEncoding.DecodeString(fields[5])
	if err := errors.Join(err1, err2); err != nil {
		return false, fmt.Errorf("password hash: %w", err)
	}
	leave, err := l.enter(ctx)
	if err != nil {
		return false, err
	}
	defer leave()
	got := argon2.IDKey([]byte(password), salt, uint32(passes), uint32(memory), uint8(lanes), uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}
