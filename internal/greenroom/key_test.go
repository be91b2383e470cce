package greenroom_test

import (
	"bytes"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

const aDay = 24 * time.Hour

// states returns the workspace's keys by where they stand.
func (h *house) states() map[greenroom.KeyState][]greenroom.Key {
	h.t.Helper()
	all := map[greenroom.KeyState][]greenroom.Key{}
	for _, k := range must(h.Store.Workspace(h.workspace.ID).Keys(h.t.Context())) {
		all[k.State(h.now())] = append(all[k.State(h.now())], k)
	}
	return all
}

func (h *house) signer() greenroom.KeyID {
	h.t.Helper()
	return must(h.SigningKey(h.t.Context(), h.workspace.ID)).ID
}

func TestANewKeyIsPublishedBeforeItSignsAndTheOldOneAfterwards(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		old := h.signer()
		h.pass(aDay)
		next := must(h.RotateKey(t.Context(), h.admin, false))
		published := func(want ...greenroom.KeyID) {
			t.Helper()
			if err := h.RotateDue(t.Context()); err != nil {
				t.Fatal(err)
			}
			var ids []greenroom.KeyID
			for _, k := range must(h.PublishedKeys(t.Context(), h.workspace.ID)) {
				ids = append(ids, k.ID)
			}
			if fmt.Sprint(ids) != fmt.Sprint(want) || h.signer() != want[0] {
				t.Errorf("published %v, signs %s; want %v", ids, h.signer(), want)
			}
		}
		published(old, next.ID)
		h.pass(aDay - time.Millisecond)
		published(old, next.ID)
		h.pass(time.Millisecond)
		published(next.ID, old)
		h.pass(7*aDay - time.Millisecond)
		published(next.ID, old)
		h.pass(time.Millisecond)
		published(next.ID)
		gone := h.states()[greenroom.KeyWithdrawn]
		if len(gone) != 1 || gone[0].ID != old || len(gone[0].Sealed) != 0 || len(gone[0].Public) == 0 {
			t.Errorf("withdrawn: %+v", gone)
		}
	})
}

func TestALeakedKeyIsWithdrawnAtOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.pass(aDay)
		must(h.RotateKey(t.Context(), h.admin, false))
		h.pass(time.Hour)
		next := must(h.RotateKey(t.Context(), h.admin, true))
		states := h.states()
		if h.signer() != next.ID || len(states[greenroom.KeyWithdrawn]) != 2 || len(states[greenroom.KeySigning]) != 1 {
			t.Errorf("states %+v", states)
		}
		for _, k := range states[greenroom.KeyWithdrawn] {
			if len(k.Sealed) != 0 {
				t.Errorf("the private half of %s is still there", k.ID)
			}
		}
	})
}

func TestOfManyRotationsOneHappens(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		for round, atOnce := range []bool{false, true, false, true} { // the first opens the connections
			h.pass(2 * aDay)
			won := 0
			for _, err := range h.rotateTogether(4, atOnce) {
				_, busy := errors.AsType[*greenroom.RotationError](err)
				if err == nil {
					won++
				} else if !busy {
					t.Errorf("round %d: %v", round, err)
				}
			}
			if states := h.states(); won != 1 || len(states[greenroom.KeySigning]) != 1 || len(states[greenroom.KeyUpcoming]) > 1 {
				t.Errorf("round %d: %d rotated, %d sign", round, won, len(states[greenroom.KeySigning]))
			}
		}
	})
}

// rotateTogether has as many ask the store at the same time: the clock is
// looked at when a key has been made, and keeps each until all have got there.
func (h *house) rotateTogether(times int, atOnce bool) []error {
	errs := make([]error, times)
	var all, made sync.WaitGroup
	made.Add(times)
	var looks atomic.Int64
	h.Now = func() time.Time {
		if looks.Add(1) <= int64(times) {
			made.Done()
			made.Wait()
		}
		return h.now()
	}
	defer func() { h.Now = h.now }()
	for i := range errs {
		all.Go(func() { _, errs[i] = h.RotateKey(h.t.Context(), h.admin, atOnce) })
	}
	all.Wait()
	return errs
}

func TestKeysRotateByAge(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		other := must(h.CreateWorkspace(t.Context(), "Support team", "", false))
		h.KeyPolicy.MaxAge = 180 * aDay
		sweep := func() {
			t.Helper()
			var all sync.WaitGroup
			for range 3 { // as many processes
				all.Go(func() {
					if err := h.RotateDue(t.Context()); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
		}
		h.pass(179*aDay - time.Hour)
		sweep()
		if n := len(h.states()[greenroom.KeyUpcoming]); n != 0 {
			t.Fatalf("%d keys too early", n)
		}
		h.pass(2 * time.Hour)
		sweep()
		sweep()
		if n := len(h.states()[greenroom.KeyUpcoming]); n != 1 {
			t.Errorf("%d new keys", n)
		}
		if keys := must(h.Store.Workspace(other.ID).Keys(t.Context())); len(keys) != 2 {
			t.Errorf("the other workspace has %d keys", len(keys))
		}
	})
}

func TestOnlyThoseWhoAdministerRotate(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		member := greenroom.Actor{Workspace: h.workspace.ID, Role: greenroom.MemberRole}
		if _, err := h.RotateKey(t.Context(), member, false); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("rotate: %v", err)
		}
		if _, err := h.Keys(t.Context(), member); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("keys: %v", err)
		}
	})
}

func TestWhichPlatformsKnowAKey(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		store, key := h.Store.Workspace(h.workspace.ID), h.signer()
		note := func(what greenroom.Signing) {
			t.Helper()
			if err := greenroom.NoteSigning(t.Context(), store, h.now(), key, c.ID, what); err != nil {
				t.Fatal(err)
			}
		}
		row := func() greenroom.KeyRow { return must(h.Keys(t.Context(), h.admin)).Rows[0] }
		if r := row(); len(r.Platforms) != 1 || r.Platforms[0].Heard() || !r.UsedAt.IsZero() {
			t.Errorf("before the first signature: %+v", r)
		}
		h.pass(time.Minute)
		note(greenroom.SigningUnjudged)
		if r := row(); r.Platforms[0].Heard() || !r.UsedAt.Equal(h.now()) {
			t.Errorf("after a signature that nobody judged: %+v", r)
		}
		first := h.now()
		note(greenroom.SigningAccepted)
		h.pass(59 * time.Minute)
		note(greenroom.SigningAccepted)
		if r := row(); !r.Platforms[0].AcceptedAt.Equal(first) || !r.UsedAt.Equal(first) {
			t.Errorf("written twice within an hour: %+v", r)
		}
		note(greenroom.SigningRefused)
		if r := row(); !r.Platforms[0].Refuses() {
			t.Errorf("after a refusal: %+v", r)
		}
		h.pass(time.Minute)
		note(greenroom.SigningAccepted)
		if r := row(); r.Platforms[0].Refuses() || !r.Platforms[0].AcceptedAt.Equal(h.now()) || !r.UsedAt.Equal(h.now()) {
			t.Errorf("after it was taken again: %+v", r)
		}
		for id, of := range map[greenroom.KeyID]greenroom.ConnectionID{"nothing": c.ID, key: "nobody"} {
			if err := greenroom.NoteSigning(t.Context(), store, h.now().Add(aDay), id, of, greenroom.SigningAccepted); err != nil {
				t.Errorf("of what is gone: %v", err)
			}
		}
	})
}

// OWN-K02: a copy of the database opens nothing.
func TestKeysLieSealedInTheDatabase(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		next := must(h.RotateKey(t.Context(), h.admin, false))
		pair := must(h.Vault.OpenKey(h.workspace.ID, next))
		pkcs8 := must(x509.MarshalPKCS8PrivateKey(pair))
		master := [32]byte{1}
		for _, k := range must(h.Store.Workspace(h.workspace.ID).Keys(t.Context())) {
			for name, secret := range map[string][]byte{
				"d": pair.D.Bytes(), "p": pair.Primes[0].Bytes(), "q": pair.Primes[1].Bytes(),
				"PKCS #8": pkcs8[len(pkcs8)-64:], "the master key": master[:],
			} {
				if bytes.Contains(k.Sealed, secret) || bytes.Contains(k.Public, secret) {
					t.Errorf("key %s holds %s in the clear", k.ID, name)
				}
			}
			if _, err := greenroom.NewVault([32]byte{2}).OpenKey(h.workspace.ID, k); !errors.Is(err, greenroom.ErrMasterKey) {
				t.Errorf("opened with another master key: %v", err)
			}
		}
	})
}

// OWN-K03
func TestKeysOfOneWorkspaceNeverSignForAnother(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		other := must(h.CreateWorkspace(t.Context(), "Support team", "", false))
		must(h.RotateKey(t.Context(), h.admin, false))
		foreign := must(h.Store.Workspace(other.ID).Keys(t.Context()))
		for _, k := range must(h.Store.Workspace(h.workspace.ID).Keys(t.Context())) {
			if k.ID == foreign[0].ID || bytes.Equal(k.Public, foreign[0].Public) {
				t.Errorf("key %s is shared", k.ID)
			}
			if _, err := h.Vault.OpenKey(other.ID, k); !errors.Is(err, greenroom.ErrMasterKey) {
				t.Errorf("key %s opens for the other workspace: %v", k.ID, err)
			}
		}
	})
}
