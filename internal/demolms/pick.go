package demolms

import (
	"net/http"
	"time"

	"github.com/greenroom-lti/greenroom/lti/platform"
)

// pick shows the picker of a tool in a frame of the course's page.
func (l *LMS) pick(w http.ResponseWriter, r *http.Request) {
	t, ok := l.platform.Tool(r.PathValue("tool"))
	if !ok {
		l.problem(w, r, http.StatusNotFound, "There is no such tool.")
		return
	}
	l.show(w, r, http.StatusOK, "pick", map[string]any{"Tool": t, "Storage": l.platform.Storage()})
}

// beginPick sends the frame to the tool with a deep linking request.
func (l *LMS) beginPick(w http.ResponseWriter, r *http.Request) {
	a, _ := l.who(r)
	form, err := l.platform.DeepLinkingRequest(a.id, r.PathValue("course"), r.PathValue("tool"), platform.Pick{Data: "picked for " + r.PathValue("course")})
	if err != nil {
		l.problem(w, r, http.StatusNotFound, "Nothing can be picked there: "+err.Error()+".")
		return
	}
	form.Serve(w)
}

// returned shows, in the frame, what somebody has picked: the activities are in
// the course by then.
func (l *LMS) returned(w http.ResponseWriter, r *http.Request, s platform.Selection) {
	l.show(w, r, http.StatusOK, "picked", map[string]any{"Selection": s, "Back": "/courses/" + s.Course})
}

// period says when something is open; empty if always.
func period(p platform.Period) string {
	const layout = "2 Jan 2006 15:04 UTC"
	at := func(t time.Time) string { return t.UTC().Format(layout) }
	switch {
	case p.Start.IsZero() && p.End.IsZero():
		return ""
	case p.End.IsZero():
		return "from " + at(p.Start)
	case p.Start.IsZero():
		return "until " + at(p.End)
	}
	return "from " + at(p.Start) + " until " + at(p.End)
}
