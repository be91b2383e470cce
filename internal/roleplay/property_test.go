package roleplay

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
)

// decimal writes n/10^places without an exponent and without trailing zeros.
func inDecimals(n int64, places int) string {
	digits := fmt.Sprintf("%0*d", places+1, n)
	whole, part := digits[:len(digits)-places], strings.TrimRight(digits[len(digits)-places:], "0")
	if part == "" {
		return whole
	}
	return whole + "." + part
}

// A percentage of a maximum is the decimal number that a person would work
// out, whatever binary fractions make of either.
func TestPropertyPointsHaveNoNoise(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 1))
	for i := range 20000 {
		percent, places := chance.Int64N(101), chance.IntN(4)
		hundredths := 1 + chance.Int64N(1_000_000)
		maximum, err := strconv.ParseFloat(inDecimals(hundredths, places), 64)
		if err != nil {
			t.Fatal(err)
		}
		score, err := ParseScore(fmt.Sprintf("%d/100", percent))
		if err != nil {
			t.Fatal(err)
		}
		want := inDecimals(percent*hundredths, places+2)
		if got := strconv.FormatFloat(score.Of(maximum), 'f', -1, 64); got != want {
			t.Fatalf("round %d: %d%% of %v is %s, want %s", i, percent, maximum, got, want)
		}
	}
}

// Points never exceed the maximum, keep the order of the scores, and are all
// of it for a full score; a score survives being written down.
func TestPropertyPointsKeepTheOrder(t *testing.T) {
	for seed := range uint64(5000) {
		chance := rand.New(rand.NewPCG(seed, 2))
		a, b := anyScore(t, chance), anyScore(t, chance)
		maximum := math.Exp(chance.NormFloat64() * 20)
		ofA, ofB := a.Of(maximum), b.Of(maximum)
		if ofA < 0 || ofA > maximum || a.Cmp(b) < 0 && ofA > ofB || a == b && ofA != ofB {
			t.Fatalf("seed %d: of %v, %s is %v and %s is %v", seed, maximum, a, ofA, b, ofB)
		}
		if full := newScore(big.NewRat(1, 1)).Of(maximum); full != maximum {
			t.Fatalf("seed %d: all of %v is %v", seed, maximum, full)
		}
		if again, err := ParseScore(a.String()); err != nil || again != a || (a.Cmp(b) == 0) != (a == b) {
			t.Fatalf("seed %d: %s is read as %s (%v)", seed, a, again, err)
		}
		if text, err := strconv.ParseInt(a.PercentText(), 10, 64); err != nil || new(big.Rat).SetInt64(text).Cmp(a.Percent()) > 0 {
			t.Fatalf("seed %d: %s is shown as %s%%", seed, a, a.PercentText())
		}
	}
}

func anyScore(t *testing.T, chance *rand.Rand) Score {
	t.Helper()
	n := 1 + chance.Int64N(1<<chance.IntN(40))
	s, err := ParseScore(fmt.Sprintf("%d/%d", chance.Int64N(n+1), n))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// However a talk went, its score is the mean of means, in whatever order the
// marks came, and one more good mark never lowers it.
func TestPropertyAssessment(t *testing.T) {
	for seed := range uint64(2000) {
		chance := rand.New(rand.NewPCG(seed, 3))
		var r Rubric
		for i := range 1 + chance.IntN(8) {
			r.Criteria = append(r.Criteria, Criterion{Items: []Item{{ID: fmt.Sprint(i), Required: chance.IntN(3) == 0}}})
		}
		var marks []Mark
		for range chance.IntN(20) {
			marks = append(marks, Mark{Item: fmt.Sprint(chance.IntN(9)), Grade: []Grade{Good, Fair, Poor}[chance.IntN(3)]})
		}
		a := r.Assess(marks)
		if want, scored := mean(r, marks); a.Scored != scored || a.Score.rat().Cmp(want) != 0 {
			t.Fatalf("seed %d: %v is %s, want %s", seed, marks, a.Score, want)
		}
		chance.Shuffle(len(marks), func(i, j int) { marks[i], marks[j] = marks[j], marks[i] })
		if again := r.Assess(marks); again.Score != a.Score {
			t.Fatalf("seed %d: %s in another order is %s", seed, a.Score, again.Score)
		}
		if len(marks) == 0 || !a.Scored {
			continue
		}
		more := append(marks, Mark{Item: marks[0].Item, Grade: Good})
		if better := r.Assess(more).Score; better.Cmp(a.Score) < 0 {
			t.Fatalf("seed %d: one more good mark makes %s of %s", seed, better, a.Score)
		}
	}
}

// mean counts in halves: a second way to the same rule.
func mean(r Rubric, marks []Mark) (*big.Rat, bool) {
	sum, n := new(big.Rat), int64(0)
	for _, item := range r.items() {
		halves, count := int64(0), int64(0)
		for _, m := range marks {
			if m.Item == item.ID {
				halves += map[Grade]int64{Good: 2, Fair: 1}[m.Grade]
				count++
			}
		}
		if count > 0 {
			sum.Add(sum, big.NewRat(halves, 2*count))
		}
		if count > 0 || item.Required {
			n++
		}
	}
	if n == 0 {
		return sum, false
	}
	return sum.Quo(sum, big.NewRat(n, 1)), true
}
