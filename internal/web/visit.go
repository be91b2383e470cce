package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// Visit finds out who asks for a page that a launch opened: the route's
// {workspace} and {launch} name the launch, and the browser's cookie says that
// it is theirs, or the ticket in the URL where it keeps none. ErrNotFound: a
// launch that never was and a cookie of another one look alike. *PageError
// while the connection is switched off.
func (k *Kit) Visit(r *http.Request) (greenroom.Visit, error) {
	v, err := k.visit(r)
	if off, shut := errors.AsType[*greenroom.SwitchedOffError](err); shut {
		return v, shutPage(off, v.Launch.ReturnURL)
	}
	return v, err
}

func shutPage(off *greenroom.SwitchedOffError, course string) error {
	return &PageError{
		Status:   http.StatusForbidden,
		Title:    "Your LMS is switched off in Greenroom for now",
		Sentence: "Whoever administers Greenroom lets nobody in from it at the moment. What you have done so far is kept.",
		Hint:     "Once it is switched on again, load this page again, or open the activity again in your course.",
		Cause:    off, CourseURL: course,
	}
}

func (k *Kit) visit(r *http.Request) (greenroom.Visit, error) {
	workspace := greenroom.WorkspaceID(r.PathValue("workspace"))
	id, ticket, ticketed := strings.Cut(r.PathValue("launch"), TicketMark)
	launch := greenroom.LaunchID(id)
	if !ticketed {
		return k.Service.Visit(r.Context(), workspace, launch, k.StageToken(r, launch))
	}
	if openedAlone(r) {
		return greenroom.Visit{}, greenroom.ErrNotFound
	}
	v, err := k.Service.VisitByTicket(r.Context(), workspace, launch, ticket)
	if err == nil {
		v.Ticket = k.Service.Ticket(v.Launch)
	}
	return v, err
}

// openedAlone tells that an address was opened outside of a frame: copied,
// sent to somebody, found in a history.
func openedAlone(r *http.Request) bool { return r.Header.Get("Sec-Fetch-Dest") == "document" }

// StagePath returns the path of a learner's page in a visit.
func StagePath(v greenroom.Visit, tail string) string { return visitPath("stage", v) + tail }

// CoursePath returns the path of an instructor's page in a visit.
func CoursePath(v greenroom.Visit, tail string) string { return visitPath("course", v) + tail }

func visitPath(room string, v greenroom.Visit) string {
	path := launchPath(room, v.Workspace.ID, v.Launch.ID)
	if v.Ticket != "" {
		path += TicketMark + v.Ticket
	}
	return path
}

func launchPath(room string, w greenroom.WorkspaceID, l greenroom.LaunchID) string {
	return "/" + room + "/" + url.PathEscape(string(w)) + "/" + url.PathEscape(string(l))
}
