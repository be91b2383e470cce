package roleplay

// A Rubric says what is looked at in a talk.
type Rubric struct {
	Criteria []Criterion
}

// A Criterion groups items. It has no weight of its own: the score is the mean
// over items.
type Criterion struct {
	Name  string
	Items []Item
}

// An Item is one thing that a talk can do well or badly.
type Item struct {
	ID   string // what the tags of the script call it
	Name string

	// What each grade looks like.
	Good, Fair, Poor string

	// Required makes an item poor, and not irrelevant, in a talk that never
	// marked it.
	Required bool
}

// Describe returns the item's description of a grade.
func (i Item) Describe(g Grade) string {
	switch g {
	case Good:
		return i.Good
	case Fair:
		return i.Fair
	case Poor:
		return i.Poor
	}
	return ""
}

// Item finds an item by its ID.
func (r Rubric) Item(id string) (Item, bool) {
	for _, item := range r.items() {
		if item.ID == id {
			return item, true
		}
	}
	return Item{}, false
}

func (r Rubric) items() []Item {
	var all []Item
	for _, c := range r.Criteria {
		all = append(all, c.Items...)
	}
	return all
}
