package course

import (
	"cmp"
	"errors"
	"net/http"
	"strconv"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

func pickPath(v greenroom.Visit, tail string) string { return web.CoursePath(v, "/pick"+tail) }

// A picker is a request to the picker, with what it was opened for.
type picker struct {
	visit  greenroom.Visit
	course greenroom.Context // zero outside of any
	asked  lti.DeepLinking
	picking
}

// Multiple tells whether several scenarios can be picked.
func (p picker) Multiple() bool { return p.asked.AcceptMultiple }

// Ungraded tells that the LMS has said that it ignores grades here.
func (p picker) Ungraded() bool { return p.asked.IgnoresLineItems() }

// Course is the name of what the activities will be in, empty if it is not
// known.
func (p picker) Course() string {
	return cmp.Or(p.course.Title, p.course.Label)
}

// Workspace is the name of the practice room.
func (p picker) Workspace() string { return p.visit.Workspace.Name }

// Paths of the picker's pages.
func (p picker) List() string     { return pickPath(p.visit, "") }
func (p picker) Settings() string { return pickPath(p.visit, "/items") }
func (p picker) Answer() string   { return pickPath(p.visit, "/answer") }
func (p picker) Cancel() string   { return pickPath(p.visit, "/cancel") }
func (p picker) Preview(id greenroom.ScenarioID) string {
	return pickPath(p.visit, "/scenarios/"+string(id))
}

// picker lets a handler see a request that is still to be answered.
func (c *Course) picker(h func(http.ResponseWriter, *http.Request, picker) error) visited {
	return func(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
		if !v.Picks() {
			return greenroom.ErrNotFound
		}
		asked, err := v.DeepLinking()
		if err != nil {
			return answered(v, err)
		}
		p := picker{visit: v, asked: asked}
		if p.course, err = c.service.Course(r.Context(), v); err != nil {
			return err
		}
		if p.picking, err = readPicking(r, greenroom.MostItems(asked)); err != nil {
			return err
		}
		return answered(v, h(w, r, p))
	}
}

// answered turns ErrAnswered into its page.
func answered(v greenroom.Visit, err error) error {
	if !errors.Is(err, greenroom.ErrAnswered) {
		return err
	}
	return &web.PageError{
		Status:   http.StatusConflict,
		Title:    "This was already sent to your course",
		Sentence: "Your LMS gets one answer from this page, and it has had it.",
		Hint:     "Look into your course. To add more, open Greenroom there once more.",
		Cause:    err,
	}
}

type choosePage struct {
	picker
	greenroom.Choice
	Kept    []greenroom.Scenario // picked, and not among those found
	Problem string
}

// Narrowed tells whether the list leaves scenarios out.
func (p choosePage) Narrowed() bool { return p.Search != "" || p.Difficulty != "" }

// Count is the number of those found, in words.
func (p choosePage) Count() string {
	switch n := len(p.Found); {
	case n == 1:
		return "1 scenario"
	default:
		return strconv.Itoa(n) + " scenarios"
	}
}

// choose lists what there is to pick from.
func (c *Course) choose(w http.ResponseWriter, r *http.Request, p picker) error {
	return c.list(w, r, http.StatusOK, p, "")
}

func (c *Course) list(w http.ResponseWriter, r *http.Request, status int, p picker, problem string) error {
	choice, err := c.service.Choose(r.Context(), p.visit.Workspace.ID, p.Search, p.Difficulty)
	if err != nil {
		return err
	}
	page := choosePage{picker: p, Choice: choice, Problem: problem}
	found := map[greenroom.ScenarioID]bool{}
	for _, sc := range choice.Found {
		found[sc.ID] = true
	}
	known, err := c.known(r, p.visit)
	if err != nil {
		return err
	}
	for _, item := range p.Items {
		if sc, ok := known[greenroom.ScenarioID(item.Scenario)]; ok && !found[sc.ID] {
			page.Kept = append(page.Kept, sc)
		}
	}
	return c.kit.Render(w, r, status, c.pages, "pick.html", page)
}

// known returns all scenarios of the workspace by ID.
func (c *Course) known(r *http.Request, v greenroom.Visit) (map[greenroom.ScenarioID]greenroom.Scenario, error) {
	all, err := c.service.Choose(r.Context(), v.Workspace.ID, "", "")
	known := map[greenroom.ScenarioID]greenroom.Scenario{}
	for _, sc := range all.Found {
		known[sc.ID] = sc
	}
	return known, err
}

// openingLines is how much of a talk a preview shows.
const openingLines = 4

type previewPage struct {
	picker
	ID      greenroom.ScenarioID
	File    *roleplay.Scenario
	Opening []roleplay.Turn
	Replies []roleplay.Choice
}

// preview shows what a scenario is about.
func (c *Course) preview(w http.ResponseWriter, r *http.Request, p picker) error {
	preview, err := c.service.PreviewScenario(r.Context(), p.visit.Workspace.ID, greenroom.ScenarioID(r.PathValue("scenario")))
	if err != nil {
		return err
	}
	talk := preview.Opening
	return c.kit.Render(w, r, http.StatusOK, c.pages, "preview.html", previewPage{
		picker: p, ID: preview.Play.Scenario.ID, File: preview.Play.File,
		Opening: talk.Turns[:min(len(talk.Turns), openingLines)], Replies: talk.Choices,
	})
}
