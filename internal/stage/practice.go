package stage

import (
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

type practicePage struct {
	Scenarios []practised
	Lobby     string
}

// A practised scenario is one section of the page.
type practised struct {
	Title    string
	Best     *roleplay.Score
	Chart    *chart // nil for fewer than two scores
	Grades   []string
	Attempts []pastAttempt
	Earlier  int // attempts beyond those shown
}

// A pastAttempt is one line about an ended session.
type pastAttempt struct {
	greenroom.PastSession
	URL string
}

// practice shows what the learner has practised, in whichever activity.
func (s *Stage) practice(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	all, err := s.service.Practice(r.Context(), v)
	if err != nil {
		return err
	}
	p := practicePage{Lobby: path(v, "")}
	for _, x := range all {
		p.Scenarios = append(p.Scenarios, newPractised(v, x))
	}
	return s.kit.Render(w, r, http.StatusOK, s.pages, "practice.html", p)
}

func newPractised(v greenroom.Visit, x greenroom.Practised) practised {
	p := practised{Title: x.Title, Best: x.Best, Chart: newChart(x.Attempts)}
	for _, a := range x.Attempts[:min(len(x.Attempts), shownAttempts)] {
		p.Attempts = append(p.Attempts, pastAttempt{a, sessionPath(v, a.ID, "/result")})
	}
	p.Earlier = len(x.Attempts) - len(p.Attempts)
	for _, g := range x.Grades {
		p.Grades = append(p.Grades, sayGrade(g))
	}
	return p
}

// sayGrade says what one gradebook has, or will have.
func sayGrade(g greenroom.PassbackRow) string {
	place := ""
	if g.ActivityName != "" {
		place = " for “" + g.ActivityName + "”"
	}
	switch {
	case g.Posted != nil:
		return "In the gradebook" + place + ": " + g.Posted.PointsText(g.Maximum) + "."
	case g.State == greenroom.PassbackFailed:
		return "Not in the gradebook" + place + ": your LMS did not take the score. Your trainer can see why."
	}
	return "On its way to the gradebook" + place + ": " + g.Wanted.PointsText(g.Maximum) + "."
}

// A chart draws scores one after the other, the oldest at the left.
type chart struct {
	Line   string // points of a polyline
	Dots   []dot
	Label  string // what it shows, in words
	Bronze string // the height of each medal's line
	Silver string
	Gold   string
}

type dot struct {
	X, Y  string
	Medal roleplay.Medal
}

// The chart's own units. It is stretched to the width of the page.
const (
	chartWidth  = 320
	chartHeight = 96
	chartEdge   = 8 // around the outermost dots
	// chartedScores is how many scores are told apart: the newest.
	chartedScores = 30
)

// newChart takes attempts, the newest first.
func newChart(attempts []greenroom.PastSession) *chart {
	var scores []roleplay.Score
	for _, a := range attempts {
		if a.Score != nil && len(scores) < chartedScores {
			scores = append(scores, *a.Score)
		}
	}
	if len(scores) < 2 {
		return nil
	}
	slices.Reverse(scores)
	c := &chart{Bronze: chartY(50), Silver: chartY(75), Gold: chartY(90)}
	var line, words []string
	for i, score := range scores {
		x := chartEdge + float64(i)*(chartWidth-2*chartEdge)/float64(len(scores)-1)
		d := dot{X: fmt.Sprintf("%.1f", x), Y: chartY(score.Of(100)), Medal: score.Medal()}
		c.Dots = append(c.Dots, d)
		line, words = append(line, d.X+","+d.Y), append(words, score.PercentText())
	}
	c.Line = strings.Join(line, " ")
	c.Label = fmt.Sprintf("Your last %d scores, the oldest first: %s.", len(words), strings.Join(words, ", "))
	return c
}

// chartY is the height of a percentage.
func chartY(percent float64) string {
	return fmt.Sprintf("%.1f", chartHeight-chartEdge-percent*(chartHeight-2*chartEdge)/100)
}
