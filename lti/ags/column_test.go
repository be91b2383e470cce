package ags_test

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ags"
)

const container = services + "/2/lineitems?type_id=1"

func recorded(t testing.TB, name string) exchange { return recordings(t, name+".json", 1)[0] }

// sameJSON tells whether two documents say the same.
func sameJSON(t *testing.T, a, b string) bool {
	t.Helper()
	var one, other any
	if err := errors.Join(json.Unmarshal([]byte(a), &one), json.Unmarshal([]byte(b), &other)); err != nil {
		t.Fatal(err)
	}
	return reflect.DeepEqual(one, other)
}

// Columns that a real Moodle made, asked for in the same words.
func TestMoodleCreates(t *testing.T) {
	start, end := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
	at := func(id string, i ags.LineItem) ags.LineItem {
		i.ID = services + "/2/lineitems/" + id + "/lineitem?type_id=1"
		return i
	}
	for name, row := range map[string]struct {
		id      string
		item    ags.LineItem
		refused string
	}{
		"ags-li-20-create":                    {"7", ags.LineItem{Label: "Stand-alone item", ScoreMaximum: 50, ResourceID: "res-1", Tag: "final", StartAt: &start, EndAt: &end}, ""},
		"ags-li-21-create-linked":             {"8", ags.LineItem{Label: "Second for link 1", ScoreMaximum: 20, ResourceID: "res-2", Tag: "bonus", ResourceLinkID: "1"}, ""},
		"ags-li-62-ungraded-create":           {"21", ags.LineItem{Label: "Made by tool", ScoreMaximum: 100, ResourceLinkID: "2", ResourceID: "reading-1"}, ""},
		"ags-li-26-error-create-foreign-link": {"", ags.LineItem{Label: "x", ScoreMaximum: 1, ResourceLinkID: "4"}, "Forbidden"},
		"ags-li-52-error-readonly-create":     {"", ags.LineItem{Label: "x", ScoreMaximum: 1}, "Unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			e := recorded(t, name)
			p := &platform{answer: func(*http.Request) *http.Response { return e.response() }}
			got, err := ags.CreateLineItem(t.Context(), p.client(), container, row.item)
			r := p.calls[0]
			if r.Method != http.MethodPost || r.URL.String() != e.Request.URL || r.Header.Get("Content-Type") != e.Request.Headers["Content-Type"] || !sameJSON(t, p.bodies[0], e.Request.Body) {
				t.Errorf("%s %s %v %s", r.Method, r.URL, r.Header, p.bodies[0])
			}
			if row.refused != "" {
				if refused, ok := errors.AsType[*lti.ServiceError](err); !ok || refused.Text != row.refused || !refused.Permanent() {
					t.Errorf("error %v, want %q", err, row.refused)
				}
				return
			}
			if want := at(row.id, row.item); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
			}
		})
	}
}

func TestLineItemsNotSent(t *testing.T) {
	later, sooner := earned, earned.Add(-1)
	for name, i := range map[string]ags.LineItem{
		"no label":            {ScoreMaximum: 1},
		"a blank label":       {Label: " ", ScoreMaximum: 1},
		"no maximum":          {Label: "x"},
		"a negative maximum":  {Label: "x", ScoreMaximum: -1},
		"an infinite maximum": {Label: "x", ScoreMaximum: math.Inf(1)},
		"no number":           {Label: "x", ScoreMaximum: math.NaN()},
		"an ID of our own":    {ID: item, Label: "x", ScoreMaximum: 1},
		"an end before":       {Label: "x", ScoreMaximum: 1, StartAt: &later, EndAt: &sooner},
		"a member of ours":    {Label: "x", ScoreMaximum: 1, Extra: map[string]any{"id": "y"}},
	} {
		p := always(201, `{"id":"/x"}`)
		if _, err := ags.CreateLineItem(t.Context(), p.client(), container, i); !errors.Is(err, ags.ErrInvalid) || len(p.calls) != 0 {
			t.Errorf("%s: %v after %d calls", name, err, len(p.calls))
		}
	}
}

// A platform that does not say where the column is has not made one that
// anybody could use.
func TestCreatedNowhere(t *testing.T) {
	for _, body := range []string{"", "[]", "null", `{"label":"x"}`, `{"id":""}`} {
		_, err := ags.CreateLineItem(t.Context(), always(201, body).client(), container, ags.LineItem{Label: "x", ScoreMaximum: 1})
		if _, ok := errors.AsType[*lti.ServiceError](err); !ok {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// gradebook is a platform with one column, which a PUT replaces as a whole.
func gradebook(column string) *platform {
	p := &platform{}
	p.answer = func(r *http.Request) *http.Response {
		if r.Method == http.MethodPut {
			column = p.bodies[len(p.bodies)-1]
		}
		return respond(200, column)
	}
	return p
}

// What Moodle told of the column comes back to it, whether it is known here or
// not: it wipes what a PUT leaves out.
func TestUpdateKeepsWhatItDoesNotKnow(t *testing.T) {
	before := recorded(t, "ags-li-67-get-after-put-with-link-id").Response.Body
	p := gradebook(before)
	got, err := ags.UpdateLineItem(t.Context(), p.client(), item, func(i *ags.LineItem) { i.Label, i.Tag = "New", "" })
	if err != nil || got.Label != "New" || got.ResourceLinkID != "1" || got.ResourceID != "crane-1" {
		t.Fatalf("%+v, %v", got, err)
	}
	if len(p.calls) != 2 || p.calls[0].Header.Get("Accept") != "application/vnd.ims.lis.v2.lineitem+json" ||
		p.calls[1].Method != http.MethodPut || p.calls[1].URL.String() != item || p.calls[1].Header.Get("Content-Type") != "application/vnd.ims.lis.v2.lineitem+json" {
		t.Fatalf("calls %v", p.calls)
	}
	want := strings.Replace(strings.Replace(before, `"Crane simulation"`, `"New"`, 1), `"tag":"t",`, "", 1)
	if !strings.Contains(want, `"ltiLinkId"`) || !sameJSON(t, p.bodies[1], want) {
		t.Errorf("sent %s\nwant %s", p.bodies[1], want)
	}
}

func TestUpdates(t *testing.T) {
	start := time.Date(2026, 3, 1, 10, 15, 30, 0, time.FixedZone("", 3600))
	const column = `{"id":"/i","label":"x","scoreMaximum":10.0,"tag":null,"resourceId":"","startDateTime":"2026-01-01T00:00:00+01:00","gradesReleased":true,"submissionReview":{"url":"https://t/r"},"own":{"n":1.50},"https://v.example/a":{"b":[1]},"https://v.example/c":1}`
	for name, row := range map[string]struct {
		change func(*ags.LineItem)
		opts   []lti.ClientOption
		want   string // empty: nothing is written
	}{
		"nothing":                             {func(*ags.LineItem) {}, nil, ""},
		"the same":                            {func(i *ags.LineItem) { i.Label, i.ScoreMaximum = "x", 10 }, nil, ""},
		"a maximum":                           {func(i *ags.LineItem) { i.ScoreMaximum = 0.1 + 0.2 }, nil, `"scoreMaximum":0.3`},
		"a tag":                               {func(i *ags.LineItem) { i.Tag = "t" }, nil, `"tag":"t"`},
		"a start":                             {func(i *ags.LineItem) { i.StartAt = &start }, nil, `"startDateTime":"2026-03-01T09:15:30Z"`},
		"a start in place":                    {func(i *ags.LineItem) { *i.StartAt = start }, nil, `"startDateTime":"2026-03-01T09:15:30Z"`},
		"release":                             {func(i *ags.LineItem) { *i.GradesReleased = false }, nil, `"gradesReleased":false`},
		"a review":                            {func(i *ags.LineItem) { i.SubmissionReview.Label = "See" }, nil, `"submissionReview":{"label":"See","url":"https://t/r"}`},
		"a vendor's member":                   {func(i *ags.LineItem) { i.Extra["https://v.example/a"].(map[string]any)["b"] = 2 }, []lti.ClientOption{lti.WithExtensions("https://v.example/")}, `"https://v.example/a":{"b":2}`},
		"a vendor's member that is not taken": {func(i *ags.LineItem) { i.Extra["https://v.example/a"] = 2 }, nil, ""},
	} {
		t.Run(name, func(t *testing.T) {
			p := gradebook(column)
			if _, err := ags.UpdateLineItem(t.Context(), p.client(row.opts...), item, row.change); err != nil {
				t.Fatal(err)
			}
			if row.want == "" {
				if len(p.calls) != 1 {
					t.Errorf("wrote %s", p.bodies[1])
				}
				return
			}
			if len(p.calls) != 2 || !strings.Contains(p.bodies[1], row.want) || !strings.Contains(p.bodies[1], `"own":{"n":1.50}`) || strings.Contains(p.bodies[1], "null") {
				t.Errorf("wrote %s, want %s", p.bodies, row.want)
			}
		})
	}
}

func TestUpdatesNotSent(t *testing.T) {
	for name, change := range map[string]func(*ags.LineItem){
		"another ID":         func(i *ags.LineItem) { i.ID = "/other" },
		"another link":       func(i *ags.LineItem) { i.ResourceLinkID = "2" },
		"no link any more":   func(i *ags.LineItem) { i.ResourceLinkID = "" },
		"no label any more":  func(i *ags.LineItem) { i.Label = "" },
		"a maximum of 0":     func(i *ags.LineItem) { i.ScoreMaximum = 0 },
		"a member of nobody": func(i *ags.LineItem) { i.Label, i.Extra = "y", map[string]any{"x": 1} },
	} {
		p := gradebook(`{"id":"/i","label":"x","scoreMaximum":10,"resourceLinkId":"1"}`)
		if _, err := ags.UpdateLineItem(t.Context(), p.client(), item, change); !errors.Is(err, ags.ErrInvalid) || len(p.calls) != 1 {
			t.Errorf("%s: %v after %d calls", name, err, len(p.calls))
		}
	}
}

// Recorded answers to PUT and DELETE.
func TestMoodleUpdatesAndDeletes(t *testing.T) {
	for name, want := range map[string]string{
		"ags-li-30-put": "", "ags-li-66-put-with-link-id": "", "ags-li-68-put-max-change": "", "ags-li-32-error-put-no-label": "Bad Request",
	} {
		e := recorded(t, name)
		p := &platform{answer: func(r *http.Request) *http.Response {
			if r.Method == http.MethodGet {
				return respond(200, `{"label":"before","scoreMaximum":1}`)
			}
			return e.response()
		}}
		got, err := ags.UpdateLineItem(t.Context(), p.client(), e.Request.URL, func(i *ags.LineItem) { i.Label = "after" })
		refused, _ := errors.AsType[*lti.ServiceError](err)
		if (err != nil) != (want != "") || refused != nil && refused.Text != want || err == nil && got.ID != e.Request.URL {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	for name, want := range map[string]string{"ags-li-40-delete-created": "", "ags-li-41-error-get-deleted": "Not Found: Grade item 8 doesn't exist"} {
		e := recorded(t, name)
		p := &platform{answer: func(*http.Request) *http.Response { return e.response() }}
		err := ags.DeleteLineItem(t.Context(), p.client(), e.Request.URL)
		refused, _ := errors.AsType[*lti.ServiceError](err)
		if p.calls[0].Method != http.MethodDelete || p.calls[0].URL.String() != e.Request.URL || (err != nil) != (want != "") || refused != nil && (refused.Text != want || !refused.Permanent()) {
			t.Errorf("%s: %s, %v", name, p.calls[0].Method, err)
		}
	}
}

// shelf is a platform that keeps the columns it is asked to make.
func shelf() (p *platform, columns func() []string) {
	var mu sync.Mutex
	var made []string
	p = &platform{}
	p.answer = func(r *http.Request) *http.Response {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == http.MethodPost {
			column := strings.Replace(p.lastBody(), "{", `{"id":"https://moodle.localhost:9443/`+string(rune('a'+len(made)))+`",`, 1)
			made = append(made, column)
			return respond(201, column)
		}
		return respond(200, "["+strings.Join(made, ",")+"]")
	}
	return p, func() []string { return made }
}

// OWN-S24: twice, one after the other and at once.
func TestOneColumn(t *testing.T) {
	p, made := shelf()
	client := p.client()
	var columns ags.Columns
	want := ags.LineItem{Label: "Discovery call", ScoreMaximum: 100, ResourceLinkID: "1", ResourceID: "r", Tag: "t"}
	var wait sync.WaitGroup
	found := make([]ags.LineItem, 10)
	created := make([]bool, len(found))
	for i := range found {
		wait.Go(func() {
			var err error
			if found[i], created[i], err = columns.FindOrCreate(t.Context(), client, container, want); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	want.ID = "https://moodle.localhost:9443/a"
	for _, got := range found {
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if n := len(slices.DeleteFunc(created, func(made bool) bool { return !made })); n != 1 || len(made()) != 1 {
		t.Errorf("%d columns made, %d said so", len(made()), n)
	}
	other := want
	other.ID, other.Tag = "", "other"
	if got, created, err := columns.FindOrCreate(t.Context(), client, container, other); err != nil || !created || got.ID == want.ID {
		t.Errorf("another column: %+v, %t, %v", got, created, err)
	}
}

// The answer to the first call got lost; the second finds what it made.
func TestFindOrCreateAgain(t *testing.T) {
	p, made := shelf()
	lose := true
	answer := p.answer
	p.answer = func(r *http.Request) *http.Response {
		if kept := answer(r); r.Method != http.MethodPost || !lose {
			return kept
		}
		return respond(503, "")
	}
	var columns ags.Columns
	want := ags.LineItem{Label: "x", ScoreMaximum: 1, ResourceID: "r"}
	if _, created, err := columns.FindOrCreate(t.Context(), p.client(), container, want); err == nil || created {
		t.Fatalf("%t, %v", created, err)
	}
	lose = false
	if got, created, err := columns.FindOrCreate(t.Context(), p.client(), container, want); err != nil || created || got.ResourceID != "r" || len(made()) != 1 {
		t.Errorf("%+v, %t, %v, %d columns", got, created, err, len(made()))
	}
}

func TestFindOrCreateRefused(t *testing.T) {
	var columns ags.Columns
	p := always(200, "[]")
	if _, _, err := columns.FindOrCreate(t.Context(), p.client(), container, ags.LineItem{Label: "x", ScoreMaximum: 1}); !errors.Is(err, ags.ErrInvalid) || len(p.calls) != 0 {
		t.Errorf("without an id: %v", err)
	}
	broken := always(500, "")
	if _, _, err := columns.FindOrCreate(t.Context(), broken.client(), container, ags.LineItem{Label: "x", ScoreMaximum: 1, Tag: "t"}); err == nil || len(broken.calls) != 1 {
		t.Errorf("a list that cannot be read: %v after %d calls", err, len(broken.calls))
	}
}
