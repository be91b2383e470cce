package stage

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/web"
)

type rehearsalPage struct {
	Title     string
	Objective string
	Character roleplay.Character
	Lines     []line
	Replies   []reply
	Turn      int // the number of replies given: what the next one names
	Ended     bool
	Problem   string // why the last reply was not taken; usually empty

	Picks, Result, Leave string // where replies go, where the talk leads, the way out
}

// Next is the number of the reply to come, from 1.
func (p rehearsalPage) Next() int { return p.Turn + 1 }

// Opening tells that nobody has replied yet.
func (p rehearsalPage) Opening() bool { return p.Turn == 0 && !p.Ended }

func newRehearsal(v greenroom.Visit, scene greenroom.Scene) rehearsalPage {
	file := scene.Play.File
	return rehearsalPage{
		Title: file.Title, Objective: file.Objective, Character: file.Character,
		Lines: lines(scene.Talk, file.Character.Name), Replies: replies(scene.Talk),
		Turn: scene.Turn, Ended: scene.Session.Ended(),
		Picks:  sessionPath(v, scene.Session.ID, "/picks"),
		Result: sessionPath(v, scene.Session.ID, "/result"),
		Leave:  path(v, ""),
	}
}

// rehearsal shows the talk as far as it has come, also one that has ended: its
// last lines are part of it.
func (s *Stage) rehearsal(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	scene, err := s.service.Scene(r.Context(), v, sessionID(r))
	if err != nil {
		return err
	}
	return s.kit.Render(w, r, http.StatusOK, s.pages, "rehearsal.html", newRehearsal(v, scene))
}

func (s *Stage) pick(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	turn, choice, err := readPick(r)
	if err != nil {
		return err
	}
	scene, err := s.service.Pick(r.Context(), v, sessionID(r), turn, choice)
	if bad, ok := errors.AsType[*greenroom.Invalid](err); ok {
		return s.refusePick(w, r, v, bad)
	}
	if err != nil {
		return err
	}
	if isFragment(r) {
		return s.kit.RenderPart(w, http.StatusOK, s.pages, "rehearsal.html", "talk", newRehearsal(v, scene))
	}
	return web.Redirect(w, r, sessionPath(v, scene.Session.ID, "")+latest(scene.Talk))
}

// latest is the fragment of the learner's last reply, where reading goes on.
func latest(talk roleplay.Talk) string {
	for _, t := range slices.Backward(talk.Turns) {
		if t.Speaker == roleplay.Learner {
			return lineLink(t.Index)
		}
	}
	return ""
}

// noReply is a choice that is never on offer: what cannot be read is refused
// as any other reply that is not.
const noReply = -1

func readPick(r *http.Request) (turn, choice int, err error) {
	if err := web.ReadForm(r); err != nil {
		return 0, 0, err
	}
	turn, errTurn := strconv.Atoi(r.PostForm.Get("turn"))
	choice, errChoice := strconv.Atoi(r.PostForm.Get("choice"))
	if errTurn != nil || errChoice != nil || turn < 0 {
		// A turn that cannot be read must not look like an old one.
		return maxTurn, noReply, nil
	}
	return turn, choice, nil
}

// maxTurn is later than every turn of a talk.
const maxTurn = 1 << 30

// refusePick shows the talk as it is, with what was wrong.
func (s *Stage) refusePick(w http.ResponseWriter, r *http.Request, v greenroom.Visit, bad *greenroom.Invalid) error {
	scene, err := s.service.Scene(r.Context(), v, sessionID(r))
	if err != nil {
		return err
	}
	p := newRehearsal(v, scene)
	p.Problem = bad.Of("choice")
	if isFragment(r) {
		return s.kit.RenderPart(w, http.StatusUnprocessableEntity, s.pages, "rehearsal.html", "talk", p)
	}
	return s.kit.Render(w, r, http.StatusUnprocessableEntity, s.pages, "rehearsal.html", p)
}
