package course

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/platforms"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/ready"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

const (
	publicURL = "https://practice.example.com"
	courseURL = "https://lms.example.com/course/1"
	returnURL = "https://lms.example.com/return?course=1&sesskey=a%20b"
	roles     = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// A house is the instructors' pages over a real store, with a workspace and a
// connection.
type house struct {
	t       *testing.T
	service *greenroom.Service
	kit     *web.Kit
	handler http.Handler
	w       greenroom.Workspace
	c       greenroom.Connection
	count   int
}

// lms signs as in earnest, and is asked nothing.
type lms struct{ *platforms.Platforms }

func (lms) FetchKeySet(context.Context, string) (greenroom.KeySetReport, error) {
	return greenroom.KeySetReport{Document: []byte(`{"keys":[]}`), Keys: 1}, nil
}

// engine is one for all houses: its machines are warm.
var engine = roleplay.NewEngine(roleplay.Limits{})

func newHouse(t *testing.T) *house {
	t.Helper()
	now := func() time.Time { return noon }
	db := must(store.Open(t.Context(), ready.SQLite(t)))
	t.Cleanup(func() { _ = db.Close() })
	h := &house{t: t}
	vault, log := greenroom.NewVault([32]byte{1}), slog.New(slog.NewTextHandler(t.Output(), nil))
	h.service = &greenroom.Service{
		Store: db, Vault: vault, Random: rand.Reader, Engine: engine, Now: now, Log: log,
		Platforms: lms{platforms.New(platforms.Options{Store: db, Vault: vault, Now: now, Random: rand.Reader, Log: log})},
	}
	h.kit = must(web.New(web.Options{PublicURL: publicURL, Service: h.service, Log: log, Now: now, Random: rand.Reader}))
	mux := http.NewServeMux()
	h.kit.Mount(mux)
	New(h.kit).Mount(mux)
	h.handler = h.kit.Wrap(mux)
	h.w = must(h.service.CreateWorkspace(t.Context(), "Sales team", "", false))
	h.c = must(h.service.SaveConnection(t.Context(), greenroom.Operator(h.w.ID), greenroom.ConnectionForm{
		Platform: "LMS", Issuer: "https://lms.example.com", ClientID: "abc", Deployments: "1",
		AuthURL: "https://lms.example.com/auth", TokenURL: "https://lms.example.com/token", KeySetURL: "https://lms.example.com/jwks",
	})).Connection
	return h
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

const file = `---
title: %s
slug: %s
description: %s
objective: Find out what they need.
difficulty: %s
character:
  name: Ada <i>Lovelace</i>
  role: Buyer
  about: Likes engines.
rubric:
  - name: Discovery
    items:
      - {id: needs, name: Asks for needs, good: Asks, fair: Hints, poor: Tells}
---
> A door opens.
Who <em>are</em> you?
* A friend. # good: needs
* Nobody. # poor: needs
- Bye.
-> END
`

// scenario imports one.
func (h *house) scenario(slug, title, description, difficulty string) greenroom.Scenario {
	h.t.Helper()
	source := fmt.Sprintf(file, title, slug, description, difficulty)
	return must(h.service.ImportScenario(h.t.Context(), h.w.ID, slug+".scenario.md", []byte(source)))
}

// A guest is a browser with the cookie of one launch.
type guest struct {
	*house
	launch greenroom.LaunchID
	base   string
	cookie *http.Cookie
}

// picks opens the picker as a teacher. spoil changes the request.
func (h *house) picks(spoil func(*lti.Launch)) *guest {
	h.t.Helper()
	h.count++
	data := "köpt ✓ " + strings.Repeat("d", 100)
	l := &lti.Launch{
		Registration: lti.Registration{ID: string(h.c.ID)}, DeploymentID: "1", MessageType: lti.MessageDeepLinking, Subject: "3",
		Roles: lti.Roles{roles + "Instructor"}, RawRoles: []string{roles + "Instructor"},
		Context:      &lti.Context{ID: "course-1", Title: "Harbour <b>Engineering</b>"},
		Presentation: &lti.Presentation{ReturnURL: courseURL},
		DeepLinking: &lti.DeepLinking{
			ReturnURL: returnURL, AcceptTypes: []string{"ltiResourceLink"}, AcceptTargets: []string{"iframe", "window", "embed"},
			AcceptMultiple: true, Data: &data,
		},
		StateID: fmt.Sprint("state-", h.count),
	}
	if spoil != nil {
		spoil(l)
	}
	launch, token, err := h.service.RecordLaunch(h.t.Context(), h.w.ID, l, greenroom.Arrival{Reference: must(greenroom.NewReference(rand.Reader))})
	if err != nil {
		h.t.Fatal(err)
	}
	return &guest{house: h, launch: launch.ID, base: "/course/" + string(h.w.ID) + "/" + string(launch.ID), cookie: &http.Cookie{
		Name: "__Host-stage-" + strings.ReplaceAll(string(launch.ID), "-", ""), Value: token,
	}}
}

// A page is an answer with its body read.
type page struct {
	*http.Response
	t    *testing.T
	body string
}

func (g *guest) ask(method, address string, form url.Values) page {
	g.t.Helper()
	r := httptest.NewRequestWithContext(g.t.Context(), method, address, strings.NewReader(form.Encode()))
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Sec-Fetch-Dest", "iframe")
	if g.cookie != nil {
		r.AddCookie(g.cookie)
	}
	w := httptest.NewRecorder()
	g.handler.ServeHTTP(w, r)
	return page{w.Result(), g.t, w.Body.String()}
}

func (g *guest) get(tail string, query url.Values) page {
	return g.ask(http.MethodGet, g.base+tail+"?"+query.Encode(), nil)
}

func (g *guest) post(tail string, form url.Values) page {
	return g.ask(http.MethodPost, g.base+tail, form)
}

var tags = regexp.MustCompile(`(?s)<script.*?</script>|<svg.*?</svg>|<[^>]*>`)

func (p page) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(p.body, " "))), " ")
}

func (p page) shows(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if !strings.Contains(p.text(), text) {
			p.t.Errorf("the page does not say %q:\n%s", text, p.text())
		}
	}
}

func (p page) hides(texts ...string) {
	p.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.text(), text) {
			p.t.Errorf("the page says %q:\n%s", text, p.text())
		}
	}
}

func (p page) is(status int) page {
	p.t.Helper()
	if p.StatusCode != status {
		p.t.Fatalf("status %d, want %d: %s", p.StatusCode, status, p.text())
	}
	return p
}

var (
	inputs   = regexp.MustCompile(`<input([^>]*)>`)
	attrs    = regexp.MustCompile(`([a-z-]+)(?:="([^"]*)")?`)
	selected = regexp.MustCompile(`(?s)<select[^>]* name="([^"]*)"[^>]*>(.*?)</select>`)
	option   = regexp.MustCompile(`<option value="([^"]*)" selected>`)
)

// form is what a browser would send if the page's form were submitted as it is.
func (p page) form() url.Values {
	form := url.Values{}
	for _, input := range inputs.FindAllStringSubmatch(p.body, -1) {
		a := map[string]string{}
		for _, pair := range attrs.FindAllStringSubmatch(input[1], -1) {
			if _, twice := a[pair[1]]; !twice {
				a[pair[1]] = html.UnescapeString(pair[2])
			}
		}
		_, checked := a["checked"]
		if box := a["type"] == "checkbox" || a["type"] == "radio"; a["name"] == "" || box && !checked {
			continue
		}
		form.Add(a["name"], a["value"])
	}
	for _, s := range selected.FindAllStringSubmatch(p.body, -1) {
		value := ""
		if chosen := option.FindStringSubmatch(s[2]); chosen != nil {
			value = chosen[1]
		}
		form.Set(s[1], value)
	}
	return form
}

// answer reads the token that a page sends to the LMS.
func (p page) answer() map[string]any {
	p.t.Helper()
	if want := `action="` + html.EscapeString(returnURL) + `"`; !strings.Contains(p.body, want) {
		p.t.Fatalf("the form does not go to %s: %s", want, p.body)
	}
	parts := strings.Split(p.form().Get("JWT"), ".")
	if len(parts) != 3 {
		p.t.Fatalf("no token in %s", p.body)
	}
	var claims map[string]any
	if err := json.Unmarshal(must(base64.RawURLEncoding.DecodeString(parts[1])), &claims); err != nil {
		p.t.Fatal(err)
	}
	return claims
}
