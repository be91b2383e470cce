package roleplay

import (
	"bytes"
	"context"
	"flag"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

var update = flag.Bool("update", false, "compile the samples anew")

// readSamples checks and compiles the samples once for all tests.
var readSamples = sync.OnceValues(func() ([]*Scenario, error) {
	var all []*Scenario
	for _, sample := range Samples() {
		s, err := Parse(context.Background(), sample.Name, sample.Source)
		if err != nil {
			return nil, err
		}
		all = append(all, s)
	}
	return all, nil
})

func TestSamplesAreCompiled(t *testing.T) {
	eachSample(t, func(t *testing.T, s *Scenario) {
		path := filepath.Join("samples", s.Slug+compiledEnding)
		if *update {
			if err := os.WriteFile(path, s.Compiled, 0o644); err != nil {
				t.Fatal(err)
			}
			return
		}
		kept, err := os.ReadFile(path)
		if err != nil || !bytes.Equal(kept, s.Compiled) {
			t.Errorf("%s is not what its file compiles to: run go generate ./internal/roleplay (%v)", path, err)
		}
	})
}

func eachSample(t *testing.T, f func(*testing.T, *Scenario)) {
	t.Helper()
	all, err := readSamples()
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all {
		t.Run(s.Slug, func(t *testing.T) {
			t.Parallel()
			f(t, s)
		})
	}
}

// Decisions that a sample asks for, at least and at most.
const (
	fewestTurns = 8
	mostTurns   = 14
)

// An end is one talk played to its end.
type end struct {
	picks []int
	talk  Talk
	grade Assessment
}

// finish plays a sample to its end; pick chooses among the open replies.
func finish(t *testing.T, e *Engine, s *Scenario, pick func(Talk, []int) int) end {
	t.Helper()
	var picks []int
	talk := play(t, e, s.Compiled, 1)
	for !talk.Ended {
		if len(picks) == mostTurns {
			t.Fatalf("%s: picks %v have not ended", s.Slug, picks)
		}
		if len(talk.Choices) < 2 {
			t.Fatalf("%s: picks %v leave no choice", s.Slug, picks)
		}
		picks = append(picks, pick(talk, picks))
		talk = play(t, e, s.Compiled, 1, picks...)
	}
	return end{picks, talk, s.Rubric.Assess(talk.Marks)}
}

// towards takes, turn by turn, the reply whose marks come nearest to a value
// from 0 to 1.
func towards(t *testing.T, e *Engine, s *Scenario, value float64) end {
	t.Helper()
	return finish(t, e, s, func(talk Talk, picks []int) int {
		best, distance := 0, 2.0
		for _, c := range talk.Choices {
			next := play(t, e, s.Compiled, 1, append(slices.Clone(picks), c.Index)...)
			a := Rubric{s.Rubric.Criteria}.Assess(next.Marks[len(talk.Marks):])
			sum, n := 0.0, 0.0
			for _, item := range a.Items {
				if len(item.Marks) > 0 {
					sum += item.Value.Of(1)
					n++
				}
			}
			if d := max(sum/max(n, 1)-value, value-sum/max(n, 1)); d < distance {
				best, distance = c.Index, d
			}
		}
		return best
	})
}

func TestSamplesReachEveryMedal(t *testing.T) {
	eachSample(t, func(t *testing.T, s *Scenario) {
		e := NewEngine(Limits{Machines: 1})
		for value, want := range map[float64]Medal{1: Gold, 0.5: Bronze, 0: None} {
			got := towards(t, e, s, value)
			if got.grade.Score.Medal() != want || !got.grade.Scored {
				t.Errorf("towards %v: picks %v earn %s percent, want medal %q", value, got.picks, got.grade.Score.PercentText(), want)
			}
		}
		// Good for two turns out of three, fair for the third.
		turn := 0
		good, fair := towards(t, e, s, 1), towards(t, e, s, 0.5)
		mixed := finish(t, e, s, func(talk Talk, picks []int) int {
			turn++
			plan := good.picks
			if turn%3 == 0 {
				plan = fair.picks
			}
			return min(plan[min(len(picks), len(plan)-1)], len(talk.Choices)-1)
		})
		if mixed.grade.Score.Medal() != Silver {
			t.Errorf("mixed: picks %v earn %s percent, want silver", mixed.picks, mixed.grade.Score.PercentText())
		}
	})
}

func TestSamplesEndWhateverIsPicked(t *testing.T) {
	fewest, most := 40, 100
	if testing.Short() {
		fewest, most = 8, 8
	}
	eachSample(t, func(t *testing.T, s *Scenario) {
		random := rand.New(rand.NewPCG(7, 11))
		e := NewEngine(Limits{Machines: 1})
		endings, marked, why := map[string]int{}, map[string]map[Grade]bool{}, 0
		all := 0
		// Beyond the fewest only for a grade that nobody has earned yet.
		wanting := func() bool {
			return slices.ContainsFunc(s.Rubric.items(), func(i Item) bool { return len(marked[i.ID]) < 3 })
		}
		for walk := 0; walk < fewest || walk < most && wanting(); walk++ {
			got := finish(t, e, s, func(talk Talk, _ []int) int { return random.IntN(len(talk.Choices)) })
			if len(got.picks) < fewestTurns {
				t.Errorf("picks %v end the talk early", got.picks)
			}
			endings[got.talk.Ending]++
			for _, m := range got.talk.Marks {
				if marked[m.Item] == nil {
					marked[m.Item] = map[Grade]bool{}
				}
				marked[m.Item][m.Grade] = true
				all++
				if m.Why != "" {
					why++
				}
			}
		}
		if endings[""] > 0 {
			t.Errorf("%d talks ended without a name", endings[""])
		}
		if why*10 < all*9 {
			t.Errorf("%d of %d marks say why", why, all)
		}
		if testing.Short() {
			return
		}
		for _, item := range s.Rubric.items() {
			if len(marked[item.ID]) != 3 {
				t.Errorf("item %s got only the grades %v", item.ID, marked[item.ID])
			}
		}
		t.Logf("endings: %v", endings)
	})
}

func TestSamplesHaveSeveralEndings(t *testing.T) {
	eachSample(t, func(t *testing.T, s *Scenario) {
		e := NewEngine(Limits{Machines: 1})
		endings := map[string]bool{}
		for _, value := range []float64{1, 0.5, 0} {
			endings[towards(t, e, s, value).talk.Ending] = true
		}
		if len(endings) != 3 {
			t.Errorf("the best, a middling and the worst talk end as %v", endings)
		}
	})
}

func TestSamplesAreWellMade(t *testing.T) {
	slugs := []string{}
	eachSample(t, func(t *testing.T, s *Scenario) {
		if len(s.Warnings) > 0 {
			t.Errorf("warnings: %v", s.Warnings)
		}
		if n, c := len(s.Rubric.items()), len(s.Rubric.Criteria); n < 5 || n > 8 || c < 2 || c > 4 {
			t.Errorf("%d items in %d criteria", n, c)
		}
		if s.Description == "" || s.Difficulty == "" || s.Character.Role == "" || s.Character.About == "" {
			t.Error("a text for the page is missing")
		}
	})
	for _, s := range Samples() {
		slugs = append(slugs, strings.TrimSuffix(s.Name, ".scenario.md"))
	}
	if want := []string{"difficult-feedback", "discovery-call", "upset-customer"}; !slices.Equal(slugs, want) {
		t.Errorf("samples are %v, want %v", slugs, want)
	}
}

// A learner must not be able to win by taking the longest or the shortest reply,
// or always the reply in the same place.
func TestSamplesCannotBeWonByLooks(t *testing.T) {
	extreme := func(sign int) func(Talk, []int) int {
		return func(talk Talk, _ []int) int {
			return slices.MaxFunc(talk.Choices, func(a, b Choice) int {
				return sign * (len(a.Text) - len(b.Text))
			}).Index
		}
	}
	place := func(i int) func(Talk, []int) int {
		return func(talk Talk, _ []int) int { return min(i, len(talk.Choices)-1) }
	}
	eachSample(t, func(t *testing.T, s *Scenario) {
		e := NewEngine(Limits{Machines: 1})
		for name, pick := range map[string]func(Talk, []int) int{
			"the longest": extreme(1), "the shortest": extreme(-1), "the first": place(0), "the second": place(1), "the last": place(9),
		} {
			got := finish(t, e, s, pick)
			if medal := got.grade.Score.Medal(); medal == Silver || medal == Gold {
				t.Errorf("always %s reply earns %s percent", name, got.grade.Score.PercentText())
			}
		}
	})
}
