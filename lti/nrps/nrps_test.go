package nrps_test

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/nrps"
)

const roster = "https://moodle.localhost:9443/mod/lti/services.php/CourseSection/2/bindings/1/memberships"

var key = sync.OnceValue(func() lti.PrivateKey {
	k, err := lti.NewPrivateKey(rand.Reader, "k")
	if err != nil {
		panic(err)
	}
	return k
})

// A platform gives tokens to anybody and answers the rest by a function.
type platform struct {
	answer func(*http.Request) *http.Response
	calls  []*http.Request
	asked  string // the scope of the token
}

func (p *platform) Do(r *http.Request) (*http.Response, error) {
	if r.Method == http.MethodPost {
		if err := r.ParseForm(); err != nil {
			return nil, err
		}
		p.asked = r.PostForm.Get("scope")
		return respond(200, `{"access_token":"t","expires_in":3600}`), nil
	}
	p.calls = append(p.calls, r)
	return p.answer(r), nil
}

func (p *platform) roster() *nrps.Roster {
	r := lti.Registration{ClientID: "c", TokenURL: "https://moodle.localhost:9443/mod/lti/token.php"}
	return &nrps.Roster{URL: roster, Client: lti.NewClient(r, key(), p)}
}

func respond(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

func all(t *testing.T, r *nrps.Roster) (members []nrps.Member, err error) {
	t.Helper()
	for m, e := range r.Members(t.Context()) {
		if e != nil {
			return members, e
		}
		members = append(members, m)
	}
	return members, nil
}

// An exchange is one recorded call of a real Moodle.
type exchange struct {
	Request struct {
		Method, URL string
	}
	Response struct {
		Status  int
		Headers map[string]string
		Body    string
	}
}

func recordings(t *testing.T) map[string]exchange {
	t.Helper()
	files, err := filepath.Glob("testdata/nrps-*.json")
	if err != nil || len(files) != 27 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	found := map[string]exchange{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var e exchange
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		found[strings.TrimSuffix(filepath.Base(file), ".json")] = e
	}
	return found
}

func (e exchange) answer() *http.Response {
	var header []string
	for name, value := range e.Response.Headers {
		header = append(header, name, value)
	}
	return respond(e.Response.Status, e.Response.Body, header...)
}

// Every page that a real Moodle has answered with is read, and every error is
// one.
func TestMoodleRosters(t *testing.T) {
	for name, e := range recordings(t) {
		if e.Request.Method != http.MethodGet {
			continue
		}
		t.Run(name, func(t *testing.T) {
			first := true
			p := &platform{answer: func(*http.Request) *http.Response {
				if first || e.Response.Status != http.StatusOK { // 401 is asked again with a new token
					first = false
					return e.answer()
				}
				return respond(200, `{"members":[]}`)
			}}
			r := p.roster()
			r.URL = e.Request.URL
			members, err := all(t, r)
			if e.Response.Status != 200 {
				if refused, ok := errors.AsType[*lti.ServiceError](err); !ok || refused.Status != e.Response.Status {
					t.Errorf("error %v, want status %d", err, e.Response.Status)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var want struct {
				Members []struct{ User_ID, Name string }
			}
			if err := json.Unmarshal([]byte(e.Response.Body), &want); err != nil {
				t.Fatal(err)
			}
			if len(members) != len(want.Members) {
				t.Fatalf("%d members, want %d", len(members), len(want.Members))
			}
			for i, m := range members {
				if m.UserID != want.Members[i].User_ID || m.Name != want.Members[i].Name || m.Status != nrps.Active || len(m.Roles) == 0 {
					t.Errorf("member %+v", m)
				}
			}
			paged := strings.Contains(e.Response.Headers["link"], `rel="next"`)
			if calls := len(p.calls); paged != (calls == 2) {
				t.Errorf("%d calls, next page: %v", calls, paged)
			}
		})
	}
}

// CERT-N02 to CERT-N05: how the roster is asked for.
func TestTheRequest(t *testing.T) {
	p := &platform{answer: func(*http.Request) *http.Response { return respond(200, `{"members":[]}`) }}
	r := p.roster()
	r.URL += "?kept=%2Fas%20it+is"
	r.Role, r.ResourceLinkID, r.Limit = lti.RoleLearner, "link 1", 50
	if _, err := all(t, r); err != nil {
		t.Fatal(err)
	}
	got := p.calls[0]
	want := roster + "?kept=%2Fas%20it+is&limit=50&rlid=link+1&role=http%3A%2F%2Fpurl.imsglobal.org%2Fvocab%2Flis%2Fv2%2Fmembership%23Learner"
	if got.URL.String() != want || got.Method != http.MethodGet {
		t.Errorf("%s %s", got.Method, got.URL)
	}
	if got.Header.Get("Accept") != "application/vnd.ims.lti-nrps.v2.membershipcontainer+json" || got.Header.Get("Authorization") != "Bearer t" {
		t.Errorf("headers %v", got.Header)
	}
	if p.asked != lti.ScopeMemberships {
		t.Errorf("scope %q", p.asked)
	}
}

// OWN-S26, OWN-S27: what members may lack, and what they may bring.
func TestOddMembers(t *testing.T) {
	for name, tc := range map[string]struct {
		json string
		ok   func(nrps.Member) bool
	}{
		"only an ID":          {`{"user_id":"6"}`, func(m nrps.Member) bool { return m.UserID == "6" && m.Status == nrps.Active && len(m.Roles) == 0 }},
		"a short role":        {`{"user_id":"6","roles":["Learner"]}`, func(m nrps.Member) bool { return m.Roles.Learner() && m.RawRoles[0] == "Learner" }},
		"a full role":         {`{"user_id":"6","roles":["http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"]}`, func(m nrps.Member) bool { return m.Roles.Instructor() }},
		"who is inactive":     {`{"user_id":"6","status":"Inactive"}`, func(m nrps.Member) bool { return m.Status == nrps.Inactive }},
		"who is gone":         {`{"user_id":"6","status":"Deleted"}`, func(m nrps.Member) bool { return m.Status == nrps.Deleted }},
		"nulls and numbers":   {`{"user_id":"6","name":null,"email":5,"roles":"Learner"}`, func(m nrps.Member) bool { return m.Name == "" && m.Email == "" && len(m.Roles) == 0 }},
		"custom parameters":   {`{"user_id":"6","message":[{"https://purl.imsglobal.org/spec/lti/claim/custom":{"due":"2026-01-01","odd":5}}]}`, func(m nrps.Member) bool { return m.Custom["due"] == "2026-01-01" && m.Custom["odd"] == "" }},
		"a message of a list": {`{"user_id":"6","message":"none"}`, func(m nrps.Member) bool { return m.Custom == nil }},
	} {
		t.Run(name, func(t *testing.T) {
			p := &platform{answer: func(*http.Request) *http.Response {
				return respond(200, `{"context":{"id":"2","title":"Course"},"members":[`+tc.json+`,`+tc.json+`]}`)
			}}
			r := p.roster()
			members, err := all(t, r)
			if err != nil || len(members) != 2 || !tc.ok(members[0]) {
				t.Errorf("%+v, %v", members, err)
			}
			if r.Context != (nrps.Context{ID: "2", Title: "Course"}) {
				t.Errorf("context %+v", r.Context)
			}
		})
	}
}

func TestPagesThatLeadAstray(t *testing.T) {
	for name, next := range map[string]string{
		"to another host":   "https://evil.example.com/memberships",
		"to another scheme": "http://moodle.localhost:9443/mod/lti/services.php",
		"in a circle":       roster,
	} {
		t.Run(name, func(t *testing.T) {
			p := &platform{answer: func(*http.Request) *http.Response {
				return respond(200, `{"members":[{"user_id":"6"}]}`, "Link", "<"+next+`>; rel="next"`)
			}}
			members, err := all(t, p.roster())
			if err == nil || len(members) != 1 || len(p.calls) != 1 {
				t.Errorf("%d members, %d calls, %v", len(members), len(p.calls), err)
			}
		})
	}
}

func TestDifferences(t *testing.T) {
	p := &platform{answer: func(*http.Request) *http.Response {
		return respond(200, `{"members":[]}`, "Link", "<"+roster+`?since=42>; rel="differences"`)
	}}
	r := p.roster()
	if _, err := all(t, r); err != nil || r.Differences != roster+"?since=42" {
		t.Errorf("%q, %v", r.Differences, err)
	}
	p.answer = func(*http.Request) *http.Response {
		return respond(200, `{"members":[]}`, "Link", `<https://evil.example.com/>; rel="differences"`)
	}
	r = p.roster()
	if _, err := all(t, r); err != nil || r.Differences != "" {
		t.Errorf("%q, %v", r.Differences, err)
	}
}

func TestWhatIsNoRoster(t *testing.T) {
	for name, body := range map[string]string{
		"HTML": "<!DOCTYPE html>", "a list": "[]", "a member without ID": `{"members":[{"name":"Ada"}]}`, "members as text": `{"members":"none"}`,
	} {
		p := &platform{answer: func(*http.Request) *http.Response { return respond(200, body) }}
		if _, err := all(t, p.roster()); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}
