package soak

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"
)

// A pupil is a learner at an LMS.
type pupil struct{ lms, learner string }

func (p pupil) String() string {
	if p.lms == "" {
		return p.learner
	}
	return p.learner + " at " + p.lms
}

// A way is what happened on the way of one learner's scores.
type way struct {
	asked   map[int]bool
	told    int // the best, -1 before the first
	last    int // that arrived, -1 before the first
	vouched int // the best that the LMS said it had taken, -1 before the first
	stamp   time.Time
	// ill: the LMS was when the learner was told last.
	ill bool
}

// due tells whether a score is on its way still.
func (w *way) due() bool { return max(w.last, w.vouched) < w.told }

// A judge reads a record from its beginning.
type judge struct {
	broken  []string
	letIn   map[string]bool
	ways    map[pupil]*way
	ill     map[string]bool // LMSes
	killed  int             // posts that were under way when servers died
	hung    int             // calls of LMSes
	heldUp  int             // those given up while a healthy LMS was owed a score
	lost    map[string]int  // answers, by LMS
	doubles map[string]int  // scores that arrived twice, by LMS
}

// Check returns a sentence for every promise that the events break, none if all
// were kept. The record must go on until nothing is under way any more.
func Check(events []Event) (broken []string) {
	j := &judge{
		letIn: map[string]bool{}, ways: map[pupil]*way{}, ill: map[string]bool{},
		lost: map[string]int{}, doubles: map[string]int{},
	}
	for _, e := range events {
		j.read(e)
	}
	j.end()
	return j.broken
}

func (j *judge) say(format string, args ...any) {
	j.broken = append(j.broken, fmt.Sprintf(format, args...))
}

func (j *judge) way(p pupil) *way {
	w := j.ways[p]
	if w == nil {
		w = &way{asked: map[int]bool{}, told: -1, last: -1, vouched: -1}
		j.ways[p] = w
	}
	return w
}

func (j *judge) read(e Event) {
	who := pupil{e.LMS, e.Learner}
	switch e.Kind {
	case Killed:
		j.killed += e.Posts
	case Ill:
		j.ill[e.LMS] = true
	case Well:
		j.felt(e.LMS)
		delete(j.ill, e.LMS)
	case Hung:
		j.hung++
	case GivenUp:
		if len(j.owed()) > 0 {
			j.heldUp++
		}
	case Lost:
		j.lost[e.LMS]++
	case LetIn:
		if j.letIn[e.LMS+" "+e.Launch] {
			j.say("launch %s of %s was let in twice", e.Launch, who)
		}
		j.letIn[e.LMS+" "+e.Launch] = true
	case Asked:
		j.way(who).asked[e.Score] = true
	case Told:
		w := j.way(who)
		w.told, w.ill = max(w.told, e.Score), j.ill[e.LMS]
	case Vouched:
		w := j.way(who)
		w.vouched = max(w.vouched, e.Score)
	case Arrived:
		j.arrive(who, e)
	}
}

func (j *judge) arrive(who pupil, e Event) {
	w := j.way(who)
	switch {
	case !w.asked[e.Score]:
		j.say("%s got %d, which nobody earned", who, e.Score)
	case e.Score == w.last:
		j.doubles[e.LMS]++
	case e.Score < w.last:
		j.say("%s got %d after %d", who, e.Score, w.last)
	}
	// An answer that was lost is sent again with the same timestamp or a later
	// one; a better score needs a later one.
	if e.Stamp.Before(w.stamp) || e.Score != w.last && e.Stamp.Equal(w.stamp) {
		j.say("%s got %d with a timestamp that is not later than the one before", who, e.Score)
	}
	w.last, w.stamp = max(w.last, e.Score), e.Stamp
}

// owed are those for whom a score is due since their LMS was healthy.
func (j *judge) owed() []pupil {
	return slices.DeleteFunc(j.pupils(), func(who pupil) bool { w := j.ways[who]; return w.ill || !w.due() })
}

// felt says which scores an LMS that was healthy was owed all the while another
// was ill.
func (j *judge) felt(ill string) {
	for _, who := range j.owed() {
		j.say("%s was told of %d, which did not arrive before %s was well again", who, j.ways[who].told, ill)
	}
}

func (j *judge) end() {
	for _, who := range j.pupils() {
		if w := j.ways[who]; w.due() {
			j.say("%s was told of %d, and the LMS has %s", who, w.told, inWords(w.last))
		}
	}
	// A machine that is busy for long may have had one or the other.
	if 2*j.heldUp > j.hung {
		j.say("of %d calls that hung, %d were given up while an LMS that was healthy was owed a score", j.hung, j.heldUp)
	}
	over := 0
	for lms, n := range j.doubles {
		over += max(0, n-j.lost[lms])
	}
	if over > j.killed {
		j.say("%d scores arrived twice without an answer of the LMS being lost, and at most %d were under way when servers died", over, j.killed)
	}
}

func (j *judge) pupils() []pupil {
	return slices.SortedFunc(maps.Keys(j.ways), func(a, b pupil) int {
		return cmp.Or(cmp.Compare(a.lms, b.lms), cmp.Compare(a.learner, b.learner))
	})
}

func inWords(score int) string {
	if score < 0 {
		return "nothing"
	}
	return fmt.Sprint(score)
}
