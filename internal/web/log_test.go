package web

import (
	"bytes"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// OWN-L27: whatever comes in a request or an error, it is one line of the log,
// and what opens something is not in it.
func TestLogLines(t *testing.T) {
	for name, tc := range map[string]struct {
		path, query string
		err         error
		never       string
	}{
		"a line break in a path":  {path: "/a%0d%0alevel=ERROR%20msg=forged", never: "\r"},
		"a colour in a path":      {path: "/a%1b%5b31mred", never: "\x1b"},
		"a line break in a claim": {path: "/a", err: errors.New("name is \"x\nlevel=ERROR msg=forged\x1b[31m\""), never: "\x1b"},
		"the token in a query":    {path: "/setup", query: "token=sEcReT", never: "sEcReT"},
		"the token of a link":     {path: "/links/sEcReT", never: "sEcReT"},
		"a ticket":                {path: "/stage/w/l~sEcReT/sessions/s", never: "sEcReT"},
		"a ticket at the end":     {path: "/stage/w/l~sEcReT", never: "sEcReT"},
	} {
		for kind, handler := range map[string]func(*bytes.Buffer) slog.Handler{
			"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
			"JSON": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
		} {
			var out bytes.Buffer
			k := &Kit{Log: slog.New(handler(&out)), Now: time.Now}
			r := httptest.NewRequest(http.MethodGet, tc.path+"?"+tc.query, nil)
			k.logRequest(r, &request{reference: "ABCDEFGHJKMN", err: tc.err}, &response{status: 200}, time.Now())
			if lines := strings.Count(out.String(), "\n"); lines != 1 || strings.Contains(out.String(), tc.never) {
				t.Errorf("%s, %s: %d lines: %q", name, kind, lines, out.String())
			}
		}
	}
}
