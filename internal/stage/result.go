package stage

import (
	"fmt"
	"math"
	"net/http"
	"strconv"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

type resultPage struct {
	Visit     greenroom.Visit
	Result    greenroom.Result
	Character roleplay.Character
	Title     string
	Ending    string
	Scored    bool
	Percent   string
	Medal     roleplay.Medal
	MedalName string
	Ring      string // stroke-dasharray of the score's ring
	Well      []roleplay.ItemResult
	Next      []roleplay.ItemResult
	Items     []roleplay.ItemResult
	Lines     []line
	Gradebook gradebookLine
	Again     string
	Lobby     string
	Back      string // the way to the course, may be empty
}

// ringLength is the circumference of the score's ring, radius 52.
const ringLength = 2 * math.Pi * 52

func (s *Stage) result(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	result, err := s.service.Result(r.Context(), v, sessionID(r))
	if err != nil {
		return err
	}
	file := result.Scene.Play.File
	p := resultPage{
		Visit: v, Result: result, Character: file.Character, Title: file.Title,
		Ending: result.Scene.Talk.Ending, Lines: lines(result.Scene.Talk, file.Character.Name),
		Gradebook: s.gradebookLine(v, result), Again: path(v, "/sessions"), Lobby: path(v, ""), Back: v.Launch.ReturnURL,
	}
	if score := result.Scene.Session.Score; score != nil {
		p.Scored, p.Percent, p.Medal = true, score.PercentText(), score.Medal()
		p.MedalName = medalName(p.Medal)
		p.Ring = fmt.Sprintf("%.2f %.2f", score.Of(1)*ringLength, ringLength)
	}
	p.sort(result.Assessment.Items)
	return s.kit.Render(w, r, http.StatusOK, s.pages, "result.html", p)
}

// sort puts the items under what went well and what to try next time.
func (p *resultPage) sort(items []roleplay.ItemResult) {
	for _, i := range items {
		if !i.Relevant {
			continue
		}
		p.Items = append(p.Items, i)
		if i.Grade == roleplay.Good {
			p.Well = append(p.Well, i)
		} else {
			p.Next = append(p.Next, i)
		}
	}
}

func medalName(m roleplay.Medal) string {
	switch m {
	case roleplay.Gold:
		return "Gold medal"
	case roleplay.Silver:
		return "Silver medal"
	case roleplay.Bronze:
		return "Bronze medal"
	}
	return "No medal yet: bronze begins at 50"
}

// A gradebookLine is the truth about the LMS in one sentence.
type gradebookLine struct {
	Tone string // ok, wait, bad, plain
	Text string
	Poll string // where to ask again, empty when nothing will change
}

func (s *Stage) gradebook(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	result, err := s.service.Result(r.Context(), v, sessionID(r))
	if err != nil {
		return err
	}
	return s.kit.RenderPart(w, http.StatusOK, s.pages, "result.html", "gradebook", s.gradebookLine(v, result))
}

func (s *Stage) gradebookLine(v greenroom.Visit, r greenroom.Result) gradebookLine {
	session := r.Scene.Session
	switch {
	case session.Standing != greenroom.Graded:
		return gradebookLine{Tone: "plain", Text: notGraded(session.Standing)}
	case session.Score == nil:
		return gradebookLine{Tone: "plain", Text: "Nothing in this talk could be scored, so nothing was sent."}
	case r.Passback == nil || r.Item == nil:
		return gradebookLine{Tone: "plain", Text: "Not graded here: this launch has no grade in your course."}
	}
	p := *r.Passback
	switch {
	case session.Score.Cmp(p.Wanted) < 0:
		if p.Posted != nil && p.Posted.Cmp(p.Wanted) == 0 {
			return gradebookLine{Tone: "ok", Text: "Your best, " + points(p.Wanted, *r.Item) + ", stays in the gradebook."}
		}
		return gradebookLine{Tone: "plain", Text: "Your best, " + points(p.Wanted, *r.Item) + ", is the one that counts."}
	case p.Posted != nil && p.Posted.Cmp(*session.Score) >= 0:
		return gradebookLine{Tone: "ok", Text: "Sent to your course: " + points(*p.Posted, *r.Item) + "."}
	case p.State == greenroom.PassbackFailed:
		return gradebookLine{Tone: "bad", Text: "Your LMS did not take the score. It is kept here, and your trainer can see why."}
	}
	return gradebookLine{
		Tone: "wait", Text: "Waiting for your LMS. Your score is kept and goes out by itself.",
		Poll: sessionPath(v, session.ID, "/gradebook"),
	}
}

// points are what the LMS shows: of the column's maximum, two decimals at most.
func points(score roleplay.Score, item greenroom.LineItem) string {
	maximum := item.Maximum
	if maximum == 0 {
		maximum = 100
	}
	number := func(x float64) string { return strconv.FormatFloat(math.Round(x*100)/100, 'f', -1, 64) }
	return number(score.Of(maximum)) + " of " + number(maximum)
}
