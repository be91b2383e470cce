package roleplay

import (
	"fmt"
	"math"
	"math/big"
	"regexp"
	"strconv"
)

// A Score is an exact fraction from 0 to 1. The zero value is 0. Scores can be
// compared with ==.
type Score struct {
	fraction string // in lowest terms, as in 17/24; empty for 0
}

var fraction = regexp.MustCompile(`^[0-9]{1,400}/[0-9]{1,400}$`)

// FullScore is all there is: 100 percent.
var FullScore = Score{"1/1"}

// ParseScore reads what String wrote.
func ParseScore(text string) (Score, error) {
	if !fraction.MatchString(text) {
		return Score{}, fmt.Errorf("score %.40q: not a fraction such as 17/24", text)
	}
	r, ok := new(big.Rat).SetString(text)
	if !ok || r.Cmp(one) > 0 {
		return Score{}, fmt.Errorf("score %.40q: not between 0 and 1", text)
	}
	return newScore(r), nil
}

var one = big.NewRat(1, 1)

// newScore expects a value from 0 to 1.
func newScore(r *big.Rat) Score {
	if r.Sign() == 0 {
		return Score{}
	}
	return Score{r.String()}
}

func (s Score) rat() *big.Rat {
	r := new(big.Rat)
	if s.fraction != "" {
		r.SetString(s.fraction)
	}
	return r
}

// String returns the fraction in lowest terms, as in "17/24", "0/1" or "1/1",
// for ParseScore.
func (s Score) String() string { return s.rat().String() }

// Cmp returns -1, 0 or +1, as s is lower than, equal to, or higher than other.
func (s Score) Cmp(other Score) int { return s.rat().Cmp(other.rat()) }

// Percent returns the exact percentage, from 0 to 100. The caller may change it.
func (s Score) Percent() *big.Rat { return new(big.Rat).Mul(s.rat(), big.NewRat(100, 1)) }

// PercentText returns the whole percents for people, rounded down: "66" for
// 2/3. A score is never shown as more than it is.
func (s Score) PercentText() string {
	p := s.Percent()
	return new(big.Int).Quo(p.Num(), p.Denom()).String()
}

// Text is how a score is shown to people wherever it is one of Greenroom's own:
// in whole percents, rounded down, as in "66 of 100".
func (s Score) Text() string { return s.PercentText() + " of 100" }

// PointsText is how a score is shown as a grade of an LMS, whose points it
// has: as in "8 of 10", see PointsText. A maximum that is not known counts as
// 100.
func (s Score) PointsText(maximum float64) string {
	if !(maximum > 0) {
		maximum = 100
	}
	return PointsText(s.Of(maximum), maximum)
}

// PointsText shows points of a maximum as LMSes do, with two decimals at most:
// "8 of 10", "66.67 of 100".
func PointsText(points, maximum float64) string { return decimal(points) + " of " + decimal(maximum) }

// DecimalText is the percentage with two decimals at most, as a person types
// it: "66.5".
func (s Score) DecimalText() string { return decimal(s.Of(100)) }

func decimal(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) }

// Of returns the score as points of a maximum: 4/5 of 10 is 8, of 1 is 0.8. The
// maximum counts as the decimal number that it is written as, so no noise of
// binary fractions gets in. A maximum that is no positive number gives 0.
func (s Score) Of(maximum float64) float64 {
	if !(maximum > 0) || math.IsInf(maximum, 0) {
		return 0
	}
	m, ok := new(big.Rat).SetString(strconv.FormatFloat(maximum, 'g', -1, 64))
	if !ok {
		return 0
	}
	points, _ := m.Mul(m, s.rat()).Float64()
	return points
}

// A Medal is what a score earns.
type Medal string

// The medals; None is empty.
const (
	None   Medal = ""
	Bronze Medal = "bronze" // from 50 percent
	Silver Medal = "silver" // from 75
	Gold   Medal = "gold"   // from 90
)

var medals = []struct {
	medal Medal
	from  *big.Rat
}{
	{Gold, big.NewRat(9, 10)},
	{Silver, big.NewRat(3, 4)},
	{Bronze, big.NewRat(1, 2)},
}

// Medal follows the exact value: 89.99 percent is silver.
func (s Score) Medal() Medal {
	for _, m := range medals {
		if s.rat().Cmp(m.from) >= 0 {
			return m.medal
		}
	}
	return None
}
