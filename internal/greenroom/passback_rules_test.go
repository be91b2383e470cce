package greenroom

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func percent(t *testing.T, n int) roleplay.Score {
	t.Helper()
	s, err := roleplay.ParseScore(map[int]string{
		0: "0/1", 50: "1/2", 60: "3/5", 70: "7/10", 80: "4/5", 100: "1/1",
	}[n])
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// A course of a duty: scores are earned, posts come out one way or another.
type happening struct {
	earn int      // a session ends with this percentage
	post *Outcome // the worker posts what is wanted, with this outcome
}

func earn(n int) happening            { return happening{earn: n} }
func post(o Outcome) happening        { return happening{earn: -1, post: &o} }
func accepted() happening             { return post(Outcome{Kind: Done}) }
func down() happening                 { return post(Outcome{Kind: Later, PlatformDown: true}) }
func refused(answer string) happening { return post(Outcome{Kind: Failed, Answer: answer}) }

func TestBestOfN(t *testing.T) {
	for name, tc := range map[string]struct {
		happens []happening
		posted  []int // percentages that the platform accepted, in order
		state   PassbackState
	}{
		"the first score is posted":                     {[]happening{earn(60), accepted()}, []int{60}, PassbackSent},
		"zero is a score":                               {[]happening{earn(0), accepted()}, []int{0}, PassbackSent},
		"60, 80, 70 posts 60, then 80, then nothing":    {[]happening{earn(60), accepted(), earn(80), accepted(), earn(70)}, []int{60, 80}, PassbackSent},
		"the same score again is not posted":            {[]happening{earn(60), accepted(), earn(60)}, []int{60}, PassbackSent},
		"60 and 80 earned while the LMS was down":       {[]happening{earn(60), down(), earn(80), accepted()}, []int{80}, PassbackSent},
		"80 before 60 while the LMS was down":           {[]happening{earn(80), down(), earn(60), accepted()}, []int{80}, PassbackSent},
		"a refused score waits for a person":            {[]happening{earn(60), refused("422 no such user")}, nil, PassbackFailed},
		"a better score after a refusal tries again":    {[]happening{earn(60), refused("422"), earn(80), accepted()}, []int{80}, PassbackSent},
		"a worse score after a refusal leaves it there": {[]happening{earn(60), refused("422"), earn(50)}, nil, PassbackFailed},
	} {
		t.Run(name, func(t *testing.T) {
			var p Passback
			var got []int
			now := noon
			for _, h := range tc.happens {
				now = now.Add(time.Minute)
				if h.post == nil {
					p.want(percent(t, h.earn), now, GradeBest)
					continue
				}
				o := *h.post
				o.Score, o.Stamp = p.Wanted, p.nextStamp(now, false, time.Second)
				p.settle(o, now, rand.New(rand.NewPCG(1, 2)))
				if o.Kind == Done {
					got = append(got, int(o.Score.Of(100)))
				}
			}
			if !equal(got, tc.posted) || p.State != tc.state {
				t.Errorf("posted %v, state %s; want %v, %s", got, p.State, tc.posted, tc.state)
			}
		})
	}
}

func equal(a, b []int) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// A better score that is earned while a post is under way must not be lost in
// the answer to that post.
func TestBetterScoreDuringAPost(t *testing.T) {
	for name, outcome := range map[string]OutcomeKind{"accepted": Done, "refused": Failed, "no answer": Later} {
		t.Run(name, func(t *testing.T) {
			var p Passback
			p.want(percent(t, 60), noon, GradeBest)
			under := Outcome{Kind: outcome, Score: p.Wanted, Stamp: p.nextStamp(noon, false, time.Second)}
			p.want(percent(t, 80), noon.Add(time.Second), GradeBest)
			p.settle(under, noon.Add(2*time.Second), rand.New(rand.NewPCG(1, 2)))
			if p.State != PassbackWaiting || p.NextTry.After(noon.Add(2*time.Second)) {
				t.Errorf("state %s, next try %s: 80 must be due now", p.State, p.NextTry)
			}
		})
	}
}

func TestStampsRiseByWholeSeconds(t *testing.T) {
	chance := rand.New(rand.NewPCG(3, 4))
	scores := []int{50, 60, 70, 80, 100}
	for round := range 200 {
		var p Passback
		var last time.Time
		now := noon
		for _, n := range scores {
			now = now.Add(time.Duration(chance.IntN(3000)) * time.Millisecond)
			p.want(percent(t, n), now, GradeBest)
			stamp := p.nextStamp(now, false, time.Second)
			if stamp.After(now) { // the worker waits for the stamp's own time
				now = stamp
			}
			if !last.IsZero() && stamp.Unix() <= last.Unix() {
				t.Fatalf("round %d: stamp %s after %s is not later by whole seconds", round, stamp, last)
			}
			last = stamp
			p.settle(Outcome{Kind: Done, Score: p.Wanted, Stamp: stamp}, now, chance)
		}
	}
}

// A post without an answer may have reached the platform all the same: what
// counts by now needs a later stamp, by the platform's grain.
func TestStampAfterAPostWithoutAnAnswer(t *testing.T) {
	var p Passback
	p.want(percent(t, 50), noon.Add(200*time.Millisecond), GradeBest)
	first := p.nextStamp(noon.Add(time.Second), false, time.Second)
	p.settle(Outcome{Kind: Later, Score: p.Wanted, At: p.Target().At, Stamp: first}, noon.Add(2*time.Second), rand.New(rand.NewPCG(1, 2)))
	if again := p.nextStamp(noon.Add(time.Minute), false, time.Second); !again.Equal(first) {
		t.Errorf("the same score once more goes under %s, not %s", again, first)
	}
	p.want(percent(t, 80), noon.Add(800*time.Millisecond), GradeBest)
	if second := p.nextStamp(noon.Add(time.Minute), false, time.Second); second.Unix() <= first.Unix() {
		t.Errorf("stamp %s after %s is not later by whole seconds", second, first)
	}
}

func TestAConflictIsMended(t *testing.T) {
	var p Passback
	p.want(percent(t, 80), noon, GradeBest)
	now := noon.Add(time.Hour)
	first := p.nextStamp(now, false, time.Second)
	if !first.Equal(noon) {
		t.Fatalf("the first stamp is %s, not when the score was earned", first)
	}
	p.settle(Outcome{Kind: Conflict, Answer: "409 []", Score: p.Wanted, Stamp: first}, now, rand.New(rand.NewPCG(1, 2)))
	if p.State != PassbackWaiting || p.NextTry.After(now) {
		t.Fatalf("state %s, next try %s; want another try at once", p.State, p.NextTry)
	}
	if second := p.nextStamp(now, true, time.Second); !second.Equal(now) {
		t.Errorf("the second stamp is %s; want the present, %s", second, now)
	}
}

func TestPatience(t *testing.T) {
	chance := rand.New(rand.NewPCG(5, 6))
	var p Passback
	p.want(percent(t, 80), noon, GradeBest)
	now, tries := noon, 0
	for p.State == PassbackWaiting {
		p.settle(Outcome{Kind: Later, Answer: "503", Score: p.Wanted, Stamp: noon}, now, chance)
		tries++
		if p.State == PassbackWaiting && !p.NextTry.After(now) {
			t.Fatalf("try %d comes at once", tries)
		}
		now = p.NextTry
	}
	if past := now.Sub(noon); past < retriesEnd || past > retriesEnd+2*longestRetry {
		t.Errorf("gave up after %s, want three days", past)
	}
	if p.State != PassbackFailed || p.Answer != "No success within three days. Last answer: 503" {
		t.Errorf("state %s, answer %q", p.State, p.Answer)
	}
	if tries > 120 {
		t.Errorf("%d tries in three days hammer the platform", tries)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	var p Passback
	p.want(percent(t, 80), noon, GradeBest)
	p.settle(Outcome{Kind: Later, After: 20 * time.Minute, Score: p.Wanted, Stamp: noon}, noon, rand.New(rand.NewPCG(1, 2)))
	if wait := p.NextTry.Sub(noon); wait < 20*time.Minute {
		t.Errorf("comes again after %s; the platform asked for 20m", wait)
	}
}

// The clock was a day ahead when a score was earned, and was put right since:
// an LMS refuses what comes from the future, and a day is long.
func TestAClockThatWasAheadDoesNotHoldAScoreBack(t *testing.T) {
	var p Passback
	p.want(percent(t, 50), noon.Add(24*time.Hour), GradeBest)
	if stamp := p.nextStamp(noon, false, time.Second); !stamp.Equal(noon) {
		t.Errorf("stamp %s, want the present", stamp)
	}
	p.settle(Outcome{Kind: Done, Score: p.Wanted, Stamp: noon}, noon, rand.New(rand.NewPCG(1, 2)))
	p.want(percent(t, 60), noon, GradeBest)
	if stamp := p.nextStamp(noon, false, time.Second); !stamp.After(noon) {
		t.Errorf("the next stamp %s does not rise", stamp)
	}
}
