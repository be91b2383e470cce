package stage

import (
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/web"
)

type lobbyPage struct {
	Visit    greenroom.Visit
	Lobby    greenroom.Lobby
	File     *roleplay.Scenario
	Begin    string
	Standing string // why scores do not count, empty if they do
	Attempts []attempt
	Best     string
	Medal    roleplay.Medal
}

// An attempt is one line about an ended session.
type attempt struct {
	Session greenroom.Session
	Percent string
	Medal   roleplay.Medal
	URL     string
}

const shownAttempts = 10

func (s *Stage) lobby(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	l, err := s.service.Lobby(r.Context(), v)
	if err != nil {
		return err
	}
	p := lobbyPage{Visit: v, Lobby: l, File: l.Play.File, Begin: path(v, "/sessions"), Standing: notGraded(v.Launch.Standing)}
	if l.Best != nil {
		p.Best, p.Medal = l.Best.PercentText(), l.Best.Medal()
	}
	for _, past := range l.Past {
		if len(p.Attempts) == shownAttempts {
			break
		}
		a := attempt{Session: past, URL: sessionPath(v, past.ID, "/result")}
		if past.Score != nil {
			a.Percent, a.Medal = past.Score.PercentText(), past.Score.Medal()
		}
		p.Attempts = append(p.Attempts, a)
	}
	return s.kit.Render(w, r, http.StatusOK, s.pages, "lobby.html", p)
}

func (s *Stage) begin(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	session, err := s.service.Begin(r.Context(), v)
	if err != nil {
		return err
	}
	return web.Redirect(w, r, sessionPath(v, session.ID, ""))
}

// notGraded says why what is practised here does not count in the LMS.
func notGraded(standing greenroom.Standing) string {
	switch standing {
	case greenroom.Preview:
		return "Not graded here: you teach this course, so this is a preview."
	case greenroom.TestUser:
		return "Not graded here: this is your LMS's test student."
	case greenroom.NoLineItem:
		return "Not graded here: this activity has no grade in your course."
	case greenroom.NoScope:
		return "Not graded here: your LMS does not let Greenroom send scores."
	}
	return ""
}
