package admin

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

const auditLog = "/w/northwind/settings/audit"

// logged puts entries into Northwind's log, a minute apart, the last the newest.
func (s *site) logged(entries ...greenroom.AuditEntry) {
	s.t.Helper()
	err := s.service.Store.Workspace(s.northwind.ID).Update(s.t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		for n, e := range entries {
			e.ID, e.At = greenroom.AuditID(fmt.Sprintf("entry-%04d", n)), noon.Add(time.Duration(n+1)*time.Minute)
			if err := tx.AddAudit(ctx, e); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

func TestAuditLog(t *testing.T) {
	s := newSite(t)
	ada := s.as("ada")
	ada.post(lti+"/connections", manual())
	s.as("eve").post("/w/elsewhere/settings/integrations/lti/connections", manual())
	page := ada.get(auditLog)
	page.has(t, "Connected an LMS", "<bdi>ada</bdi>", "Operator (command line)", "Added a person", "Created the workspace",
		`href="/w/northwind/settings/audit" aria-current="page"`, "deployment IDs:")
	page.hasNot(t, "eve", "Elsewhere", "Older", "Newest")

	t.Run("is narrowed to a kind and to a person", func(t *testing.T) {
		ada.get(auditLog+"?kind=connection").has(t, "Connected an LMS", `<option value="connection" selected>`, "Show everything")
		ada.get(auditLog+"?kind=connection").hasNot(t, "Added a person")
		ada.get(auditLog+"?actor=-").has(t, "Added a person", `<option value="-" selected>`)
		ada.get(auditLog+"?actor=-").hasNot(t, "Connected an LMS")
		ada.get(auditLog+"?actor="+string(s.owner.Person)).has(t, "Nothing matches", "Show everything")
		ada.get(auditLog+"?kind=nonsense&before=nonsense&format=nonsense").has(t, "Connected an LMS", "Added a person")
	})
	t.Run("says what was there before", func(t *testing.T) {
		form := manual()
		form.Set("deployment_ids", "1, 77")
		ada.post(lti+"/connections", form)
		ada.get(auditLog).has(t, "Changed a connection", "<bdi>"+manual().Get("deployment_ids")+"</bdi>", "<bdi>1, 77</bdi>")
	})
}

func TestAuditLogHasPages(t *testing.T) {
	s := newSite(t)
	var entries []greenroom.AuditEntry
	for n := range 120 {
		entries = append(entries, greenroom.AuditEntry{ActorName: "x", Action: greenroom.KeyRotated, Noun: greenroom.NounKey, Label: fmt.Sprintf("key %03d.", n)})
	}
	s.logged(entries...)
	dana := s.as("dana")
	older := regexp.MustCompile(`href="([^"]*)" rel="next"`)
	seen, path := []string{}, auditLog+"?kind=key"
	for range 10 {
		page := dana.get(path)
		seen = append(seen, regexp.MustCompile(`key \d{3}\.`).FindAllString(page.body, -1)...)
		next := older.FindStringSubmatch(page.body)
		if next == nil {
			page.has(t, "Newest")
			break
		}
		path = html.UnescapeString(next[1])
	}
	if len(seen) != 120 || seen[0] != "key 119." || seen[119] != "key 000." {
		t.Errorf("%d entries on all pages, from %s to %s", len(seen), seen[0], seen[len(seen)-1])
	}
}

func TestAuditLogIsTakenAway(t *testing.T) {
	s := newSite(t)
	s.logged(
		greenroom.AuditEntry{ActorName: `=HYPERLINK("https://evil.example")`, Action: greenroom.ConnectionCreated, Noun: greenroom.NounConnection, Label: "+1", NounID: "@id",
			Changes: []greenroom.Change{{Field: "name", To: "-2"}, {Field: "URL", From: "a,\"b", To: "ü"}}},
		greenroom.AuditEntry{Actor: s.owner.Person, ActorName: "Dana", Action: greenroom.KeyRotated, Noun: greenroom.NounKey, Label: "\tkey",
			Changes: []greenroom.Change{{Field: "=1+1", To: "x"}}},
	)
	ada := s.as("ada")

	t.Run("as CSV in which nothing is a formula", func(t *testing.T) {
		got := ada.get(auditLog + "?format=csv")
		file(t, got, "text/csv; charset=utf-8", "greenroom-audit-northwind-2026-11-23.csv")
		rows := must(csv.NewReader(strings.NewReader(got.body)).ReadAll())(t)
		if head := strings.Join(rows[0], ","); head != "time,actor,actor_id,action,kind,id,label,changes" {
			t.Errorf("columns %s", head)
		}
		wants := []string{
			"2026-11-23T12:02:00.000Z|Dana|" + string(s.owner.Person) + "|key.rotated|key||'\tkey|'=1+1: x",
			`2026-11-23T12:01:00.000Z|'=HYPERLINK("https://evil.example")||connection.created|connection|'@id|'+1|name: -2; URL: a,"b → ü`,
		}
		for n, want := range wants {
			if row := strings.Join(rows[n+1], "|"); row != want {
				t.Errorf("row %d:\n%s, want\n%s", n, row, want)
			}
		}
		for _, row := range rows {
			for _, cell := range row {
				if cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
					t.Errorf("cell %q is a formula", cell)
				}
			}
		}
	})
	t.Run("as JSON with the values as they are", func(t *testing.T) {
		got := ada.get(auditLog + "?format=json&kind=connection")
		file(t, got, "application/json", "greenroom-audit-northwind-2026-11-23.json")
		var out struct {
			Entries []struct {
				Time, Actor, Action, Kind, Label string
				Changes                          []greenroom.Change
			}
		}
		if err := json.Unmarshal([]byte(got.body), &out); err != nil {
			t.Fatalf("%v\n%s", err, got.body)
		}
		if len(out.Entries) != 1 || out.Entries[0].Label != "+1" || out.Entries[0].Action != "connection.created" || len(out.Entries[0].Changes) != 2 {
			t.Errorf("entries %+v", out.Entries)
		}
	})
	t.Run("also when there is nothing", func(t *testing.T) {
		var out map[string][]any
		got := ada.get(auditLog + "?format=json&kind=passback")
		if err := json.Unmarshal([]byte(got.body), &out); err != nil || len(out["entries"]) != 0 || out["entries"] == nil {
			t.Errorf("%v: %s", err, got.body)
		}
		if got := ada.get(auditLog + "?format=csv&kind=passback"); strings.Count(got.body, "\n") != 1 {
			t.Errorf("CSV %q", got.body)
		}
	})
	t.Run("whole, whatever page is open", func(t *testing.T) {
		before := greenroom.AuditCursor{At: noon, ID: "0"}.String()
		if got := ada.get(auditLog + "?format=json&before=" + url.QueryEscape(before)); strings.Count(got.body, `"id"`) < 5 {
			t.Errorf("a part: %s", got.body)
		}
	})
	t.Run("by administrators", func(t *testing.T) {
		for _, who := range []string{"mel", "eve"} {
			for _, format := range []string{"csv", "json"} {
				if got := s.as(who).get(auditLog + "?format=" + format); got.status != http.StatusNotFound || strings.Contains(got.body, "key.rotated") {
					t.Errorf("%s gets %d", who, got.status)
				}
			}
		}
	})
}

func file(t *testing.T, a answer, contentType, name string) {
	t.Helper()
	if a.status != http.StatusOK || a.header.Get("Content-Type") != contentType {
		t.Errorf("status %d, type %q", a.status, a.header.Get("Content-Type"))
	}
	if got := a.header.Get("Content-Disposition"); got != `attachment; filename="`+name+`"` {
		t.Errorf("Content-Disposition %q", got)
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
}
