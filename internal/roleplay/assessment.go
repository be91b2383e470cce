package roleplay

import "math/big"

// A Grade is how well an item was done: good counts 1, fair ½, poor 0.
type Grade string

// The grades. An item that was not relevant has none: "".
const (
	Good Grade = "good"
	Fair Grade = "fair"
	Poor Grade = "poor"
)

var values = map[Grade]*big.Rat{
	Good: big.NewRat(1, 1),
	Fair: big.NewRat(1, 2),
	Poor: new(big.Rat),
}

// A Mark is one grade that a talk earned for one item.
type Mark struct {
	Item  string // Item.ID
	Grade Grade
	Turn  int    // Turn.Index of the reply that earned it; of the line that carries it, before the first reply
	Why   string // may be empty
}

// An Assessment is a talk held against a rubric.
type Assessment struct {
	Score  Score        // the mean over the items that were relevant
	Scored bool         // false when none was
	Items  []ItemResult // all items, in the rubric's order
}

// An ItemResult is how one item went.
type ItemResult struct {
	Criterion Criterion
	Item      Item
	Relevant  bool
	Grade     Grade  // the grade nearest to Value, the lower one of two; empty if not relevant
	Value     Score  // the mean of the marks; 0 if not relevant
	Marks     []Mark // empty for a required item that the talk left out
}

// Assess grades a talk. An item's value is the mean of its marks. An item
// without marks is not relevant, unless it is required: then it is poor. Marks
// that name no item of the rubric do not count.
func (r Rubric) Assess(marks []Mark) Assessment {
	byItem := map[string][]Mark{}
	for _, m := range marks {
		byItem[m.Item] = append(byItem[m.Item], m)
	}
	var a Assessment
	sum, relevant := new(big.Rat), int64(0)
	for _, c := range r.Criteria {
		for _, item := range c.Items {
			result := item.assess(byItem[item.ID])
			result.Criterion = c
			a.Items = append(a.Items, result)
			if result.Relevant {
				sum.Add(sum, result.Value.rat())
				relevant++
			}
		}
	}
	if relevant > 0 {
		a.Scored = true
		a.Score = newScore(sum.Quo(sum, big.NewRat(relevant, 1)))
	}
	return a
}

func (i Item) assess(marks []Mark) ItemResult {
	result := ItemResult{Item: i, Marks: marks, Relevant: len(marks) > 0 || i.Required}
	if len(marks) > 0 {
		sum := new(big.Rat)
		for _, m := range marks {
			sum.Add(sum, values[m.Grade])
		}
		result.Value = newScore(sum.Quo(sum, big.NewRat(int64(len(marks)), 1)))
	}
	if result.Relevant {
		result.Grade = nearest(result.Value.rat())
	}
	return result
}

// nearest returns the grade to show for a value. Halfway between two it is the
// lower one, as percentages are rounded down.
func nearest(value *big.Rat) Grade {
	switch {
	case value.Cmp(big.NewRat(3, 4)) > 0:
		return Good
	case value.Cmp(big.NewRat(1, 4)) > 0:
		return Fair
	}
	return Poor
}
