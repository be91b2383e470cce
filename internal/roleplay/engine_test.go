package roleplay

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// Ink with memory, chance, a tunnel and a thread: what a saved state could lose.
const statefulInk = `VAR trust = 0
LIST seen = door, window
-> hub
=== hub
{You look around.|You look again.|{shuffle:Still here.|Again here.|Always here.}} Trust is {trust}, luck {RANDOM(1, 1000)}.
{seen}
<- asides
+ (door_again) Try the door. # good: door
  ~ seen += door
  -> knock ->
  ~ trust = trust + RANDOM(1, 6)
  {door_again > 4: -> out}
  -> hub
* Try the window. # fair: window
  ~ seen += window
  -> hub
=== asides
* Hum. # poor: hum
  You hum{~ low| high}.
  -> hub
-> DONE
=== knock
Knock{!| once more}.
->->
=== out
It opens.
-> END
`

func TestTheSamePicksGiveTheSameTalk(t *testing.T) {
	story := compiled(t, statefulInk)
	picks := []int{0, 1, 0, 0, 0, 0}
	step := NewEngine(Limits{Machines: 1})
	for n := range len(picks) + 1 {
		grown := play(t, step, story, 42, picks[:n]...)                       // one more pick on what is kept
		again := play(t, step, story, 42, picks[:n]...)                       // kept whole
		fresh := play(t, NewEngine(Limits{Kept: 1}), story, 42, picks[:n]...) // replayed
		if !reflect.DeepEqual(grown, fresh) || !reflect.DeepEqual(again, fresh) {
			t.Fatalf("after %d picks:\nwent on %+v\nkept %+v\nreplayed %+v", n, grown, again, fresh)
		}
	}
}

func TestChanceComesFromTheSeed(t *testing.T) {
	story := compiled(t, statefulInk)
	e := NewEngine(Limits{Machines: 1})
	openings := map[string]bool{}
	for seed := range int64(10) {
		openings[transcript(play(t, e, story, seed))] = true
	}
	if len(openings) < 5 {
		t.Errorf("ten seeds gave %d different openings", len(openings))
	}
	if a, b := play(t, e, story, 7), play(t, e, story, 7+1<<40); !reflect.DeepEqual(a, b) {
		t.Error("more than the lowest 31 bits of a seed count")
	}
}

func TestPlayRefusesPicks(t *testing.T) {
	story := compiled(t, "One.\n* Two.\n  Three.\n  * * Four. -> END\n")
	e := NewEngine(Limits{Machines: 1, Picks: 3})
	for name, tc := range map[string]struct {
		picks []int
		want  error
		text  string
	}{
		"above the last choice":  {[]int{1}, ErrPick, "play: pick 0: 1 of 1: reply is not on offer"},
		"below the first choice": {[]int{0, -1}, ErrPick, "play: pick 1: -1 of 1: reply is not on offer"},
		"after the end":          {[]int{0, 0, 0}, ErrPick, "play: pick 2: 0 of 0: reply is not on offer"},
		"too many":               {[]int{0, 0, 0, 0}, ErrTooLong, "play: 4 replies: talk is too long"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := e.Play(t.Context(), story, 1, tc.picks)
			if !errors.Is(err, tc.want) || err.Error() != tc.text {
				t.Errorf("got %v, want %s", err, tc.text)
			}
			if talk := play(t, e, story, 1, 0, 0); !talk.Ended {
				t.Error("the engine did not recover")
			}
		})
	}
}

func TestPlayRefusesWhatIsNoScript(t *testing.T) {
	e := NewEngine(Limits{Machines: 1, Story: 100})
	for name, source := range map[string]string{
		"nothing":   "",
		"no JSON":   "Hello",
		"no story":  `{"inkVersion":21}`,
		"too large": fmt.Sprintf("%200s", ""),
	} {
		t.Run(name, func(t *testing.T) {
			if talk, err := e.Play(t.Context(), []byte(source), 1, nil); err == nil {
				t.Errorf("played %+v", talk)
			}
		})
	}
}

// A script that was saved by an engine with wider limits, or by nobody's check.
func TestPlayStopsARunaway(t *testing.T) {
	wide := NewEngine(Limits{Machines: 1, Steps: 20_000, Text: 1_000_000})
	for name, tc := range map[string]struct {
		ink   string
		picks []int
		limit string
	}{
		"in the opening":    {"VAR n = 0\n-> loop\n=== loop\n~ n = n + 1\n{n < 80: -> loop}\nDone.\n* Hi -> END\n", nil, "steps"},
		"after a reply":     {"VAR n = 0\nHi.\n* Go -> loop\n=== loop\n~ n = n + 1\n{n < 80: -> loop}\nDone.\n-> END\n", []int{0}, "steps"},
		"in a function":     {"Hi.\n* Go {deep(40)} -> END\n=== function deep(n)\n{n > 0: {deep(n - 1)}}\n~ return 1\n", []int{0}, "steps"},
		"in a growing text": {"VAR s = \"abcdefgh\"\nVAR n = 0\nHi.\n* Go -> grow\n=== grow\n~ s = s + s\n~ n = n + 1\n{n < 9: -> grow}\nDone.\n-> END\n", []int{0}, "text"},
		"in lists":          {"LIST L = a, b, c, d, e, f, g, h\nVAR all = ()\nVAR n = 0\nHi.\n* Go -> fill\n=== fill\n~ all = LIST_ALL(L)\n~ n = n + 1\n{n < 4: -> fill}\nDone.\n-> END\n", []int{0}, "items"},
	} {
		t.Run(name, func(t *testing.T) {
			story, err := wide.Compile(t.Context(), tc.ink)
			if err != nil {
				t.Fatal(err)
			}
			strict := NewEngine(Limits{Machines: 1, Steps: 200, Text: 2000, Items: 20})
			if _, err := strict.Play(t.Context(), story, 1, tc.picks); !errors.Is(err, ErrRunaway) || !strings.HasSuffix(err.Error(), "limit of "+tc.limit) {
				t.Errorf("got %v, want ErrRunaway by %s", err, tc.limit)
			}
			fine := compiled(t, "One.\n* Two. -> END\n")
			if talk := play(t, strict, fine, 1, 0); !talk.Ended {
				t.Error("the engine did not recover")
			}
		})
	}
}

// What a talk keeps in mind from turn to turn is bounded as a whole: each turn
// alone is within its limits.
func TestATalkKeepsOnlySoMuchInMind(t *testing.T) {
	story := compiled(t, "VAR s = \"abcdefgh\"\nHi.\n-> more\n=== more\n~ s = s + s\n+ More -> more\n* Enough -> END\n")
	small := NewEngine(Limits{Machines: 1, Story: 20_000})
	play(t, small, story, 1, 0, 0, 0)
	if _, err := small.Play(t.Context(), story, 1, slices.Repeat([]int{0}, 12)); !errors.Is(err, ErrTooLong) {
		t.Errorf("got %v, want ErrTooLong", err)
	}
}

func TestALimitOfTimeStandsBehindTheOthers(t *testing.T) {
	short := compiled(t, "VAR n = 0\n-> loop\n=== loop\n~ n = n + 1\n{n < 77: -> loop}\nDone.\n* Hi -> END\n")
	endless := bytes.Replace(short, []byte("77"), []byte("2000000000"), 1)
	e := NewEngine(Limits{Machines: 1, Steps: 1 << 50, Turn: 50 * time.Millisecond})
	for range 2 {
		if _, err := e.Play(t.Context(), endless, 1, nil); !errors.Is(err, ErrRunaway) {
			t.Errorf("got %v, want ErrRunaway", err)
		}
	}
	if free := len(e.pool); free != 1 {
		t.Errorf("%d of 1 machines came back", free)
	}
}

func TestADepartedCallerLeavesTheEngineFree(t *testing.T) {
	e := NewEngine(Limits{Machines: 1})
	story := compiled(t, "One.\n* Two. -> END\n")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.Play(ctx, story, 1, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want the context's error", err)
	}
	if got := transcript(play(t, e, story, 1)); got != "character: One." {
		t.Errorf("afterwards it played %q", got)
	}
}

func TestAMachineThatIdlesIsGivenUp(t *testing.T) {
	story := compiled(t, "One.\n* Two. -> END\n")
	synctest.Test(t, func(t *testing.T) {
		e := NewEngine(Limits{Machines: 1, Idle: time.Minute, Kept: 1})
		warm := func() bool {
			p := <-e.pool
			defer func() { e.pool <- p }()
			p.mu.Lock()
			defer p.mu.Unlock()
			return p.machine != nil
		}
		for range 2 {
			play(t, e, story, 1)
			time.Sleep(time.Minute - 1)
			if !warm() {
				t.Error("given up early")
			}
			play(t, e, story, 2)
			time.Sleep(time.Minute - 1)
			if !warm() {
				t.Error("given up though it was used")
			}
			time.Sleep(2 * time.Nanosecond)
			if warm() {
				t.Error("kept")
			}
		}
	})
}

func TestConcurrentTalksDoNotMix(t *testing.T) {
	story := compiled(t, statefulInk)
	other := compiled(t, "Elsewhere.\n* Leave. -> END\n")
	want := map[int64]Talk{}
	alone := NewEngine(Limits{Machines: 1})
	for seed := range int64(4) {
		want[seed] = play(t, alone, story, seed, 0, 1)
	}
	shared := NewEngine(Limits{Machines: 2, Kept: 4000})
	var wg sync.WaitGroup
	for seed := range want {
		for range 3 {
			wg.Go(func() {
				talk, err := shared.Play(t.Context(), story, seed, []int{0, 1})
				if err != nil || !reflect.DeepEqual(talk, want[seed]) {
					t.Errorf("seed %d: %v\n%s\nwant\n%s", seed, err, transcript(talk), transcript(want[seed]))
				}
			})
			wg.Go(func() {
				talk, err := shared.Play(t.Context(), other, seed, []int{0})
				if err != nil || transcript(talk) != "character: Elsewhere.\nlearner: Leave." {
					t.Errorf("seed %d: %v\n%s", seed, err, transcript(talk))
				}
			})
		}
	}
	wg.Wait()
	if free := len(shared.pool); free != 2 {
		t.Errorf("%d of 2 machines came back", free)
	}
}

func TestRecentForgetsWhatWasUsedLongestAgo(t *testing.T) {
	keys := keysOf([]byte("story"), 1, []int{0, 1, 2})
	m := &moment{state: string(make([]byte, 1000))}
	r := recent{limit: 2 * m.size()}
	r.keep(keys[0], m)
	r.keep(keys[1], m)
	r.longest(keys[:1])
	r.keep(keys[2], m)
	for i, kept := range []bool{true, false, true} {
		if got, _ := r.longest(keys[i : i+1]); (got != nil) != kept {
			t.Errorf("key %d: kept is %v, want %v", i, got != nil, kept)
		}
	}
	if r.size > r.limit || r.order.Len() != 2 || len(r.byKey) != 2 {
		t.Errorf("keeps %d moments of %d bytes, limit %d", r.order.Len(), r.size, r.limit)
	}
}

func BenchmarkCompile(b *testing.B) {
	for _, s := range Samples() {
		b.Run(s.Name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Parse(b.Context(), s.Name, s.Source); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// One pick in the middle of a talk: going on from what is kept, and replayed.
func BenchmarkPlayTurn(b *testing.B) {
	sample := Samples()[0]
	s, err := Parse(b.Context(), sample.Name, sample.Source)
	if err != nil {
		b.Fatal(err)
	}
	picks := []int{0, 0, 0, 0, 0, 0}
	for name, from := range map[string]int{"going on": len(picks) - 1, "replayed": 0} {
		b.Run(name, func(b *testing.B) {
			e := NewEngine(Limits{Machines: 1})
			seed := int64(0)
			for b.Loop() {
				seed++
				b.StopTimer()
				play(b, e, s.Compiled, seed, picks[:from]...)
				b.StartTimer()
				play(b, e, s.Compiled, seed, picks...)
			}
		})
	}
}
