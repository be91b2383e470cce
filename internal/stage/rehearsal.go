package stage

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/web"
)

type rehearsalPage struct {
	Visit     greenroom.Visit
	Scene     greenroom.Scene
	Character roleplay.Character
	Objective string
	Lines     []line
	Replies   []reply
	Next      int    // the number of the reply to come, from 1
	Picks     string // where replies go
	Result    string
	Leave     string
	Problem   string
}

// A line is one bubble.
type line struct {
	roleplay.Turn
	Speaker string // as in CSS and for screen readers
	Name    string
	First   bool // of its speaker in a row: shows the portrait
}

// A reply is one button.
type reply struct {
	roleplay.Choice
	Key string // 1 to 9; later ones have none
}

func replies(talk roleplay.Talk) []reply {
	var all []reply
	for i, c := range talk.Choices {
		r := reply{Choice: c}
		if i < 9 {
			r.Key = strconv.Itoa(i + 1)
		}
		all = append(all, r)
	}
	return all
}

func lines(talk roleplay.Talk, character string) []line {
	var all []line
	for i, t := range talk.Turns {
		l := line{Turn: t, Speaker: string(t.Speaker), First: i == 0 || talk.Turns[i-1].Speaker != t.Speaker}
		switch t.Speaker {
		case roleplay.Learner:
			l.Name = "You"
		case roleplay.CharacterSpeaker:
			l.Name = character
		}
		all = append(all, l)
	}
	return all
}

func (s *Stage) rehearsal(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	scene, err := s.service.Scene(r.Context(), v, sessionID(r))
	if err != nil {
		return err
	}
	if scene.Session.Ended() {
		return web.Redirect(w, r, sessionPath(v, scene.Session.ID, "/result"))
	}
	return s.kit.Render(w, r, http.StatusOK, s.pages, "rehearsal.html", newRehearsal(v, scene))
}

func newRehearsal(v greenroom.Visit, scene greenroom.Scene) rehearsalPage {
	file := scene.Play.File
	return rehearsalPage{
		Visit: v, Scene: scene, Character: file.Character, Objective: file.Objective,
		Lines: lines(scene.Talk, file.Character.Name), Replies: replies(scene.Talk), Next: scene.Turn + 1,
		Picks:  sessionPath(v, scene.Session.ID, "/picks"),
		Result: sessionPath(v, scene.Session.ID, "/result"),
		Leave:  path(v, ""),
	}
}

// fragment tells that the page's script asks and wants the talk alone.
func fragment(r *http.Request) bool { return r.Header.Get("X-Requested-With") == "fetch" }

func (s *Stage) pick(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	turn, err1 := strconv.Atoi(r.PostForm.Get("turn"))
	choice, err2 := strconv.Atoi(r.PostForm.Get("choice"))
	if errors.Join(err1, err2) != nil || turn < 0 {
		choice = -1 // no reply that can be on offer
	}
	scene, err := s.service.Pick(r.Context(), v, sessionID(r), turn, choice)
	if bad, ok := errors.AsType[*greenroom.Invalid](err); ok {
		return s.refusePick(w, r, v, bad)
	}
	if err != nil {
		return err
	}
	if fragment(r) {
		return s.kit.RenderPart(w, http.StatusOK, s.pages, "rehearsal.html", "talk", newRehearsal(v, scene))
	}
	return web.Redirect(w, r, sessionPath(v, scene.Session.ID, ""))
}

// refusePick shows the talk as it is, with what was wrong.
func (s *Stage) refusePick(w http.ResponseWriter, r *http.Request, v greenroom.Visit, bad *greenroom.Invalid) error {
	scene, err := s.service.Scene(r.Context(), v, sessionID(r))
	if err != nil {
		return err
	}
	p := newRehearsal(v, scene)
	p.Problem = bad.Of("choice")
	if fragment(r) {
		return s.kit.RenderPart(w, http.StatusUnprocessableEntity, s.pages, "rehearsal.html", "talk", p)
	}
	return s.kit.Render(w, r, http.StatusUnprocessableEntity, s.pages, "rehearsal.html", p)
}
