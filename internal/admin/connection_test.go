package admin

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// manual is what an administrator pastes from a Moodle.
func manual() url.Values {
	return url.Values{
		"platform": {"Campus Moodle"}, "issuer": {"https://moodle.example.edu"}, "client_id": {"yZ3kQm81LtQ0xB2"},
		"deployment_ids": {"1"}, "auth_url": {"https://moodle.example.edu/mod/lti/auth.php"},
		"token_url": {"https://moodle.example.edu/mod/lti/token.php"},
		"jwks_url":  {"https://moodle.example.edu/mod/lti/certs.php"},
	}
}

// inOrder tells whether texts follow each other in a page.
func inOrder(t *testing.T, page string, texts ...string) {
	t.Helper()
	at := 0
	for _, text := range texts {
		i := strings.Index(page[at:], text)
		if i < 0 {
			t.Errorf("%q is missing, or not in its place", text)
			continue
		}
		at += i + len(text)
	}
}

func TestTheWayToTheLTIPage(t *testing.T) {
	dana := newSite(t).as("dana")
	dana.get("/w/northwind/scenarios").has(t, `href="/w/northwind/settings"`)
	dana.get("/w/northwind/settings").has(t, `href="/w/northwind/settings/integrations"`)
	page := dana.get("/w/northwind/settings/integrations")
	inOrder(t, page.body, "<h2>Learning</h2>", `href="`+lti+`"`, "LTI 1.3", "Not connected")
	dana.post(lti+"/connections", manual())
	dana.get("/w/northwind/settings/integrations").has(t, "1 connected")
}

func TestTheFourSections(t *testing.T) {
	s := newSite(t)
	page := s.as("dana").get(lti).body
	inOrder(t, page, ">Endpoint URLs</h2>", ">Manual LMS connection</h2>", ">Dynamic registration</h2>", ">Connected LMSes</h2>")
	if n := strings.Count(page, `<section class="card`); n != 4 {
		t.Errorf("%d sections", n)
	}
	base := "https://practice.example.com/lti/" + string(s.northwind.ID)
	inOrder(t, page,
		">OIDC login initiation</label>", `value="`+base+`/login"`,
		">Launch (redirect URI)</label>", `value="`+base+`/launch"`,
		">JWKS</label>", `value="`+base+`/jwks.json"`,
		">OpenID configuration</label>", `value="`+base+`/.well-known/openid-configuration"`)
	inOrder(t, page, ">Platform name</label>", ">Issuer / platform ID</label>", ">Client ID</label>", ">Deployment ID</label>",
		">Authentication request URL</label>", ">Access token URL</label>", ">Public keyset URL</label>", "Save manual connection")
	inOrder(t, page, "Generate registration URL", "No LMS is connected yet", "help@example.com")
	if n := strings.Count(page, `data-copy="url-`); n != 4 {
		t.Errorf("%d Copy buttons at the endpoint URLs", n)
	}
}

func TestManualFormRefuses(t *testing.T) {
	long := strings.Repeat("x", 256)
	s := newSite(t) // for all rows: a refusal changes nothing
	dana := s.as("dana")
	for name, tc := range map[string]struct {
		field, value, want string
	}{
		"no platform name":              {"platform", "  ", "Enter a name for this LMS."},
		"an over-long platform name":    {"platform", long, "Use at most 200 characters."},
		"no issuer":                     {"issuer", "", "Enter the issuer that your LMS shows, usually its address."},
		"an over-long issuer":           {"issuer", "https://" + long, "Use at most 255 characters."},
		"no client ID":                  {"client_id", "", "Enter the client ID that your LMS made for this tool."},
		"an over-long client ID":        {"client_id", long, "Use at most 255 characters."},
		"no deployment":                 {"deployment_ids", "", "Enter the deployment ID that your LMS shows. Separate several with spaces or commas."},
		"nothing but separators":        {"deployment_ids", " , ;,", "Enter the deployment ID that your LMS shows. Separate several with spaces or commas."},
		"an over-long deployment":       {"deployment_ids", "1 " + long, "Use at most 255 characters."},
		"no authentication URL":         {"auth_url", "", "Enter the authentication request URL of your LMS."},
		"an authentication URL by http": {"auth_url", "http://moodle.example.edu/auth", "The URL must begin with https://."},
		"a token URL that is none":      {"token_url", "token.php", "This is not a URL. It looks like https://lms.example.com/…"},
		"a token URL with a space":      {"token_url", "https://moodle.example.edu/a b", "This is not a URL. It looks like https://lms.example.com/…"},
		"a keyset by ftp":               {"jwks_url", "ftp://moodle.example.edu/keys", "The URL must begin with https://."},
		"a keyset on loopback":          {"jwks_url", "http://127.0.0.1/keys", "The URL must begin with https://."},
		"a keyset with a password":      {"jwks_url", "https://me:pw@moodle.example.edu/keys", "Leave out the user name and password in front of the host."},
		"a keyset with a fragment":      {"jwks_url", "https://moodle.example.edu/keys#1", "Leave out the part from # on."},
		"a script for a keyset":         {"jwks_url", "javascript:alert(1)", "This is not a URL. It looks like https://lms.example.com/…"},
	} {
		t.Run(name, func(t *testing.T) {
			form := manual()
			form.Set(tc.field, tc.value)
			got := dana.post(lti+"/connections", form)
			if got.status != http.StatusUnprocessableEntity {
				t.Fatalf("status %d", got.status)
			}
			got.has(t, `<p class="error" id="`+tc.field+`-note">`+tc.want+`</p>`)
			if n := strings.Count(got.body, `class="error"`); n != 1 {
				t.Errorf("%d errors, want the one", n)
			}
			for field, values := range form {
				if !regexp.MustCompile(`name="` + field + `" value="` + regexp.QuoteMeta(values[0]) + `"`).MatchString(got.body) {
					t.Errorf("what was typed at %s is lost", field)
				}
			}
			if focus := regexp.MustCompile(`name="([a-z_]+)"[^>]* autofocus`).FindStringSubmatch(got.body); focus == nil || focus[1] != tc.field {
				t.Errorf("the cursor is not in %s: %v", tc.field, focus)
			}
			if all := must(s.service.Connections(t.Context(), s.owner))(t); len(all) != 0 {
				t.Error("a connection was saved")
			}
		})
	}
}

func TestFirstInvalidFieldHasTheCursor(t *testing.T) {
	got := newSite(t).as("dana").post(lti+"/connections", url.Values{"platform": {"Moodle"}})
	if n := strings.Count(got.body, " autofocus"); n != 1 {
		t.Errorf("%d fields want the cursor", n)
	}
	got.has(t, `aria-invalid="true" autofocus aria-describedby="issuer-note"`)
	if n := strings.Count(got.body, `class="error"`); n != 6 {
		t.Errorf("%d errors, want 6", n)
	}
}

func TestSaveManualConnection(t *testing.T) {
	s := newSite(t)
	s.platforms.keySet = greenroom.KeySetReport{Document: []byte("{}"), Keys: 2, Skipped: []string{"key a: an EC key"}}
	dana := s.as("dana")
	form := manual()
	form.Set("deployment_ids", " 1,, 2 ;3\n1 ")
	answer := dana.post(lti+"/connections", form)
	page := dana.follow(answer)
	page.has(t, "LTI configuration saved", "Campus Moodle", "was added.",
		"Its keyset was read and holds 2 usable signing keys.", "key a: an EC key",
		`href="https://moodle.example.edu" target="_blank" rel="noopener noreferrer"`, "No launch yet")
	inOrder(t, page.body, ">Campus Moodle<", "https://moodle", "yZ3kQm81", ">1<", ">2<", ">3<", `datetime="2026-11-23T12:00:00Z"`)
	dana.get(lti).hasNot(t, "LTI configuration saved", "was added.")

	form.Set("platform", "Moodle of the campus")
	page = dana.follow(dana.post(lti+"/connections", form))
	page.has(t, "Moodle of the campus", "was updated.")
	if all := must(s.service.Connections(t.Context(), s.owner))(t); len(all) != 1 {
		t.Errorf("%d connections for one pair", len(all))
	}
	form.Set("client_id", "another")
	dana.post(lti+"/connections", form)
	if all := must(s.service.Connections(t.Context(), s.owner))(t); len(all) != 2 {
		t.Errorf("%d connections for two pairs", len(all))
	}
}

func TestUnreachableKeySetWarnsAndSaves(t *testing.T) {
	s := newSite(t)
	s.platforms.err = errUnreachable
	dana := s.as("dana")
	page := dana.follow(dana.post(lti+"/connections", manual()))
	page.has(t, "LTI configuration saved", `data-tone="warn"`,
		"Greenroom could not fetch the keyset of your LMS yet. The connection is saved; check the public keyset URL before the first launch.")
	page.hasNot(t, "10.1.2.3", "connection refused", "dial tcp")
}

func TestKeySetWithoutKeysWarns(t *testing.T) {
	s := newSite(t)
	s.platforms.keySet = greenroom.KeySetReport{Document: []byte("{}")}
	dana := s.as("dana")
	dana.follow(dana.post(lti+"/connections", manual())).has(t, `data-tone="warn"`, "holds no usable signing key")
}

func TestNamesFromOutsideAreText(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	const evil = `<script>alert(1)</script>" onload="x`
	form := manual()
	form.Set("platform", evil)
	form.Set("issuer", `javascript:alert("1")`)
	page := dana.follow(dana.post(lti+"/connections", form))
	page.hasNot(t, "<script>alert", `" onload="x`, `href="javascript:`)
	page.has(t, "&lt;script&gt;alert(1)&lt;/script&gt;")
}

func TestGrantedLess(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	dana.post(lti+"/connections", manual())
	err := s.service.Store.Workspace(s.northwind.ID).Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		all, err := tx.Connections(ctx)
		if err != nil {
			return err
		}
		c := all[0]
		c.Missing = []string{"https://purl.imsglobal.org/spec/lti-ags/scope/score", "https://lms.example.com/other"}
		c.Deployments, c.AcceptDeployments = nil, true
		return tx.SaveConnection(ctx, c)
	})
	if err != nil {
		t.Fatal(err)
	}
	dana.get(lti).has(t, "Your LMS did not grant: posting scores, https://lms.example.com/other.", "Taken from the first launch")
}

func TestAnOpenPageSeesANewRow(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	poll := func() string {
		m := regexp.MustCompile(`hx-get="([^"]+/connections\?seen=[0-9a-f]+)"`).FindStringSubmatch(dana.get(lti).body)
		if m == nil {
			t.Fatal("the table does not renew itself")
		}
		return m[1]
	}
	before := poll()
	if got := dana.part("GET", before); got.status != http.StatusNoContent {
		t.Errorf("nothing new: %d", got.status)
	}
	s.as("ada").post(lti+"/connections", manual())
	got := dana.part("GET", before)
	if got.status != http.StatusOK || got.header.Get("HX-Trigger-After-Settle") != "connections-changed" {
		t.Errorf("a new row: %d, %v", got.status, got.header)
	}
	got.has(t, `<div id="connected"`, "Campus Moodle", `datetime="2026-11-23T12:00:00Z"`)
	got.hasNot(t, "<html", "Endpoint URLs")
	s.now = noon.Add(24 * time.Hour)
	if got := dana.part("GET", poll()); got.status != http.StatusNoContent {
		t.Errorf("only time has passed: %d", got.status)
	}
}

func TestSummaryForSupport(t *testing.T) {
	w := greenroom.Workspace{ID: "w1", Name: "Northwind"}
	got := summary(w, []greenroom.Connection{{
		ID: "c1", Platform: "Campus Moodle", Issuer: "https://moodle.example.edu", ClientID: "abc",
		Deployments: []string{"1", "2"}, ConnectedAt: noon, Product: "moodle",
	}}, "1.0.0", "R3F3R3NC3000")
	want := `Workspace: Northwind (w1)

LMS name: Campus Moodle
Product: moodle
Issuer: https://moodle.example.edu
Client ID: abc
Deployment ID: 1, 2
Connected: 2026-11-23 12:00 UTC
Last launch: none yet
Connection: c1

Greenroom: 1.0.0
Page reference: R3F3R3NC3000
`
	if got != want {
		t.Errorf("got:\n%s\nwant:\n%s", got, want)
	}
}

// The same LMS site in two workspaces: nothing is shared, nothing refused.
func TestTwoWorkspacesOneLMS(t *testing.T) {
	s := newSite(t)
	const elsewhere = "/w/elsewhere/settings/integrations/lti"
	dana, eve := s.as("dana"), s.as("eve")
	dana.follow(dana.post(lti+"/connections", manual())).has(t, "was added.")
	eve.get(elsewhere).has(t, "No LMS is connected yet")
	eve.follow(eve.post(elsewhere+"/connections", manual())).has(t, "was added.", "/lti/"+string(s.elsewhere.ID)+"/login")
	for _, w := range []greenroom.Workspace{s.northwind, s.elsewhere} {
		a := greenroom.Operator(w.ID)
		if all := must(s.service.Connections(t.Context(), a))(t); len(all) != 1 {
			t.Errorf("%s has %d connections", w.Name, len(all))
		}
	}
}
