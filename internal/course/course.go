package course

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

// Course is the instructors' pages.
type Course struct {
	kit     *web.Kit
	service *greenroom.Service
	pages   *web.Templates
}

// New returns the pages over the kit that all pages share.
func New(kit *web.Kit) *Course {
	assets, err := fs.Sub(assetFiles, "assets")
	if err == nil {
		err = kit.AddAssets(assets)
	}
	if err != nil {
		panic(err) // the files are part of the binary
	}
	return &Course{kit: kit, service: kit.Service, pages: kit.Templates(templateFiles, "templates/*.html")}
}

// Mount adds the routes.
func (c *Course) Mount(mux web.Router) {
	const base = "/course/{workspace}/{launch}"
	mux.Handle("GET "+base, c.page(c.enter))
	mux.Handle("GET "+base+"/class", c.page(c.class))
	mux.Handle("GET "+base+"/class/export", c.page(c.export))
	mux.Handle("POST "+base+"/class/roster", c.page(c.refresh))
	mux.Handle("POST "+base+"/class/results", c.page(c.results))
	for _, method := range []string{"GET ", "POST "} {
		mux.Handle(method+base+"/pick", c.page(c.picker(c.choose)))
		mux.Handle(method+base+"/pick/scenarios/{scenario}", c.page(c.picker(c.preview)))
		mux.Handle(method+base+"/pick/items", c.page(c.picker(c.items)))
	}
	mux.Handle("POST "+base+"/pick/answer", c.page(c.picker(c.answer)))
	mux.Handle("POST "+base+"/pick/cancel", c.page(c.picker(c.cancel)))
}

// A visited handler knows who visits.
type visited func(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error

// page lets in whoever's launch the URL names, and nobody else. From its errors
// there is a way back to the course.
func (c *Course) page(h visited) http.Handler {
	return c.kit.FramePage(func(w http.ResponseWriter, r *http.Request) error {
		v, err := c.kit.Visit(r)
		if err == nil && !mayEnter(v) {
			err = greenroom.ErrNotFound
		}
		if errors.Is(err, greenroom.ErrNotFound) {
			err = &web.PageError{
				Status:   http.StatusUnauthorized,
				Title:    "This page has been closed in this browser",
				Sentence: "Open Greenroom again from your course.",
				Cause:    err,
			}
		}
		if err != nil {
			return keepTyped(err, r)
		}
		err = h(w, r, v)
		if errors.Is(err, greenroom.ErrNotFound) {
			err = notHere(v, err)
		}
		return keepTyped(web.WithCourse(err, v.Launch.ReturnURL), r)
	})
}

// mayEnter tells whether a launch is one that opens this room. Who may launch
// in this way was checked at the door.
func mayEnter(v greenroom.Visit) bool { return v.Picks() || v.Teaches() }

// notHere is for what is not this instructor's, or is gone. The way back stays
// in the room.
func notHere(v greenroom.Visit, cause error) error {
	return &web.PageError{
		Status:   http.StatusNotFound,
		Title:    "There is no such page here",
		Sentence: "The address may be mistyped, or the scenario was taken out of Greenroom.",
		BackURL:  web.CoursePath(v, ""), BackLabel: "Back to the start",
		Cause: cause,
	}
}

// enter leads on to what the launch is about.
func (c *Course) enter(w http.ResponseWriter, r *http.Request, v greenroom.Visit) error {
	if v.Picks() {
		return web.Redirect(w, r, pickPath(v, ""))
	}
	return web.Redirect(w, r, web.CoursePath(v, "/class"))
}
