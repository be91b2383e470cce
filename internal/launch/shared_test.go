package launch

import (
	"context"
	"html"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// A vendor is a school whose LMS has one client ID for all customers.
type vendor struct {
	*school
	registration greenroom.SharedRegistration
}

func newVendor(t *testing.T) *vendor {
	t.Helper()
	v := &vendor{school: newSchool(t)}
	saved, err := v.service.SaveShared(t.Context(), greenroom.SharedForm{
		Platform: "Vendor", Issuer: v.server.URL, ClientID: "app",
		AuthURL: v.server.URL + "/auth", TokenURL: v.server.URL + "/token", KeySetURL: v.server.URL + "/jwks",
	})
	if err != nil {
		t.Fatal(err)
	}
	v.registration = saved.Registration
	return v
}

const administrator = "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator"

// begin is a login at the shared door.
func (v *vendor) begin(deployment string) (visit, url.Values) {
	v.t.Helper()
	form := v.loginForm()
	form.Set("client_id", "app")
	form.Set("lti_deployment_id", deployment)
	form.Set("target_link_uri", v.kit.URLs.Shared("launch"))
	began := v.post(v.kit.URLs.Shared("login"), form)
	if began.StatusCode != http.StatusFound {
		v.t.Fatalf("login: status %d: %s", began.StatusCode, began.text())
	}
	to, err := began.Location()
	if err != nil {
		v.t.Fatal(err)
	}
	if got := to.Query().Get("redirect_uri"); got != v.kit.URLs.Shared("launch") {
		v.t.Errorf("the LMS is to answer at %s", got)
	}
	at := visit{school: v.school, cookies: began.Cookies(), state: to.Query().Get("state"), nonce: to.Query().Get("nonce")}
	return at, form
}

// claims are those of somebody's launch from a deployment.
func (v *vendor) claims(at visit, deployment string, roles ...string) jwt.MapClaims {
	claims := at.claims()
	claims["aud"] = "app"
	claims[claim+"deployment_id"] = deployment
	claims[claim+"target_link_uri"] = v.kit.URLs.Shared("launch")
	claims[claim+"tool_platform"] = map[string]any{"guid": "guid-1", "name": "Hill <b>School</b>"}
	if roles != nil {
		claims[claim+"roles"] = roles
	}
	return claims
}

func (v *vendor) come(deployment string, roles ...string) answer {
	v.t.Helper()
	at, _ := v.begin(deployment)
	return v.finish(at, v.claims(at, deployment, roles...))
}

func (v *vendor) finish(at visit, claims jwt.MapClaims) answer {
	v.t.Helper()
	return v.post(v.kit.URLs.Shared("launch"), url.Values{"state": {at.state}, "id_token": {v.sign(claims)}}, at.cookies...)
}

var hidden = regexp.MustCompile(`<input type="hidden" name="([a-z]+)" value="([^"]*)">`)

// enter fills in the form of a page with a code, and sends it as the browser
// does.
func (v *vendor) enter(page answer, code string) answer {
	v.t.Helper()
	form := url.Values{}
	for _, field := range hidden.FindAllStringSubmatch(page.body, -1) {
		form.Set(field[1], html.UnescapeString(field[2]))
	}
	if code != "" {
		form.Set("code", code)
	}
	r := httptest.NewRequestWithContext(v.t.Context(), http.MethodPost, v.kit.URLs.Shared("claim"), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return v.ask(r)
}

func (v *vendor) code(w greenroom.Workspace) string {
	v.t.Helper()
	_, code, err := v.service.NewClaimCode(v.t.Context(), greenroom.Operator(w.ID))
	if err != nil {
		v.t.Fatal(err)
	}
	return code
}

// connect does what the administrators of both sides do.
func (v *vendor) connect(deployment string, w greenroom.Workspace) {
	v.t.Helper()
	page := v.enter(v.come(deployment, administrator), v.code(w))
	page.shows(v.t, "Connect to "+w.Name)
	v.enter(page, "").shows(v.t, "Connected", w.Name)
}

func TestAnAdministratorBringsADeploymentToAWorkspace(t *testing.T) {
	v := newVendor(t)
	page := v.come("d1", administrator)
	page.shows(t, "Connect this LMS to a workspace", "Vendor", "Hill <b>School</b>", "guid-1", "d1")
	page.givesNothingAway(t)
	if page.StatusCode != http.StatusOK || strings.Contains(page.body, "<b>School") {
		t.Errorf("status %d: %s", page.StatusCode, page.body)
	}
	wrong := v.enter(page, "1234-5678-9ABC")
	wrong.shows(t, "No workspace has this code now.")
	if wrong.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(wrong.body, "1234-5678-9ABC") {
		t.Errorf("a wrong code: status %d", wrong.StatusCode)
	}
	asked := v.enter(wrong, v.code(v.ours))
	asked.shows(t, "Connect to "+v.ours.Name)
	v.enter(asked, "").shows(t, "Connected", "belongs to the workspace "+v.ours.Name)
	v.enter(asked, "").shows(t, "Nothing was connected")

	opened := v.come("d1")
	to, err := opened.Location()
	if err != nil || !strings.HasPrefix(to.Path, "/stage/"+string(v.ours.ID)+"/") {
		t.Fatalf("a learner gets status %d, %v: %s", opened.StatusCode, to, opened.text())
	}
	launch, err := v.service.Store.Workspace(v.ours.ID).Launch(t.Context(), greenroom.LaunchID(to.Path[strings.LastIndex(to.Path, "/")+1:]))
	if err != nil || launch.Deployment != "d1" || launch.LineItem == "" || launch.Learner == "" {
		t.Errorf("launch %+v, %v", launch, err)
	}
	c, err := v.service.Store.Workspace(v.ours.ID).Connection(t.Context(), launch.Connection)
	if err != nil || c.Shared != v.registration.ID {
		t.Errorf("by the connection %+v, %v", c, err)
	}
}

func TestWhoReadsThatADeploymentIsNobodys(t *testing.T) {
	v := newVendor(t)
	for name, roles := range map[string][]string{
		"a learner":                    nil,
		"an instructor":                {string(lti.RoleInstructor)},
		"an administrator of a course": {string(lti.RoleAdministrator)},
	} {
		t.Run(name, func(t *testing.T) {
			page := v.come("d1", roles...)
			page.shows(t, "This part of your LMS is not connected yet", "Ask whoever administers your LMS")
			page.givesNothingAway(t)
			if page.StatusCode != http.StatusForbidden || strings.Contains(page.body, "<form") {
				t.Errorf("status %d: %s", page.StatusCode, page.body)
			}
		})
	}
}

func TestAttacksOnTheSharedDoor(t *testing.T) {
	v := newVendor(t)
	other := v.workspace("Support")
	v.connect("ours", v.ours)
	v.connect("theirs", other)
	inWorkspaceOf := func(opened answer, w greenroom.Workspace) bool {
		to, err := opened.Location()
		return err == nil && strings.HasPrefix(to.Path, "/stage/"+string(w.ID)+"/")
	}
	if opened := v.come("theirs"); opened.StatusCode == http.StatusSeeOther && inWorkspaceOf(opened, v.ours) {
		t.Error("a deployment opens another workspace")
	}
	t.Run("another deployment than the login's", func(t *testing.T) {
		at, _ := v.begin("ours")
		if page := v.finish(at, v.claims(at, "theirs")); page.StatusCode != http.StatusForbidden {
			t.Errorf("status %d", page.StatusCode)
		}
	})
	t.Run("a state of the shared door at a workspace's", func(t *testing.T) {
		at, _ := v.begin("ours")
		page := v.post(v.kit.URLs.Launch(v.ours.ID), url.Values{"state": {at.state}, "id_token": {v.sign(v.claims(at, "ours"))}}, at.cookies...)
		v.isLogged(t, page, lti.CheckState)
	})
	t.Run("a state of a workspace's at the shared door", func(t *testing.T) {
		at := v.login()
		page := v.finish(at, at.claims())
		if page.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d: %s", page.StatusCode, page.text())
		}
		page.shows(t, "it did not begin here")
	})
	t.Run("the shared registration by a workspace's URLs", func(t *testing.T) {
		form := v.loginForm()
		form.Set("client_id", "app")
		page := v.post(v.kit.URLs.Login(v.ours.ID), form)
		v.isLogged(t, page, lti.CheckRegistration)
	})
	t.Run("a token for another client of the vendor's", func(t *testing.T) {
		at, _ := v.begin("ours")
		claims := v.claims(at, "ours")
		claims["aud"] = "another app"
		if page := v.finish(at, claims); page.StatusCode != http.StatusUnauthorized {
			t.Errorf("status %d", page.StatusCode)
		}
		if rows := v.refusals(v.ours); len(rows) > 0 && rows[0].Check == string(lti.CheckAudience) {
			t.Error("a token that was not for us wrote into a workspace's launch log")
		}
	})
	t.Run("a claiming launch again", func(t *testing.T) {
		at, _ := v.begin("new")
		claims := v.claims(at, "new", administrator)
		v.finish(at, claims).shows(t, "Connect this LMS to a workspace")
		again := v.finish(at, claims)
		again.shows(t, "This launch was already used.")
		if strings.Contains(again.body, "<form") {
			t.Error("the claiming page came twice")
		}
	})
	t.Run("a form that nobody was given", func(t *testing.T) {
		made := answer{body: `<input type="hidden" name="handle" value="AAAA">`}
		if page := v.enter(made, v.code(v.ours)); page.StatusCode != http.StatusGone {
			t.Errorf("status %d", page.StatusCode)
		}
	})
	t.Run("a launch of a claimed deployment, twice", func(t *testing.T) {
		at, _ := v.begin("ours")
		claims := v.claims(at, "ours")
		if opened := v.finish(at, claims); !inWorkspaceOf(opened, v.ours) {
			t.Fatalf("status %d: %s", opened.StatusCode, opened.text())
		}
		v.clock.pass(time.Second)
		row := v.isLogged(t, v.finish(at, claims), lti.CheckReplay)
		if row.Connection == "" || row.Connection == greenroom.ConnectionID(v.registration.ID) {
			t.Errorf("logged for %q", row.Connection)
		}
	})
	t.Run("after its release", func(t *testing.T) {
		if err := v.service.ReleaseDeployment(t.Context(), greenroom.Operator(v.ours.ID), v.registration.ID, "ours"); err != nil {
			t.Fatal(err)
		}
		v.come("ours").shows(t, "This part of your LMS is not connected yet")
	})
	t.Run("at a registration that is switched off", func(t *testing.T) {
		if _, err := v.service.SwitchShared(t.Context(), v.registration.ID, false); err != nil {
			t.Fatal(err)
		}
		form := v.loginForm()
		form.Set("client_id", "app")
		form.Set("target_link_uri", v.kit.URLs.Shared("launch"))
		if page := v.post(v.kit.URLs.Shared("login"), form); page.StatusCode != http.StatusBadRequest {
			t.Errorf("status %d", page.StatusCode)
		}
	})
}

func TestASwitchedOffConnectionIsShutAtTheSharedDoor(t *testing.T) {
	v := newVendor(t)
	v.connect("d1", v.ours)
	claimed, err := v.service.ClaimOf(t.Context(), v.registration.ID, "d1")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := v.service.SwitchConnection(t.Context(), greenroom.Operator(v.ours.ID), claimed.Connection, false); err != nil {
		t.Fatal(err)
	}
	row := v.isLogged(t, v.come("d1"), lti.CheckRegistration)
	if row.Connection != claimed.Connection {
		t.Errorf("logged for %q", row.Connection)
	}
}

func TestAnonymousLaunchesAtTheSharedDoorAreTheWorkspacesToAllow(t *testing.T) {
	v := newVendor(t)
	anonymous := func(deployment string, roles ...string) answer {
		at, _ := v.begin(deployment)
		claims := v.claims(at, deployment, roles...)
		for _, name := range []string{"sub", "name", "given_name", "family_name", "email"} {
			delete(claims, name)
		}
		return v.finish(at, claims)
	}
	unclaimed := anonymous("d1", administrator)
	unclaimed.shows(t, refusedTitle)
	v.connect("d1", v.ours)
	claimed, err := v.service.ClaimOf(t.Context(), v.registration.ID, "d1")
	if err != nil {
		t.Fatal(err)
	}
	row := v.isLogged(t, anonymous("d1"), lti.CheckSubject)
	if row.Connection != claimed.Connection || slices.Contains(row.Passed, string(lti.CheckSubject)) {
		t.Errorf("logged for %q with passed %v", row.Connection, row.Passed)
	}

	store := v.service.Store.Workspace(v.ours.ID)
	err = store.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		c, err := tx.Connection(ctx, claimed.Connection)
		if err != nil {
			return err
		}
		c.AllowAnonymous = true
		return tx.SaveConnection(ctx, c)
	})
	if err != nil {
		t.Fatal(err)
	}
	opened := anonymous("d1")
	to, err := opened.Location()
	if err != nil || !strings.HasPrefix(to.Path, "/stage/"+string(v.ours.ID)+"/") {
		t.Fatalf("status %d, %v: %s", opened.StatusCode, to, opened.text())
	}
	launch, err := store.Launch(t.Context(), greenroom.LaunchID(to.Path[strings.LastIndex(to.Path, "/")+1:]))
	if err != nil || launch.Standing != greenroom.Anonymous || launch.Connection != claimed.Connection {
		t.Errorf("launch %+v, %v", launch, err)
	}
	other := v.workspace("Theirs")
	v.connect("d2", other) // another workspace's choice is its own
	if page := anonymous("d2"); page.StatusCode == http.StatusSeeOther {
		t.Error("a workspace that does not allow it lets nobody in particular in")
	}
}

func TestTheSharedDoorInAFrameWithoutCookies(t *testing.T) {
	v := newVendor(t)
	v.connect("d1", v.ours)
	form := v.loginForm()
	form.Set("client_id", "app")
	form.Set("lti_storage_target", "lti_storage_frame")
	form.Set("target_link_uri", v.kit.URLs.Shared("launch"))
	inFrame := func(address string) answer {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, address, strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Sec-Fetch-Dest", "iframe")
		return v.ask(r)
	}
	looked := inFrame(v.kit.URLs.Shared("login"))
	if to := looked.Header.Get("Location"); looked.StatusCode != http.StatusTemporaryRedirect || !strings.HasPrefix(to, "/lti/login?") {
		t.Fatalf("status %d to %q", looked.StatusCode, to)
	}
	page := inFrame(v.kit.URLs.Shared("login") + "?" + markLook + "=1")
	if !strings.Contains(page.body, `data-lti-storage="put"`) || !strings.Contains(page.body, html.EscapeString(v.kit.URLs.Shared("login")+"?"+markWindow)) {
		t.Fatalf("no storage page: %s", page.body)
	}
	next := regexp.MustCompile(`data-next="([^"]*)"`).FindStringSubmatch(page.body)
	secret := regexp.MustCompile(`data-value="([^"]*)"`).FindStringSubmatch(page.body)
	to, err := url.Parse(html.UnescapeString(next[1]))
	if err != nil {
		t.Fatal(err)
	}
	at := visit{school: v.school, state: to.Query().Get("state"), nonce: to.Query().Get("nonce")}
	asks := v.finish(at, v.claims(at, "1"))
	if !strings.Contains(asks.body, `action="`+v.kit.URLs.Shared("launch/stored")+`"`) {
		t.Fatalf("the page does not ask the storage: %s", asks.body)
	}
	handle := hidden.FindStringSubmatch(asks.body)
	v.connect("1", v.ours)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, v.kit.URLs.Shared("launch/stored"),
		strings.NewReader(url.Values{"handle": {handle[2]}, "stored": {secret[1]}}.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	opened := v.ask(r)
	if to := opened.Header.Get("Location"); opened.StatusCode != http.StatusSeeOther || !strings.Contains(to, "~") {
		t.Errorf("status %d to %q: %s", opened.StatusCode, to, opened.text())
	}
}

func TestDocumentsOfTheSharedDoor(t *testing.T) {
	v := newVendor(t)
	key, err := v.service.EnsureInstanceKey(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	keys := v.get(v.kit.URLs.Shared("jwks.json")).body
	if !strings.Contains(keys, string(key.ID)) || strings.Contains(keys, `"d":`) {
		t.Errorf("key set %s", keys)
	}
	document := v.get(v.kit.URLs.Shared(".well-known/openid-configuration")).body
	for _, end := range []string{"login", "launch", "jwks.json"} {
		if !strings.Contains(document, v.kit.URLs.Shared(end)) {
			t.Errorf("the configuration does not name %s:\n%s", end, document)
		}
	}
}
