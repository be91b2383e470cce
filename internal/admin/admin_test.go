package admin

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/web"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// platforms answers for every LMS of the tests.
type platforms struct {
	greenroom.Platforms
	keySet greenroom.KeySetReport
	err    error
}

func (p *platforms) FetchKeySet(context.Context, string) (greenroom.KeySetReport, error) {
	return p.keySet, p.err
}

// A site is the pages over a store in a file, with two workspaces: Northwind,
// where Dana is owner, Ada is admin and Mel is member; and Elsewhere, where Eve
// is owner.
type site struct {
	t         *testing.T
	service   *greenroom.Service
	handler   http.Handler
	kit       *web.Kit
	platforms *platforms
	northwind greenroom.Workspace
	elsewhere greenroom.Workspace
	owner     greenroom.Actor // Dana
	now       time.Time
}

const password = "correct horse"

// seeded is the database of newSite, made once: keys and password hashes take
// their time.
var seeded = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "greenroom")
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "greenroom.db")
	if err := seed(context.Background(), path); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

func newService(db greenroom.Store) *greenroom.Service {
	return &greenroom.Service{
		Store: db, Vault: greenroom.NewVault([32]byte{1}), Random: rand.Reader,
		Now: func() time.Time { return noon }, Log: slog.New(slog.DiscardHandler),
	}
}

func seed(ctx context.Context, path string) error {
	db, err := store.Open(ctx, store.Options{Path: path, Migrate: true})
	if err != nil {
		return err
	}
	service := newService(db)
	for workspace, people := range map[string]map[string]greenroom.Role{
		"Northwind": {"dana": greenroom.Owner, "ada": greenroom.Admin, "mel": greenroom.MemberRole},
		"Elsewhere": {"eve": greenroom.Owner},
	} {
		w, err := service.CreateWorkspace(ctx, workspace, "", false)
		if err != nil {
			return errors.Join(err, db.Close())
		}
		for name, role := range people {
			u := greenroom.NewUser{Email: name + "@example.com", Name: name, Password: password, Role: role}
			if _, err := service.CreateUser(ctx, w.ID, u); err != nil {
				return errors.Join(err, db.Close())
			}
		}
	}
	return db.Close()
}

func newSite(t *testing.T) *site {
	t.Helper()
	path := filepath.Join(t.TempDir(), "greenroom.db")
	if err := os.WriteFile(path, must(seeded())(t), 0o600); err != nil {
		t.Fatal(err)
	}
	db := must(store.Open(t.Context(), store.Options{Path: path}))(t)
	t.Cleanup(func() { _ = db.Close() })
	s := &site{t: t, now: noon, platforms: &platforms{keySet: greenroom.KeySetReport{Document: []byte("{}"), Keys: 1}}}
	s.service = newService(db)
	s.service.Platforms = s.platforms
	s.service.Now = func() time.Time { return s.now }
	s.kit = must(web.New(web.Options{
		PublicURL: "https://practice.example.com", Service: s.service, Log: s.service.Log, Now: s.service.Now,
		Random: rand.Reader, SupportContact: "help@example.com",
	}))(t)
	mux := http.NewServeMux()
	s.kit.Mount(mux)
	New(s.kit).Mount(mux)
	s.handler = s.kit.Wrap(mux)

	s.northwind = must(db.Instance().FindWorkspace(t.Context(), "northwind"))(t)
	s.elsewhere = must(db.Instance().FindWorkspace(t.Context(), "elsewhere"))(t)
	dana := must(db.Instance().PersonByEmail(t.Context(), "dana@example.com"))(t)
	s.owner = greenroom.Actor{Person: dana.ID, Workspace: s.northwind.ID, Role: greenroom.Owner}
	return s
}

// must fails the test if there is an error.
func must[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// A browser is somebody's browser, signed in unless the name is empty.
type browser struct {
	*site
	cookies map[string]string
}

func (s *site) as(name string) *browser {
	s.t.Helper()
	b := &browser{site: s, cookies: map[string]string{}}
	if name == "" {
		return b
	}
	res := b.post("/sign-in", url.Values{"email": {name + "@example.com"}, "password": {password}})
	if res.status != http.StatusSeeOther {
		s.t.Fatalf("%s cannot sign in: %d\n%s", name, res.status, res.body)
	}
	return b
}

type answer struct {
	status int
	header http.Header
	body   string
}

func (b *browser) send(r *http.Request) answer {
	b.t.Helper()
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	w := httptest.NewRecorder()
	b.handler.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c.Value
	}
	return answer{w.Code, w.Header(), w.Body.String()}
}

func (b *browser) get(path string) answer {
	b.t.Helper()
	return b.send(httptest.NewRequest("GET", path, nil))
}

// part asks as htmx does.
func (b *browser) part(method, path string) answer {
	b.t.Helper()
	r := httptest.NewRequest(method, path, nil)
	r.Header.Set("HX-Request", "true")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

func (b *browser) post(path string, form url.Values) answer {
	b.t.Helper()
	r := httptest.NewRequest("POST", path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	return b.send(r)
}

// follow goes where a 303 leads.
func (b *browser) follow(a answer) answer {
	b.t.Helper()
	if a.status != http.StatusSeeOther {
		b.t.Fatalf("status %d, want 303\n%s", a.status, a.body)
	}
	path, _, _ := strings.Cut(a.header.Get("Location"), "#")
	return b.get(path)
}

func (a answer) has(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("no %q on the page:\n%s", text, a.body)
		}
	}
}

func (a answer) hasNot(t *testing.T, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(a.body, text) {
			t.Errorf("%q is on the page:\n%s", text, a.body)
		}
	}
}

const lti = "/w/northwind/settings/integrations/lti"

var errUnreachable = errors.New("dial tcp 10.1.2.3:443: connect: connection refused")

func TestWhoSeesWhat(t *testing.T) {
	s := newSite(t)
	members := []string{"/w/northwind/scenarios", "/w/northwind/"}
	admins := []string{
		"/w/northwind/members", learnersList, coursesList, "/w/northwind/settings/retention", "/w/northwind/passbacks", "/w/northwind/launches", "/w/northwind/scenarios/import", "/w/northwind/settings",
		"/w/northwind/settings/integrations", "/w/northwind/settings/audit", signingKeys, lti, lti + "/connections", lti + "/registration-urls",
	}
	browsers := map[string]*browser{"": s.as(""), "dana": s.as("dana"), "ada": s.as("ada"), "mel": s.as("mel"), "eve": s.as("eve")}
	for _, path := range append(members, admins...) {
		for who, b := range browsers {
			got := b.get(path)
			opens := got.status == http.StatusOK || got.status == http.StatusSeeOther
			switch {
			case who == "":
				if to := got.header.Get("Location"); got.status != http.StatusSeeOther || to != "/sign-in?next="+url.QueryEscape(path) {
					t.Errorf("nobody at %s: %d to %q, want the sign-in page", path, got.status, to)
				}
			case who == "eve", who == "mel" && slices.Contains(admins, path):
				if got.status != http.StatusNotFound {
					t.Errorf("%s at %s: %d, want 404", who, path, got.status)
				}
			case !opens:
				t.Errorf("%s at %s: %d", who, path, got.status)
			}
		}
	}
}

func TestWhoChangesWhat(t *testing.T) {
	s := newSite(t)
	visitors, forged := map[string]*browser{"": s.as(""), "mel": s.as("mel"), "eve": s.as("eve")}, s.as("dana")
	for _, path := range []string{
		"/w/northwind/settings", lti + "/connections", lti + "/registration-urls", lti + "/registration-urls/revoke",
		"/w/northwind/scenarios/import", "/w/northwind/passbacks/p1/send", signingKeys + "/rotate",
		"/w/northwind/settings/retention", learnersList + "/x/merge", learnersList + "/x/separate", learnersList + "/x/export", learnersList + "/x/erase",
		lti + "/connections/x/copies/keys", lti + "/connections/x/copies/keys/delete", lti + "/connections/x/copies/activities",
		coursesList + "/x/roster", coursesList + "/x/results", "/w/northwind/scenarios/x/grading",
	} {
		for who, want := range map[string]int{"": 303, "mel": 404, "eve": 404} {
			if got := visitors[who].post(path, nil); got.status != want {
				t.Errorf("%q posts to %s: %d, want %d", who, path, got.status, want)
			}
		}
		r := httptest.NewRequest("POST", path, nil)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if got := forged.send(r); got.status != http.StatusForbidden {
			t.Errorf("another site posts to %s: %d, want 403", path, got.status)
		}
	}
}

var inline = regexp.MustCompile(`(?i)<script[^>]*>[^<]|<style|\sstyle=|\son[a-z]+="|javascript:`)

func TestPagesAreSealed(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	for _, path := range []string{
		"/", "/workspaces", accountPath, "/w/northwind/scenarios", "/w/northwind/members", s.memberPage("mel"), "/w/northwind/passbacks", "/w/northwind/launches",
		"/w/northwind/settings", "/w/northwind/settings/integrations", lti, "/w/northwind/nothing",
		"/w/northwind/settings/audit", "/w/northwind/settings/delete", signingKeys, learnersList, coursesList, "/w/northwind/settings/retention?months=3",
	} {
		got := dana.get(path)
		if m := inline.FindString(got.body); m != "" {
			t.Errorf("%s: %q would be refused by the policy", path, m)
		}
		if n := strings.Count(got.body, "<h1"); got.status == http.StatusOK && n != 1 {
			t.Errorf("%s: %d main headings", path, n)
		}
		if csp := got.header.Get("Content-Security-Policy"); !strings.HasSuffix(csp, "frame-ancestors 'none'") || strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q", path, csp)
		}
		if cache := got.header.Get("Cache-Control"); cache != "no-store" {
			t.Errorf("%s: Cache-Control %q", path, cache)
		}
	}
}

func TestMembersAreNotOfferedSettings(t *testing.T) {
	s := newSite(t)
	page := s.as("mel").get("/w/northwind/scenarios")
	page.has(t, "Switch workspace", "Sign out", ">Scenarios<")
	page.hasNot(t, "Workspace settings", "Integrations", "Passbacks", "Import scenario", "/settings")
	s.as("ada").get("/w/northwind/scenarios").has(t, "Workspace settings", "Administration", "Integrations", "Passbacks")
}

func TestHome(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	if to := dana.get("/").header.Get("Location"); to != "/w/northwind/scenarios" {
		t.Errorf("the start leads to %q", to)
	}
	if err := s.service.Store.Workspace(s.elsewhere.ID).Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		return tx.PutMember(ctx, s.owner.Person, greenroom.MemberRole, noon)
	}); err != nil {
		t.Fatal(err)
	}
	dana.get("/workspaces").has(t, "Choose a workspace", `href="/w/northwind/scenarios"`, `href="/w/elsewhere/scenarios"`)
	dana.get("/w/northwind/scenarios").has(t, `href="/w/elsewhere/scenarios"`)
}

func TestRename(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	const path = "/w/northwind/settings"
	for name, tc := range map[string]struct {
		form  url.Values
		field string
		want  string
	}{
		"no name":          {url.Values{"name": {" "}, "slug": {"north"}}, "name", "Enter a name for the workspace."},
		"no address":       {url.Values{"name": {"North"}, "slug": {""}}, "slug", "Enter an address."},
		"capital letters":  {url.Values{"name": {"North"}, "slug": {"North"}}, "slug", "Use lower-case letters, digits and single hyphens, for example sales-team."},
		"another's":        {url.Values{"name": {"North"}, "slug": {"elsewhere"}}, "slug", "Another workspace already uses this address."},
		"an over-long one": {url.Values{"name": {strings.Repeat("n", 201)}, "slug": {"north"}}, "name", "Use at most 200 characters."},
	} {
		got := dana.post(path, tc.form)
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", name, got.status)
		}
		got.has(t, `id="`+tc.field+`-note">`+tc.want+`</p>`, `value="`+tc.form.Get("name")+`"`)
	}
	got := dana.follow(dana.post(path, url.Values{"name": {"North & <b>South</b>"}, "slug": {"north-south"}}))
	got.has(t, "Workspace saved", "North &amp; &lt;b&gt;South&lt;/b&gt;", `value="north-south"`)
	if old := dana.get("/w/northwind/settings"); old.status != http.StatusNotFound {
		t.Errorf("the old address: %d", old.status)
	}
	if byID := dana.get("/w/" + string(s.northwind.ID) + "/settings"); byID.status != http.StatusOK {
		t.Errorf("by ID: %d", byID.status)
	}
}

func TestMembersPage(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	dana.get("/w/northwind/members").has(t, "dana@example.com", "ada@example.com", "mel@example.com", ">You<",
		"Nobody has come by launch yet", "Connect an LMS")
	dana.get("/w/northwind/members").hasNot(t, "eve@example.com")
}
