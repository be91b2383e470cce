package storetest

import (
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testNodes(t *testing.T, i greenroom.InstanceStore) {
	t.Run("a beat counts, and tells of everybody's", func(t *testing.T) {
		equal(t, "beats", must(i.Beat(t.Context(), "a"))(t), map[string]int64{"a": 1})
		equal(t, "beats", must(i.Beat(t.Context(), "b"))(t), map[string]int64{"a": 1, "b": 1})
		equal(t, "beats", must(i.Beat(t.Context(), "a"))(t), map[string]int64{"a": 2, "b": 1})
	})
	t.Run("a node that is forgotten begins anew", func(t *testing.T) {
		ok(t, i.ForgetNode(t.Context(), "a"))
		ok(t, i.ForgetNode(t.Context(), "nobody"))
		equal(t, "beats", must(i.Beat(t.Context(), "b"))(t), map[string]int64{"b": 2})
		equal(t, "beats", must(i.Beat(t.Context(), "a"))(t), map[string]int64{"a": 1, "b": 2})
	})
}

func testChores(t *testing.T, i greenroom.InstanceStore) {
	for _, step := range []struct {
		what       string
		chore      string
		now, until time.Time
		want       bool
	}{
		{"nobody has it", "sweep", minutes(0), minutes(10), true},
		{"somebody has it", "sweep", minutes(9), minutes(19), false},
		{"another chore", "count", minutes(9), minutes(19), true},
		{"the lease has run out", "sweep", minutes(10), minutes(20), true},
		{"a clock that is a little behind", "sweep", minutes(8), minutes(18), false},
		{"a clock that is a day ahead", "sweep", minutes(1440), minutes(1450), true},
		{"its lease counts for nothing", "sweep", minutes(20), minutes(30), true},
	} {
		if got := must(i.TakeChore(t.Context(), step.chore, step.now, step.until))(t); got != step.want {
			t.Errorf("%s: %v, want %v", step.what, got, step.want)
		}
	}
	t.Run("of many at once one gets it", func(t *testing.T) {
		var all sync.WaitGroup
		var taken atomic.Int64
		for range 8 {
			all.Go(func() {
				if mine, err := i.TakeChore(t.Context(), "race", noon, minutes(10)); err != nil {
					t.Error(err)
				} else if mine {
					taken.Add(1)
				}
			})
		}
		all.Wait()
		equal(t, "taken", taken.Load(), 1)
	})
}
