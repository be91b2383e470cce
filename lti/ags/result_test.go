package ags_test

import (
	"errors"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ags"
)

// Every recorded answer about results.
func TestMoodleResults(t *testing.T) {
	const wrongType = "No handler found for /2/lineitems/2/lineitem/results application/json"
	for name, row := range map[string]struct {
		filter  ags.ResultFilter
		users   string
		first   string // points of the first
		refused string // with these words, "" for none
		status  int
	}{
		"ags-res-00-before":      {},
		"ags-res-01-after-first": {users: "6", first: "83/100 well done 2026-11-23T15:37:19Z"},
		"ags-res-10-all":         {users: "6 9 7", first: "81/100 well done 2026-11-23T17:37:23Z"},
		"ags-res-11-user":        {filter: ags.ResultFilter{UserID: "7"}, users: "7", first: "42/100 well done 2026-11-23T16:37:28Z"},
		"ags-res-12-user-none":   {filter: ags.ResultFilter{UserID: "8"}},
		"ags-res-13-limit":       {filter: ags.ResultFilter{Limit: 1}, status: 404},
		"ags-res-14-accept-json": {status: 400, refused: wrongType},
		"ags-res-15-error-scope": {status: 401, refused: "Unauthorized"},
		"ags-res-20-standalone":  {users: "6", first: "31/60 well done 2026-11-23T16:37:29Z"},
	} {
		t.Run(name, func(t *testing.T) {
			e := recorded(t, name)
			p := &platform{answer: func(*http.Request) *http.Response { return e.response() }}
			of, _, _ := strings.Cut(e.Request.URL, "/results")
			var users []string
			var first string
			var failed error
			for r, err := range ags.Results(t.Context(), p.client(), of+"?type_id=1", row.filter) {
				if failed = err; err != nil {
					break
				}
				if users = append(users, r.UserID); first == "" {
					first = text(r)
				}
				if r.ScoreOf != of+"?type_id=1" || !strings.HasPrefix(r.ID, of+"/results") {
					t.Errorf("result %+v", r)
				}
			}
			if r := p.calls[0]; r.URL.String() != e.Request.URL || r.Header.Get("Accept") != "application/vnd.ims.lis.v2.resultcontainer+json" {
				t.Errorf("asked %s as %s", r.URL, r.Header.Get("Accept"))
			}
			if got := strings.Join(users, " "); got != row.users || first != row.first {
				t.Errorf("results of %q, first %q; want %q, %q", got, first, row.users, row.first)
			}
			refused, _ := errors.AsType[*lti.ServiceError](failed)
			if (failed != nil) != (row.status != 0) || refused != nil && (refused.Status != row.status || row.refused != "" && refused.Text != row.refused || !refused.Permanent()) {
				t.Errorf("error %v, want %d %q", failed, row.status, row.refused)
			}
		})
	}
}

func trimmed(x float64) string { return strconv.FormatFloat(x, 'f', -1, 64) }

func text(r ags.Result) string {
	if r.Score == nil || r.At == nil {
		return "nothing"
	}
	return trimmed(*r.Score) + "/" + trimmed(r.Maximum) + " " + r.Comment + " " + r.At.UTC().Format(time.RFC3339)
}

func TestOddResults(t *testing.T) {
	score := 0.5
	for body, want := range map[string]ags.Result{
		`[{"userId":7,"resultScore":null,"resultMaximum":null}]`:       {UserID: "7", Maximum: 1},
		`[{"userId":"7","resultScore":"0.5","scoringUserId":"3"}]`:     {UserID: "7", Score: &score, Maximum: 1, ScoringUserID: "3"},
		`[{"userId":"8"},{"userId":"7","timestamp":"x","comment":[]}]`: {UserID: "7", Maximum: 1},
	} {
		var all []ags.Result
		for r, err := range ags.Results(t.Context(), always(200, body).client(), item, ags.ResultFilter{UserID: "7"}) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
		if !reflect.DeepEqual(all, []ags.Result{want}) {
			t.Errorf("%s: %+v, want %+v", body, all, want)
		}
	}
	for _, body := range []string{"", "{}", `["x"]`, `[{"resultScore":"many"}]`, `[{"resultMaximum":"NaN"}]`} {
		for _, err := range ags.Results(t.Context(), always(200, body).client(), item, ags.ResultFilter{}) {
			if _, ok := errors.AsType[*lti.ServiceError](err); !ok {
				t.Errorf("%q was read", body)
			}
		}
	}
}

func TestResultsOverPages(t *testing.T) {
	p := &platform{answer: func(r *http.Request) *http.Response {
		if r.URL.Query().Get("page") == "" {
			return respond(200, `[{"userId":"1"}]`, "Link", `<?page=2>; rel="next"`)
		}
		return respond(200, `[{"userId":"2"}]`)
	}}
	var users []string
	for r, err := range ags.Results(t.Context(), p.client(), item, ags.ResultFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		users = append(users, r.UserID)
	}
	if strings.Join(users, " ") != "1 2" || len(p.calls) != 2 || p.calls[0].URL.Query().Has("limit") {
		t.Errorf("results of %q after %d calls", users, len(p.calls))
	}
	for _, err := range ags.Results(t.Context(), p.client(), "lineitem", ags.ResultFilter{}) {
		if !errors.Is(err, ags.ErrInvalid) {
			t.Errorf("no URL: %v", err)
		}
	}
}
