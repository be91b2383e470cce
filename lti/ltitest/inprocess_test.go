package ltitest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/ags"
	"github.com/greenroom-lti/greenroom/lti/deeplink"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
	"github.com/greenroom-lti/greenroom/lti/ltitest"
	"github.com/greenroom-lti/greenroom/lti/nrps"
)

// A tool with two tenants, made of package lti and little else, in process.
type tool struct {
	mux  *http.ServeMux
	key  lti.PrivateKey
	sets *lti.KeySetCache
	out  lti.Doer // to platforms

	mu       sync.Mutex
	now      time.Time
	known    []lti.Registration
	invites  map[string]bool // registration URLs, true once used
	launches map[string]*lti.Launch
	clients  map[string]*lti.Client // by registration: they keep access tokens
}

const (
	toolBase     = "https://tool.example.com"
	platformBase = "https://lms.example.com"
)

// handled answers requests to one host with a handler, and no others.
type handled struct {
	base    string
	handler func() http.Handler
}

func (h handled) Do(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme+"://"+r.URL.Host != h.base {
		return nil, fmt.Errorf("%s is out of reach", r.URL.Host)
	}
	if r.Body == nil {
		r.Body = http.NoBody
	}
	w := httptest.NewRecorder()
	h.handler().ServeHTTP(w, r)
	answer := w.Result()
	answer.Request = r
	return answer, nil
}

func newConformanceTool(t *testing.T, out lti.Doer) *tool {
	key, err := lti.NewPrivateKey(rand.Reader, "tool-key")
	if err != nil {
		t.Fatal(err)
	}
	x := &tool{
		mux: http.NewServeMux(), key: key, out: out, now: time.Now(), invites: map[string]bool{},
		launches: map[string]*lti.Launch{}, clients: map[string]*lti.Client{},
	}
	x.sets = lti.NewKeySets(out, x.Now)
	states := map[string]*lti.MemoryStates{"one": lti.NewMemoryStates([32]byte{1}), "two": lti.NewMemoryStates([32]byte{2})}
	for name, s := range states {
		t := &lti.Tool{Registrations: x, States: s, KeySets: x.sets, Now: x.Now}
		x.mux.Handle("/"+name+"/login", x.checked(t, name, x.login))
		x.mux.Handle("/"+name+"/launch", x.checked(t, name, x.launch))
	}
	x.mux.HandleFunc("GET /jwks", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(lti.KeySetDocument(key.Public())) })
	x.mux.HandleFunc("GET /register", x.register)
	return x
}

func (x *tool) Now() time.Time {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.now
}

func (x *tool) pass(d time.Duration) {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.now = x.now.Add(d)
}

func (x *tool) Find(_ context.Context, issuer, client string) ([]lti.Registration, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	var found []lti.Registration
	for _, r := range x.known {
		if r.Issuer == issuer && (client == "" || r.ClientID == client) {
			found = append(found, r)
		}
	}
	return found, nil
}

func (x *tool) Registration(_ context.Context, id string) (lti.Registration, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	for _, r := range x.known {
		if r.ID == id {
			return r, nil
		}
	}
	return lti.Registration{}, lti.ErrNoRegistration
}

func (x *tool) connect(_ context.Context, r lti.Registration) error {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.known = append(x.known, r)
	return nil
}

const checkHeader = "X-Refused-By"

// checked turns a refusal into a status, and says the check.
func (x *tool) checked(t *lti.Tool, tenant string, h func(http.ResponseWriter, *http.Request, *lti.Tool, string, lti.Params) error) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		params, err := lti.FormParams(w, r)
		if err == nil {
			err = h(w, r, t, toolBase+"/"+tenant+"/launch", params)
		}
		if refusal, ok := errors.AsType[*lti.Refusal](err); ok {
			w.Header().Set(checkHeader, string(refusal.Check))
			http.Error(w, "refused", http.StatusForbidden)
		}
	})
}

func (x *tool) login(w http.ResponseWriter, r *http.Request, t *lti.Tool, launchURL string, p lti.Params) error {
	login, err := t.StartLogin(r.Context(), p, launchURL, r.Cookies()...)
	if err != nil {
		return err
	}
	http.SetCookie(w, login.Cookie)
	http.Redirect(w, r, login.RedirectURL, http.StatusFound)
	return nil
}

func (x *tool) launch(w http.ResponseWriter, r *http.Request, t *lti.Tool, launchURL string, p lti.Params) error {
	l, err := t.FinishLaunch(r.Context(), p, r.Cookies(), launchURL)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.launches[l.StateID] = l
	w.Header().Set("X-Launch", l.StateID)
	return nil
}

// score posts one for a launch.
func (x *tool) score(ctx context.Context, landed *http.Response, share float64) error {
	x.pass(2 * time.Second) // a score later than the one before
	x.mu.Lock()
	l := x.launches[landed.Header.Get("X-Launch")]
	client := x.clients[l.Registration.ID]
	if client == nil {
		client = lti.NewClient(l.Registration, x.key, x.out, lti.WithNow(x.Now))
		x.clients[l.Registration.ID] = client
	}
	x.mu.Unlock()
	return ags.PostScore(ctx, client, l.Grades.LineItem, ags.Score{Subject: l.Subject, Given: share * 100, Maximum: 100, At: x.Now()})
}

// pick answers a deep linking request.
func (x *tool) pick(ctx context.Context, landed *http.Response, items int) (string, url.Values, error) {
	x.mu.Lock()
	l := x.launches[landed.Header.Get("X-Launch")]
	x.mu.Unlock()
	request, err := deeplink.NewRequest(l)
	if err != nil {
		return "", nil, err
	}
	answer, err := deeplink.Cancel(ctx, x.key, request, deeplink.WithNow(x.Now))
	if items > 0 {
		answer, err = deeplink.Respond(ctx, x.key, request, []deeplink.Item{deeplink.ResourceLink{Title: "Picked", URL: toolBase + "/one/launch"}}, deeplink.WithNow(x.Now))
	}
	return answer.ReturnURL, url.Values{deeplink.Field: {answer.JWT}}, err
}

// roster reads one.
func (x *tool) roster(ctx context.Context, landed *http.Response) error {
	x.mu.Lock()
	l := x.launches[landed.Header.Get("X-Launch")]
	x.mu.Unlock()
	roster := nrps.Roster{URL: l.Names.MembershipsURL, Client: lti.NewClient(l.Registration, x.key, x.out, lti.WithNow(x.Now))}
	for _, err := range roster.Members(ctx) {
		if err != nil {
			return err
		}
	}
	return nil
}

func (x *tool) invite(context.Context) (string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	token := fmt.Sprint("invite-", len(x.invites))
	x.invites[token] = false
	return toolBase + "/register?token=" + token, nil
}

func (x *tool) register(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	x.mu.Lock()
	used, known := x.invites[q.Get("token")]
	x.mu.Unlock()
	if !known || used {
		http.Error(w, "this URL does not work", http.StatusForbidden)
		return
	}
	if err := x.registerAt(r.Context(), q); err != nil {
		problem, _ := errors.AsType[*dynreg.Problem](err)
		http.Error(w, strings.NewReplacer("<", "&lt;", ">", "&gt;").Replace(problem.Text), http.StatusBadRequest)
		return
	}
	x.mu.Lock()
	x.invites[q.Get("token")] = true
	x.mu.Unlock()
	fmt.Fprintf(w, "<script>opener.postMessage({subject: %q}, '*')</script>", dynreg.CloseMessage)
}

func (x *tool) registerAt(ctx context.Context, q url.Values) error {
	cfg, err := dynreg.Discover(ctx, x.out, q.Get("openid_configuration"), q.Get("registration_token"), dynreg.Options{})
	if err != nil {
		return err
	}
	made, err := dynreg.Register(ctx, x.out, cfg, q.Get("registration_token"), dynreg.ToolConfiguration{
		Name: "Tool", LoginURL: toolBase + "/one/login", LaunchURL: toolBase + "/one/launch", KeySetURL: toolBase + "/jwks",
		Scopes: []string{lti.ScopeScore}, Messages: []dynreg.Message{{Type: lti.MessageResourceLink}},
	})
	if err != nil {
		return err
	}
	r := lti.Registration{
		ID: made.ClientID, Issuer: cfg.Issuer, ClientID: made.ClientID, AuthURL: cfg.AuthorizationEndpoint,
		TokenURL: cfg.TokenEndpoint, KeySetURL: cfg.JWKSURI, AcceptNewDeployments: made.DeploymentID == "",
	}
	if made.DeploymentID != "" {
		r.Deployments = []string{made.DeploymentID}
	}
	return x.connect(ctx, r)
}

// Every case, against package lti in process.
func TestConformanceInProcess(t *testing.T) {
	var suite *ltitest.Suite
	x := newConformanceTool(t, handled{platformBase, func() http.Handler { return suite.Handler() }})
	suite, err := ltitest.NewSuite(ltitest.SuiteOptions{BaseURL: platformBase, Now: x.Now, Candidate: ltitest.Candidate{
		LoginURL: toolBase + "/one/login", LaunchURL: toolBase + "/one/launch", KeySetURL: toolBase + "/jwks",
		Client: handled{toolBase, func() http.Handler { return x.mux }}, OtherLaunchURL: toolBase + "/two/launch",
		Connect: x.connect, RegistrationURL: x.invite, Pass: x.pass, Score: x.score, Pick: x.pick, Roster: x.roster,
		CheckOf: func(r *http.Response) lti.Check { return lti.Check(r.Header.Get(checkHeader)) },
	}})
	if err != nil {
		t.Fatal(err)
	}
	if err := x.connect(t.Context(), suite.Registration()); err != nil {
		t.Fatal(err)
	}
	report := suite.Run(t.Context(), func(r ltitest.Result) {
		t.Run(r.ID, func(t *testing.T) {
			if r.Outcome != ltitest.Passed {
				t.Errorf("%s %s: %s", r.Title, r.Outcome, r.Text)
			}
		})
	})
	if report.Passed != len(ltitest.Cases()) {
		t.Errorf("%d of %d cases passed", report.Passed, len(ltitest.Cases()))
	}
}

func TestCasesHaveIDsOfTheirOwn(t *testing.T) {
	var ids []string
	for _, c := range ltitest.Cases() {
		ids = append(ids, c.ID)
	}
	slices.Sort(ids)
	if n := len(slices.Compact(slices.Clone(ids))); n != len(ids) {
		t.Errorf("%d cases, %d ids: %v", len(ids), n, ids)
	}
}

// Nothing is left out in silence: each row of the list is a case, or says why
// it is none.
func TestEveryRowIsACaseOrSaysWhyNot(t *testing.T) {
	list, err := os.ReadFile("testdata/rows.txt")
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int{}
	for _, c := range ltitest.Cases() {
		times[c.ID]++
	}
	for _, r := range ltitest.OtherRows() {
		times[r.ID]++
		if r.Why == "" {
			t.Errorf("%s does not say why", r.ID)
		}
		if folder, name, found := strings.Cut(r.Test, "."); found && !hasTest(t, folder, name) {
			t.Errorf("%s is said to be proven by %s, which does not exist", r.ID, r.Test)
		}
	}
	for _, id := range strings.Fields(string(list)) {
		if times[id] != 1 {
			t.Errorf("%s stands in %d places", id, times[id])
		}
		delete(times, id)
	}
	for id := range times {
		t.Errorf("%s is no row of the list", id)
	}
}

func hasTest(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(text), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
