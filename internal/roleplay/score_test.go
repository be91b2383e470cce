package roleplay

import (
	"fmt"
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

func mustScore(t *testing.T, text string) Score {
	t.Helper()
	s, err := ParseScore(text)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestScoreOfAMaximumHasNoNoise(t *testing.T) {
	for _, tc := range []struct {
		score   string
		maximum float64
		want    float64
	}{
		{"4/5", 100, 80},
		{"4/5", 10, 8},
		{"4/5", 1, 0.8},
		{"4/5", 7, 5.6},
		{"4/5", 0.1, 0.08},
		{"3/10", 3, 0.9},
		{"1/3", 0.3, 0.1},
		{"7/10", 0.1, 0.07},
		{"1/1", 1e9, 1e9},
		{"1/1", 12.5, 12.5},
		{"2/3", 100, 66.66666666666667},
		{"0/1", 100, 0},
		{"1/2", 0, 0},
		{"1/2", -10, 0},
		{"1/2", math.Inf(1), 0},
		{"1/2", math.NaN(), 0},
	} {
		if got := mustScore(t, tc.score).Of(tc.maximum); got != tc.want {
			t.Errorf("%s of %v = %v, want %v", tc.score, tc.maximum, got, tc.want)
		}
	}
}

func TestMedalsFollowTheExactValue(t *testing.T) {
	for _, tc := range []struct {
		score   string
		percent string
		medal   Medal
	}{
		{"0/1", "0", None},
		{"499/1000", "49", None},
		{"1/2", "50", Bronze},
		{"7499/10000", "74", Bronze},
		{"3/4", "75", Silver},
		{"8999/10000", "89", Silver},
		{"9/10", "90", Gold},
		{"2/3", "66", Bronze},
		{"999/1000", "99", Gold},
		{"1/1", "100", Gold},
	} {
		s := mustScore(t, tc.score)
		if s.PercentText() != tc.percent || s.Medal() != tc.medal {
			t.Errorf("%s is %s%% %q, want %s%% %q", tc.score, s.PercentText(), s.Medal(), tc.percent, tc.medal)
		}
	}
}

func TestParseScoreRefuses(t *testing.T) {
	for _, text := range []string{"", "1", "0.5", "3/2", "-1/2", "1/-2", "1/0", "1/2/3", " 1/2", "1e1/2", "a/b", "0x1/2"} {
		if s, err := ParseScore(text); err == nil {
			t.Errorf("%q was read as %s", text, s)
		}
	}
}

func TestEqualScoresAreTheSameValue(t *testing.T) {
	if mustScore(t, "2/4") != mustScore(t, "1/2") || mustScore(t, "0/7") != (Score{}) {
		t.Error("equal fractions differ under ==")
	}
	if got := (Score{}).String(); got != "0/1" {
		t.Errorf("the zero score is written %q, want 0/1", got)
	}
}

// What holds for every score, on many of them.
func TestScoreProperties(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 2000 {
		den := 1 + random.Int64N(500)
		exact := big.NewRat(random.Int64N(den+1), den)
		s := mustScore(t, exact.String())
		if again := mustScore(t, s.String()); again != s {
			t.Fatalf("%s is not what it was after a round trip: %s", s, again)
		}
		if s.rat().Cmp(exact) != 0 {
			t.Fatalf("%s lost its value: %s", exact, s)
		}
		maximum := float64(1 + random.IntN(1000))
		if points := s.Of(maximum); points < 0 || points > maximum {
			t.Fatalf("%s of %v is %v, out of range", s, maximum, points)
		}
		var shown int64
		if _, err := fmt.Sscan(s.PercentText(), &shown); err != nil {
			t.Fatal(err)
		}
		above := new(big.Rat).Sub(s.Percent(), big.NewRat(shown, 1))
		if above.Sign() < 0 || above.Cmp(one) >= 0 {
			t.Fatalf("%s is shown as %d", s, shown)
		}
	}
}

func TestAHigherScoreNeverEarnsFewerPoints(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	for range 2000 {
		a := newScore(big.NewRat(random.Int64N(41), 40))
		b := newScore(big.NewRat(random.Int64N(57), 56))
		if a.Cmp(b) > 0 {
			a, b = b, a
		}
		maximum := random.Float64() * 1000
		if a.Of(maximum) > b.Of(maximum) {
			t.Fatalf("%s ≤ %s, but %v > %v of %v", a, b, a.Of(maximum), b.Of(maximum), maximum)
		}
	}
}

func TestScoresAreShownInOneWay(t *testing.T) {
	for _, tc := range []struct {
		score               string
		text, points, typed string
		maximum             float64
	}{
		{"2/3", "66 of 100", "66.67 of 100", "66.67", 100},
		{"2/3", "66 of 100", "6.67 of 10", "66.67", 10},
		{"4/5", "80 of 100", "0.8 of 1", "80", 1},
		{"133/200", "66 of 100", "66.5 of 100", "66.5", 0}, // the platform has not said its maximum
		{"0/1", "0 of 100", "0 of 7.5", "0", 7.5},
		{"1/1", "100 of 100", "100 of 100", "100", -1},
	} {
		s, err := ParseScore(tc.score)
		if err != nil {
			t.Fatal(err)
		}
		if s.Text() != tc.text || s.PointsText(tc.maximum) != tc.points || s.DecimalText() != tc.typed {
			t.Errorf("%s of %v: %q, %q, %q, want %q, %q, %q", tc.score, tc.maximum, s.Text(), s.PointsText(tc.maximum), s.DecimalText(), tc.text, tc.points, tc.typed)
		}
	}
}
