package admin

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

const launchLog = "/w/northwind/launches"

// logged writes rows of the launch log as they are given.
func (s *site) logLaunch(rows ...greenroom.Launch) {
	s.t.Helper()
	err := s.service.Store.Workspace(s.northwind.ID).Update(s.t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		for _, l := range rows {
			if err := tx.AddLaunch(ctx, l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		s.t.Fatal(err)
	}
}

// newLog is a site with three launches: Amira's that got in, one without a
// signature, and one that named an unknown deployment.
func newLog(t *testing.T) (*site, greenroom.Connection) {
	s := newSite(t)
	dana := s.as("dana")
	dana.post(scenarioImport, url.Values{"source": {scenarioFile}})
	dana.post(lti+"/connections", manual())
	c := must(s.service.Connections(t.Context(), s.owner))(t)[0]
	s.practised(1, "Amira", greenroom.Graded, "4/5", nil)
	s.logLaunch(
		greenroom.Launch{
			ID: "forged", Reference: "F0RGED000001", At: noon.Add(-time.Hour), Outcome: greenroom.LaunchRefused, Connection: c.ID,
			Passed: []string{"request", "state", "registration"}, Check: "signature", Clause: "Security 1.0 §5.1.3, step 1",
			Detail: "verification error", Took: 12 * time.Millisecond,
		},
		greenroom.Launch{
			ID: "elsewhere", Reference: "DEP10YMENT00", At: noon.Add(-time.Minute), Outcome: greenroom.LaunchRefused, Connection: c.ID,
			Passed: []string{"request", "state", "signature"}, Check: "deployment", Clause: "Core 1.0 §5.3.3", Deployment: "9", MessageType: "LtiResourceLinkRequest",
			Claims: greenroom.MaskClaims(json.RawMessage(`{"iss":"https://moodle.example.edu","name":"Jonas Weber","email":"jonas@example.edu",
				"nonce":"n0nce","https://purl.imsglobal.org/spec/lti/claim/context":{"title":"Sales 101"}}`)),
			Took: 31 * time.Millisecond, Rung: greenroom.RungStorage,
		},
	)
	return s, c
}

func TestLaunchLogPage(t *testing.T) {
	s, _ := newLog(t)
	page := s.as("dana").get(launchLog)
	inOrder(t, page.body, ">Got in<", "<bdi>Amira</bdi>", "<bdi>Week 3</bdi>", "<bdi>Campus Moodle</bdi>", "R-1",
		">Refused<", ">Deployment<", "DEP10YMENT00", ">Refused<", ">Signature<", "F0RGED000001")
	page.has(t, `href="/w/northwind/launches/forged"`, `datetime="2026-11-23T11:00:00Z"`, "Not known", `aria-current="page"`)
	page.hasNot(t, ">Older<", ">Newest<")
	for _, label := range []string{"When", "Outcome", "Learner", "LMS", "Reference"} { // the row is a card on a phone
		page.has(t, `data-label="`+label+`"`)
	}
}

func TestLaunchLogIsNarrowed(t *testing.T) {
	s, c := newLog(t)
	dana := s.as("dana")
	amira := must(s.service.Store.Workspace(s.northwind.ID).Launch(t.Context(), "launch-1"))(t).Learner
	rows := map[string]string{"amira": "/launches/launch-1", "deployment": "/launches/elsewhere", "signature": "/launches/forged"}
	for query, want := range map[string][]string{
		"":                                  {"amira", "deployment", "signature"},
		"outcome=ok":                        {"amira"},
		"outcome=refused":                   {"deployment", "signature"},
		"outcome=nonsense":                  {"amira", "deployment", "signature"},
		"reference=dep1+0yme-nt00":          {"deployment"},
		"reference=forg":                    {"signature"},
		"reference=f0rged000001&outcome=ok": {},
		"reference=ZZZZ":                    {},
		"reference=%3Cimg%20onerror%3D1%3E": {},
		"check=deployment":                  {"deployment"},
		"check=nonsense":                    {"amira", "deployment", "signature"},
		"learner=" + string(amira):          {"amira"},
		"connection=" + string(c.ID):        {"amira", "deployment", "signature"},
		"connection=other":                  {},
		"before=nonsense":                   {"amira", "deployment", "signature"},
		fmt.Sprintf("before=%d.elsewhere", noon.Add(-time.Minute).UnixMilli()): {"signature"},
	} {
		page := dana.get(launchLog + "?" + query)
		if page.status != http.StatusOK {
			t.Errorf("%s: status %d", query, page.status)
		}
		got := 0
		for name, path := range rows {
			if strings.Contains(page.body, path) {
				got++
			} else {
				for _, w := range want {
					if w == name {
						t.Errorf("%s: %s is missing", query, name)
					}
				}
			}
		}
		if got != len(want) {
			t.Errorf("%s: %d rows, want %d", query, got, len(want))
		}
		if len(want) == 0 {
			page.has(t, "No launch matches", `href="`+launchLog+`"`)
		}
	}
	few := dana.get(launchLog + "?reference=F0R")
	if few.status != http.StatusUnprocessableEntity {
		t.Errorf("three characters: %d", few.status)
	}
	few.has(t, "Enter at least 4 characters of the reference.", `value="F0R"`)
}

func TestLaunchLogHasPages(t *testing.T) {
	s := newSite(t)
	var rows []greenroom.Launch
	for i := range 51 {
		rows = append(rows, greenroom.Launch{ID: greenroom.LaunchID(fmt.Sprintf("row-%03d", i)), Reference: fmt.Sprintf("REF%09d", i),
			At: noon.Add(time.Duration(i) * time.Second), Outcome: greenroom.LaunchRefused, Check: "state"})
	}
	s.logLaunch(rows...)
	dana := s.as("dana")
	first := dana.get(launchLog + "?outcome=refused")
	first.has(t, "REF000000050", "REF000000001", ">Older<")
	first.hasNot(t, "REF000000000", ">Newest<")
	_, link, _ := strings.Cut(first.body, `<footer>`)
	_, link, _ = strings.Cut(link, `href="`)
	link, _, _ = strings.Cut(link, `"`)
	second := dana.get(strings.ReplaceAll(link, "&amp;", "&"))
	second.has(t, "REF000000000", ">Newest<", `<option value="refused" selected>`)
	second.hasNot(t, "REF000000001", ">Older<")
}

func TestEmptyLaunchLog(t *testing.T) {
	page := newSite(t).as("dana").get(launchLog)
	page.has(t, "No launch yet", `href="`+lti+`"`)
	page.hasNot(t, "No launch matches")
}

func TestRefusedLaunchPage(t *testing.T) {
	s, c := newLog(t)
	page := s.as("ada").get(launchLog + "/elsewhere")
	page.has(t, "A launch that was refused", "DEP10YMENT00", "An administrator of this workspace can fix this.", "Add the deployment ID",
		"Core 1.0 §5.3.3", "answered in 31 ms", "Recognised by the platform&#39;s storage", "LtiResourceLinkRequest",
		`<li data-state="passed">`, `<li data-state="failed">`, `<li data-state="not_reached">`, "context › title", "Sales 101",
		"J••• (11 characters)", "•••@example.edu (17 characters)", `href="/w/northwind/launches?check=deployment"`,
		`href="/w/northwind/launches?connection=`+string(c.ID)+`"`, `data-copy="summary"`)
	page.hasNot(t, "Jonas", "jonas@", "n0nce")
	_, summary, _ := strings.Cut(page.body, `<textarea`)
	inOrder(t, summary, "Reference: DEP10YMENT00", "Time: 2026-11-23 11:59:00 UTC", "Platform: Campus Moodle", "Check: Deployment (deployment)", "Clause: Core 1.0 §5.3.3")
	s.as("dana").get(launchLog+"/forged").has(t, "An administrator of the LMS can fix this.", "anybody could have written it", "Not known")
}

func TestLaunchThatGotInPage(t *testing.T) {
	s, _ := newLog(t)
	page := s.as("dana").get(launchLog + "/launch-1")
	page.has(t, "A launch that got in", "<bdi>Amira</bdi>", "<bdi>Week 3</bdi>", `href="/w/northwind/scenarios/ask-first"`, `<li data-state="passed">`)
	page.hasNot(t, "can fix this", `data-state="failed"`, `data-state="not_reached"`)
}

func TestThePickerInTheLaunchLog(t *testing.T) {
	s, c := newLog(t)
	for id, tc := range map[greenroom.LaunchID]struct {
		answered time.Time
		items    int
		says     string
	}{
		"open": {says: "Nothing was sent to the LMS yet"}, "cancelled": {noon, 0, "Cancelled: no activity was sent to the LMS"},
		"one": {noon, 1, "1 activity was sent to the LMS"}, "three": {noon, 3, "3 activities were sent to the LMS"},
	} {
		s.logLaunch(greenroom.Launch{
			ID: id, Reference: "P1CKED000001", At: noon, Outcome: greenroom.LaunchOK, Connection: c.ID, MessageType: "LtiDeepLinkingRequest",
			AnsweredAt: tc.answered, AnsweredItems: tc.items,
		})
		s.as("dana").get(launchLog+"/"+string(id)).has(t, "<dt>Picked for the course</dt><dd>"+tc.says)
	}
	s.as("dana").get(launchLog+"/elsewhere").hasNot(t, "Picked for the course")
}

func TestTheLaunchLogBelongsToItsWorkspace(t *testing.T) {
	s, _ := newLog(t)
	for who, paths := range map[string][]string{
		"mel": {launchLog, launchLog + "/forged"},
		"eve": {launchLog, launchLog + "/forged", "/w/elsewhere/launches/forged", "/w/elsewhere/launches/launch-1"},
		"ada": {launchLog + "/none", launchLog + "/%00", launchLog + "/" + strings.Repeat("x", 5000)},
	} {
		b := s.as(who)
		for _, path := range paths {
			if got := b.get(path); got.status != http.StatusNotFound {
				t.Errorf("%s at %.80s: %d", who, path, got.status)
			}
		}
	}
	s.as("eve").get("/w/elsewhere/launches").has(t, "No launch yet")
	s.as("mel").get("/w/northwind/scenarios").hasNot(t, "Launch log")
}

// What came from outside may be anything, even in rows that were written
// without the log's own care.
func TestHostileRowsAreShownAsText(t *testing.T) {
	s, c := newLog(t)
	const evil = "<img src=x onerror=alert(1)>\u202eevil\r\n\x1b[31m mallory@example.edu eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.c2ln "
	long := evil + strings.Repeat("x", 1<<20)
	claims, err := json.Marshal(map[string]any{"iss": long, evil: long, "name": long,
		"https://purl.imsglobal.org/spec/lti/claim/custom": map[string]any{evil: []any{long, map[string]any{evil: long}}}})
	if err != nil {
		t.Fatal(err)
	}
	s.logLaunch(greenroom.Launch{
		ID: "hostile", Reference: "H0ST11E00000", At: noon, Outcome: greenroom.LaunchRefused, Connection: c.ID,
		Check: "platform_error", Detail: long, Deployment: long, MessageType: long, Claims: greenroom.MaskClaims(claims),
	})
	s.practised(2, "<img src=x onerror=alert(1)>\u202emallory@example.edu", greenroom.Graded, "1/1", nil)
	dana := s.as("dana")
	for _, path := range []string{launchLog, launchLog + "/hostile", launchLog + "/launch-2"} {
		page := dana.get(path)
		if page.status != http.StatusOK || len(page.body) > 100_000 {
			t.Errorf("%s: status %d, %d bytes", path, page.status, len(page.body))
		}
		for _, bad := range []string{"<img src=x", "\u202e", "\x1b", "mallory@", "eyJ"} {
			if strings.Contains(page.body, bad) {
				t.Errorf("%s shows %q", path, bad)
			}
		}
		page.has(t, "&lt;img src=x onerror=alert(1)&gt;")
	}
	dana.get(launchLog+"?reference="+url.QueryEscape(evil)).hasNot(t, "<img src=x")
}

func TestAConnectionLeadsToItsLaunches(t *testing.T) {
	s, c := newLog(t)
	s.as("dana").get(lti).has(t, `href="/w/northwind/launches?connection=`+string(c.ID)+`"`)
}
