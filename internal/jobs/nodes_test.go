package jobs

import (
	"slices"
	"testing"
	"time"
)

// Three servers come, one dies and one ends: the first one's count of them.
func TestServersAreCountedByTheirBeats(t *testing.T) {
	var told []int
	n := NewNodes(NodeOptions{ID: "a", Tell: func(count int) { told = append(told, count) }})
	now := time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)
	step := func(after time.Duration, beats map[string]int64) []string {
		now = now.Add(after)
		return n.watch(beats, now)
	}
	for _, s := range []struct {
		what  string
		after time.Duration
		beats map[string]int64
		told  []int // so far
	}{
		{"alone", 0, map[string]int64{"a": 1}, nil},
		{"a second one", beatEvery, map[string]int64{"a": 2, "b": 1}, []int{2}},
		{"a third one", beatEvery, map[string]int64{"a": 3, "b": 2, "c": 70}, []int{2, 3}},
		{"the second stands still for a moment", 3 * beatEvery, map[string]int64{"a": 4, "b": 2, "c": 71}, []int{2, 3}},
		{"for too long", beatEvery, map[string]int64{"a": 5, "b": 2, "c": 72}, []int{2, 3, 2}},
		{"it was only busy", beatEvery, map[string]int64{"a": 6, "b": 3, "c": 73}, []int{2, 3, 2, 3}},
		{"the third ends", beatEvery, map[string]int64{"a": 7, "b": 4}, []int{2, 3, 2, 3, 2}},
		{"the clock is put back a day", -24 * time.Hour, map[string]int64{"a": 8, "b": 5}, []int{2, 3, 2, 3, 2}},
		{"and ahead a day", 24 * time.Hour, map[string]int64{"a": 9, "b": 6}, []int{2, 3, 2, 3, 2}},
	} {
		if forget := step(s.after, s.beats); len(forget) > 0 {
			t.Errorf("%s: forgets %v", s.what, forget)
		}
		if !slices.Equal(told, s.told) {
			t.Errorf("%s: told %v, want %v", s.what, told, s.told)
		}
	}
	if forget := step(forgetAfter+time.Second, map[string]int64{"a": 10, "b": 6}); !slices.Equal(forget, []string{"b"}) {
		t.Errorf("of one that is long gone: %v", forget)
	}
}
