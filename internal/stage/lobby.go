package stage

import (
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// shownAttempts bounds the list of earlier attempts.
const shownAttempts = 10

type lobbyPage struct {
	Title     string
	brief     // what the scenario is about
	Begin     string
	Open      *greenroom.Session // an attempt to go on with
	Standing  string             // why scores do not count, empty if they do
	Attempts  []attempt
	Earlier   int // attempts beyond those shown
	Best      *roleplay.Score
	Gradebook string // what the LMS has, empty before it has anything
	Back      string // the way to the course, may be empty
	Practice  string // the learner's practice in every activity
	Class     string // how the class is doing; empty for those who do not teach it
}

// Action is what the button of the page does.
func (p lobbyPage) Action() string {
	switch {
	case p.Open != nil:
		return "Continue"
	case len(p.Attempts) > 0:
		return "Practise again"
	}
	return "Start practising"
}

// An attempt is one line about an ended session.
type attempt struct {
	greenroom.Session
	URL string
}

func (s *Stage) lobby(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	l, err := s.service.Lobby(r.Context(), v)
	if err != nil {
		return err
	}
	about, err := s.briefs.of(s.pages, l.Play.File)
	if err != nil {
		return err
	}
	p := lobbyPage{
		Title: l.Play.File.Title, brief: about, Begin: path(v, "/sessions"), Open: l.Open, Standing: notGraded(v.Launch.Standing),
		Best: l.Best, Back: v.Launch.ReturnURL, Practice: path(v, "/practice"),
	}
	if v.Teaches() {
		p.Class = web.CoursePath(v, "/class")
	}
	if l.Passback != nil && l.Passback.Posted != nil && l.Item != nil {
		p.Gradebook = l.Passback.Posted.PointsText(l.Item.Maximum)
	}
	for _, past := range l.Past[:min(len(l.Past), shownAttempts)] {
		p.Attempts = append(p.Attempts, attempt{past, sessionPath(v, past.ID, "/result")})
	}
	p.Earlier = len(l.Past) - len(p.Attempts)
	return s.kit.Render(w, r, http.StatusOK, s.pages, "lobby.html", p)
}

func (s *Stage) begin(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	session, err := s.service.Begin(r.Context(), v)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, sessionPath(v, session.ID, ""))
}
