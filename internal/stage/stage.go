package stage

import (
	"embed"
	"errors"
	"io/fs"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

var (
	//go:embed all:templates
	templateFiles embed.FS
	//go:embed assets
	assetFiles embed.FS
)

// Stage is the learner's pages.
type Stage struct {
	kit     *web.Kit
	service *greenroom.Service
	pages   *web.Templates
	briefs  briefs
}

// New returns the pages over the kit that all pages share.
func New(kit *web.Kit) *Stage {
	assets, err := fs.Sub(assetFiles, "assets")
	if err == nil {
		err = kit.AddAssets(assets)
	}
	if err != nil {
		panic(err) // the files are part of the binary
	}
	return &Stage{kit: kit, service: kit.Service, pages: kit.Templates(templateFiles, "templates/*.html")}
}

// Mount adds the routes.
func (s *Stage) Mount(mux web.Router) {
	const base = "/stage/{workspace}/{launch}"
	mux.Handle("GET "+base, s.page(s.lobby))
	mux.Handle("GET "+base+"/practice", s.page(s.practice))
	mux.Handle("POST "+base+"/sessions", s.page(s.begin))
	mux.Handle("GET "+base+"/sessions/{session}", s.page(s.rehearsal))
	mux.Handle("POST "+base+"/sessions/{session}/picks", s.page(s.pick))
	mux.Handle("GET "+base+"/sessions/{session}/result", s.page(s.result))
	mux.Handle("GET "+base+"/sessions/{session}/gradebook", s.page(s.gradebook))
	mux.Handle("GET "+base+"/review", s.reviewPage(s.submission))
	mux.Handle("GET "+base+"/review/{learner}/{link}", s.reviewPage(s.reviewOf))
	mux.Handle("POST "+base+"/review/{learner}/{link}/score", s.decidePage())
}

// A visited handler knows who visits.
type visited func(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error

// page lets in the learner whose launch the URL names, and nobody else. From
// its errors there is a way back to the course.
func (s *Stage) page(h visited) http.Handler {
	return s.kit.FramePage(func(w http.ResponseWriter, r *http.Request) error {
		v, err := s.visit(r)
		if err != nil {
			return err
		}
		err = h(w, r, v)
		if errors.Is(err, greenroom.ErrNotFound) {
			err = notHere(v, err)
		}
		return web.WithCourse(err, v.Launch.ReturnURL)
	})
}

// visit finds out who asks. The stage is that of an activity: other launches
// open other rooms.
func (s *Stage) visit(r *http.Request) (greenroom.Visit, error) {
	v, err := s.kit.Visit(r)
	if err == nil && !v.Practises() {
		err = greenroom.ErrNotFound
	}
	if errors.Is(err, greenroom.ErrNotFound) {
		return v, &web.PageError{
			Status:   http.StatusUnauthorized,
			Title:    "This practice has been closed in this browser",
			Sentence: "Open the activity again in your course.",
			Hint:     "What you have practised so far is kept.",
			Cause:    err,
		}
	}
	return v, err
}

// notHere is for what is not this learner's. The way back stays on the stage.
func notHere(v greenroom.Visit, cause error) error {
	return &web.PageError{
		Status:   http.StatusNotFound,
		Title:    "There is no such practice here",
		Sentence: "The address may be mistyped, or it belongs to somebody else.",
		BackURL:  path(v, ""), BackLabel: "Back to the start",
		Cause: cause,
	}
}

// path is a page of a visit.
func path(v greenroom.Visit, tail string) string { return web.StagePath(v, tail) }

func sessionPath(v greenroom.Visit, id greenroom.SessionID, tail string) string {
	return path(v, "/sessions/"+string(id)+tail)
}

func sessionID(r *http.Request) greenroom.SessionID {
	return greenroom.SessionID(r.PathValue("session"))
}

// isFragment tells that the page's script asks, and wants the part alone.
func isFragment(r *http.Request) bool { return r.Header.Get("X-Requested-With") == "fetch" }
