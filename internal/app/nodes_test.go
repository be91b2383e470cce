package app_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

// A server is one of several on a database.
type server struct {
	*app.App
	address string
	heard   chan store.Change
}

// serveOn runs a server until the test ends, and returns when it listens to
// the others.
func serveOn(t *testing.T, c app.Config) *server {
	t.Helper()
	s := runOn(t, c)
	s.hears(t, store.Everything)
	return s
}

// runOn does what serveOn does, and does not wait.
func runOn(t *testing.T, c app.Config) *server {
	t.Helper()
	c.DataDir = t.TempDir()
	a, err := app.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{a, l.Addr().String(), make(chan store.Change, 1000)}
	a.OnHeard(func(c store.Change) { s.heard <- c })
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// hears waits until the server has acted upon a change.
func (s *server) hears(t *testing.T, topic store.Topic) {
	t.Helper()
	never := time.After(time.Minute)
	for {
		select {
		case c := <-s.heard:
			if c.Topic == topic {
				return
			}
		case <-never:
			t.Fatalf("a server hears nothing of %s", topic)
		}
	}
}

// A site is two servers on one database behind a proxy that takes turns, with
// an LMS that is connected to them.
type site struct {
	t             *testing.T
	first, second *server
	proxy         string
	lms           *lmsPage
	workspace     greenroom.Workspace
	client        *http.Client
}

func newSite(t *testing.T) *site { return newSiteOn(t, pgtest.URL(t)) }

func newSiteOn(t *testing.T, database string) *site {
	turn := &atomic.Int64{}
	x := &site{t: t, lms: newLMSPage(t)}
	x.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	front := httptest.NewServer(&httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		to := []*server{x.first, x.second}[turn.Add(1)%2]
		r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", to.address, r.In.Host
		r.SetXForwarded()
	}})
	t.Cleanup(front.Close)
	x.proxy = strings.TrimPrefix(front.URL, "http://")
	c := app.Config{DatabaseURL: database, PublicURL: front.URL, Development: true, MasterKey: strings.Repeat("ab", 32)}
	x.workspace = furnishForLMS(t, c, x.lms)
	x.first, x.second = runOn(t, c), runOn(t, c)
	x.first.hears(t, store.Everything)
	x.second.hears(t, store.Everything)
	return x
}

// ask sends a request of a page of ours to one server.
func (x *site) ask(server, method, path string, form url.Values, cookies ...*http.Cookie) reply {
	x.t.Helper()
	r := request(method, path, form, cookies...)
	r.RequestURI, r.URL.Scheme, r.URL.Host, r.Host = "", "http", server, x.proxy
	answer, err := x.client.Do(r)
	if err != nil {
		x.t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		x.t.Fatal(err)
	}
	return reply{answer, string(body)}
}

func (x *site) must(err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// signIn adds an administrator who signs in at a server.
func (x *site) signIn(server string) (person greenroom.Person, cookie *http.Cookie) {
	x.t.Helper()
	email := fmt.Sprintf("ada%d@example.com", len(server))
	person, err := x.first.Service.CreateUser(x.t.Context(), x.workspace.ID, greenroom.NewUser{
		Email: email, Name: "Ada", Role: greenroom.Owner, Password: doorPassword,
	})
	x.must(err)
	answer := x.ask(server, http.MethodPost, "/sign-in", url.Values{"email": {email}, "password": {doorPassword}})
	for _, c := range answer.Cookies() {
		cookie = c
	}
	if answer.StatusCode != http.StatusSeeOther || cookie == nil {
		x.t.Fatalf("sign-in: %d", answer.StatusCode)
	}
	return person, cookie
}

// What one server was told, the other knows.
func TestTwoServersBehindAProxy(t *testing.T) {
	x := newSite(t)
	first, second := x.first.address, x.second.address
	operator := greenroom.Operator(x.workspace.ID)
	connections, err := x.first.Store.Workspace(x.workspace.ID).Connections(t.Context())
	x.must(err)

	t.Run("a sign-in, and its end everywhere", func(t *testing.T) {
		person, cookie := x.signIn(first)
		page := "/w/" + x.workspace.Slug + "/scenarios"
		for _, server := range []string{first, second, x.proxy, x.proxy} {
			if answer := x.ask(server, http.MethodGet, page, nil, cookie); answer.StatusCode != http.StatusOK {
				t.Errorf("status %d", answer.StatusCode)
			}
		}
		x.must(x.second.Service.SignOutEverywhere(t.Context(), person.ID))
		for _, server := range []string{first, second} {
			if answer := x.ask(server, http.MethodGet, page, nil, cookie); answer.StatusCode != http.StatusSeeOther {
				t.Errorf("after signing out everywhere: status %d", answer.StatusCode)
			}
		}
	})

	t.Run("login at one, launch and stage at the other, once", func(t *testing.T) {
		launch, cookies := x.lms.login(t, first, x.workspace)
		in, err := x.lms.send(second, x.lms.launchPath, launch, cookies)
		if err != nil || in.StatusCode != http.StatusSeeOther {
			t.Fatalf("launch: %v, %v", in, err)
		}
		stage := path.Clean("/" + strings.TrimPrefix(in.Header.Get("Location"), "http://"+x.proxy))
		if answer := x.ask(first, http.MethodGet, stage, nil, in.Cookies()...); answer.StatusCode != http.StatusOK {
			t.Errorf("stage: status %d", answer.StatusCode)
		}
		if status := x.lms.post(first, launch, cookies); status/100 != 4 {
			t.Errorf("the launch again: status %d", status)
		}
	})

	t.Run("a score ends at one, and the other hears that it is due", func(t *testing.T) {
		launch, cookies := x.lms.login(t, x.proxy, x.workspace)
		in, err := x.lms.send(x.proxy, x.lms.launchPath, launch, cookies)
		x.must(err)
		stage := path.Clean("/" + strings.TrimPrefix(in.Header.Get("Location"), "http://"+x.proxy))
		begun := x.ask(first, http.MethodPost, stage+"/sessions", url.Values{}, in.Cookies()...)
		session := strings.TrimPrefix(begun.Header.Get("Location"), "http://"+x.proxy)
		over := x.ask(first, http.MethodPost, session+"/picks", url.Values{"turn": {"0"}, "choice": {"0"}}, in.Cookies()...)
		if over.StatusCode != http.StatusSeeOther {
			t.Fatalf("the last pick: %d %s", over.StatusCode, over.body)
		}
		x.second.hears(t, store.PassbacksDue)
	})

	t.Run("a signing key that one has made, both publish and use", func(t *testing.T) {
		key, err := x.first.Service.RotateKey(t.Context(), operator, true)
		x.must(err)
		keySet := "/lti/" + string(x.workspace.ID) + "/jwks.json"
		a, b := x.ask(first, http.MethodGet, keySet, nil), x.ask(second, http.MethodGet, keySet, nil)
		if a.body != b.body || a.StatusCode != http.StatusOK {
			t.Errorf("key sets differ:\n%s\n%s", a.body, b.body)
		}
		for _, s := range []*server{x.first, x.second} {
			if signs, err := s.Service.SigningKey(t.Context(), x.workspace.ID); err != nil || signs.ID != key.ID {
				t.Errorf("%v signs, %v", signs.ID, err)
			}
		}
	})

	t.Run("keys whose time has come take their turn once", func(t *testing.T) {
		var both sync.WaitGroup
		for _, s := range []*server{x.first, x.second} {
			both.Go(func() {
				if err := s.Service.RotateDue(t.Context()); err != nil {
					t.Error(err)
				}
			})
		}
		both.Wait()
		a, err := x.first.Service.PublishedKeys(t.Context(), x.workspace.ID)
		x.must(err)
		b, err := x.second.Service.PublishedKeys(t.Context(), x.workspace.ID)
		x.must(err)
		if len(a) != len(b) {
			t.Errorf("%d and %d keys", len(a), len(b))
		}
	})

	t.Run("a connection that one switches off, the other refuses", func(t *testing.T) {
		launch, cookies := x.lms.login(t, second, x.workspace)
		_, err := x.first.Service.SwitchConnection(t.Context(), operator, connections[0].ID, false)
		x.must(err)
		x.second.hears(t, store.Settings)
		if status := x.lms.post(second, launch, cookies); status/100 != 4 {
			t.Errorf("off: status %d", status)
		}
		_, err = x.second.Service.SwitchConnection(t.Context(), operator, connections[0].ID, true)
		x.must(err)
		x.first.hears(t, store.Settings)
		launch, cookies = x.lms.login(t, first, x.workspace)
		if status := x.lms.post(first, launch, cookies); status != http.StatusSeeOther {
			t.Errorf("on again: status %d", status)
		}
	})

	t.Run("a registration URL opened at both is good for one", func(t *testing.T) {
		_, token, err := x.first.Service.NewInvite(t.Context(), operator)
		x.must(err)
		before, err := x.first.Store.Workspace(x.workspace.ID).Connections(t.Context())
		x.must(err)
		var both sync.WaitGroup
		for _, server := range []string{first, second, first, second} {
			opened, err := x.lms.OpenRegistration("http://" + server + "/lti/" + string(x.workspace.ID) + "/register?token=" + url.QueryEscape(token))
			x.must(err)
			u, err := url.Parse(opened)
			x.must(err)
			both.Go(func() { x.ask(server, http.MethodGet, u.RequestURI(), nil) })
		}
		both.Wait()
		after, err := x.second.Store.Workspace(x.workspace.ID).Connections(t.Context())
		x.must(err)
		if len(after) != len(before)+1 {
			t.Errorf("%d connections, and then %d", len(before), len(after))
		}
	})

	t.Run("whoever guesses passwords is slowed down by both together", func(t *testing.T) {
		x.first.SetNodes(2)
		x.second.SetNodes(2)
		tried := 0
		for range 16 {
			answer := x.ask(x.proxy, http.MethodPost, "/sign-in", url.Values{"email": {"nobody@example.com"}, "password": {"guess"}})
			if answer.StatusCode != http.StatusTooManyRequests {
				tried++
			}
		}
		if tried != 10 {
			t.Errorf("%d tries", tried)
		}
	})
}

// Many servers start at once on a database that is empty.
func TestManyServersStartTogether(t *testing.T) {
	manyStart(t, app.Config{DatabaseURL: pgtest.URL(t), PublicURL: "http://127.0.0.1:9", Development: true, MasterKey: strings.Repeat("ab", 32)})
}

func manyStart(t *testing.T, c app.Config) {
	t.Helper()
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			c := c
			c.DataDir = t.TempDir()
			a, err := app.Open(t.Context(), c)
			if err != nil {
				t.Error(err)
				return
			}
			if _, err := a.Store.Schema(t.Context()); err != nil {
				t.Error(err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
