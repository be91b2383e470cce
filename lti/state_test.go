package lti_test

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

func pendingLogin() lti.PendingLogin {
	return lti.PendingLogin{
		ID: "6pXkQ0q4v5bDkq3qT8C8Sg", Registration: "0190163d-8694-739b-aea5-966c26f8ad91",
		Nonce: "tWmWcYkKXrSxGkG8Jb7pOA", Expires: time.Unix(1772359230, 0),
		Binding: lti.Bind(target, launchURL), Secret: [32]byte{1, 2, 3},
		Deployment: lti.BindDeployment("d1"), StorageTarget: "lti_storage_frame",
	}
}

func TestSealerKeepsALogin(t *testing.T) {
	sealer := lti.NewSealer([32]byte{7})
	for _, want := range []lti.PendingLogin{pendingLogin(), {Expires: time.Unix(0, 0)}} {
		state, err := sealer.Seal(want)
		if err != nil {
			t.Fatal(err)
		}
		got, err := sealer.Open(state)
		if err != nil || got != want {
			t.Errorf("opened %+v (%v)\nwant   %+v", got, err, want)
		}
		again, err := sealer.Seal(want)
		if err != nil || again == state {
			t.Errorf("the same state twice: %v", err)
		}
	}
}

func TestStateIsShort(t *testing.T) {
	sealer, p := lti.NewSealer([32]byte{7}), pendingLogin()
	p.Registration, p.StorageTarget = strings.Repeat("r", 64), strings.Repeat("f", 64)
	if state, err := sealer.Seal(p); err != nil || len(state) > 400 {
		t.Errorf("%d bytes, %v", len(state), err)
	}
	for _, long := range []int{80, 300} {
		p.Registration = strings.Repeat("r", long)
		if state, err := sealer.Seal(p); err == nil {
			t.Errorf("registration id of %d: state of %d bytes", long, len(state))
		}
	}
}

func TestForgedStates(t *testing.T) {
	sealer := lti.NewSealer([32]byte{7})
	state, err := sealer.Seal(pendingLogin())
	if err != nil {
		t.Fatal(err)
	}
	foreign, err := lti.NewSealer([32]byte{8}).Seal(pendingLogin())
	if err != nil {
		t.Fatal(err)
	}
	forged := map[string]string{
		"empty": "", "short": "AAAA", "another key's": foreign, "cut": state[:len(state)-4],
		"padded": state + "==", "longer": state + "AAAA", "not base64url": "?" + state[1:], "line break": state + "\n",
	}
	for i := range len(state) {
		flipped := byte('A')
		if state[i] == flipped {
			flipped = 'B'
		}
		forged["changed"] = state[:i] + string(flipped) + state[i+1:]
		for name, forgery := range forged {
			if _, err := sealer.Open(forgery); !errors.Is(err, lti.ErrUnknownState) {
				t.Fatalf("%s at %d: %v", name, i, err)
			}
		}
	}
}

func TestBindTellsLaunchURLAndTarget(t *testing.T) {
	same, other := lti.Bind("https://t/a", "https://t/launch"), lti.Bind("https://t/b", "https://t/launch")
	if [16]byte(same[:16]) != [16]byte(other[:16]) || [16]byte(same[16:]) == [16]byte(other[16:]) {
		t.Error("another target changes the wrong half")
	}
	elsewhere := lti.Bind("https://t/a", "https://t/launch2")
	if [16]byte(same[:16]) == [16]byte(elsewhere[:16]) || [16]byte(same[16:]) == [16]byte(elsewhere[16:]) {
		t.Error("another launch URL changes nothing")
	}
	if lti.BindDeployment("") != "" || len(lti.BindDeployment("d1")) != 22 || lti.BindDeployment("d1") == lti.BindDeployment("D1") {
		t.Error("deployments are not told apart")
	}
}

// MemoryStates promise that a state is spent once.
func TestMemoryStatesSpendOnce(t *testing.T) {
	states := lti.NewMemoryStates([32]byte{})
	var group sync.WaitGroup
	var mu sync.Mutex
	spent := map[string]int{}
	for i := range 200 {
		group.Go(func() {
			id := string(rune('a' + i%4))
			err := states.Spend(t.Context(), &lti.Launch{StateID: id})
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				spent[id]++
			} else if !errors.Is(err, lti.ErrSpent) {
				t.Error(err)
			}
		})
	}
	group.Wait()
	for _, id := range []string{"a", "b", "c", "d"} {
		if spent[id] != 1 {
			t.Errorf("state %s was spent %d times", id, spent[id])
		}
	}
}
