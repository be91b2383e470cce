package main

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

const public = "http://127.0.0.1:8080"

// A bed is a server with one connected platform whose tokens the benchmark
// signs itself.
type bed struct {
	handler   http.Handler
	workspace greenroom.WorkspaceID
	key       lti.PrivateKey
	issuer    string
	users     atomic.Int64
}

func newBed(b *testing.B, c app.Config) *bed {
	b.Helper()
	key, err := lti.NewPrivateKey(rand.Reader, "platform-key")
	if err != nil {
		b.Fatal(err)
	}
	keys := lti.KeySetDocument(key.Public())
	platform := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		w.Write(keys)
	}))
	b.Cleanup(platform.Close)
	c.DataDir, c.PublicURL, c.Development = b.TempDir(), public, true
	a, err := app.Open(b.Context(), c)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { a.Close() })
	w, err := a.Service.CreateWorkspace(b.Context(), "Bench", "", true)
	if err != nil {
		b.Fatal(err)
	}
	_, err = a.Service.SaveConnection(b.Context(), greenroom.Operator(w.ID), greenroom.ConnectionForm{
		Platform: "Bench LMS", Issuer: platform.URL, ClientID: "bench", Deployments: "1",
		AuthURL: platform.URL + "/auth", TokenURL: platform.URL + "/token", KeySetURL: platform.URL + "/jwks",
	})
	if err != nil {
		b.Fatal(err)
	}
	return &bed{handler: a.Handler(), workspace: w.ID, key: key, issuer: platform.URL}
}

func (d *bed) url(end string) string { return public + "/lti/" + string(d.workspace) + "/" + end }

func (d *bed) post(end string, form url.Values, cookies ...*http.Cookie) *http.Response {
	r := httptest.NewRequest(http.MethodPost, d.url(end), strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Dest", "document")
	// Users come from many places: one place alone is held to a limit.
	n := d.users.Load()
	r.RemoteAddr = fmt.Sprintf("10.%d.%d.%d:1", n>>16&255, n>>8&255, n&255)
	for _, c := range cookies {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	d.handler.ServeHTTP(w, r)
	return w.Result()
}

// login begins a launch and returns what the platform would be asked.
func (d *bed) login(b *testing.B) (url.Values, []*http.Cookie) {
	resp := d.post("login", url.Values{
		"iss": {d.issuer}, "login_hint": {"1"}, "client_id": {"bench"}, "target_link_uri": {d.url("launch")},
	})
	to, err := resp.Location()
	if err != nil {
		b.Fatal(err, resp.Status)
	}
	return to.Query(), resp.Cookies()
}

// token signs the answer to a login, for a user who was never seen before.
func (d *bed) token(b *testing.B, nonce string) string {
	const claim = "https://purl.imsglobal.org/spec/lti/claim/"
	now := time.Now().Unix()
	token, err := d.key.Sign(b.Context(), map[string]any{
		"iss": d.issuer, "aud": "bench", "sub": fmt.Sprint("user-", d.users.Add(1)), "nonce": nonce,
		"iat": now, "exp": now + 3600, "name": "Stina Student", "email": "stina@example.com",
		claim + "message_type": lti.MessageResourceLink, claim + "version": "1.3.0", claim + "deployment_id": "1",
		claim + "target_link_uri": d.url("launch"), claim + "resource_link": map[string]any{"id": "1", "title": "Practice"},
		claim + "roles":  []string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"},
		claim + "custom": map[string]any{"scenario_id": "discovery-call"},
		"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": map[string]any{
			"scope": []string{lti.ScopeScore}, "lineitem": d.issuer + "/items/1?type_id=1",
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	return token
}

// BenchmarkLaunch is a login and a launch of a new user, from the first byte of
// the login request to the redirect to the scenario, durable. It leaves out the
// platform's signing, and reports the CPU time of the whole process beside it.
func BenchmarkLaunch(b *testing.B) {
	for name, config := range map[string]func(b *testing.B) app.Config{
		"SQLite":     func(*testing.B) app.Config { return app.Config{} },
		"PostgreSQL": func(b *testing.B) app.Config { return app.Config{DatabaseURL: pgtest.URL(b)} },
	} {
		b.Run(name, func(b *testing.B) {
			d := newBed(b, config(b))
			b.ReportAllocs()
			var cpu time.Duration
			for b.Loop() {
				before := processCPU(b)
				asked, cookies := d.login(b)
				cpu += processCPU(b) - before
				b.StopTimer()
				form := url.Values{"state": {asked.Get("state")}, "id_token": {d.token(b, asked.Get("nonce"))}}
				b.StartTimer()
				before = processCPU(b)
				resp := d.post("launch", form, cookies...)
				cpu += processCPU(b) - before
				if resp.StatusCode != http.StatusSeeOther {
					b.Fatal(resp.Status)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "launches/s")
			b.ReportMetric(float64(cpu.Microseconds())/float64(b.N), "cpu-µs/launch")
		})
	}
}

// processCPU is user and system time of this process; the database server of
// PostgreSQL is not in it.
func processCPU(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
