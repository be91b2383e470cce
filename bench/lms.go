package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// An lms is the services of all platforms: it takes what comes, and counts.
type lms struct {
	*httptest.Server
	tokens, scores atomic.Int64
	pause          atomic.Int64  // how long it takes to answer a score, in ns
	arrived        chan struct{} // of length 1: there is something new
}

func newLMS(key lti.PrivateKey) *lms {
	l := &lms{arrived: make(chan struct{}, 1)}
	keys := lti.KeySetDocument(key.Public())
	mux := http.NewServeMux()
	mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(keys)
	})
	mux.HandleFunc("POST /token", func(w http.ResponseWriter, r *http.Request) {
		l.tokens.Add(1)
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "token", "token_type": "Bearer", "expires_in": 3600, "scope": r.FormValue("scope")})
	})
	mux.HandleFunc("GET /items/{item}", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.ims.lis.v2.lineitem+json")
		_ = json.NewEncoder(w).Encode(map[string]any{"id": l.URL + r.URL.Path, "label": "Practice", "scoreMaximum": 100})
	})
	mux.HandleFunc("POST /items/{item}/scores", func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		time.Sleep(time.Duration(l.pause.Load()))
		l.scores.Add(1)
		select {
		case l.arrived <- struct{}{}:
		default: // somebody will look anyway
		}
	})
	l.Server = httptest.NewServer(mux)
	return l
}

// await returns once so many scores have arrived in all. It gives up when none
// has for a while.
func (l *lms) await(scores int64) bool {
	patience := time.NewTimer(time.Minute)
	defer patience.Stop()
	for l.scores.Load() < scores {
		select {
		case <-l.arrived:
		case <-patience.C:
			return false
		}
	}
	return true
}
