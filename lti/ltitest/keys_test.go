package ltitest_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// newKeyServer publishes a tool's key set.
func newKeyServer(t *testing.T, document []byte) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(document)
	}))
	t.Cleanup(s.Close)
	return s.URL
}
