package admin

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

const membersURL = "/w/northwind/members"

var madeURL = regexp.MustCompile(`value="https://practice\.example\.com(/links/[A-Za-z0-9_-]{43})"`)

// link returns the path of the one-time link on a page.
func (a answer) link(t *testing.T) string {
	t.Helper()
	m := madeURL.FindStringSubmatch(a.body)
	if m == nil {
		t.Fatalf("no link on the page (%d):\n%s", a.status, a.body)
	}
	return m[1]
}

// page is the address of somebody's page on the Members page.
func (s *site) memberPage(name string) string {
	s.t.Helper()
	p := must(s.service.Store.Instance().PersonByEmail(s.t.Context(), name+"@example.com"))(s.t)
	return membersURL + "/" + string(p.ID)
}

func invitation(email, role string) url.Values {
	return url.Values{"email": {email}, "name": {"Ben"}, "role": {role}}
}

func TestInvitingSomebodyNew(t *testing.T) {
	s := newSite(t)
	dana, nobody := s.as("dana"), s.as("")
	made := dana.post(membersURL+"/invitations", invitation("ben@example.com", "admin"))
	link := made.link(t)
	made.has(t, "The link for ben@example.com is ready.", "Open invitations")
	again := dana.get(membersURL)
	again.has(t, "ben@example.com", "New link", "Revoke")
	again.hasNot(t, "/links/")

	page := nobody.get(link)
	page.has(t, "Join <bdi>Northwind</bdi>", "an admin", `value="Ben"`, `autocomplete="new-password"`, `value="ben@example.com" autocomplete="username"`)
	if policy := page.header.Get("Referrer-Policy"); policy != "same-origin" || page.header.Get("Cache-Control") != "no-store" {
		t.Errorf("Referrer-Policy %q, Cache-Control %q", policy, page.header.Get("Cache-Control"))
	}
	bad := nobody.post(link, url.Values{"name": {"Ben"}, "password": {"short"}})
	if bad.status != http.StatusUnprocessableEntity {
		t.Errorf("a short password: %d", bad.status)
	}
	bad.has(t, `id="password-note">Use at least 10 characters.</p>`)
	nobody.follow(nobody.post(link, url.Values{"name": {"Ben"}, "password": {"a new passphrase"}})).has(t, "You are now a member of Northwind", "ben@example.com")
	used := s.as("").get(link)
	if used.status != http.StatusGone {
		t.Errorf("used: %d", used.status)
	}
	used.has(t, "This link has been used")
	dana.get(membersURL).hasNot(t, "Open invitations")
}

func TestInvitingSomebodyWithAnAccount(t *testing.T) {
	s := newSite(t)
	link := s.as("dana").post(membersURL+"/invitations", invitation("eve@example.com", "member")).link(t)

	mel := s.as("mel")
	mel.get(link).has(t, "This invitation is for somebody else", "It is for eve@example.com. In this browser you are signed in as mel@example.com.", "Sign out and go on")
	if got := mel.post(link, nil); got.status != http.StatusConflict {
		t.Errorf("somebody else accepts: %d", got.status)
	}
	out := mel.post("/sign-out", url.Values{"next": {link}})
	if to := out.header.Get("Location"); to != link {
		t.Errorf("signing out leads to %q", to)
	}

	eve := s.as("")
	eve.get(link).has(t, "There is an account for eve@example.com already", `href="/sign-in?next=%2Flinks%2F`)
	if to := eve.post(link, nil).header.Get("Location"); !strings.HasPrefix(to, "/sign-in?next=") {
		t.Errorf("accepting signed out leads to %q", to)
	}
	got := eve.post("/sign-in", url.Values{"email": {"eve@example.com"}, "password": {password}, "next": {link}})
	eve.follow(got).has(t, "You are invited to be a member, as eve@example.com.")
	eve.follow(eve.post(link, nil)).has(t, "You are now a member of Northwind")
}

func TestLinksThatDoNotOpen(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	for name, tc := range map[string]struct {
		spoil  func(link string) string
		status int
		title  string
	}{
		"tampered": {func(link string) string { return link[:len(link)-1] }, http.StatusNotFound, "This link does not open"},
		"expired":  {func(link string) string { s.now = s.now.AddDate(0, 0, 7); return link }, http.StatusGone, "This link has expired"},
		"revoked": {func(link string) string {
			open := must(s.service.Invitations(t.Context(), s.owner))(t)
			dana.follow(dana.post(membersURL+"/invitations/"+string(open[0].ID)+"/revoke", nil)).has(t, "The invitation of ben@example.com is revoked")
			return link
		}, http.StatusGone, "This link was revoked"},
		"renewed": {func(link string) string {
			open := must(s.service.Invitations(t.Context(), s.owner))(t)
			if fresh := dana.post(membersURL+"/invitations/"+string(open[0].ID)+"/renew", nil).link(t); fresh == link {
				t.Error("the same link again")
			}
			return link
		}, http.StatusGone, "This link was revoked"},
	} {
		s.now = noon
		link := tc.spoil(dana.post(membersURL+"/invitations", invitation("ben@example.com", "member")).link(t))
		for _, got := range []answer{s.as("").get(link), s.as("").post(link, url.Values{"name": {"Ben"}, "password": {"a new passphrase"}})} {
			if got.status != tc.status {
				t.Errorf("%s: status %d, want %d", name, got.status, tc.status)
			}
			got.has(t, "<h1>"+tc.title+"</h1>", "Reference")
			got.hasNot(t, "ben@example.com", "Northwind")
		}
	}
}

func TestInvitationsThatAreRefused(t *testing.T) {
	s := newSite(t)
	ada := s.as("ada")
	ada.get(membersURL).hasNot(t, `value="owner"`)
	for name, tc := range map[string]struct {
		form url.Values
		want string
	}{
		"no address":         {invitation("", "admin"), `id="email-note">Enter an e-mail address.</p>`},
		"an owner":           {invitation("ben@example.com", "owner"), `id="role-note">Only an owner can invite an owner.</p>`},
		"somebody here":      {invitation("mel@example.com", "admin"), `id="email-note">This person is a member already.</p>`},
		"an unheard-of role": {invitation("ben@example.com", "king"), `id="role-note">Choose a role.</p>`},
	} {
		got := ada.post(membersURL+"/invitations", tc.form)
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: status %d", name, got.status)
		}
		got.has(t, tc.want)
	}
}

func TestManagingMembers(t *testing.T) {
	s := newSite(t)
	dana, ada, mel := s.as("dana"), s.as("ada"), s.as("mel")
	ada.get(s.memberPage("dana")).has(t, "Only an owner can change or remove an owner.")
	ada.get(s.memberPage("dana")).hasNot(t, "/remove", "/reset-link", "/role")
	ada.get(s.memberPage("mel")).hasNot(t, "Make reset link", `value="owner"`)
	for path, form := range map[string]url.Values{"/role": {"role": {"member"}}, "/remove": nil} {
		if got := ada.post(s.memberPage("dana")+path, form); got.status != http.StatusUnprocessableEntity {
			t.Errorf("an admin does %s to an owner: %d", path, got.status)
		}
	}
	got := dana.post(s.memberPage("dana")+"/remove", nil)
	if got.status != http.StatusUnprocessableEntity {
		t.Errorf("the only owner leaves: %d", got.status)
	}
	got.has(t, "This is the only owner of the workspace.")
	dana.post(s.memberPage("dana")+"/role", url.Values{"role": {"admin"}}).has(t, `id="role-note">This is the only owner of the workspace.`)

	dana.follow(dana.post(s.memberPage("mel")+"/role", url.Values{"role": {"admin"}})).has(t, "mel is now admin")
	mel.get(membersURL).has(t, "People who sign in") // at the next request
	dana.get(s.memberPage("mel")).has(t, "What goes:", "What stays:", `data-confirm="Remove mel?"`)
	dana.follow(dana.post(s.memberPage("mel")+"/remove", nil)).has(t, "mel is no member any more")
	for _, path := range []string{membersURL, "/w/northwind/scenarios"} {
		if got := mel.get(path); got.status != http.StatusNotFound {
			t.Errorf("who was removed opens %s: %d", path, got.status)
		}
	}
	mel.get("/workspaces").has(t, "You are in no workspace yet")
	if got := dana.get(membersURL + "/" + "nobody"); got.status != http.StatusNotFound {
		t.Errorf("nobody's page: %d", got.status)
	}
}

func TestWhoManagesMembers(t *testing.T) {
	s := newSite(t)
	mel := s.memberPage("mel")
	for _, path := range []string{
		membersURL + "/invitations", membersURL + "/invitations/i/renew", membersURL + "/invitations/i/revoke",
		mel + "/role", mel + "/remove", mel + "/reset-link",
	} {
		for who, want := range map[string]int{"": 303, "mel": 404, "eve": 404} {
			if got := s.as(who).post(path, nil); got.status != want {
				t.Errorf("%q posts to %s: %d, want %d", who, path, got.status, want)
			}
		}
	}
	for _, path := range []string{mel + "/role", mel + "/remove", mel + "/reset-link"} { // a person of another workspace
		elsewhere := strings.Replace(path, "northwind", "elsewhere", 1)
		if got := s.as("eve").post(elsewhere, url.Values{"role": {"admin"}}); got.status != http.StatusNotFound {
			t.Errorf("eve posts to %s: %d", elsewhere, got.status)
		}
	}
}

func TestAForgottenPassword(t *testing.T) {
	s := newSite(t)
	dana, mel := s.as("dana"), s.as("mel").on(s.anotherNode())
	link := dana.post(s.memberPage("mel")+"/reset-link", nil).link(t)
	dana.get(s.memberPage("mel")).hasNot(t, "/links/")
	dana.get(link).has(t, "Choose a new password", "In this browser you are signed in as dana@example.com.")

	forgetful := s.as("")
	for range 2 {
		forgetful.get(link).has(t, "Choose a new password", `autocomplete="new-password"`)
	}
	before := forgetful.cookies["__Host-greenroom"]
	forgetful.follow(forgetful.follow(forgetful.post(link, url.Values{"password": {"a new passphrase"}})))
	if after := forgetful.cookies["__Host-greenroom"]; after == before || !forgetful.isSignedIn() {
		t.Error("not signed in under a new token")
	}
	if mel.isSignedIn() {
		t.Error("an older sign-in goes on")
	}
	forgetful.post(link, url.Values{"password": {"one more passphrase"}}).has(t, "This link has been used")

	must(s.service.CreateUser(t.Context(), s.elsewhere.ID, greenroom.NewUser{Email: "ada@example.com", Role: greenroom.MemberRole}))(t)
	refused := dana.post(s.memberPage("ada")+"/reset-link", nil)
	if refused.status != http.StatusUnprocessableEntity {
		t.Errorf("a person of two workspaces: %d", refused.status)
	}
	refused.has(t, "greenroom user reset-link ada@example.com")
	refused.hasNot(t, "Elsewhere", "/links/")
}
