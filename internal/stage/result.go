package stage

import (
	"cmp"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// shownPoints is how much praise and advice a person can take in at once; all
// of it stands item by item below.
const shownPoints = 3

type resultPage struct {
	Title     string
	Ending    string // what the script calls it; may be empty
	Character roleplay.Character
	Score     *roleplay.Score // nil when nothing could be scored
	Ring      ring
	Well      []item // the best first
	Next      []item // what would gain most, first
	Items     []item // all that were relevant, in the rubric's order
	Apart     []string
	Lines     []line
	Gradebook gradebookLine

	Again                 string // empty if the session was another activity's
	Lobby, Practice, Here string
	Back                  string // the way to the course, may be empty
}

// An item is one thing that was looked at, and how it went.
type item struct {
	roleplay.ItemResult
	ID      string // of its card
	Moments []moment
}

// Words is what the rubric says of the grade.
func (i item) Words() string { return i.Item.Describe(i.Grade) }

// Praise is what was good about it: the script's own words for the moment, if
// it has any, else the rubric's.
func (i item) Praise() string {
	for _, m := range i.Moments {
		if m.Grade == roleplay.Good && m.Why != "" {
			return m.Why
		}
	}
	return i.Item.Good
}

// A moment is where in the talk a grade was earned.
type moment struct {
	Grade roleplay.Grade
	Quote string // the line itself
	Why   string // may be empty
	Link  string // to the line
}

func (s *Stage) result(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	result, err := s.service.Result(r.Context(), v, sessionID(r))
	if err != nil {
		return err
	}
	return s.kit.Render(w, r, http.StatusOK, s.pages, "result.html", newResult(v, result))
}

func newResult(v greenroom.Visit, r greenroom.Result) resultPage {
	session, talk, file := r.Scene.Session, r.Scene.Talk, r.Scene.Play.File
	p := resultPage{
		Title: file.Title, Ending: talk.Ending, Character: file.Character,
		Score: session.Score, Lines: lines(talk, file.Character.Name), Gradebook: gradebookOf(v, r),
		Lobby: path(v, ""), Practice: path(v, "/practice"), Here: sessionPath(v, session.ID, "/result"),
		Back: v.Launch.ReturnURL,
	}
	if session.Link == v.Launch.Link && session.Scenario == v.Scenario.ID {
		p.Again = path(v, "/sessions")
	}
	if p.Score != nil {
		p.Ring = ringOf(*p.Score)
	}
	p.look(r.Assessment.Items)
	return p
}

// look spreads the items over the page: praise, advice, the items themselves,
// and the grades under the lines that earned them.
func (p *resultPage) look(results []roleplay.ItemResult) {
	for n, result := range results {
		if !result.Relevant {
			p.Apart = append(p.Apart, result.Item.Name)
			continue
		}
		i := item{ItemResult: result, ID: "item-" + strconv.Itoa(n+1)}
		for _, m := range result.Marks {
			i.Moments = append(i.Moments, p.moment(m))
			if turn := p.turn(m.Turn); turn != nil {
				turn.Earned = append(turn.Earned, earned{m.Grade, result.Item.Name, "#" + i.ID})
			}
		}
		p.Items = append(p.Items, i)
		if i.Grade == roleplay.Good {
			p.Well = append(p.Well, i)
		} else {
			p.Next = append(p.Next, i)
		}
	}
	slices.SortStableFunc(p.Well, func(a, b item) int { return b.Value.Cmp(a.Value) })
	slices.SortStableFunc(p.Next, func(a, b item) int { return a.Value.Cmp(b.Value) })
	p.Well = p.Well[:min(len(p.Well), shownPoints)]
	p.Next = p.Next[:min(len(p.Next), shownPoints)]
}

// turn returns the line of a turn, nil if the talk has none: a script may mark
// what has no words.
func (p *resultPage) turn(index int) *line {
	for i := range p.Lines {
		if p.Lines[i].Index == index {
			return &p.Lines[i]
		}
	}
	return nil
}

func (p *resultPage) moment(m roleplay.Mark) moment {
	shown := moment{Grade: m.Grade, Why: m.Why}
	if l := p.turn(m.Turn); l != nil {
		shown.Quote, shown.Link = l.Text, lineLink(m.Turn)
	}
	return shown
}

// Medal is what the score earned.
func (p resultPage) Medal() roleplay.Medal {
	if p.Score == nil {
		return roleplay.None
	}
	return p.Score.Medal()
}

// MedalName says it, or how far the first one is.
func (p resultPage) MedalName() string {
	return cmp.Or(medalNames[p.Medal()], "No medal yet: bronze begins at 50")
}

var medalNames = map[roleplay.Medal]string{
	roleplay.Gold: "Gold medal", roleplay.Silver: "Silver medal", roleplay.Bronze: "Bronze medal",
}

// A ring draws a score as a part of a circle.
type ring struct {
	Dashes string // stroke-dasharray: the part, then the rest
	Empty  bool   // nothing to draw: a dash of no length would still show its caps
}

// ringRadius is that of the circle in the template, in its own units.
const ringRadius = 52

func ringOf(score roleplay.Score) ring {
	length := 2 * math.Pi * ringRadius
	part := score.Of(length)
	return ring{Dashes: fmt.Sprintf("%.1f %.1f", part, length), Empty: part == 0}
}
