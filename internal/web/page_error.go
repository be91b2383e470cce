package web

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A PageError is an error that knows its page. Everything but Cause is shown
// to the visitor; Cause is for the log.
type PageError struct {
	Status   int
	Title    string
	Sentence string // one plain sentence
	Hint     string // what to do; may be empty
	// BackURL and BackLabel are the way back; both may be empty.
	BackURL, BackLabel string
	Cause              error
}

// Error reads as a path: the title, then the cause.
func (e *PageError) Error() string {
	if e.Cause == nil {
		return e.Title
	}
	return e.Title + ": " + e.Cause.Error()
}

func (e *PageError) Unwrap() error { return e.Cause }

// Page returns the error itself.
func (e *PageError) Page() *PageError { return e }

// A Pager is an error that can say which page it becomes.
type Pager interface {
	error
	Page() *PageError
}

// pageOf returns the page of an error. What nobody knows is internal: its text
// is for the log alone.
func pageOf(err error) *PageError {
	if p, ok := errors.AsType[Pager](err); ok {
		return p.Page()
	}
	if tooLarge, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return &PageError{
			Status:   http.StatusRequestEntityTooLarge,
			Title:    "That is too large",
			Sentence: fmt.Sprintf("Greenroom takes at most %d kilobytes at once.", tooLarge.Limit>>10),
		}
	}
	if errors.Is(err, greenroom.ErrNotFound) {
		return &PageError{
			Status:   http.StatusNotFound,
			Title:    "There is no such page",
			Sentence: "The address may be mistyped, or what was here is gone, or it belongs to somebody else.",
			BackURL:  "/", BackLabel: "Open Greenroom",
		}
	}
	if errors.Is(err, greenroom.ErrBusy) {
		return &PageError{
			Status:   http.StatusServiceUnavailable,
			Title:    "Too many people at the door",
			Sentence: "More passwords are being checked at this moment than the server takes on at once.",
			Hint:     "Wait a few seconds, then try again.",
			BackURL:  "/", BackLabel: "Open Greenroom",
		}
	}
	return &PageError{
		Status:   http.StatusInternalServerError,
		Title:    "Something went wrong on our side",
		Sentence: "Nothing that you did caused this, and nothing was changed.",
		Hint:     "Try again in a moment. If it stays like this, give the reference below to whoever runs Greenroom for you.",
	}
}

// busySeconds is when to come again after greenroom.ErrBusy.
const busySeconds = "5"

// note keeps an error for the request's log line.
func note(r *http.Request, err error) {
	if noted := requestOf(r.Context()); noted != nil {
		noted.err = errors.Join(noted.err, err)
	}
}

// fail answers with the page of an error.
func (k *Kit) fail(w http.ResponseWriter, r *http.Request, err error) {
	note(r, err)
	page := pageOf(err)
	if errors.Is(err, greenroom.ErrBusy) {
		w.Header().Set("Retry-After", busySeconds)
	}
	if w.Header().Get("Content-Security-Policy") == cspSealed {
		sealFrame(w.Header())
	}
	if renderErr := k.Render(w, r, page.Status, k.pages, "error.html", page); renderErr != nil {
		note(r, renderErr)
		http.Error(w, page.Title, page.Status)
	}
}
