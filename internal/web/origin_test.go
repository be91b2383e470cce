package web

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// A public URL that is mistyped, or a proxy that keeps things to itself, is
// named in the log: once, and not for what is as it should be.
func TestWhatAProxySendsIsComparedWithThePublicURL(t *testing.T) {
	const proxy, stranger = "127.0.0.1:5000", "198.51.100.7:5000"
	for name, tc := range map[string]struct {
		public, from, host string
		headers            map[string]string
		want               []string
	}{
		"as it should be": {"https://practice.example.com", proxy, "practice.example.com", map[string]string{"X-Forwarded-Proto": "https"}, nil},
		"in capitals":     {"https://practice.example.com", proxy, "Practice.Example.COM", map[string]string{"X-Forwarded-Proto": "HTTPS"}, nil},
		"the proxy's own name for us": {"https://practice.example.com", proxy, "127.0.0.1:8080", nil,
			[]string{"host=127.0.0.1:8080", "public_url=https://practice.example.com", "mend --public-url"}},
		"that name, and the right one beside it": {"https://practice.example.com", proxy, "127.0.0.1:8080", map[string]string{"X-Forwarded-Host": "practice.example.com"}, nil},
		"a port that is missing":                 {"https://practice.example.com:8443", proxy, "practice.example.com", nil, []string{"host=practice.example.com"}},
		"browsers that come by http": {"https://practice.example.com", proxy, "practice.example.com", map[string]string{"X-Forwarded-Proto": "http"},
			[]string{"x_forwarded_proto=http", "let the proxy serve https"}},
		"somebody who is no proxy": {"https://practice.example.com", stranger, "practice.example.com",
			map[string]string{"X-Forwarded-Proto": "http", "X-Forwarded-Host": "evil.example.net"}, nil},
		"two proxies": {"https://practice.example.com", proxy, "practice.example.com", map[string]string{"X-Forwarded-Proto": "http, https"}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t, tc.public)
			var out bytes.Buffer
			h.Kit.Log = slog.New(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn}))
			handler := h.Kit.Wrap(http.NotFoundHandler())
			for range 3 {
				r := httptest.NewRequest(http.MethodGet, "/sign-in", nil)
				r.RemoteAddr, r.Host = tc.from, tc.host
				for k, v := range tc.headers {
					r.Header.Set(k, v)
				}
				handler.ServeHTTP(httptest.NewRecorder(), r)
			}
			lines := strings.Count(out.String(), "\n")
			if lines != min(len(tc.want), 1) {
				t.Errorf("%d lines: %s", lines, out.String())
			}
			for _, want := range tc.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("%q is missing: %s", want, out.String())
				}
			}
		})
	}
}
