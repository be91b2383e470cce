package launch

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/jobs"
)

// The whole way of a score, but for the pages of the stage: launch, rehearsal,
// passback row, worker, platform.
func TestScoreOfALaunchReachesTheGradebook(t *testing.T) {
	s := newSchool(t)
	scores := make(chan map[string]any, 1)
	s.mux.HandleFunc("POST /token", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"access_token": "t", "token_type": "Bearer", "expires_in": 3600})
	})
	s.mux.HandleFunc("GET /lineitems/7", func(w http.ResponseWriter, _ *http.Request) {
		_ = json.NewEncoder(w).Encode(map[string]any{"id": s.server.URL + "/lineitems/7", "label": "First call", "scoreMaximum": 10})
	})
	s.mux.HandleFunc("POST /lineitems/7/scores", func(_ http.ResponseWriter, r *http.Request) {
		var score map[string]any
		if err := json.NewDecoder(r.Body).Decode(&score); err != nil {
			t.Error(err)
		}
		scores <- score
	})
	workers := jobs.New(jobs.Options{Service: s.service, Now: s.clock.Now, Log: s.service.Log})
	s.service.Wake = workers.Wake
	ctx, stop := context.WithCancel(t.Context())
	over := make(chan struct{})
	go func() { workers.Run(ctx); close(over) }()
	defer func() { stop(); <-over }()

	s.rehearse(s.visit())

	select {
	case score := <-scores:
		if score["userId"] != "6" || score["scoreGiven"] != 10.0 || score["scoreMaximum"] != 10.0 {
			t.Errorf("score %v", score)
		}
	case <-time.After(time.Minute):
		t.Fatal("no score came")
	}
	stop()
	<-over
	page, err := s.service.Passbacks(t.Context(), greenroom.Operator(s.ours.ID), greenroom.PassbackFilter{})
	if err != nil || len(page.Rows) != 1 || page.Rows[0].State != greenroom.PassbackSent {
		t.Errorf("passbacks %+v, %v", page.Rows, err)
	}
}

// visit launches and follows to the stage.
func (s *school) visit() greenroom.Visit {
	s.t.Helper()
	v := s.login()
	id, token := s.signIn(v.launch(v.claims()))
	visit, err := s.service.Visit(s.t.Context(), s.ours.ID, id, token)
	if err != nil {
		s.t.Fatal(err)
	}
	return visit
}

// rehearse picks the first reply until the talk is over.
func (s *school) rehearse(v greenroom.Visit) {
	s.t.Helper()
	session, err := s.service.Begin(s.t.Context(), v)
	if err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.service.Pick(s.t.Context(), v, session.ID, 0, 0); err != nil {
		s.t.Fatal(err)
	}
	if _, err := s.service.Result(s.t.Context(), v, session.ID); err != nil {
		s.t.Fatal(err)
	}
}
