package lti_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A jwks is a platform's key set, which sees to it that nobody comes too often:
// not within its max-age, but for an unknown key once a minute, and not within
// five seconds after it failed.
type jwks struct {
	clock                  time.Time
	up                     bool
	age                    time.Duration // as it is sent
	good, searched, failed time.Time     // when it was last fetched, for an unknown key, in vain
	wrong                  string
}

func (j *jwks) answer(*http.Request) (*http.Response, error) {
	fresh := min(max(j.age, time.Minute), 24*time.Hour)
	switch {
	case !j.failed.IsZero() && j.clock.Before(j.failed.Add(5*time.Second)):
		j.wrong = fmt.Sprintf("asked %s after it failed", j.clock.Sub(j.failed))
	case !j.good.IsZero() && j.clock.Before(j.good.Add(fresh)):
		if !j.searched.IsZero() && j.clock.Before(j.searched.Add(time.Minute)) {
			j.wrong = fmt.Sprintf("asked for an unknown key %s after the last one", j.clock.Sub(j.searched))
		}
		j.searched = j.clock
	}
	if !j.up {
		j.failed = j.clock
		return nil, errors.New("down")
	}
	j.good, j.failed = j.clock, time.Time{}
	document := keySet(jwk("k1", &platformKey().PublicKey))
	return respond(http.StatusOK, document, "Cache-Control", fmt.Sprintf("max-age=%d", j.age/time.Second)), nil
}

// Whoever makes up key ids, and however the platform does: it is asked no more
// often than KeySetCache promises, and its own key is found.
func TestPropertyMadeUpKeysCostFewFetches(t *testing.T) {
	for seed := range uint64(200) {
		chance := rand.New(rand.NewPCG(seed, 1))
		j := &jwks{clock: now, up: true, age: time.Duration(chance.IntN(3600>>chance.IntN(8))) * time.Second}
		d := &doer{answer: j.answer}
		cache := lti.NewKeySets(d, func() time.Time { return j.clock })
		for i := range 400 {
			pause := []time.Duration{time.Second, 10 * time.Second, time.Hour}[min(2, int(chance.ExpFloat64()/2))]
			j.clock = j.clock.Add(time.Duration(chance.Int64N(int64(pause))))
			if i > 0 && chance.IntN(20) == 0 { // up when it is first asked
				j.up = !j.up
			}
			kid := "k1"
			if i > 0 && chance.IntN(4) > 0 {
				kid = fmt.Sprint("made-up-", chance.Uint64())
			}
			if _, err := cache.Key(t.Context(), registration(), kid); (err == nil) != (kid == "k1") {
				t.Fatalf("seed %d: %s: %v", seed, kid, err)
			}
			if j.wrong != "" {
				t.Fatalf("seed %d, request %d: %s", seed, d.count(), j.wrong)
			}
		}
		if d.count() < 3 {
			t.Fatalf("seed %d: %d requests prove nothing", seed, d.count())
		}
	}
}

// A login comes out of its state as it went in, or does not go in; no other
// key opens it, and no two states are alike.
func TestPropertySealerRoundTrip(t *testing.T) {
	sealer, other := lti.NewSealer([32]byte{1}), lti.NewSealer([32]byte{2})
	seen := map[string]bool{}
	for seed := range uint64(5000) {
		chance := rand.New(rand.NewPCG(seed, 2))
		want := lti.PendingLogin{
			ID: anyText(chance, 30), Registration: anyText(chance, 70), Nonce: anyText(chance, 30),
			Deployment: anyText(chance, 30), StorageTarget: anyText(chance, 300>>chance.IntN(6)),
			Expires: time.Unix(chance.Int64N(1<<40), 0),
		}
		for i := range want.Secret {
			want.Secret[i], want.Binding[i] = byte(chance.Uint32()), byte(chance.Uint32())
		}
		state, err := sealer.Seal(want)
		if err != nil {
			if len(want.ID+want.Registration+want.Nonce+want.Deployment+want.StorageTarget) < 190 {
				t.Fatalf("seed %d: %v", seed, err)
			}
			continue
		}
		got, err := sealer.Open(state)
		if err != nil || got != want || len(state) > 400 || seen[state] {
			t.Fatalf("seed %d: %q opens as %+v (%v), want %+v", seed, state, got, err, want)
		}
		seen[state] = true
		if _, err := other.Open(state); !errors.Is(err, lti.ErrUnknownState) {
			t.Fatalf("seed %d: another key opens %q: %v", seed, state, err)
		}
	}
}

// anyText returns up to n bytes of any kind.
func anyText(chance *rand.Rand, n int) string {
	b := make([]byte, chance.IntN(n+1))
	for i := range b {
		b[i] = byte(chance.Uint32())
	}
	return string(b)
}
