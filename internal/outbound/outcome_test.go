package outbound

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
)

// Each way a call can go is heard of by its name, and a host that rests is
// named as long as it does.
func TestCallsAreObserved(t *testing.T) {
	var heard []CallOutcome
	now := time.Now()
	c, err := New(Options{Development: true, Now: func() time.Time { return now }, Observe: func(o CallOutcome, took time.Duration) { heard = append(heard, o) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	status := 200
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
	t.Cleanup(s.Close)
	call := func(url string) {
		r, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		if answer, err := c.Do(r); err == nil {
			_ = answer.Body.Close()
		}
	}
	for _, tc := range []struct {
		status int
		url    string
		want   CallOutcome
	}{
		{200, s.URL, CallOK}, {302, s.URL, CallOK}, {404, s.URL, CallRefused}, {503, s.URL, CallServerError},
		{0, "ftp://lms.example.edu", CallBlocked}, {0, "http://lms.example.edu", CallBlocked}, {0, "http://127.0.0.1:1", CallNoAnswer},
	} {
		status, heard = tc.status, nil
		call(tc.url)
		if !slices.Equal(heard, []CallOutcome{tc.want}) || !slices.Contains(CallOutcomes, tc.want) {
			t.Errorf("%d from %s: heard %q, want %q", tc.status, tc.url, heard, tc.want)
		}
	}
	if resting := c.Resting(); len(resting) != 0 {
		t.Errorf("resting: %q", resting)
	}
	status = 500
	for range hostFailures {
		call(s.URL)
	}
	heard = nil
	call(s.URL)
	if resting := c.Resting(); !slices.Equal(heard, []CallOutcome{CallResting}) || !slices.Equal(resting, []string{strings.TrimPrefix(s.URL, "http://")}) {
		t.Errorf("heard %q, resting %q", heard, resting)
	}
}
