package lti_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
)

func queryOf(t testing.TB, raw string) url.Values {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u.Query()
}

func hostIs(host string) func(*url.URL) bool {
	return func(u *url.URL) bool { return u.Host == host }
}

func startLogin(t testing.TB, tool *lti.Tool, form url.Values, have ...*http.Cookie) (*lti.Login, error) {
	t.Helper()
	params, err := lti.NewParams(http.MethodPost, form)
	if err != nil {
		return nil, err
	}
	return tool.StartLogin(t.Context(), params, launchURL, have...)
}

func loginTool() *lti.Tool {
	return &lti.Tool{Registrations: registrations{registration()}, States: lti.NewMemoryStates([32]byte{}), Now: clock}
}

func loginForm() url.Values {
	return url.Values{"iss": {issuer}, "client_id": {clientID}, "login_hint": {"u1"}, "target_link_uri": {target}}
}

// OWN-O09, OWN-O07: these parameters and no others.
func TestAuthenticationRequest(t *testing.T) {
	form := loginForm()
	form.Set("lti_deployment_id", "d1")
	form.Set("lti_storage_target", "_parent")
	form.Set("canvas_region", "eu")
	login, err := startLogin(t, loginTool(), form)
	if err != nil {
		t.Fatal(err)
	}
	query := queryOf(t, login.RedirectURL)
	state, nonce := query.Get("state"), query.Get("nonce")
	want := url.Values{
		"scope": {"openid"}, "response_type": {"id_token"}, "response_mode": {"form_post"}, "prompt": {"none"},
		"client_id": {clientID}, "redirect_uri": {launchURL}, "login_hint": {"u1"}, "state": {state}, "nonce": {nonce},
	}
	if got, want := query.Encode(), want.Encode(); got != want {
		t.Errorf("asks %s\nwant %s", got, want)
	}
	if nonce != login.Pending.Nonce || len(nonce) < 22 {
		t.Errorf("nonce %q, pending %q", nonce, login.Pending.Nonce)
	}
	if login.Pending.StorageTarget != "_parent" || login.Registration.ID != "r1" {
		t.Errorf("login %+v", login)
	}
}

// OWN-O09: never the same twice, in characters that no platform strips.
func TestStatesDiffer(t *testing.T) {
	tool, seen := loginTool(), map[string]bool{}
	for range 10_000 {
		login, err := startLogin(t, tool, loginForm())
		if err != nil {
			t.Fatal(err)
		}
		query := queryOf(t, login.RedirectURL)
		for _, random := range []string{query.Get("state"), query.Get("nonce"), login.Cookie.Name, login.Cookie.Value} {
			if seen[random] {
				t.Fatalf("%q twice", random)
			}
			seen[random] = true
		}
		if state := query.Get("state"); len(state) > 400 || strings.Trim(state, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
			t.Fatalf("state %q", state)
		}
	}
}

// OWN-O06: what the platform sends for itself comes back byte for byte.
func TestMessageHintIsKept(t *testing.T) {
	for _, hint := range []string{
		`{"cmid":3,"launchid":"ltilaunch1_1416032945"}`, `a+b%20c&d=e;f#g?h/i\j`, "żółć 漢字 🎭", "  blanks  ",
		"'\"<>", "eyJ.eyJ.sig", "", "line\r\nbreak", "\x00\xff",
	} {
		form := loginForm()
		form.Set("lti_message_hint", hint)
		form.Set("login_hint", "h"+hint)
		login, err := startLogin(t, loginTool(), form)
		if err != nil {
			t.Fatalf("%q: %v", hint, err)
		}
		query := queryOf(t, login.RedirectURL)
		if !query.Has("lti_message_hint") || query.Get("lti_message_hint") != hint || query.Get("login_hint") != "h"+hint {
			t.Errorf("%q came back as %q", hint, query["lti_message_hint"])
		}
		if strings.Contains(login.RedirectURL, "+") {
			t.Errorf("%q: a plus, which may be read as a plus: %s", hint, login.RedirectURL)
		}
	}
}

// OWN-O08
func TestAuthorizationEndpointKeepsItsQuery(t *testing.T) {
	for endpoint, want := range map[string]string{
		"https://lms.example/auth":               "https://lms.example/auth?client_id=",
		"https://lms.example/auth?x=1":           "https://lms.example/auth?x=1&client_id=",
		"https://lms.example/auth?x=a%20b+c&y":   "https://lms.example/auth?x=a%20b+c&y&client_id=",
		"https://lms.example/auth?x=1#fragment":  "https://lms.example/auth?x=1&client_id=",
		"https://lms.example/a%2Fb/auth?tenant=": "https://lms.example/a%2Fb/auth?tenant=&client_id=",
	} {
		r := registration()
		r.AuthURL = endpoint
		tool := loginTool()
		tool.Registrations = registrations{r}
		login, err := startLogin(t, tool, loginForm())
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(login.RedirectURL, want) || strings.Contains(login.RedirectURL, "#") {
			t.Errorf("%s became %s", endpoint, login.RedirectURL)
		}
	}
}

func TestSpoiledLogins(t *testing.T) {
	set := func(name, value string) func(url.Values) { return func(v url.Values) { v.Set(name, value) } }
	drop := func(name string) func(url.Values) { return func(v url.Values) { v.Del(name) } }
	twice := func(name string) func(url.Values) { return func(v url.Values) { v.Add(name, "again") } }
	for name, row := range map[string]struct {
		spoil func(url.Values)
		want  lti.Check
	}{
		"OWN-O02 no iss":                 {drop("iss"), lti.CheckRequest},
		"OWN-O02 no login_hint":          {drop("login_hint"), lti.CheckRequest},
		"OWN-O02 no target_link_uri":     {drop("target_link_uri"), lti.CheckRequest},
		"OWN-O02 empty iss":              {set("iss", ""), lti.CheckRequest},
		"OWN-O02 empty login_hint":       {set("login_hint", ""), lti.CheckRequest},
		"OWN-O02 empty target_link_uri":  {set("target_link_uri", ""), lti.CheckRequest},
		"OWN-O02 iss twice":              {twice("iss"), lti.CheckRequest},
		"OWN-O02 login_hint twice":       {twice("login_hint"), lti.CheckRequest},
		"OWN-O02 target_link_uri twice":  {twice("target_link_uri"), lti.CheckRequest},
		"OWN-O02 client_id twice":        {twice("client_id"), lti.CheckRequest},
		"iss of 256":                     {set("iss", long(256)), lti.CheckRequest},
		"login_hint of 9 kB":             {set("login_hint", long(9<<10)), lti.CheckRequest},
		"lti_message_hint of 9 kB":       {set("lti_message_hint", long(9<<10)), lti.CheckRequest},
		"deployment of 256":              {set("lti_deployment_id", long(256)), lti.CheckRequest},
		"OWN-O03 unknown iss":            {set("iss", "https://other.example"), lti.CheckRegistration},
		"OWN-O03 unknown client":         {set("client_id", "client-9"), lti.CheckRegistration},
		"OWN-O05 iss with a slash":       {set("iss", issuer+"/"), lti.CheckRegistration},
		"OWN-O05 iss in capitals":        {set("iss", strings.ToUpper(issuer)), lti.CheckRegistration},
		"OWN-L11 foreign target":         {set("target_link_uri", "https://evil.example"), lti.CheckTarget},
		"OWN-L11 target without scheme":  {set("target_link_uri", "//tool.example/x"), lti.CheckTarget},
		"OWN-L11 target with user":       {set("target_link_uri", "https://tool@evil.example"), lti.CheckTarget},
		"OWN-L11 target with our user":   {set("target_link_uri", "https://x@tool.example/launch"), lti.CheckTarget},
		"OWN-L11 target below evil":      {set("target_link_uri", "https://tool.example.evil.example"), lti.CheckTarget},
		"OWN-L11 target as script":       {set("target_link_uri", "javascript:alert(1)"), lti.CheckTarget},
		"OWN-L11 target over http":       {set("target_link_uri", "http://tool.example/x"), lti.CheckTarget},
		"OWN-L11 target with a port":     {set("target_link_uri", "https://tool.example:8443/x"), lti.CheckTarget},
		"OWN-L11 target with line break": {set("target_link_uri", "https://tool.example/\r\nSet-Cookie: x"), lti.CheckTarget},
		"OWN-L11 target looks alike":     {set("target_link_uri", "https://tооl.example/x"), lti.CheckTarget},
	} {
		t.Run(name, func(t *testing.T) {
			form := loginForm()
			row.spoil(form)
			login, err := startLogin(t, loginTool(), form)
			if login != nil {
				t.Fatal("a login")
			}
			refusal, ok := errors.AsType[*lti.Refusal](err)
			if !ok || refusal.Check != row.want || refusal.Spec == "" || refusal.Internal {
				t.Errorf("refusal %+v, want %q", err, row.want)
			}
		})
	}
}

func TestSoundLogins(t *testing.T) {
	for name, change := range map[string]func(url.Values){
		"no client_id, one registration": func(v url.Values) { v.Del("client_id") },
		"target with the port of https":  func(v url.Values) { v.Set("target_link_uri", "https://TOOL.example:443/x?y#z") },
		"unknown parameters":             func(v url.Values) { v.Set("canvas_region", "eu") },
	} {
		t.Run(name, func(t *testing.T) {
			form := loginForm()
			change(form)
			if _, err := startLogin(t, loginTool(), form); err != nil {
				t.Error(err)
			}
		})
	}
}

// OWN-O04
func TestAmbiguousIssuer(t *testing.T) {
	other := registration()
	other.ID, other.ClientID = "r2", "client-2"
	tool := loginTool()
	tool.Registrations = registrations{registration(), other}
	form := loginForm()
	form.Del("client_id")
	if _, err := startLogin(t, tool, form); !errors.Is(err, lti.ErrAmbiguous) {
		t.Errorf("error %v", err)
	}
	form.Set("client_id", "client-2")
	if login, err := startLogin(t, tool, form); err != nil || login.Registration.ID != "r2" {
		t.Errorf("login %+v, error %v", login, err)
	}
}

// OWN-O26: what cannot be a frame's name is not kept, and the cookie serves.
func TestStorageTargets(t *testing.T) {
	for offered, want := range map[string]string{
		"_parent": "_parent", "lti_storage_frame": "lti_storage_frame",
		"javascript:alert(1)": "", `a"b`: "", long(10 << 10): "", "": "",
	} {
		form := loginForm()
		form.Set("lti_storage_target", offered)
		form.Set("login_hint", `"><script>`)
		login, err := startLogin(t, loginTool(), form)
		if err != nil {
			t.Fatal(err)
		}
		if got := login.Pending.StorageTarget; got != want {
			t.Errorf("%.40q kept as %q", offered, got)
		}
	}
}

func TestCookie(t *testing.T) {
	tool := loginTool()
	login, err := startLogin(t, tool, loginForm())
	if err != nil {
		t.Fatal(err)
	}
	want := fmt.Sprintf("__Host-lti_%s=%s; Path=/; Max-Age=600; HttpOnly; Secure; SameSite=None; Partitioned", login.Pending.ID, login.Cookie.Value)
	if got := login.Cookie.String(); got != want {
		t.Errorf("cookie %s\nwant   %s", got, want)
	}
	tool.InsecureCookies = true
	if login, err = startLogin(t, tool, loginForm()); err != nil || login.Cookie.Name != "lti_"+login.Pending.ID || !login.Cookie.Secure {
		t.Errorf("cookie %v, error %v", login.Cookie, err)
	}
}

// The oldest login of more than twenty is given up, foreign cookies never.
func TestOldCookiesAreDropped(t *testing.T) {
	have := []*http.Cookie{{Name: "session", Value: "1.x"}, {Name: "__Host-lti_odd", Value: "?"}}
	for i := range 20 {
		have = append(have, &http.Cookie{Name: fmt.Sprintf("__Host-lti_%02d", i), Value: fmt.Sprintf("%d.secret", 2_000_000_000-i)})
	}
	login, err := startLogin(t, loginTool(), loginForm(), have...)
	if err != nil {
		t.Fatal(err)
	}
	var dropped []string
	for _, c := range login.DropCookies {
		dropped = append(dropped, c.String())
	}
	gone := "=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=None; Partitioned"
	if want := []string{"__Host-lti_odd" + gone, "__Host-lti_19" + gone}; !slices.Equal(dropped, want) {
		t.Errorf("dropped %q\nwant    %q", dropped, want)
	}
	if login, err = startLogin(t, loginTool(), loginForm(), have[:21]...); err != nil || len(login.DropCookies) != 1 {
		t.Errorf("dropped %v of twenty, error %v", login.DropCookies, err)
	}
	if login, err = startLogin(t, loginTool(), loginForm(), have[:20]...); err != nil || len(login.DropCookies) != 0 {
		t.Errorf("dropped %v of nineteen, error %v", login.DropCookies, err)
	}
}

func TestLoginTroubleOfOurOwn(t *testing.T) {
	broken := registration()
	broken.AuthURL = "javascript:alert(1)"
	long := registration()
	long.ID = strings.Repeat("r", 200)
	for name, change := range map[string]func(*lti.Tool){
		"registrations fail":        func(tool *lti.Tool) { tool.Registrations = brokenRegistrations{errors.New("down")} },
		"no randomness":             func(tool *lti.Tool) { tool.Random = strings.NewReader("short") },
		"endpoint is no address":    func(tool *lti.Tool) { tool.Registrations = registrations{broken} },
		"registration id is a book": func(tool *lti.Tool) { tool.Registrations = registrations{long} },
	} {
		t.Run(name, func(t *testing.T) {
			tool := loginTool()
			change(tool)
			_, err := startLogin(t, tool, loginForm())
			if refusal, ok := errors.AsType[*lti.Refusal](err); !ok || !refusal.Internal {
				t.Errorf("error %v", err)
			}
		})
	}
}

// OWN-O01: GET and form POST come to the same.
func TestFormParams(t *testing.T) {
	for _, r := range []*http.Request{
		httptest.NewRequest(http.MethodGet, "/login?"+loginForm().Encode(), nil),
		formPost("/login?iss=ignored", "application/x-www-form-urlencoded", loginForm().Encode()),
		formPost("/login", "application/x-www-form-urlencoded; charset=UTF-8", loginForm().Encode()),
	} {
		params, err := lti.FormParams(httptest.NewRecorder(), r)
		if err != nil {
			t.Fatal(err)
		}
		for name, values := range loginForm() {
			if params.Get(name) != values[0] || !params.Has(name) {
				t.Errorf("%s: %s is %q", r.Method, name, params.Get(name))
			}
		}
	}
}

func TestSpoiledForms(t *testing.T) {
	for name, r := range map[string]*http.Request{
		"PUT":                    httptest.NewRequest(http.MethodPut, "/launch", nil),
		"HEAD":                   httptest.NewRequest(http.MethodHead, "/launch", nil),
		"OWN-O19 multipart":      formPost("/launch", "multipart/form-data; boundary=x", "--x--"),
		"OWN-O19 JSON":           formPost("/launch", "application/json", "{}"),
		"OWN-O19 no media type":  formPost("/launch", "", "a=b"),
		"OWN-O19 200 kB":         formPost("/launch", "application/x-www-form-urlencoded", "a="+long(200<<10)),
		"query of 200 kB":        httptest.NewRequest(http.MethodGet, "/login?a="+long(200<<10), nil),
		"OWN-O19 id_token twice": formPost("/launch", "application/x-www-form-urlencoded", "id_token=a&id_token=b"),
		"malformed escape":       formPost("/launch", "application/x-www-form-urlencoded", "a=%zz"),
		"semicolons":             formPost("/launch", "application/x-www-form-urlencoded", "a=1;b=2"),
	} {
		t.Run(name, func(t *testing.T) {
			_, err := lti.FormParams(httptest.NewRecorder(), r)
			if refusal, ok := errors.AsType[*lti.Refusal](err); !ok || refusal.Check != lti.CheckRequest {
				t.Errorf("error %v", err)
			}
		})
	}
}

func formPost(target, media, body string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(body))
	r.Header.Set("Content-Type", media)
	return r
}

// What is spent at one time lies side by side where it is kept, and is still
// nothing to guess.
func TestStatesOfOneTimeBeginAlike(t *testing.T) {
	a, err1 := startLogin(t, loginTool(), loginForm())
	b, err2 := startLogin(t, loginTool(), loginForm())
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	if a.Pending.ID[:8] != b.Pending.ID[:8] || a.Pending.ID == b.Pending.ID {
		t.Errorf("%s and %s are of one time", a.Pending.ID, b.Pending.ID)
	}
}
