package ags_test

import (
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ags"
)

// Every recorded GET of one line item.
func TestMoodleLineItem(t *testing.T) {
	type want struct {
		item ags.LineItem
		text string // refused with it
	}
	crane := func(label, resourceLink string) ags.LineItem {
		return ags.LineItem{ID: item, Label: label, ScoreMaximum: 100, ResourceLinkID: resourceLink}
	}
	at := func(id, label string, maximum float64, resource, tag, link string) want {
		return want{item: ags.LineItem{ID: services + "/2/lineitems/" + id + "/lineitem?type_id=1", Label: label, ScoreMaximum: maximum, ResourceID: resource, Tag: tag, ResourceLinkID: link}}
	}
	reviewed := at("2", "Crane simulation", 100, "crane-1", "t", "1")
	reviewed.item.SubmissionReview = &lti.SubmissionReview{URL: "https://tool.localhost:9444/review", Custom: map[string]string{"rv": "1"}}
	table := map[string]want{
		"ags-li-01-get-lineitem":               {item: crane("Crane simulation", "1")},
		"ags-li-02-get-lineitem-no-accept":     {item: crane("Crane simulation", "1")},
		"ags-li-03-get-lineitem-accept-json":   {text: "No handler found for /2/lineitems/2/lineitem application/json"},
		"ags-li-29-get-created":                at("7", "Stand-alone item", 50, "res-1", "final", ""),
		"ags-li-41-error-get-deleted":          {text: "Not Found: Grade item 8 doesn't exist"},
		"ags-li-45-error-unknown-item":         {text: "Not Found: Grade item 9999 doesn't exist"},
		"ags-li-46-error-item-of-other-course": at("5", "Bridge sim", 100, "", "", "5"),
		"ags-li-49-error-no-token":             {text: "Unauthorized"},
		"ags-li-50-error-bad-token":            {text: "Unauthorized"},
		"ags-li-51-error-scope":                {text: "Unauthorized"},
		"ags-li-60-deleted-activity":           {text: "Not Found: Grade item 20 doesn't exist"},
		"ags-li-61-scale-item":                 at("17", "Scale graded", 3, "", "", "15"),
		"ags-li-65-get-link-item-after-put":    {item: crane("Renamed by tool", "")},
		"ags-li-67-get-after-put-with-link-id": reviewed,
		"ags-li-70-error-expired-token":        {text: "Unauthorized"},
		"ags-li-91-get-after":                  at("3", "Max ten", 10, "", "", ""),
		"ags-li-93-get-accept-any-single":      at("3", "Max ten", 10, "", "", ""),
	}
	for _, e := range recordings(t, "ags-li-*.json", 57) {
		if e.Request.Method != http.MethodGet || !strings.Contains(e.Request.URL, "/lineitem?") {
			continue
		}
		t.Run(e.name, func(t *testing.T) {
			want, listed := table[e.name]
			if !listed {
				t.Fatal("this recording has no row")
			}
			p := &platform{answer: func(*http.Request) *http.Response { return e.response() }}
			got, err := ags.GetLineItem(t.Context(), p.client(), e.Request.URL)
			if r := p.calls[0]; r.Method != http.MethodGet || r.URL.String() != e.Request.URL || r.Header.Get("Accept") != "application/vnd.ims.lis.v2.lineitem+json" {
				t.Errorf("%s %s as %s", r.Method, r.URL, r.Header.Get("Accept"))
			}
			if want.text != "" {
				if refused, ok := errors.AsType[*lti.ServiceError](err); !ok || refused.Text != want.text || !refused.Permanent() {
					t.Errorf("error %v, want %q", err, want.text)
				}
				return
			}
			if err != nil || !reflect.DeepEqual(got, want.item) {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, want.item)
			}
		})
	}
}

func collect(t *testing.T, p *platform, container string, f ags.Filter) (ids []string, err error) {
	t.Helper()
	for item, e := range ags.LineItems(t.Context(), p.client(), container, f) {
		if e != nil {
			return ids, e
		}
		id := strings.TrimSuffix(strings.TrimSuffix(item.ID, "?type_id=1"), "/lineitem")
		ids = append(ids, id[strings.LastIndex(id, "/")+1:])
	}
	return ids, nil
}

// Recorded containers: each filter finds what Moodle says, and no more.
func TestMoodleLineItems(t *testing.T) {
	all := recordings(t, "ags-li-*.json", 57)
	for name, row := range map[string]struct {
		container string
		filter    ags.Filter
		want      string
		refused   string
	}{
		"ags-li-04-get-lineitems":        {"/2/lineitems?type_id=1", ags.Filter{}, "2 3 6", ""},
		"ags-li-10-filter-resource-link": {"/2/lineitems?type_id=1", ags.Filter{ResourceLinkID: "1"}, "2", ""},
		"ags-li-11-filter-tag":           {"/2/lineitems?type_id=1", ags.Filter{Tag: "none-such"}, "", ""},
		"ags-li-33-filter-tag-after":     {"/2/lineitems?type_id=1", ags.Filter{Tag: "bonus"}, "8", ""},
		"ags-li-34-filter-resource-id":   {"/2/lineitems?type_id=1", ags.Filter{ResourceID: "res-2"}, "8", ""},
		"ags-li-35-filter-link-after":    {"/2/lineitems?type_id=1", ags.Filter{ResourceLinkID: "1"}, "8", ""},
		"ags-li-43-other-course":         {"/3/lineitems?type_id=1", ags.Filter{}, "5", ""},
		"ags-li-44-error-unknown-course": {"/999/lineitems?type_id=1", ags.Filter{}, "", "Not Found: Course 999 doesn't exist"},
		"ags-li-48-error-wrong-type-id":  {"/2/lineitems?type_id=2", ags.Filter{}, "", "Unauthorized"},
		"ags-li-63-ungraded-filter":      {"/2/lineitems?type_id=1", ags.Filter{ResourceLinkID: "2"}, "21", ""},
		"ags-li-64-deep-linked-items":    {"/2/lineitems?type_id=1", ags.Filter{ResourceID: "dl-res-1"}, "10 11", ""},
		"ags-li-92-filter-after":         {"/2/lineitems?type_id=1", ags.Filter{ResourceLinkID: "3"}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			e := all[slices.IndexFunc(all, func(e exchange) bool { return e.name == name })]
			p := &platform{answer: func(*http.Request) *http.Response { return e.response() }}
			ids, err := collect(t, p, services+row.container, row.filter)
			if r := p.calls[0]; r.URL.String() != e.Request.URL || r.Header.Get("Accept") != e.Request.Headers["Accept"] {
				t.Errorf("asked %s as %s", r.URL, r.Header.Get("Accept"))
			}
			refused, _ := errors.AsType[*lti.ServiceError](err)
			if got := strings.Join(ids, " "); got != row.want || (err != nil) != (row.refused != "") || refused != nil && refused.Text != row.refused {
				t.Errorf("items %q, %v; want %q, %q", got, err, row.want, row.refused)
			}
		})
	}
}

// Moodle's Link headers have typographic quotes and "&amp;" in them.
func TestMoodlePages(t *testing.T) {
	pages := map[string]exchange{}
	for _, e := range recordings(t, "ags-li-0[89]-*.json", 2) {
		pages[e.Request.URL] = e
	}
	var asked []string
	p := &platform{answer: func(r *http.Request) *http.Response {
		asked = append(asked, strings.TrimPrefix(r.URL.String(), services))
		if e, ok := pages[r.URL.String()]; ok {
			return e.response()
		}
		return respond(200, "[]")
	}}
	ids, err := collect(t, p, services+"/2/lineitems?type_id=1", ags.Filter{Limit: 1})
	want := []string{"/2/lineitems?type_id=1&limit=1", "/2/lineitems?type_id=1&limit=1&from=1", "/2/lineitems?type_id=1&limit=1&from=2"}
	if err != nil || !slices.Equal(ids, []string{"2", "3"}) || !slices.Equal(asked, want) {
		t.Errorf("items %v, %v, from %q", ids, err, asked)
	}
}

// OWN-S04
func TestPagesWithoutEnd(t *testing.T) {
	for name, row := range map[string]struct {
		next  func(page int) string
		calls int
	}{
		"another host":   {func(int) string { return "https://evil.example/items" }, 1},
		"another scheme": {func(int) string { return "http://moodle.localhost:9443/items" }, 1},
		"another port":   {func(int) string { return "https://moodle.localhost/items" }, 1},
		"itself":         {func(int) string { return "https://moodle.localhost:9443/items" }, 1},
		"a circle":       {func(page int) string { return fmt.Sprint("/items?page=", page%3) }, 4},
		"no end":         {func(page int) string { return fmt.Sprint("/items?page=", page) }, 200},
	} {
		t.Run(name, func(t *testing.T) {
			page := 0
			p := &platform{answer: func(*http.Request) *http.Response {
				page++
				return respond(200, "[]", "Link", "<"+row.next(page)+`>; rel="next"`)
			}}
			_, err := collect(t, p, "https://moodle.localhost:9443/items", ags.Filter{})
			if _, ok := errors.AsType[*lti.ServiceError](err); !ok || len(p.calls) != row.calls {
				t.Errorf("%v after %d calls, want %d", err, len(p.calls), row.calls)
			}
		})
	}
}

// OWN-S25: a platform that ignores filters is filtered.
func TestIgnoredFilters(t *testing.T) {
	body := `[{"id":"/a","label":"a","scoreMaximum":1,"resourceLinkId":"1","tag":"t"},
		{"id":"/b","label":"b","scoreMaximum":1,"resourceLinkId":"2","resourceId":"r"},
		{"id":"/c","label":"c","scoreMaximum":1}]`
	for want, f := range map[string]ags.Filter{
		"a b c": {}, "a": {ResourceLinkID: "1"}, "b": {ResourceID: "r"}, "": {ResourceLinkID: "2", Tag: "t"},
	} {
		if ids, err := collect(t, always(200, body), services+"/x", f); err != nil || strings.Join(ids, " ") != want {
			t.Errorf("%+v: %v, %v", f, ids, err)
		}
	}
}

func TestLineItemsStopsWhenToldTo(t *testing.T) {
	p := always(200, `[{"id":"/a"},{"id":"/b"}]`, "Link", `</more>; rel="next"`)
	for range ags.LineItems(t.Context(), p.client(), services+"/x", ags.Filter{}) {
		break
	}
	if len(p.calls) != 1 {
		t.Errorf("%d calls", len(p.calls))
	}
}

// Odd line items are read, those without sense are not.
func TestOddLineItems(t *testing.T) {
	for body, want := range map[string]ags.LineItem{
		`{"id":"/i","label":"x","scoreMaximum":"12.5","resourceId":null,"tag":7,"resourceLinkId":{}}`: {ID: "/i", Label: "x", ScoreMaximum: 12.5, Tag: "7"},
		`{"scoreMaximum":1,"gradesReleased":"yes","submissionReview":"x","https://v.example/a":[1],"https://v.example/b":null,"other":2}`: {
			ID: item, ScoreMaximum: 1, Extra: map[string]any{"https://v.example/a": []any{1.0}},
		},
		`{"gradesReleased":false,"submissionReview":{}}`:          {ID: item, GradesReleased: new(bool), SubmissionReview: &lti.SubmissionReview{}},
		`{"label":"x","startDateTime":null,"endDateTime":"soon"}`: {ID: item, Label: "x"},
	} {
		got, err := ags.GetLineItem(t.Context(), always(200, body).client(), item)
		if err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%s: %+v, %v", body, got, err)
		}
	}
	got, err := ags.GetLineItem(t.Context(), always(200, `{"startDateTime":"2026-01-02T03:04:05Z"}`).client(), item)
	if err != nil || got.StartAt == nil || got.StartAt.Year() != 2026 || got.EndAt != nil {
		t.Errorf("%+v, %v", got, err)
	}
	for _, body := range []string{"", "<html>", "[]", `"x"`, "null", `{"scoreMaximum":"many"}`, `{"scoreMaximum":"NaN"}`} {
		if _, err := ags.GetLineItem(t.Context(), always(200, body).client(), item); err == nil {
			t.Errorf("%q was read", body)
		}
	}
}

// A platform that grants only the full scope is asked with it.
func TestReadingWithTheFullScope(t *testing.T) {
	p := always(200, `{"label":"x"}`)
	p.token = func(form string) *http.Response {
		if strings.Contains(form, "lineitem.readonly") {
			return respond(400, `{"error":"invalid_scope"}`)
		}
		return respond(200, `{"access_token":"t"}`)
	}
	if got, err := ags.GetLineItem(t.Context(), p.client(), item); err != nil || got.Label != "x" {
		t.Errorf("%+v, %v", got, err)
	}
}
