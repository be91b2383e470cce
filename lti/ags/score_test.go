package ags_test

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ags"
)

func score() ags.Score {
	return ags.Score{Subject: "6", Given: 83, Maximum: 100, At: earned, Comment: "well done"}
}

// What is sent equals what Moodle was sent, and took.
func TestScoreOnTheWire(t *testing.T) {
	recorded := recordings(t, "ags-sc-01-first.json", 1)[0]
	p := &platform{answer: func(*http.Request) *http.Response { return recorded.response() }}
	if err := ags.PostScore(t.Context(), p.client(), item, score()); err != nil {
		t.Fatal(err)
	}
	r := p.calls[0]
	if r.Method != http.MethodPost || r.URL.String() != recorded.Request.URL || r.Header.Get("Content-Type") != recorded.Request.Headers["Content-Type"] {
		t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
	}
	if r.Header.Get("Authorization") != "Bearer t" || r.Header.Get("User-Agent") == "" {
		t.Errorf("header %v", r.Header)
	}
	if got, want := members(t, p.bodies[0]), members(t, recorded.Request.Body); got != want {
		t.Errorf("sent %s\nwant %s", got, want)
	}
}

// members writes a JSON object in one form.
func members(t *testing.T, document string) string {
	t.Helper()
	var all map[string]json.RawMessage
	if err := json.Unmarshal([]byte(document), &all); err != nil {
		t.Fatal(err)
	}
	sorted, err := json.Marshal(all)
	if err != nil {
		t.Fatal(err)
	}
	return string(sorted)
}

func TestScoreDocument(t *testing.T) {
	for name, row := range map[string]struct {
		change func(*ags.Score)
		want   string // members that the document must have, as written
	}{
		"OWN-S13 zero":         {func(s *ags.Score) { s.Given = 0 }, `"scoreGiven":0,`},
		"zero below zero":      {func(s *ags.Score) { s.Given = math.Copysign(0, -1) }, `"scoreGiven":0,`},
		"OWN-S15 over maximum": {func(s *ags.Score) { s.Given = 120 }, `"scoreGiven":120,`},
		"tenths":               {func(s *ags.Score) { s.Given = 0.1 + 0.2 + 0.5; s.Maximum = 1 }, `"scoreGiven":0.8,"scoreMaximum":1,`},
		"thirds":               {func(s *ags.Score) { s.Given = 1.0 / 3 }, `"scoreGiven":0.33333333,`},
		"millions":             {func(s *ags.Score) { s.Given, s.Maximum = 1e7, 1e21 }, `"scoreGiven":10000000,"scoreMaximum":1000000000000000000000,`},
		"no comment":           {func(s *ags.Score) { s.Comment = "" }, `"timestamp":"2026-11-23T15:37:19.466Z"}`},
		"OWN-S17 whole second": {func(s *ags.Score) { s.At = earned.Truncate(time.Second) }, `"timestamp":"2026-11-23T15:37:19.000Z"`},
		"OWN-S17 other zone":   {func(s *ags.Score) { s.At = earned.In(time.FixedZone("", 3600)) }, `"timestamp":"2026-11-23T15:37:19.466Z"`},
		"in progress":          {func(s *ags.Score) { s.ActivityProgress, s.GradingProgress = ags.InProgress, ags.Pending }, `"activityProgress":"InProgress","gradingProgress":"Pending"`},
		"submission":           {func(s *ags.Score) { s.StartedAt, s.SubmittedAt = earned.Add(-time.Hour), earned }, `"submission":{"startedAt":"2026-11-23T14:37:19.466Z","submittedAt":"2026-11-23T15:37:19.466Z"}`},
		"graded by somebody":   {func(s *ags.Score) { s.ScoringUserID = "3" }, `"scoringUserId":"3",`},
		"no score":             {func(s *ags.Score) { s.Given, s.Maximum, s.NoScore = 0, 0, true }, `{"userId":"6","activityProgress":"Completed","gradingProgress":"FullyGraded","timestamp":"2026-11-23T15:37:19.466Z","comment":"well done"}`},
		"cleared":              {func(s *ags.Score) { *s = ags.Cleared("6", earned) }, `{"userId":"6","activityProgress":"Initialized","gradingProgress":"NotReady","timestamp":"2026-11-23T15:37:19.466Z"}`},
		"only started":         {func(s *ags.Score) { s.StartedAt = earned }, `"submission":{"startedAt":"2026-11-23T15:37:19.466Z"}`},
	} {
		t.Run(name, func(t *testing.T) {
			p, s := always(204, ""), score()
			row.change(&s)
			if err := ags.PostScore(t.Context(), p.client(), item, s); err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(p.bodies[0], row.want) {
				t.Errorf("sent %s, want %s", p.bodies[0], row.want)
			}
		})
	}
}

// OWN-S14: what no platform would take is not sent.
func TestInvalidScores(t *testing.T) {
	for name, spoil := range map[string]func(*ags.Score){
		"no subject":            func(s *ags.Score) { s.Subject = "" },
		"no time":               func(s *ags.Score) { s.At = time.Time{} },
		"negative":              func(s *ags.Score) { s.Given = -1 },
		"NaN":                   func(s *ags.Score) { s.Given = math.NaN() },
		"infinite":              func(s *ags.Score) { s.Given = math.Inf(1) },
		"no maximum":            func(s *ags.Score) { s.Maximum = 0 },
		"maximum of nothing":    func(s *ags.Score) { s.Maximum = 1e-12 },
		"negative maximum":      func(s *ags.Score) { s.Maximum = -100 },
		"maximum NaN":           func(s *ags.Score) { s.Maximum = math.NaN() },
		"maximum infinite":      func(s *ags.Score) { s.Maximum = math.Inf(1) },
		"unknown activity":      func(s *ags.Score) { s.ActivityProgress = "Done" },
		"unknown grading":       func(s *ags.Score) { s.GradingProgress = "fullygraded" },
		"points beside none":    func(s *ags.Score) { s.NoScore = true },
		"a maximum of none":     func(s *ags.Score) { s.NoScore, s.Given = true, 0 },
		"a member of ours":      func(s *ags.Score) { s.Extra = map[string]any{"userId": "7"} },
		"a null":                func(s *ags.Score) { s.Extra = map[string]any{"https://v.example/x": []any{nil}} },
		"no JSON":               func(s *ags.Score) { s.Extra = map[string]any{"https://v.example/x": math.NaN()} },
		"submitted before that": func(s *ags.Score) { s.StartedAt, s.SubmittedAt = earned, earned.Add(-time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			p, s := always(204, ""), score()
			spoil(&s)
			if err := ags.PostScore(t.Context(), p.client(), item, s); !errors.Is(err, ags.ErrInvalid) || len(p.calls) != 0 {
				t.Errorf("%v after %d calls", err, len(p.calls))
			}
		})
	}
}

// OWN-S01, OWN-S02
func TestScoresURL(t *testing.T) {
	for lineItem, want := range map[string]string{
		"https://p/x?type_id=3":       "https://p/x/scores?type_id=3",
		"https://p/x":                 "https://p/x/scores",
		"https://p/x/":                "https://p/x/scores",
		"https://p/x/?a=b/":           "https://p/x/scores?a=b/",
		"https://p/x#part":            "https://p/x/scores",
		"https://p/x?a=b#part":        "https://p/x/scores?a=b",
		"https://p/a%2Fb/c%20d?e=%2F": "https://p/a%2Fb/c%20d/scores?e=%2F",
		"https://p":                   "https://p/scores",
		"https://p/x?":                "https://p/x/scores?",
	} {
		p := always(200, "")
		if err := ags.PostScore(t.Context(), p.client(), lineItem, score()); err != nil {
			t.Fatal(err)
		}
		if got := p.calls[0].URL.String(); got != want {
			t.Errorf("%s: %s, want %s", lineItem, got, want)
		}
	}
	for _, lineItem := range []string{"", "lineitem", "/2/lineitem", "https://", "http://p/x", "https://u:p@p/x"} {
		p := always(200, "")
		if err := ags.PostScore(t.Context(), p.client(), lineItem, score()); err == nil || len(p.calls) != 0 {
			t.Errorf("%q was called", lineItem)
		}
	}
}

// Every recorded answer to a score, with what is concluded.
func TestMoodleScores(t *testing.T) {
	type want struct {
		kind string // later, conflict, permanent; empty: taken
		text string
	}
	incorrect := want{"permanent", "Incorrect score received"}
	older := func(item, user string) want {
		return want{"conflict", "Refusing score with an earlier timestamp for item " + item + " and user " + user}
	}
	table := map[string]want{
		"ags-sc-02-same-timestamp":                     older("2", "6"),
		"ags-sc-03-older-timestamp":                    older("2", "6"),
		"ags-sc-05-newer-1ms":                          older("2", "6"),
		"ags-sc-12-error-no-max":                       incorrect,
		"ags-sc-15b-fullygraded-after-pending-comment": older("19", "10"),
		"ags-sc-20-error-no-progress":                  incorrect,
		"ags-sc-21-error-no-activityprogress":          incorrect,
		"ags-sc-22-error-no-timestamp":                 incorrect,
		"ags-sc-23-error-no-user":                      incorrect,
		"ags-sc-24-error-unknown-user":                 incorrect,
		"ags-sc-25-error-teacher":                      incorrect,
		"ags-sc-27-error-other-course-user":            incorrect,
		"ags-sc-28-error-user-text":                    {"later", "502 Bad Gateway 502 Bad Gateway nginx/1.22.1"},
		"ags-sc-31-error-score-text":                   incorrect,
		"ags-sc-47-error-ts-garbage":                   incorrect,
		"ags-sc-48-ts-epoch":                           incorrect,
		"ags-sc-50-now-after-future":                   older("2", "6"),
		"ags-sc-54-multiline-error":                    {"permanent", "The platform answered as it does when it loses a score: 200 with an empty list."},
		"ags-sc-55-nonascii-error":                     incorrect,
		"ags-sc-60-content-type-json":                  {"permanent", "No handler found for /2/lineitems/2/lineitem/scores application/json"},
		"ags-sc-62-error-not-json":                     {"permanent", "Incorrect score receivedhello"},
		"ags-sc-67-error-appended-after-query":         {"permanent", "No handler found for /2/lineitems/2/lineitem application/vnd.ims.lis.v1.score+json"},
		"ags-sc-69-error-scope":                        {"permanent", "Unauthorized"},
		"ags-sc-70-error-no-token":                     {"permanent", "Unauthorized"},
		"ags-sc-71-error-get-scores":                   {"permanent", "Method Not Allowed"},
		"ags-sc-75-standalone-older":                   older("7", "6"),
		"ags-sc-80-locked-item":                        {"later", ""},
		"ags-sc-83-error-deleted-activity":             {"permanent", "Not Found: Grade item 20 doesn't exist"},
		"ags-sc-90-error-unenrolled":                   incorrect,
	}
	all := recordings(t, "ags-sc-*.json", 74)
	for name := range table {
		if !slices.ContainsFunc(all, func(e exchange) bool { return e.name == name }) {
			t.Errorf("no recording %s", name)
		}
	}
	for _, e := range all {
		t.Run(e.name, func(t *testing.T) {
			p := &platform{answer: func(*http.Request) *http.Response { return e.response() }}
			err := ags.PostScore(t.Context(), p.client(), strings.Replace(e.Request.URL, "/scores", "", 1), score())
			want := table[e.name]
			if want.kind == "" {
				if err != nil || p.calls[0].URL.String() != e.Request.URL {
					t.Errorf("%v from %s", err, p.calls[0].URL)
				}
				return
			}
			refused, ok := errors.AsType[*lti.ServiceError](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if got := kind(refused); got != want.kind || refused.Text != want.text {
				t.Errorf("%s, %q; want %s, %q", got, refused.Text, want.kind, want.text)
			}
			if wantCalls := map[bool]int{true: 2, false: 1}[e.Response.Status == 401]; len(p.calls) != wantCalls {
				t.Errorf("%d calls, want %d", len(p.calls), wantCalls)
			}
		})
	}
}

// Canvas answers a score with a body, and that is a success.
func TestScoreTakenWithABody(t *testing.T) {
	for _, p := range []*platform{always(200, `{"resultUrl":"https://canvas/results/1"}`), always(201, ""), always(202, "ok"), always(204, "")} {
		if err := ags.PostScore(t.Context(), p.client(), item, score()); err != nil {
			t.Error(err)
		}
	}
}

// Vendors' members go to platforms that are known to take them, and to no
// others.
func TestVendorsMembers(t *testing.T) {
	const submission, other = "https://canvas.instructure.com/lti/submission", "https://v.example/x"
	s := score()
	s.Extra = map[string]any{submission: map[string]any{"new_submission": false}, other: 1}
	for want, opts := range map[string][]lti.ClientOption{
		"":           nil,
		submission:   {lti.WithExtensions("https://canvas.instructure.com/")},
		other:        {lti.WithExtensions("https://v.example/")},
		"both":       {lti.WithExtensions("https://canvas.instructure.com/", other)},
		"none of it": {lti.WithExtensions()},
	} {
		p := always(204, "")
		if err := ags.PostScore(t.Context(), p.client(opts...), item, s); err != nil {
			t.Fatal(err)
		}
		_, err := ags.CreateLineItem(t.Context(), p.client(opts...), item, ags.LineItem{Label: "x", ScoreMaximum: 1, Extra: s.Extra})
		if err == nil || len(p.bodies) != 2 { // the answer has no body
			t.Fatalf("%d calls, %v", len(p.bodies), err)
		}
		for _, body := range p.bodies {
			sent := object(t, body)
			for _, name := range []string{submission, other} {
				if _, ok := sent[name]; ok != (want == name || want == "both") {
					t.Errorf("%s: sent %s", want, body)
				}
			}
		}
		if sent := object(t, p.bodies[0]); string(sent["userId"]) != `"6"` || string(sent["scoreGiven"]) != "83" {
			t.Errorf("sent %s", p.bodies[0])
		}
	}
}

// A page of something in front of the platform, whatever its status, is no
// word about the score: it is to be sent again.
func TestScoreSwallowedByAWebPage(t *testing.T) {
	for _, page := range []string{"<!DOCTYPE html><title>Back soon</title>", "\r\n <html>", "<?xml version='1.0'?>"} {
		for _, status := range []int{200, 201} {
			err := ags.PostScore(t.Context(), always(status, page).client(), item, score())
			refused, ok := errors.AsType[*lti.ServiceError](err)
			if !ok || !refused.TryLater() || refused.Status != status || !strings.Contains(refused.Text, "web page") {
				t.Errorf("%d %s: %v", status, page, err)
			}
		}
	}
}
