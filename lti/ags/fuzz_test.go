package ags_test

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ags"
)

// Whatever a container answers, no call leaves the platform's own origin,
// reading comes to an end, and what is not an item is a ServiceError.
func FuzzLineItems(f *testing.F) {
	const container = services + "/2/lineitems?type_id=1"
	for _, e := range recordings(f, "ags-li-*.json", 57) {
		f.Add(e.Response.Status, e.Response.Body, e.Response.Headers["Link"], e.Response.StatusText)
	}
	for _, link := range []string{
		`<https://evil.example/>; rel="next"`, `<http://moodle.localhost:9443/>; rel=next`, `<?page=2>; rel=next`, `<//evil.example>; rel=next`,
		`<https://moodle.localhost:9443@evil.example/>; rel=next`, `<javascript:a>; rel=next`, `<https://MOODLE.localhost:9443/x>; rel=next`,
	} {
		f.Add(200, `[{"id":1,"scoreMaximum":"10","label":null},{"scoreMaximum":1e3}]`, link, "OK")
	}
	f.Fuzz(func(t *testing.T, status int, body, link, reason string) {
		p := always(status, body, "Link", link)
		for got, err := range ags.LineItems(t.Context(), p.fuzzed(), container, ags.Filter{}) {
			if err == nil {
				wantNumber(t, got)
				continue
			}
			if !reflect.DeepEqual(got, ags.LineItem{}) {
				t.Errorf("item %+v beside error %v", got, err)
			}
			wantNamed(t, err)
		}
		if len(p.calls) > 200 {
			t.Errorf("%d calls", len(p.calls))
		}
		for _, call := range p.calls {
			if call.URL.Scheme != "https" || !strings.EqualFold(call.URL.Host, "moodle.localhost:9443") || call.URL.User != nil {
				t.Errorf("the token went to %s", call.URL)
			}
		}
		answer := respond(status, body)
		answer.Status = strconv.Itoa(status) + " " + reason
		one := &platform{answer: func(*http.Request) *http.Response { return answer }}
		got, err := ags.GetLineItem(t.Context(), one.fuzzed(), item)
		if err != nil {
			wantNamed(t, err)
		} else if wantNumber(t, got); got.ID == "" {
			t.Errorf("%s is an item without an address", body)
		}
	})
}

// tokens saves a signature per call.
var tokens = lti.NewTokenCache()

func (p *platform) fuzzed() *lti.Client {
	registration := lti.Registration{ClientID: "c", TokenURL: "https://moodle.localhost:9443/mod/lti/token.php"}
	return lti.NewClient(registration, key(), p, lti.WithTokens(tokens))
}

func wantNumber(t *testing.T, got ags.LineItem) {
	t.Helper()
	if math.IsNaN(got.ScoreMaximum) || math.IsInf(got.ScoreMaximum, 0) {
		t.Errorf("item %+v", got)
	}
}

// wantNamed wants an error that a caller can sort and a person can read.
func wantNamed(t *testing.T, err error) {
	t.Helper()
	refused, ok := errors.AsType[*lti.ServiceError](err)
	if !ok {
		t.Fatalf("error %v (%T)", err, err)
	}
	kinds := 0
	for _, is := range []bool{refused.TryLater(), refused.Conflict(), refused.Permanent()} {
		if is {
			kinds++
		}
	}
	if kinds != 1 || refused.Op == "" || refused.URL == "" {
		t.Errorf("%d kinds of %+v", kinds, refused)
	}
	unreadable := func(r rune) bool { return !unicode.IsPrint(r) }
	if len(refused.Text) > 2<<10 || !utf8.ValidString(refused.Text) || strings.ContainsFunc(refused.Text, unreadable) {
		t.Errorf("words %q", refused.Text)
	}
	if refused.RetryAfter < 0 || refused.RetryAfter > 24*time.Hour {
		t.Errorf("wait %s", refused.RetryAfter)
	}
}

// Whatever a platform answers to a score, it counts as sent only when the
// platform took it, and else the error says what to do.
func FuzzScoreAnswer(f *testing.F) {
	for _, e := range recordings(f, "ags-sc-*.json", 74) {
		f.Add(e.Response.Status, e.Response.StatusText, e.Response.Body, e.Response.Headers["Retry-After"])
	}
	for _, wait := range []string{"120", "-1", "99999999999999999999", "9223372036854775807", "Wed, 21 Oct 2026 07:28:00 GMT", "soon"} {
		f.Add(429, "Too Many Requests", `{"error":"slow","message":5}`, wait)
	}
	f.Add(403, "Forbidden", "403 Forbidden (Rate Limit Exceeded)", "")
	f.Add(200, "OK", "<!DOCTYPE html><title>Back soon</title>", "")
	f.Add(302, "Found", "<html><title>a</title><script>x</script>b</html>", "")
	f.Add(401, "Unauthorized", "\xff\x00\u202e", "")
	f.Fuzz(func(t *testing.T, status int, reason, body, wait string) {
		p := &platform{answer: func(*http.Request) *http.Response {
			answer := respond(status, body, "Retry-After", wait, "Date", "Wed, 21 Oct 2026 07:00:00 GMT")
			answer.Status = strconv.Itoa(status) + " " + reason
			return answer
		}}
		err := ags.PostScore(t.Context(), p.fuzzed(), item, ags.Score{Subject: "3", Given: 8, Maximum: 10, At: earned})
		if err != nil {
			wantNamed(t, err)
		}
		words := strings.TrimSpace(body)
		lost := words == "[]" || strings.HasPrefix(words, "<") || len(body) > 1<<20
		if took := status/100 == 2; err == nil && !took || took && (err != nil) != lost {
			t.Errorf("status %d %q: %v", status, body, err)
		}
		if again := len(p.calls) - 1; again > 1 || again == 1 && status != http.StatusUnauthorized {
			t.Errorf("status %d: called %d times", status, len(p.calls))
		}
	})
}

// Whatever a score holds, it is not sent, or it is sent in plain decimals that
// mean the same, at its time.
func FuzzScore(f *testing.F) {
	f.Add("3", 8.0, 10.0, int64(1795447039466), "Well done.", ags.Completed, ags.FullyGraded)
	f.Add("", 0.1+0.2, 1.0, int64(0), "", "", "")
	f.Add("\xff", 1e300, 1e-300, int64(-1), "\x00\u2028", "Completed ", ags.Pending)
	f.Add("u", math.Inf(1), math.NaN(), int64(math.MaxInt64/1_000_000), "", ags.Started, ags.NotReady)
	f.Add("u", math.Copysign(0, -1), 5e-9, int64(1), "", ags.Started, ags.NotReady)
	f.Fuzz(func(t *testing.T, subject string, given, maximum float64, at int64, comment, activity, grading string) {
		at = max(at, -at-1, 0) % 253_402_300_800_000 // RFC 3339 ends with the year 9999
		s := ags.Score{Subject: subject, Given: given, Maximum: maximum, At: time.UnixMilli(at), Comment: comment, ActivityProgress: activity, GradingProgress: grading}
		p := always(204, "")
		err := ags.PostScore(t.Context(), p.fuzzed(), item, s)
		if err != nil {
			if !errors.Is(err, ags.ErrInvalid) || len(p.calls) != 0 {
				t.Errorf("%d calls, %v", len(p.calls), err)
			}
			return
		}
		var sent struct {
			UserID                   string
			ScoreGiven, ScoreMaximum json.Number
			Timestamp, Comment       string
		}
		if err := json.Unmarshal([]byte(p.bodies[0]), &sent); err != nil {
			t.Fatalf("sent %s: %v", p.bodies[0], err)
		}
		for number, want := range map[json.Number]float64{sent.ScoreGiven: given, sent.ScoreMaximum: maximum} {
			got, err := number.Float64()
			if err != nil || strings.Trim(string(number), "0123456789.") != "" || math.Abs(got-want) > 1e-8+want*1e-15 {
				t.Errorf("%v is sent as %s (%v)", want, number, err)
			}
		}
		stamp, err := time.Parse(time.RFC3339, sent.Timestamp)
		if err != nil || !stamp.Equal(s.At) || subject == "" || utf8.ValidString(subject) && sent.UserID != subject {
			t.Errorf("%+v is sent as %s (%v)", s, p.bodies[0], err)
		}
	})
}

// Whatever a platform tells of a column, a change of its label is written back
// with every other member as it came, or nothing is written.
func FuzzUpdateLineItem(f *testing.F) {
	for _, e := range recordings(f, "ags-li-*.json", 57) {
		f.Add(e.Response.Body, "New label")
	}
	f.Add(`{"label":"x","scoreMaximum":"10","tag":null,"https://v.example/a":{"b":[1.50,null]},"other":"\u2028<"}`, "y")
	f.Add(`{"LABEL":"x","label":7,"scoreMaximum":1,"gradesReleased":"no","submissionReview":[]}`, "")
	f.Fuzz(func(t *testing.T, body, label string) {
		p := &platform{answer: func(r *http.Request) *http.Response {
			if r.Method == http.MethodPut {
				return respond(200, `{"label":"put"}`)
			}
			return respond(200, body)
		}}
		got, err := ags.UpdateLineItem(t.Context(), p.fuzzed(), item, func(i *ags.LineItem) { i.Label = label })
		if err != nil {
			if len(p.calls) != 1 {
				t.Errorf("%d calls, %v", len(p.calls), err)
			}
			if !errors.Is(err, ags.ErrInvalid) {
				wantNamed(t, err)
			}
			return
		}
		if len(p.calls) == 1 {
			if got.Label != label {
				t.Errorf("%s: %q was not written", body, label)
			}
			return
		}
		was, is := object(t, body), object(t, p.bodies[1])
		for name, value := range was {
			if name != "label" && string(value) != "null" && string(compact(t, is[name])) != string(compact(t, value)) {
				t.Errorf("%s became %s", value, is[name])
			}
		}
		for name, value := range is {
			if _, ok := was[name]; !ok && name != "label" || string(value) == "null" {
				t.Errorf("%s: %s came from nowhere", name, value)
			}
		}
	})
}

func object(t *testing.T, text string) (all map[string]json.RawMessage) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &all); err != nil {
		t.Fatal(err)
	}
	return all
}

// compact writes JSON as encoding/json passes it on.
func compact(t *testing.T, raw json.RawMessage) []byte {
	t.Helper()
	text, err := json.Marshal(raw)
	if err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	return text
}

// Whatever a platform answers as results, reading comes to an end on its own
// host, a score is a number, and what is not a result is a ServiceError.
func FuzzResults(f *testing.F) {
	for _, e := range recordings(f, "ags-res-*.json", 9) {
		f.Add(e.Response.Status, e.Response.Body, e.Response.Headers["Link"], "")
	}
	f.Add(200, `[{"userId":5,"resultScore":"1e400","resultMaximum":null},{"resultScore":null}]`, `<//evil.example>; rel="next"`, "5")
	f.Fuzz(func(t *testing.T, status int, body, link, user string) {
		p := always(status, body, "Link", link)
		for got, err := range ags.Results(t.Context(), p.fuzzed(), item, ags.ResultFilter{UserID: user}) {
			if err != nil {
				wantNamed(t, err)
				continue
			}
			if math.IsNaN(got.Maximum) || math.IsInf(got.Maximum, 0) || got.Score != nil && (math.IsNaN(*got.Score) || math.IsInf(*got.Score, 0)) || user != "" && got.UserID != user {
				t.Errorf("result %+v of %q", got, user)
			}
		}
		for _, call := range p.calls {
			if call.URL.Scheme != "https" || !strings.EqualFold(call.URL.Host, "moodle.localhost:9443") || call.URL.Query().Has("limit") {
				t.Errorf("the token went to %s", call.URL)
			}
		}
	})
}
