package soak

import (
	"fmt"
	"maps"
	"slices"
	"time"
)

// A way is what happened on the way of one learner's scores.
type way struct {
	asked  map[int]bool
	told   int // the best, -1 before the first
	last   int // that arrived, -1 before the first
	stamp  time.Time
	doubly int
}

// Check returns a sentence for every promise that the events break, none if all
// were kept. The record must go on until nothing is under way any more.
func Check(events []Event) (broken []string) {
	say := func(format string, args ...any) { broken = append(broken, fmt.Sprintf(format, args...)) }
	letIn, ways, allowed := map[string]bool{}, map[string]*way{}, 0
	for _, e := range events {
		if e.Kind == Killed {
			allowed += e.Posts
			continue
		}
		w := ways[e.Learner]
		if w == nil {
			w = &way{asked: map[int]bool{}, told: -1, last: -1}
			ways[e.Learner] = w
		}
		switch e.Kind {
		case LetIn:
			if letIn[e.Launch] {
				say("launch %s of %s was let in twice", e.Launch, e.Learner)
			}
			letIn[e.Launch] = true
		case Asked:
			w.asked[e.Score] = true
		case Told:
			w.told = max(w.told, e.Score)
		case Arrived:
			w.arrive(e, say)
		}
	}
	doubles := 0
	for _, learner := range slices.Sorted(maps.Keys(ways)) {
		w := ways[learner]
		doubles += w.doubly
		if w.last < w.told {
			say("%s was told of %d, and the LMS has %s", learner, w.told, inWords(w.last))
		}
	}
	if doubles > allowed {
		say("%d scores arrived twice, and at most %d were under way when servers died", doubles, allowed)
	}
	return broken
}

func (w *way) arrive(e Event, say func(string, ...any)) {
	switch {
	case !w.asked[e.Score]:
		say("%s got %d, which nobody earned", e.Learner, e.Score)
	case e.Score == w.last:
		w.doubly++
	case e.Score < w.last:
		say("%s got %d after %d", e.Learner, e.Score, w.last)
	}
	// An answer that was lost is sent again with the same timestamp or a later
	// one; a better score needs a later one.
	if e.Stamp.Before(w.stamp) || e.Score != w.last && e.Stamp.Equal(w.stamp) {
		say("%s got %d with a timestamp that is not later than the one before", e.Learner, e.Score)
	}
	w.last, w.stamp = max(w.last, e.Score), e.Stamp
}

func inWords(score int) string {
	if score < 0 {
		return "nothing"
	}
	return fmt.Sprint(score)
}
