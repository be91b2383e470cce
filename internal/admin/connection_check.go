package admin

import (
	"errors"
	"iter"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// A testPage shows each step of a test as it is tried. It is sent while the
// test lasts, so that it needs no script.
type testPage struct {
	greenroom.Connection
	Path  string
	Steps iter.Seq[greenroom.TestStep]
	Flush func() string
}

func (h connection) test(w http.ResponseWriter, r *http.Request) error {
	c, steps, err := h.kit.Service.TestConnection(r.Context(), web.Actor(r.Context()), connectionID(r))
	if errors.Is(err, greenroom.ErrTesting) {
		if err := h.kit.Flash(r.Context(), web.Warning, "A test is under way already. Wait a moment, then look here again"); err != nil {
			return err
		}
		return web.Redirect(w, r, connectionPath(ltiPath(r), connectionID(r))+"#test")
	}
	if err != nil {
		return err
	}
	return h.kit.Stream(w, r, h.pages, "connection-test.html", func(flush func() string) any {
		return testPage{Connection: c, Path: connectionPath(ltiPath(r), c.ID), Steps: steps, Flush: flush}
	})
}

// tested answers somebody who reloads the page of a test: what it found is on
// the connection's.
func (h connection) tested(w http.ResponseWriter, r *http.Request) error {
	return web.Redirect(w, r, connectionPath(ltiPath(r), connectionID(r))+"#test")
}
