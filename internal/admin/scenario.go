package admin

import (
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// scenarios is the list of scenarios, the page of one, and the import of a
// scenario file.
type scenarios struct{ *Admin }

func (h scenarios) mount(mux web.Router) {
	h.member(mux, "GET /w/{workspace}/scenarios", h.list)
	h.member(mux, "GET /w/{workspace}/scenarios/{slug}", h.show)
	h.settings(mux, "GET /w/{workspace}/scenarios/import", h.form)
	h.settings(mux, "POST /w/{workspace}/scenarios/import", h.add)
	h.settings(mux, "POST /w/{workspace}/scenarios/{slug}/grading", h.grade)
}

type scenarioRow struct {
	greenroom.Scenario
	Path string
}

func scenarioPath(w greenroom.Workspace, slug string) string {
	return web.WorkspacePath(w, "scenarios/"+url.PathEscape(slug))
}

func (h scenarios) list(w http.ResponseWriter, r *http.Request) error {
	all, err := h.kit.Service.Scenarios(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	var rows []scenarioRow
	for _, sc := range all {
		rows = append(rows, scenarioRow{sc, scenarioPath(web.Workspace(r.Context()), sc.Slug)})
	}
	data := struct {
		Rows       []scenarioRow
		ImportPath string
	}{rows, importPath(r)}
	return h.render(w, r, http.StatusOK, "scenarios.html", data)
}

type scenarioPage struct {
	greenroom.Play
	// Property is what an activity in an LMS needs; empty for members, and
	// while no LMS is connected.
	Property string
	LTIPath  string
	Grading  string // where the form of the grading rule goes
	// Warnings are those of the import that led here, and Import leads to the
	// next.
	Warnings roleplay.Problems
	Import   string
}

// warningsKey is for the warnings of an import, which its scenario's page shows
// next.
const warningsKey = "scenario-warnings"

// shownWarnings bounds how many of them are kept for that page.
const shownWarnings = 50

type keptWarnings struct {
	Slug     string
	Warnings roleplay.Problems
}

func (h scenarios) show(w http.ResponseWriter, r *http.Request) error {
	actor := web.Actor(r.Context())
	play, err := h.kit.Service.ShowScenario(r.Context(), actor, r.PathValue("slug"))
	if err != nil {
		return err
	}
	page := scenarioPage{Play: play, LTIPath: ltiPath(r), Grading: scenarioPath(web.Workspace(r.Context()), play.Scenario.Slug) + "/grading"}
	if actor.Role.Administers() {
		connected, err := h.kit.Service.HasConnection(r.Context(), actor.Workspace)
		if err != nil {
			return err
		}
		if connected {
			page.Property = greenroom.ScenarioParameter + "=" + play.Scenario.Slug
		}
		var kept keptWarnings
		if _, err := h.kit.Take(r.Context(), warningsKey, &kept); err != nil {
			return err
		}
		if kept.Slug == play.Scenario.Slug {
			page.Warnings, page.Import = kept.Warnings, importPath(r)
		}
	}
	return h.render(w, r, http.StatusOK, "scenario.html", page)
}

// grade changes which scores count in gradebooks.
func (h scenarios) grade(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	sc, err := h.kit.Service.SetGrading(r.Context(), web.Actor(r.Context()), r.PathValue("slug"),
		greenroom.GradingRule(r.PostFormValue("rule")), r.PostFormValue("completion") != "")
	if _, bad := errors.AsType[*greenroom.Invalid](err); bad {
		return &web.PageError{
			Status: http.StatusUnprocessableEntity, Title: "Choose which attempt counts",
			Sentence: "The best, the latest or the first.", Cause: err,
			BackURL: scenarioPath(web.Workspace(r.Context()), r.PathValue("slug")), BackLabel: "Back to the scenario",
		}
	}
	if err != nil {
		return err
	}
	if err := h.kit.Flash(r.Context(), web.Success, "Grading saved"); err != nil {
		return err
	}
	return web.Redirect(w, r, scenarioPath(web.Workspace(r.Context()), sc.Slug))
}

func importPath(r *http.Request) string {
	return web.WorkspacePath(web.Workspace(r.Context()), "scenarios/import")
}

// An importPage is the form, and what was wrong with the file that was sent.
type importPage struct {
	Path     string
	Source   string
	Problems []roleplay.Problem
}

// MaxKB is how large a file may be.
func (importPage) MaxKB() int { return roleplay.MaxSource >> 10 }

func (h scenarios) form(w http.ResponseWriter, r *http.Request) error {
	return h.render(w, r, http.StatusOK, "import.html", importPage{Path: importPath(r)})
}

func (h scenarios) add(w http.ResponseWriter, r *http.Request) error {
	name, source, err := readScenario(r)
	if err != nil {
		return err
	}
	page := importPage{Path: importPath(r), Source: source}
	if strings.TrimSpace(source) == "" {
		page.Problems = []roleplay.Problem{{Text: "Choose a scenario file, or paste one."}}
		return h.render(w, r, http.StatusUnprocessableEntity, "import.html", page)
	}
	saved, err := h.kit.Service.SaveScenario(r.Context(), web.Actor(r.Context()), name, []byte(source))
	if problems, ok := errors.AsType[roleplay.Problems](err); ok {
		page.Problems = problems
		return h.render(w, r, http.StatusUnprocessableEntity, "import.html", page)
	}
	if err != nil {
		return err
	}
	said := fmt.Sprintf("“%s” is saved as version %d", saved.Title, saved.Version)
	if err := h.kit.Flash(r.Context(), web.Success, said); err != nil {
		return err
	}
	if n := min(len(saved.Warnings), shownWarnings); n > 0 {
		if err := h.kit.Keep(r.Context(), warningsKey, keptWarnings{saved.Slug, saved.Warnings[:n]}); err != nil {
			return err
		}
	}
	return web.Redirect(w, r, scenarioPath(web.Workspace(r.Context()), saved.Slug))
}

// readScenario returns the file that was uploaded, else the text that was
// pasted, with line ends as a file has them.
func readScenario(r *http.Request) (name, source string, err error) {
	if err := web.ReadForm(r); err != nil {
		return "", "", err
	}
	name, source = "pasted.md", r.PostFormValue("source")
	file, header, err := r.FormFile("file")
	switch {
	case errors.Is(err, http.ErrMissingFile), errors.Is(err, http.ErrNotMultipart):
		if source == "" {
			source = r.PostFormValue("file") // its text, of a form that came after a sign-in had ended
		}
	case err != nil:
		return "", "", err
	default:
		if name, source, err = readUpload(file, header, source); err != nil {
			return "", "", err
		}
	}
	return name, strings.ReplaceAll(source, "\r\n", "\n"), nil
}

// readUpload prefers the pasted text: the page's script puts a chosen file
// there, where it may have been edited since.
func readUpload(file multipart.File, header *multipart.FileHeader, pasted string) (string, string, error) {
	defer file.Close()
	if strings.TrimSpace(pasted) != "" {
		return header.Filename, pasted, nil
	}
	body, err := io.ReadAll(file)
	return header.Filename, string(body), err
}
