package app_test

import (
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// forMachines are addresses that answer with no page.
var forMachines = map[string]string{
	"GET /lti/jwks.json":                                    "a public document",
	"GET /lti/.well-known/openid-configuration":             "a public document",
	"GET /assets/{file...}":                                 "files of our own",
	"GET /lti/{workspace}/jwks.json":                        "a public document",
	"GET /lti/{workspace}/.well-known/openid-configuration": "a public document",
	"GET /lti/{workspace}/canvas.json":                      "a public document",
	"GET /lti/{workspace}/key.pem":                          "a public document",
	"POST /lti/{workspace}/notices":                         "platforms post here, and read the status alone",
	"GET /livez":                                            "one word for a supervisor",
	"GET /readyz":                                           "one word for a load balancer",
}

// Whoever asks, and whatever comes of it: every answer of every route has the
// headers that its kind must have, and every page is free of inline script.
func TestEveryAnswerOfEveryRoute(t *testing.T) {
	d := newDoors(t, false)
	visitors := map[string][]*http.Cookie{
		"nobody":                     nil,
		"the owner":                  {d.owner},
		"the learner":                {d.stage, d.course},
		"an owner of another":        {d.eve},
		"the owner, a learner's too": {d.owner, d.stage, d.course},
	}
	for _, route := range d.routes() {
		for who, cookies := range visitors {
			for _, fragment := range []bool{false, true} {
				if route.pattern == "POST /sign-out" && len(cookies) > 0 {
					continue // the others need the sign-in still
				}
				r := request(route.method, d.address(route, d.ours), formOf(route), cookies...)
				if fragment {
					r.Header.Set("HX-Request", "true")
				}
				answer := d.do(r)
				at := route.method + " " + route.path + " by " + who
				holdHeaders(t, at, route, answer)
				holdPage(t, at, answer)
			}
		}
	}
	for _, route := range d.routes() { // refused before they reach a page
		if _, machine := forMachines[route.pattern]; machine || comeFromOutside[route.pattern] {
			continue
		}
		r := request(http.MethodPost, d.address(route, d.ours), url.Values{}, d.owner, d.stage, d.course, d.review)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		if !comeFromOutside[d.match(r)] {
			holdHeaders(t, "from another site: POST "+route.path, route, d.do(r))
		}
	}
	// What those requests do not bring to light.
	login := url.Values{
		"iss": {d.lms.Issuer()}, "login_hint": {"6"}, "target_link_uri": {d.app.Kit.URLs.Launch(d.ours.ID)}, "greenroom_look": {"1"},
	}
	for path, pattern := range map[string]string{
		"/lti/" + string(d.ours.ID) + "/register?token=" + d.invite:      "GET /lti/{workspace}/register",
		"/lti/" + string(d.ours.ID) + "/login?" + login.Encode():         "GET /lti/{workspace}/login",
		"/w/northwind/scenarios/none":                                    "GET /w/{workspace}/scenarios/{slug}",
		"/stage/" + string(d.ours.ID) + "/" + string(d.launch) + "/none": "/stage/",
	} {
		r := request(http.MethodGet, path, nil, d.owner, d.stage, d.course, d.review)
		r.Header.Set("Sec-Fetch-Dest", "iframe")
		answer := d.do(r)
		_, at, _ := strings.Cut(pattern, "/")
		holdHeaders(t, path, route{pattern, http.MethodGet, "/" + at}, answer)
		holdPage(t, path, answer)
	}
	t.Run("sign-out", func(t *testing.T) {
		answer := d.ask(http.MethodPost, "/sign-out", url.Values{}, d.owner)
		holdHeaders(t, "POST /sign-out", route{"POST /sign-out", http.MethodPost, "/sign-out"}, answer)
	})
}

func formOf(r route) url.Values {
	if r.method == http.MethodPost {
		return url.Values{}
	}
	return nil
}

// endAtLMS are pages whose form goes to an LMS.
var endAtLMS = map[string]bool{
	"GET /lti/{workspace}/login":                    true,
	"POST /course/{workspace}/{launch}/pick/answer": true,
	"POST /course/{workspace}/{launch}/pick/cancel": true,
}

// mayBeFramed tells whether an LMS shows what is at a path in its own page.
func mayBeFramed(r route) bool {
	_, machine := forMachines[r.pattern]
	for _, below := range []string{"/lti/", "/stage/", "/course/"} {
		if strings.HasPrefix(r.path, below) {
			return !machine
		}
	}
	return false
}

func holdHeaders(t *testing.T, at string, r route, answer reply) {
	t.Helper()
	h := answer.Header
	one := func(name string) string {
		if len(h.Values(name)) > 1 {
			t.Errorf("%s: %s is there %d times", at, name, len(h.Values(name)))
		}
		return h.Get(name)
	}
	for name, want := range map[string]string{
		"Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff", "Strict-Transport-Security": "max-age=31536000",
	} {
		if got := one(name); got != want {
			t.Errorf("%s: %s %q, want %q", at, name, got, want)
		}
	}

	policy := directives(one("Content-Security-Policy"))
	if policy["default-src"] != "'none'" || policy["base-uri"] != "'none'" {
		t.Errorf("%s: policy %v", at, policy)
	}
	for name, sources := range policy {
		if strings.Contains(sources, "unsafe") || strings.Contains(sources, "*") || strings.Contains(sources, "http:") {
			t.Errorf("%s: %s %s", at, name, sources)
		}
	}
	switch to := policy["form-action"]; {
	case to == "'self'", to == "'none'":
	case to == "'self' https:" && endAtLMS[r.pattern]:
	default:
		t.Errorf("%s: form-action %s", at, to)
	}
	framers, options := "'none'", "DENY"
	if mayBeFramed(r) {
		framers, options = "https:", ""
	}
	if policy["frame-ancestors"] != framers {
		t.Errorf("%s: frame-ancestors %s, want %s", at, policy["frame-ancestors"], framers)
	}
	if _, machine := forMachines[r.pattern]; one("X-Frame-Options") != options && !machine {
		t.Errorf("%s: X-Frame-Options %q, want %q", at, h.Get("X-Frame-Options"), options)
	}
	// The manager of sign-ins adds a second value to what it has touched.
	caching := strings.Join(h.Values("Cache-Control"), ", ")
	if _, machine := forMachines[r.pattern]; !machine && !strings.Contains(caching, "no-store") {
		t.Errorf("%s: Cache-Control %q", at, caching)
	}
}

func directives(policy string) map[string]string {
	all := map[string]string{}
	for _, part := range strings.Split(policy, ";") {
		name, sources, _ := strings.Cut(strings.TrimSpace(part), " ")
		all[name] = sources
	}
	return all
}

// holdPage fails if a page carries script or style of its own: the policy
// would stop them, so they would not even work.
func holdPage(t *testing.T, at string, answer reply) {
	t.Helper()
	if !strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") || answer.StatusCode == http.StatusSeeOther {
		return
	}
	d := xml.NewDecoder(strings.NewReader(answer.body))
	d.Strict, d.AutoClose, d.Entity = false, xml.HTMLAutoClose, xml.HTMLEntity
	inScript := false
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Errorf("%s: the page cannot be read: %v", at, err)
			return
		}
		switch token := token.(type) {
		case xml.StartElement:
			inScript = token.Name.Local == "script"
			holdElement(t, at, token)
		case xml.EndElement:
			inScript = false
		case xml.CharData:
			if inScript && strings.TrimSpace(string(token)) != "" {
				t.Errorf("%s: an inline script", at)
			}
		}
	}
}

func holdElement(t *testing.T, at string, e xml.StartElement) {
	t.Helper()
	name := strings.ToLower(e.Name.Local)
	if name == "style" || name == "base" || name == "object" || name == "embed" {
		t.Errorf("%s: <%s>", at, name)
	}
	source := ""
	for _, a := range e.Attr {
		attribute := strings.ToLower(a.Name.Local)
		if attribute == "style" || strings.HasPrefix(attribute, "on") || strings.HasPrefix(attribute, "hx-on") {
			t.Errorf("%s: <%s %s=…>", at, name, attribute)
		}
		if scheme, _, ok := strings.Cut(strings.ToLower(strings.TrimSpace(a.Value)), ":"); ok && scheme == "javascript" {
			t.Errorf("%s: <%s %s=%q>", at, name, attribute, a.Value)
		}
		if attribute == "src" {
			source = a.Value
		}
	}
	if name == "script" && !strings.HasPrefix(source, "/assets/") {
		t.Errorf("%s: <script src=%q>", at, source)
	}
}

var assetPaths = regexp.MustCompile(`"(/assets/[^"]+)"`)

// Only what carries a hash, or its version, may be kept for good.
func TestWhatBrowsersMayKeep(t *testing.T) {
	d := newDoors(t, false)
	forGood := regexp.MustCompile(`\.[0-9a-f]{12}\.[a-z0-9]+$|^/assets/vendor/[a-z-]+-[0-9.]+`)
	paths := []string{"/assets/app.css", "/assets/app.js", "/assets/stage.js", "/assets/logo.png", "/assets/nothing.css"}
	for _, page := range []reply{
		d.ask(http.MethodGet, "/w/northwind/settings/integrations/lti", nil, d.owner),
		d.ask(http.MethodGet, "/stage/"+string(d.ours.ID)+"/"+string(d.launch), nil, d.stage, d.course, d.review),
	} {
		found := assetPaths.FindAllStringSubmatch(page.body, -1)
		if len(found) < 4 {
			t.Fatalf("a page with %d files", len(found))
		}
		for _, m := range found {
			if !forGood.MatchString(m[1]) {
				t.Errorf("a page loads %s, which may change under its name", m[1])
			}
			paths = append(paths, m[1])
		}
	}
	for _, path := range paths {
		kept := strings.Contains(d.ask(http.MethodGet, path, nil).Header.Get("Cache-Control"), "immutable")
		if kept != forGood.MatchString(path) {
			t.Errorf("%s: kept for good: %v", path, kept)
		}
	}
}
