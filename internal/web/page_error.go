package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"

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
	// CourseURL leads back to the LMS. It is that of a verified launch, or
	// empty.
	CourseURL string
	// Kept is the form that was sent in vain; most errors have none.
	Kept  *KeptForm
	Cause error
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
	if errors.Is(err, greenroom.ErrFull) {
		return &PageError{
			Status:   http.StatusInsufficientStorage,
			Title:    "Greenroom cannot save anything right now",
			Sentence: "The server has no room left on its disk. What was saved before is safe, and can be read.",
			Hint:     "Tell whoever runs Greenroom for you, and try again later.",
			BackURL:  "/", BackLabel: "Open Greenroom",
		}
	}
	if errors.Is(err, greenroom.ErrUnreachable) {
		return &PageError{
			Status:   http.StatusServiceUnavailable,
			Title:    "Greenroom is away for a moment",
			Sentence: "Its database does not answer. What was saved before is safe.",
			Hint:     "Try again in a moment. If it stays like this, give the reference below to whoever runs Greenroom for you.",
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

// WithCourse gives the page of an error a way back to the LMS. The URL is that
// of a verified launch; an empty one changes nothing.
func WithCourse(err error, url string) error {
	if err == nil || url == "" {
		return err
	}
	page := *pageOf(err)
	page.CourseURL, page.Cause = url, err
	return &page
}

// WithHint gives the page of an error another word on what to do, where the
// request cannot simply be sent again.
func WithHint(err error, hint string) error {
	page := *pageOf(err)
	page.Hint, page.Cause = hint, err
	return &page
}

// noRoute answers for addresses that lead nowhere, and for those that do with
// another method.
func noRoute(mux Router, w http.ResponseWriter, r *http.Request) error {
	var allowed []string
	for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPost} {
		probe := &http.Request{Method: method, URL: r.URL, Host: r.Host}
		if _, pattern := mux.Handler(probe); strings.Contains(pattern, " ") {
			allowed = append(allowed, method)
		}
	}
	if len(allowed) == 0 {
		return greenroom.ErrNotFound
	}
	w.Header().Set("Allow", strings.Join(allowed, ", "))
	return &PageError{
		Status:   http.StatusMethodNotAllowed,
		Title:    "This address works in another way",
		Sentence: "There is something here, but it cannot be asked for like this.",
		Hint:     "Open the page in Greenroom and try again there.",
		BackURL:  "/", BackLabel: "Open Greenroom",
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

// fail answers with the page of an error, or to htmx with what such a page
// says.
func (k *Kit) fail(w http.ResponseWriter, r *http.Request, err error) {
	note(r, err)
	page := pageOf(err)
	if errors.Is(err, greenroom.ErrBusy) {
		w.Header().Set("Retry-After", busySeconds)
	}
	if w.Header().Get("Content-Security-Policy") == cspSealed {
		k.headersOf(w.Header(), r.URL.Path)
	}
	if renderErr := k.renderError(w, r, page); renderErr != nil {
		note(r, renderErr)
		http.Error(w, page.Title, page.Status)
	}
}

func (k *Kit) renderError(w http.ResponseWriter, r *http.Request, page *PageError) error {
	if IsFragmentRequest(r) {
		return k.RenderPart(w, page.Status, k.pages, "error.html", "content", k.view(r, page))
	}
	return k.Render(w, r, page.Status, k.pages, "error.html", page)
}
