package web

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

var assetPattern = regexp.MustCompile(`(?:href|src)="(/assets/[^"]+)"`)

func TestAssetsOfAPageAreForGood(t *testing.T) {
	h := newHouse(t, publicURL)
	found := assetPattern.FindAllStringSubmatch(body(t, h.get("/sign-in")), -1)
	if len(found) < 4 {
		t.Fatalf("%d assets on the page", len(found))
	}
	for _, m := range found {
		res := h.get(m[1])
		wantStatus(t, res, http.StatusOK)
		if got := res.Header.Get("Cache-Control"); got != "public, max-age=31536000, immutable" {
			t.Errorf("%s: Cache-Control %q", m[1], got)
		}
	}
}

func TestAssetTypes(t *testing.T) {
	h := newHouse(t, publicURL)
	for path, kind := range map[string]string{
		"/assets/app.css":                         "text/css; charset=utf-8",
		"/assets/app.js":                          "text/javascript; charset=utf-8",
		"/assets/logo.png":                        "image/png",
		"/assets/vendor/inter-5.3.0-latin.woff2":  "font/woff2",
		"/assets/vendor/basecoat-nova-1.0.2.css":  "text/css; charset=utf-8",
		"/assets/vendor/htmx-2.0.11.js":           "text/javascript; charset=utf-8",
		"/assets/vendor/htmx-2.0.11-LICENSE":      "text/plain; charset=utf-8",
		"/assets/vendor/inter-5.3.0-LICENSE":      "text/plain; charset=utf-8",
		"/assets/vendor/../../web/kit.go":         "",
		"/assets/templates/layouts/admin.html":    "",
		"/assets/vendor/basecoat-nova-0.0.0.css":  "",
		"/assets/app.000000000000.css":            "",
		"/assets/vendor/inter-5.3.0-latin.woff2/": "",
	} {
		w := httptest.NewRecorder()
		r := httptest.NewRequest("GET", path, nil)
		h.Wrap(h.mux).ServeHTTP(w, r)
		if kind == "" {
			if w.Code == http.StatusOK {
				t.Errorf("%s is served", path)
			}
			continue
		}
		if got := w.Header().Get("Content-Type"); got != kind {
			t.Errorf("%s: Content-Type %q, want %q", path, got, kind)
		}
	}
}

func TestTextIsSentCompressed(t *testing.T) {
	h := newHouse(t, publicURL)
	plain := body(t, h.get("/assets/vendor/basecoat-nova-1.0.2.css"))
	r := httptest.NewRequest("GET", "/assets/vendor/basecoat-nova-1.0.2.css", nil)
	r.Header.Set("Accept-Encoding", "br, gzip")
	res := h.do(r)
	if got := res.Header.Get("Content-Encoding"); got != "gzip" {
		t.Fatalf("Content-Encoding %q", got)
	}
	zipped, err := gzip.NewReader(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(zipped)
	if err != nil || string(text) != plain {
		t.Errorf("%d bytes, want the %d of the file: %v", len(text), len(plain), err)
	}
}

// The security policy forbids inline scripts and styles; a template that has
// one would only fail in the browser.
func TestTemplatesHoldNoInlineCode(t *testing.T) {
	inline := regexp.MustCompile(`(?i)<script(?:[^>]*)>\s*\S|<style|\sstyle=|\son[a-z]+=|javascript:|hx-on`)
	err := fs.WalkDir(templateFiles, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(templateFiles, path)
		for _, line := range strings.Split(string(text), "\n") {
			if m := inline.FindString(line); m != "" && !strings.HasSuffix(m, "><") {
				t.Errorf("%s: %q", path, m)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
