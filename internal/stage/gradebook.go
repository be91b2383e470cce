package stage

import (
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A gradebookLine is the truth about the LMS in a sentence or two.
type gradebookLine struct {
	Tone tone
	Text string
	Poll string // where to ask again, empty when nothing will change by itself
}

// A tone picks the line's mark and colour.
type tone string

const (
	toneSent    tone = "sent"
	toneWaiting tone = "waiting"
	toneFailed  tone = "failed"
	tonePlain   tone = "plain"
)

// gradebook serves the line alone, for a page that waits.
func (s *Stage) gradebook(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	result, err := s.service.Result(r.Context(), v, sessionID(r))
	if err != nil {
		return err
	}
	return s.kit.RenderPart(w, http.StatusOK, s.pages, "result.html", "gradebook", gradebookOf(v, result))
}

func gradebookOf(v greenroom.Visit, r greenroom.Result) gradebookLine {
	l := sayGradebook(r.Scene.Session, r.Item, r.Passback, r.Scene.Play.Scenario)
	if l.Tone == toneWaiting {
		l.Poll = sessionPath(v, r.Scene.Session.ID, "/gradebook")
	}
	return l
}

// sayGradebook says what became of an ended session's score. item and p are
// the launch's line item and the learner's passback for it, nil if there is
// none.
func sayGradebook(session greenroom.Session, item *greenroom.LineItem, p *greenroom.Passback, sc greenroom.Scenario) gradebookLine {
	switch {
	case session.Standing != greenroom.Graded:
		return gradebookLine{Tone: tonePlain, Text: notGraded(session.Standing)}
	case p != nil && p.Override != nil && item != nil && item.ID == session.LineItem:
		return sayOverride(*item, *p)
	case session.Score == nil && !sc.Completion:
		return gradebookLine{Tone: tonePlain, Text: "Not graded here: nothing in this conversation could be scored."}
	case session.LineItem == "":
		return gradebookLine{Tone: tonePlain, Text: notGraded(greenroom.NoLineItem)}
	case item == nil || item.ID != session.LineItem || p == nil:
		return gradebookLine{Tone: tonePlain, Text: "This attempt was for a grade that the activity no longer has in your course."}
	}
	// Of two attempts with the same score, the one that raised the duty counts.
	if !session.EndedAt.Equal(p.WantedAt) {
		return sayOther(*item, *p, whichCounts[sc.Rule])
	}
	return sayOwn(*item, *p)
}

// sayOwn is for the attempt that counts.
func sayOwn(item greenroom.LineItem, p greenroom.Passback) gradebookLine {
	switch {
	case p.Posted != nil && *p.Posted == p.Wanted:
		return gradebookLine{Tone: toneSent, Text: "Sent to your course: " + p.Wanted.PointsText(item.Maximum) + "."}
	case p.State == greenroom.PassbackFailed:
		return gradebookLine{Tone: toneFailed, Text: "Your LMS did not take the score: your trainer can see why. It is kept here."}
	}
	text := "Waiting for your LMS. Your score is kept and will be sent by itself."
	if p.Posted != nil {
		text += " Until then " + p.Posted.PointsText(item.Maximum) + " stays in the gradebook."
	}
	return gradebookLine{Tone: toneWaiting, Text: text}
}

// whichCounts names the attempt that counts by a scenario's rule.
var whichCounts = map[greenroom.GradingRule]string{
	"": "best", greenroom.GradeBest: "best", greenroom.GradeLatest: "latest", greenroom.GradeFirst: "first",
}

// sayOverride is for a score that an instructor has decided about.
func sayOverride(item greenroom.LineItem, p greenroom.Passback) gradebookLine {
	l := gradebookLine{Tone: toneSent, Text: "Your instructor has taken the score out of the gradebook."}
	if p.Override.Score != nil {
		l.Text = "Your instructor has set your score: " + p.Override.Score.PointsText(item.Maximum) + "."
	}
	switch p.State {
	case greenroom.PassbackFailed:
		l.Tone, l.Text = toneFailed, l.Text+" Your LMS did not take that: your trainer can see why."
	case greenroom.PassbackWaiting:
		l.Tone, l.Text = toneWaiting, l.Text+" It is on its way to your LMS."
	}
	if p.Override.Comment != "" {
		l.Text += " “" + p.Override.Comment + "”"
	}
	return l
}

// sayOther is for an attempt beside the one that counts.
func sayOther(item greenroom.LineItem, p greenroom.Passback, which string) gradebookLine {
	best := "Your " + which + " of " + p.Wanted.PointsText(item.Maximum)
	switch {
	case p.Posted != nil && *p.Posted == p.Wanted:
		return gradebookLine{Tone: toneSent, Text: best + " stays in the gradebook."}
	case p.State == greenroom.PassbackFailed:
		return gradebookLine{Tone: toneFailed, Text: "Your LMS did not take your " + which + " of " + p.Wanted.PointsText(item.Maximum) + ": your trainer can see why. It is kept here."}
	}
	return gradebookLine{Tone: toneWaiting, Text: best + " is waiting for your LMS and will be sent by itself."}
}

// notGraded says why what is practised in a launch does not count in the LMS;
// empty where it does.
func notGraded(standing greenroom.Standing) string {
	switch standing {
	case greenroom.Preview:
		return "Not graded here: you teach this course, so this is a preview."
	case greenroom.TestUser:
		return "Not graded here: this is the test student of your LMS."
	case greenroom.Anonymous:
		return "Not graded here: your LMS did not say who you are."
	case greenroom.NoLineItem:
		return "Not graded here: this activity has no grade in your course."
	case greenroom.NoScope:
		return "Not graded here: your LMS does not let Greenroom send scores."
	}
	return ""
}
