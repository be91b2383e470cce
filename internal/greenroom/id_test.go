package greenroom_test

import (
	"crypto/rand"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestReferencesOfOneSecondLieTogether(t *testing.T) {
	at := func(seconds int64) string {
		t.Helper()
		r := must(greenroom.RequestReference(time.Unix(1_775_044_800+seconds, 0), rand.Reader))
		if len(r) != greenroom.ReferenceLength {
			t.Fatalf("%q has %d characters", r, len(r))
		}
		return r
	}
	one, other, next := at(0), at(0), at(1)
	if one[:5] != other[:5] || one == other {
		t.Errorf("%s and %s are of one second", one, other)
	}
	if next[:5] <= one[:5] {
		t.Errorf("%s is of the second after %s", next, one)
	}
}
