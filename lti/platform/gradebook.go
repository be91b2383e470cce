package platform

import (
	"errors"
	"slices"
	"time"
)

// An item is a column of the gradebook.
type item struct {
	ID, course, link, tool, label string
	n                             int
	coupled                       bool // came with its link
	unlinked                      bool // the tool has dropped resourceLinkId: it is no longer shown
	maximum                       float64
	resourceID, tag               string
	review                        *Review
	locked                        bool
	grades                        map[string]*Grade // by user ID
	received                      []Score
}

// newItem adds a column. Hold the lock.
func (p *Platform) newItem(course, tool string) *item {
	i := &item{ID: p.longID("item"), course: course, tool: tool, n: p.last, grades: map[string]*Grade{}}
	p.items[i.ID] = i
	return i
}

// A Grade is what stands in the gradebook.
type Grade struct {
	Given   float64 // of the column's maximum
	Set     bool    // false: wiped, or never graded
	Comment string
	Stamp   time.Time
	// Overridden by a teacher: scores no longer change what is shown.
	Overridden bool
}

// A Score is one that was posted and accepted, as it came (AGS 2.0 §3.4.8).
type Score struct {
	User             string   `json:"userId"`
	Given            *float64 `json:"scoreGiven"`
	Maximum          *float64 `json:"scoreMaximum"`
	ActivityProgress string   `json:"activityProgress"`
	GradingProgress  string   `json:"gradingProgress"`
	Timestamp        string   `json:"timestamp"`
	Comment          string   `json:"comment"`
	ScoringUser      string   `json:"scoringUserId"`
	Submission       struct {
		StartedAt   string `json:"startedAt"`
		SubmittedAt string `json:"submittedAt"`
	} `json:"submission"`
}

// A Column is a line item as a teacher sees it.
type Column struct {
	Item            string // its ID
	Link            string // empty for one that belongs to none
	Title           string
	ResourceID, Tag string
	Maximum         float64
	Grades          map[string]Grade // by user ID
}

// Gradebook returns a course's columns in the order of their links.
func (p *Platform) Gradebook(course string) []Column {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Column
	for _, i := range p.itemsOf(course) {
		c := Column{Item: i.ID, Link: i.link, Title: i.label, ResourceID: i.resourceID, Tag: i.tag, Maximum: i.maximum, Grades: map[string]Grade{}}
		for user, g := range i.grades {
			c.Grades[user] = *g
		}
		all = append(all, c)
	}
	return all
}

// Scores returns the accepted scores of a link, in the order in which they
// came.
func (p *Platform) Scores(link string) []Score {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.links[link]
	if l == nil || p.items[l.item] == nil {
		return nil
	}
	return slices.Clone(p.items[l.item].received)
}

func (p *Platform) itemsOf(course string) []*item {
	var all []*item
	for _, i := range p.items {
		if i.course == course {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b *item) int { return a.n - b.n })
	return all
}

// Lock closes an activity's column: scores are refused until it is opened
// again.
func (p *Platform) Lock(link string, locked bool) error {
	return p.column(link, func(i *item) { i.locked = locked })
}

// Override sets a grade by hand, as a teacher does in the gradebook: what tools
// send no longer shows. A nil grade takes it back.
func (p *Platform) Override(link, user string, given *float64) error {
	return p.column(link, func(i *item) {
		g := i.grades[user]
		if g == nil {
			g = &Grade{}
			i.grades[user] = g
		}
		g.Overridden = given != nil
		if given != nil {
			g.Given, g.Set = *given, true
		}
	})
}

func (p *Platform) column(link string, change func(*item)) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.links[link]
	if l == nil || p.items[l.item] == nil {
		return errors.New("the activity is not graded")
	}
	change(p.items[l.item])
	return nil
}
