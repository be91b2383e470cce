package lti_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/greenroom-lti/greenroom/lti"
)

// Keys and states differ from process to process, and a fuzzer has several.
// Seeds therefore name what is genuine, as in STATE, and the target puts it in.

// A fuzzing is a launch that would pass; a target spoils it as it likes.
type fuzzing struct {
	*attempt
	state, genuine string
}

func newFuzzing(f *testing.F) *fuzzing {
	a := newAttempt(f)
	a.tool.States = neverSpent{lti.NewMemoryStates([32]byte{})}
	a.begin(f)
	redirect, err := url.Parse(a.started.RedirectURL)
	if err != nil {
		f.Fatal(err)
	}
	return &fuzzing{attempt: a, state: redirect.Query().Get("state"), genuine: a.idToken()}
}

// launch posts a form.
func (f *fuzzing) launch(t *testing.T, form url.Values) (*lti.Launch, error) {
	params, err := lti.NewParams(http.MethodPost, form)
	if err != nil {
		t.Fatal(err)
	}
	return f.tool.FinishLaunch(t.Context(), params, []*http.Cookie{f.started.Cookie}, launchURL)
}

func (f *fuzzing) launchWith(t *testing.T, token string) (*lti.Launch, error) {
	return f.launch(t, url.Values{"state": {f.state}, "id_token": {token}})
}

// wantOneOrNamed wants a launch with all checks, or a refusal that names its
// check, the clause and what held before.
func wantOneOrNamed(t *testing.T, launch *lti.Launch, err error) *lti.Refusal {
	t.Helper()
	if err == nil {
		if launch == nil || !slices.Equal(launch.Passed, lti.Checks()) {
			t.Fatalf("launch %+v without all of the checks", launch)
		}
		return nil
	}
	refusal, ok := errors.AsType[*lti.Refusal](err)
	if !ok || launch != nil {
		t.Fatalf("launch %v, error %v (%T)", launch, err, err)
	}
	if !slices.Contains(lti.Checks(), refusal.Check) || refusal.Spec != refusal.Check.Spec() || refusal.Cause == nil || refusal.Internal {
		t.Fatalf("refusal %+v", refusal)
	}
	if refusal.Check != lti.CheckPlatformError && !slices.Equal(refusal.Passed, checksBefore(refusal.Check)) {
		t.Fatalf("refused by %s after %v", refusal.Check, refusal.Passed)
	}
	if (refusal.Verified != nil) != slices.Contains(refusal.Passed, lti.CheckSignature) {
		t.Fatalf("refused by %s with %v verified", refusal.Check, refusal.Verified)
	}
	return refusal
}

// Whatever stands in the id_token's place, only the token itself launches; and
// what counts as a token can be written in one way only.
func FuzzIDToken(f *testing.F) {
	a := newFuzzing(f)
	for _, seed := range []string{
		"TOKEN", "TOKEN=", "TOKEN\n", "", "..", "a.b.c", "e30.e30.e30", "bnVsbA.bnVsbA.", "eyJhbGciOiJub25lIn0.PAYLOAD.",
		"HEADER.PAYLOAD.SIGNATURE", "HEADER.PAYLOAD.", "HEADER.PAYLOAD", "HEADER.e30.SIGNATURE", "HEADER..PAYLOAD.SIGNATURE",
		"eyJhbGciOiJSUzI1NiIsImtpZCI6ImsxIn0.PAYLOAD.SIGNATURE", "eyJraWQiOiIiLCJraWQiOiIifQ.PAYLOAD.SIGNATURE",
	} {
		f.Add(seed, uint16(0), byte(0))
	}
	f.Add("TOKEN", uint16(700), byte(1))
	for _, flip := range nextLetter {
		f.Add("TOKEN", uint16(0), flip)
	}
	parts := strings.Split(a.genuine, ".")
	genuine := strings.NewReplacer("TOKEN", a.genuine, "HEADER", parts[0], "PAYLOAD", parts[1], "SIGNATURE", parts[2])
	f.Fuzz(func(t *testing.T, token string, at uint16, flip byte) {
		token = flipped(genuine.Replace(token), at, flip)
		launch, err := a.launchWith(t, token)
		refusal := wantOneOrNamed(t, launch, err)
		if (err == nil) != (token == a.genuine) {
			t.Errorf("%q: launch %v, error %v", token, launch, err)
		}
		if refusal == nil || slices.Contains(refusal.Passed, lti.CheckToken) {
			wantCanonical(t, token)
		}
	})
}

// nextLetter holds what makes a letter of base64 the next one, of which one
// fits any letter: as the last one, it says the same with a stray bit.
var nextLetter = []byte{'0' ^ '1', 'A' ^ 'B', 'c' ^ 'd', 'g' ^ 'h', 'o' ^ 'p'}

// flipped changes bits of one byte, counted from the end.
func flipped(s string, at uint16, flip byte) string {
	b := []byte(s)
	if len(b) > 0 {
		b[len(b)-1-int(at)%len(b)] ^= flip
	}
	return string(b)
}

func wantCanonical(t *testing.T, token string) {
	t.Helper()
	var again []string
	for part := range strings.SplitSeq(token, ".") {
		b, err := base64.RawURLEncoding.DecodeString(part)
		if err != nil {
			t.Fatal(err)
		}
		again = append(again, base64.RawURLEncoding.EncodeToString(b))
	}
	if strings.Join(again, ".") != token || len(again) != 3 {
		t.Errorf("%q is taken for %q", token, again)
	}
}

// Whatever a platform signs is refused, or is a launch with what a launch has:
// encoding/json reads the same from the claims.
func FuzzClaims(f *testing.F) {
	a := newFuzzing(f)
	a.claims["nonce"] = "NONCE"
	for _, seed := range []string{
		string(mustJSON(a.claims)), `{}`, `[]`, `null`, `"x"`, `{"a":{"a":[{"b":1}]}}`, `{"iss":null}`, `{"\u0061":1,"a":2}`, "\xff", `{`, ``,
	} {
		f.Add([]byte(seed))
	}
	for _, spoil := range []func(*attempt){
		with("aud", []string{clientID}), with("aud", []string{clientID, "other"}), with("azp", clientID), with("nbf", now.Unix()),
		with("exp", now.Unix()-3600), with("iat", 1e18), with("sub", strings.Repeat("x", 256)), with("sub", "a\x00b"), without("sub"), with("name", "a\x00b"),
		spoils(with("iat", now.Unix()-300), with("exp", now.Unix()-200)),
		with(claim+"custom", map[string]any{"a": "$Variable", "b": 5, "c": nil, "d": []int{1}}), with(claim+"roles", "Learner"),
		with(claim+"context", map[string]any{"id": "c1", "type": "course"}), deepLinks, reviews,
	} {
		other := newAttempt(f)
		other.claims["nonce"] = "NONCE"
		spoil(other)
		f.Add(mustJSON(other.claims))
	}
	f.Fuzz(func(t *testing.T, payload []byte) {
		payload = bytes.ReplaceAll(payload, []byte("NONCE"), []byte(a.started.Pending.Nonce))
		launch, err := a.launchWith(t, sign(mustJSON(a.header), payload, a.key))
		if wantOneOrNamed(t, launch, err) == nil {
			wantSound(t, a, launch, payload)
		}
	})
}

// wantSound reads the claims once more and holds the launch against them.
func wantSound(t *testing.T, a *fuzzing, launch *lti.Launch, payload []byte) {
	t.Helper()
	var claims map[string]any
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	audience, several := claims["aud"].([]any)
	if !several {
		audience = []any{claims["aud"]}
	}
	foreign := slices.ContainsFunc(audience, func(who any) bool { return who != clientID })
	exp, _ := claims["exp"].(float64)
	iat, _ := claims["iat"].(float64)
	for what, ok := range map[string]bool{
		"issuer":       claims["iss"] == issuer,
		"audience":     len(audience) > 0 && !foreign,
		"nonce":        claims["nonce"] == a.started.Pending.Nonce && launch.Nonce == claims["nonce"],
		"version":      claims[claim+"version"] == "1.3.0",
		"message type": claims[claim+"message_type"] == launch.MessageType,
		"deployment":   claims[claim+"deployment_id"] == "d1" && launch.DeploymentID == "d1" && !launch.NewDeployment,
		"target":       launch.TargetLinkURI == target || launch.TargetLinkURI == "" && launch.DeepLinking != nil,
		"subject":      claims["sub"] == launch.Subject && launch.Subject != "" && len(launch.Subject) <= 255,
		"expiry":       exp == float64(launch.Expires.Unix()) && now.Before(launch.Expires.Add(time.Minute)),
		"issued at":    iat == float64(launch.IssuedAt.Unix()) && now.Sub(launch.IssuedAt).Abs() <= 11*time.Minute,
		"link":         launch.ResourceLink != nil || launch.MessageType != lti.MessageResourceLink,
		"deep linking": (launch.DeepLinking != nil) == (launch.MessageType == lti.MessageDeepLinking),
		"review":       (launch.ForUser != nil) == (launch.MessageType == lti.MessageSubmissionReview),
		"registration": launch.Registration.ID == "r1" && launch.StateID == a.started.Pending.ID,
		"claims":       bytes.Equal(launch.Claims, payload),
	} {
		if !ok {
			t.Errorf("%s: launch %+v of %s", what, launch, payload)
		}
	}
	wantWritable(t, launch)
}

// wantWritable wants texts that no database refuses.
func wantWritable(t *testing.T, launch *lti.Launch) {
	t.Helper()
	for _, s := range texts(launch) {
		if !utf8.ValidString(s) || strings.Contains(s, "\x00") {
			t.Errorf("text %q", s)
		}
	}
}

// texts are what a tool is likely to write down.
func texts(l *lti.Launch) []string {
	all := []string{l.User.Name, l.User.GivenName, l.User.FamilyName, l.User.Email, l.User.Locale, l.User.Picture, l.Subject}
	if l.Context != nil {
		all = append(append(all, l.Context.ID, l.Context.Label, l.Context.Title), l.Context.Types...)
	}
	if l.ResourceLink != nil {
		all = append(all, l.ResourceLink.ID, l.ResourceLink.Title, l.ResourceLink.Description)
	}
	if l.Presentation != nil {
		all = append(all, l.Presentation.ReturnURL, l.Presentation.DocumentTarget, l.Presentation.Locale)
	}
	if l.Grades != nil {
		all = append(append(all, l.Grades.LineItem, l.Grades.LineItems), l.Grades.Scopes...)
	}
	for name, value := range l.Custom {
		all = append(all, name, value)
	}
	return append(append(all, l.RawRoles...), l.Odd...)
}

// Whatever stands in custom, it costs nobody the launch unless the token as
// such cannot be read, and what arrives is what was sent.
func FuzzCustom(f *testing.F) {
	a := newFuzzing(f)
	for _, seed := range []string{
		`{"scenario":"first-call","max":10,"on":true,"history":"$Context.id.history","price":"$5","none":null}`,
		`{"a":{"b":1},"c":[1]}`, `[]`, `"text"`, `5`, `null`, `{}`, `{"a":1,"a":2}`, `{"":""}`, `{"a":"\u0000\ud800"}`, `{`, `{"a":1e400}`, ``,
		`{"a":` + strings.Repeat(`[`, 40) + strings.Repeat(`]`, 40) + `}`,
	} {
		f.Add(seed)
	}
	delete(a.claims, claim+"custom")
	rest := string(mustJSON(a.claims))
	f.Fuzz(func(t *testing.T, custom string) {
		payload := rest[:len(rest)-1] + `,"` + claim + `custom":` + custom + `}`
		launch, err := a.launchWith(t, sign(mustJSON(a.header), []byte(payload), a.key))
		refusal := wantOneOrNamed(t, launch, err)
		if refusal != nil {
			tooLarge := refusal.Check == lti.CheckToken && len(payload) > 32<<10
			if refusal.Check != lti.CheckClaims && !tooLarge && json.Valid([]byte(custom)) {
				t.Errorf("custom %s: refused by %v", custom, err)
			}
			return
		}
		var claims map[string]json.RawMessage
		sent := map[string]any{}
		if err := json.Unmarshal([]byte(payload), &claims); err != nil {
			t.Fatal(err)
		}
		_ = json.Unmarshal(claims[claim+"custom"], &sent) // whatever it is
		for name, value := range launch.Custom {
			if text, ok := sent[name].(string); ok && text != value && !strings.Contains(text, "\x00") {
				t.Errorf("%s: %q arrived as %q", name, text, value)
			}
			if len(value) > 1 && value[0] == '$' && (value[1]|0x20 >= 'a' && value[1]|0x20 <= 'z') {
				t.Errorf("%s: variable %q arrived", name, value)
			}
		}
		wantWritable(t, launch)
		if len(launch.Custom) > len(sent) {
			t.Errorf("%d parameters arrived of %d", len(launch.Custom), len(sent))
		}
	})
}

// Whatever is posted, from whatever browser: there is no launch without the
// genuine token, state and cookie.
func FuzzLaunchPost(f *testing.F) {
	a := newFuzzing(f)
	const form = "application/x-www-form-urlencoded"
	for _, seed := range []struct{ method, media, body, cookie string }{
		{"POST", form, "state=STATE&id_token=TOKEN", "COOKIE"},
		{"POST", form, "state=STATE&id_token=TOKEN", "x"},
		{"POST", form, "state=STATE&id_token=TOKEN", ""},
		{"POST", form + "; charset=utf-8", "id_token=TOKEN&state=STATE&session_state=1", "COOKIE"},
		{"GET", "", "state=STATE&id_token=TOKEN", "COOKIE"},
		{"GET", "", "state=STATE&error=login_required&error_description=%3Cb%3E", "COOKIE"},
		{"POST", form, "error=access_denied", ""},
		{"POST", form, "state=STATE&state=STATE&id_token=TOKEN", "COOKIE"},
		{"POST", form, "state=STATE&id_token=TOKEN&a;b=%zz", "COOKIE"},
		{"POST", "multipart/form-data; boundary=x", "--x\r\n", "COOKIE"},
		{"PUT", form, "state=STATE&id_token=TOKEN", "COOKIE"},
		{"POST", form, "state=&id_token=", "COOKIE"},
	} {
		f.Add(seed.method, seed.media, seed.body, seed.cookie)
	}
	genuine := strings.NewReplacer("STATE", a.state, "TOKEN", a.genuine, "COOKIE", a.started.Cookie.Value)
	f.Fuzz(func(t *testing.T, method, media, body, cookie string) {
		r := request(method, media, genuine.Replace(body))
		if r == nil {
			t.Skip()
		}
		params, err := lti.FormParams(httptest.NewRecorder(), r)
		if err != nil {
			wantOneOrNamed(t, nil, err)
			return
		}
		held := &http.Cookie{Name: a.started.Cookie.Name, Value: genuine.Replace(cookie)}
		launch, err := a.tool.FinishLaunch(t.Context(), params, []*http.Cookie{held}, launchURL)
		wantOneOrNamed(t, launch, err)
		all := params.Get("state") == a.state && params.Get("id_token") == a.genuine && held.Value == a.started.Cookie.Value
		if err == nil && (!all || r.Method != http.MethodPost || params.Has("error")) {
			t.Errorf("%s %q with cookie %q was launched", method, body, cookie)
		}
	})
}

// request returns nil for what no server would hand on.
func request(method, media, content string) *http.Request {
	query, body := "", content
	if method == http.MethodGet {
		query, body = content, ""
	}
	r, err := http.NewRequest(method, "https://tool.example/", strings.NewReader(body))
	if err != nil {
		return nil
	}
	r.URL.RawQuery = query
	r.Header.Set("Content-Type", media)
	return r
}

// Whatever begins a login is refused by name and redirected nowhere, or goes
// to the registration's platform, with a state of ours that stands for it.
func FuzzLogin(f *testing.F) {
	tool := loginTool()
	sound := loginForm()
	const form = "application/x-www-form-urlencoded"
	f.Add("GET", "", sound.Encode())
	f.Add("POST", form, sound.Encode())
	f.Add("HEAD", form, sound.Encode())
	for _, more := range []string{
		"&iss=again", "&lti_message_hint=", "&lti_message_hint=%7B%22cmid%22%3A2%7D", "&lti_storage_target=lti_storage_frame",
		"&lti_storage_target=%22%3E", "&lti_deployment_id=d1", "&%zz", ";a=b", "&lti_deployment_id=" + strings.Repeat("x", 256),
	} {
		f.Add("POST", form, sound.Encode()+more)
	}
	for name, value := range map[string]string{
		"iss": issuer + "/", "client_id": "", "login_hint": "\x00\r\nSet-Cookie: a=b", "target_link_uri": "https://tool.example@evil.example/",
	} {
		spoiled := loginForm()
		spoiled.Set(name, value)
		f.Add("GET", "", spoiled.Encode())
	}
	f.Fuzz(func(t *testing.T, method, media, content string) {
		r := request(method, media, content)
		if r == nil {
			t.Skip()
		}
		params, err := lti.FormParams(httptest.NewRecorder(), r)
		var login *lti.Login
		if err == nil {
			login, err = tool.StartLogin(t.Context(), params, launchURL)
		}
		if err != nil {
			refusal, ok := errors.AsType[*lti.Refusal](err)
			names := []lti.Check{lti.CheckRequest, lti.CheckTarget, lti.CheckRegistration}
			if !ok || login != nil || !slices.Contains(names, refusal.Check) || refusal.Spec == "" || refusal.Cause == nil || refusal.Internal {
				t.Fatalf("login %v, error %v", login, err)
			}
			return
		}
		wantRedirect(t, tool, params, login)
	})
}

func wantRedirect(t *testing.T, tool *lti.Tool, params lti.Params, login *lti.Login) {
	t.Helper()
	to, err := url.Parse(login.RedirectURL)
	if err != nil || !strings.HasPrefix(login.RedirectURL, registration().AuthURL+"?") || strings.ContainsAny(login.RedirectURL, " \r\n\"<>") {
		t.Fatalf("redirects to %q", login.RedirectURL)
	}
	query, err := url.ParseQuery(to.RawQuery)
	if err != nil {
		t.Fatal(err)
	}
	want := url.Values{
		"scope": {"openid"}, "response_type": {"id_token"}, "response_mode": {"form_post"}, "prompt": {"none"},
		"client_id": {clientID}, "redirect_uri": {launchURL}, "login_hint": {params.Get("login_hint")},
		"state": query["state"], "nonce": {login.Pending.Nonce},
	}
	if params.Has("lti_message_hint") {
		want.Set("lti_message_hint", params.Get("lti_message_hint"))
	}
	if query.Encode() != want.Encode() {
		t.Errorf("redirects with %s, want %s", query.Encode(), want.Encode())
	}
	pending, err := tool.States.Open(query.Get("state"))
	pending.Expires = pending.Expires.In(login.Pending.Expires.Location())
	if err != nil || pending != login.Pending || pending.Binding != lti.Bind(params.Get("target_link_uri"), launchURL) {
		t.Errorf("state stands for %+v (%v), want %+v", pending, err, login.Pending)
	}
	if params.Get("iss") != issuer || login.Registration.ID != "r1" || login.Cookie.Valid() != nil {
		t.Errorf("login %+v of %q", login, params.Get("iss"))
	}
}

// The opener opens what it sealed, letter by letter, and nothing else.
func FuzzState(f *testing.F) {
	sealer, want := lti.NewSealer([32]byte{7}), pendingLogin()
	genuine, err := sealer.Seal(want)
	if err != nil || len(genuine)%4 == 0 { // a multiple of 4 would leave no stray bits
		f.Fatalf("state of %d bytes (%v)", len(genuine), err)
	}
	for _, seed := range []string{"STATE", "STATE=", "STATE\n", "\rSTATE", "STATESTATE", "", "AAAA", strings.Repeat("A", 400), "====", "\xff"} {
		f.Add(seed, uint16(0), byte(0))
		f.Add(seed, uint16(5), byte(1))
	}
	for _, flip := range nextLetter {
		f.Add("STATE", uint16(0), flip)
	}
	f.Fuzz(func(t *testing.T, state string, at uint16, flip byte) {
		state = flipped(strings.ReplaceAll(state, "STATE", genuine), at, flip)
		got, err := sealer.Open(state)
		switch {
		case err == nil && (state != genuine || got != want):
			t.Errorf("%q opens: %+v", state, got)
		case err != nil && state == genuine:
			t.Errorf("what was sealed does not open: %v", err)
		case err != nil && (!errors.Is(err, lti.ErrUnknownState) || got != lti.PendingLogin{}):
			t.Errorf("%q: %+v, %v", state, got, err)
		}
	})
}

// Whatever a platform publishes, only keys that can verify come of it, each
// under its own id, and all are accounted for.
func FuzzKeySet(f *testing.F) {
	sound := jwk("k1", &platformKey().PublicKey)
	f.Add([]byte(keySet(sound)))
	f.Add([]byte(keySet(sound, sound, jwk("k2", &weakKey().PublicKey))))
	for name, value := range map[string]any{
		"n": "AQAB", "e": "AQ", "kid": "", "use": "enc", "alg": "HS256", "key_ops": []string{"encrypt"}, "kty": "oct", "x5c": []string{"A"},
	} {
		odd := jwk("k2", &platformKey().PublicKey)
		odd[name] = value
		f.Add([]byte(keySet(odd, sound)))
	}
	for _, seed := range []string{``, `{}`, `[]`, `null`, `{"keys":null}`, `{"keys":{}}`, `{"keys":[]}`, `{"keys":[null,5,"x",[],{}]}`, `{"KEYS":[]}`, `<html>`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, document []byte) {
		set, err := lti.ParseKeySet(document)
		if err != nil {
			if set != nil || !strings.HasPrefix(err.Error(), "key set: ") {
				t.Fatalf("set %v, error %v", set, err)
			}
			return
		}
		var read struct{ Keys []json.RawMessage }
		if err := json.Unmarshal(document, &read); err != nil || len(set.Keys)+len(set.Skipped) > 100 {
			t.Fatalf("%d keys, %d skipped (%v)", len(set.Keys), len(set.Skipped), err)
		}
		for _, key := range set.Keys {
			bits, e := key.RSA.N.BitLen(), key.RSA.E
			if bits < 2048 || bits > 8192 || key.RSA.N.Bit(0) == 0 || e < 3 || e&1 == 0 || key.ID == "" || len(key.ID) > 255 {
				t.Errorf("key %q of %d bits, exponent %d", key.ID, bits, e)
			}
			if found, ok := set.Key(key.ID); !ok || found != key.RSA {
				t.Errorf("key %q is found as another", key.ID)
			}
		}
		again, err := lti.ParseKeySet(lti.KeySetDocument(set.Keys...))
		if err != nil || len(again.Keys) != len(set.Keys) || len(again.Skipped) != 0 {
			t.Fatalf("published again: %+v (%v)", again, err)
		}
		for i, key := range again.Keys {
			if key.ID != set.Keys[i].ID || !key.RSA.Equal(set.Keys[i].RSA) {
				t.Errorf("key %q came back as %q", set.Keys[i].ID, key.ID)
			}
		}
	})
}

// Whatever a Link header says, its target is a whole address or nothing, and
// only a link that was marked as the wanted one counts.
func FuzzLink(f *testing.F) {
	const asked = "https://lms.example/items?type_id=1&limit=2"
	for _, seed := range []string{
		`<https://lms.example/items?page=2>; rel="next"`, `<?page=2>; rel=next`, `</p>;rel="prev",</q>; rel="last next"`,
		`<https://lms.example/items?a=1&amp;b=2>; rel=“next”`, `<javascript:alert(1)>; rel=next`, `<//evil.example/>; rel=next`,
		`<>; rel=next`, `<a>; title="x,<b>; rel=next"; rel=prev`, `<`, `<%zz>; rel=next`, `<:>; rel=next`, "<a\nb>; rel=next", ``, `;,<>,;`,
		`<mailto:a@b>; rel=next`, `<https://u:p@lms.example>; rel=next`, `<https://[::1%25a]/>; rel=next`, `<a>; rel=next, <b>; rel=next`,
	} {
		f.Add(seed, "")
	}
	f.Add(`<a>; rel=prev`, `<b>; rel=next`)
	f.Fuzz(func(t *testing.T, first, second string) {
		r := lti.Response{Header: http.Header{"Link": {first, second}}}
		next := r.Link("next", asked)
		if next == "" {
			return
		}
		u, err := url.Parse(next)
		if err != nil || !u.IsAbs() || u.String() != next {
			t.Errorf("%q, %q: next is %q (%v)", first, second, next, err)
		}
		if both := strings.ToLower(first + second); !strings.Contains(both, "next") || !strings.Contains(both, "rel") {
			t.Errorf("%q, %q: next is %q", first, second, next)
		}
		if again := (&lti.Response{Header: http.Header{"Link": {"<" + next + ">; rel=next"}}}).Link("next", asked); !strings.Contains(next, "&amp;") && !strings.ContainsAny(next, "<>") && again != next {
			t.Errorf("%q is %q when it is named again", next, again)
		}
	})
}

// Whatever roles are claimed: those that count are of the vocabulary, each
// once, and stay what they are when they are read again.
func FuzzRoles(f *testing.F) {
	for _, seed := range []string{
		"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner\nLearner\nInstructor/TeachingAssistant",
		"http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant\nurn:lti:role:ims/lis/Administrator",
		"urn:lti:sysrole:ims/lis/SysAdmin\nhttp://purl.imsglobal.org/vocab/lis/v2/person#Administrator\ninstructor",
		"http://purl.imsglobal.org/vocab/lti/system/person#TestUser\n" + string(lti.RoleInstructor) + "#x", "", "\n/#", "Instructor/#", "Learner#Instructor",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, lines string) {
		raw := strings.Split(lines, "\n")
		roles := lti.ParseRoles(raw)
		if len(roles) > len(raw) {
			t.Fatalf("%q became %q", raw, roles)
		}
		var again []string
		for _, role := range roles {
			if again = append(again, string(role)); !strings.HasPrefix(string(role), "http://purl.imsglobal.org/vocab/") {
				t.Errorf("role %q is none of the vocabulary", role)
			}
			if !strings.Contains(lines, "nstructor") && role.Principal() == "Instructor" {
				t.Errorf("%q teaches", raw)
			}
		}
		if got := lti.ParseRoles(again); !slices.Equal(got, roles) {
			t.Errorf("%q are read again as %q", roles, got)
		}
	})
}
