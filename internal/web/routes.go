package web

import (
	"net/http"
	"slices"
)

// A Router is where packages mount their pages: Routes, or in their tests a
// plain *http.ServeMux.
type Router interface {
	Handle(pattern string, h http.Handler)
	Handler(r *http.Request) (h http.Handler, pattern string)
}

// Routes is a ServeMux that remembers its patterns, so that a test can ask for
// each of them. The zero value is ready to use.
type Routes struct {
	mux      http.ServeMux
	patterns []string
}

// Handle mounts a handler under a pattern of http.ServeMux.
func (r *Routes) Handle(pattern string, h http.Handler) {
	r.patterns = append(r.patterns, pattern)
	r.mux.Handle(pattern, h)
}

// Handler returns what answers a request.
func (r *Routes) Handler(q *http.Request) (h http.Handler, pattern string) { return r.mux.Handler(q) }

func (r *Routes) ServeHTTP(w http.ResponseWriter, q *http.Request) { r.mux.ServeHTTP(w, q) }

// Patterns returns what is mounted, in the order in which it was.
func (r *Routes) Patterns() []string { return slices.Clone(r.patterns) }
