package web

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// logRequest writes the request's one line. The query is left out: it may
// carry the token of a registration or set-up link, or a platform's login hint.
func (k *Kit) logRequest(r *http.Request, noted *request, w *response, begun time.Time) {
	level := slog.LevelInfo
	switch {
	case w.status >= 500:
		level = slog.LevelError
	case strings.HasPrefix(r.URL.Path, "/assets/"), area(r.URL.Path) == "health": // asked every few seconds
		level = slog.LevelDebug
	}
	attrs := []slog.Attr{
		slog.String("reference", noted.reference),
		slog.String("method", r.Method),
		slog.String("path", loggedPath(r.URL.Path)),
		slog.Int("status", w.status),
		slog.Int64("bytes", w.bytes),
		slog.Duration("took", k.Now().Sub(begun)),
	}
	if noted.err != nil {
		attrs = append(attrs, slog.Any("err", noted.err))
	}
	k.Log.LogAttrs(r.Context(), level, "request", attrs...)
	k.Service.Observing().Request(area(r.URL.Path), w.status, k.Now().Sub(begun))
}

// longestID is as much of an ID as a log line holds: a UUID.
const longestID = 36

// workspaceIn returns the workspace whose ID a path names, empty if it names
// none.
func workspaceIn(path string) greenroom.WorkspaceID {
	for _, below := range framed {
		if rest, ok := strings.CutPrefix(path, below); ok {
			id, _, _ := strings.Cut(rest, "/")
			return greenroom.WorkspaceID(id[:min(len(id), longestID)])
		}
	}
	return ""
}

// area returns the part of the server that a path belongs to.
func area(path string) string {
	first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch first {
	case "lti", "stage", "course", "assets":
		return first
	case "livez", "readyz":
		return "health"
	}
	return "admin"
}

// loggedPath leaves out what opens something: the token of a person's link, and
// the ticket of a stage without cookies. Who reads the log must not be able to
// use them.
func loggedPath(path string) string {
	if strings.HasPrefix(path, linkPath) {
		return linkPath + "…"
	}
	before, rest, found := strings.Cut(path, TicketMark)
	if !found {
		return path
	}
	_, after, _ := strings.Cut(rest, "/")
	return strings.TrimSuffix(before+TicketMark+"/"+after, "/")
}
