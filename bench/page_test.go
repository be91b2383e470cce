package main

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/app"
)

// BenchmarkFirstPage is the page behind a new user's launch, without the
// connection on which it is sent.
func BenchmarkFirstPage(b *testing.B) {
	d := newBed(b, app.Config{})
	const batch = 200
	var pages []*http.Request
	b.ReportAllocs()
	b.ResetTimer()
	for i := range b.N {
		if i%batch == 0 {
			b.StopTimer()
			pages = pages[:0]
			for range min(batch, b.N-i) {
				pages = append(pages, d.firstPage(b))
			}
			b.StartTimer()
		}
		w := httptest.NewRecorder()
		if d.handler.ServeHTTP(w, pages[i%batch]); w.Code != http.StatusOK {
			b.Fatal(w.Code, w.Body)
		}
	}
}

// firstPage launches, and returns what the browser asks for then.
func (d *bed) firstPage(b *testing.B) *http.Request {
	asked, cookies := d.login(b)
	opened := d.post("launch", url.Values{"state": {asked.Get("state")}, "id_token": {d.token(b, asked.Get("nonce"))}}, cookies...)
	to, err := opened.Location()
	if err != nil {
		b.Fatal(err, opened.Status)
	}
	r := httptest.NewRequest(http.MethodGet, to.String(), nil)
	for _, c := range opened.Cookies() {
		r.AddCookie(c)
	}
	return r
}
