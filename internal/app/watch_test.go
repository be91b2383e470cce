package app_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

// A logBook is a log that many write and one reads, line by line.
type logBook struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (b *logBook) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.out.Write(p)
}

func (b *logBook) lines(t *testing.T) (lines []map[string]any) {
	t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	for s := bufio.NewScanner(bytes.NewReader(b.out.Bytes())); s.Scan(); {
		var line map[string]any
		if err := json.Unmarshal(s.Bytes(), &line); err != nil {
			t.Fatalf("%s: %v", s.Text(), err)
		}
		lines = append(lines, line)
	}
	return lines
}

func ask(t *testing.T, h http.Handler, path string) (int, string) {
	t.Helper()
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w.Code, w.Body.String()
}

// An operator follows a launch through log and figures: each line that is
// written on its way names it.
func TestALaunchIsWatched(t *testing.T) {
	book := &logBook{}
	config := app.Config{
		DatabaseURL: pgtest.URL(t), PublicURL: "http://127.0.0.1:9", Development: true, MasterKey: strings.Repeat("ab", 32),
		Log: slog.New(slog.NewJSONHandler(book, &slog.HandlerOptions{Level: slog.LevelDebug})), Version: "9.9",
		SlowQuery: time.Nanosecond, // every query is worth a line
	}
	lms := newLMSPage(t)
	w := furnishForLMS(t, config, lms)
	config.DataDir = t.TempDir()
	a, err := app.Open(t.Context(), config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	server := httptest.NewServer(a.Handler())
	t.Cleanup(server.Close)
	at := strings.TrimPrefix(server.URL, "http://")

	launch, cookies := lms.login(t, at, w)
	before := len(book.lines(t))
	if status := lms.post(at, launch, cookies); status != http.StatusSeeOther {
		t.Fatalf("status %d", status)
	}
	launch.Set("id_token", "forged."+launch.Get("id_token"))
	if status := lms.post(at, launch, cookies); status/100 != 4 {
		t.Fatalf("what is forged: status %d", status)
	}
	server.Close() // the line of a request comes after its answer

	about := map[string]int{}
	connections := 0
	lines := book.lines(t)[before:]
	for _, line := range lines {
		reference, _ := line["reference"].(string)
		if reference == "" || line["workspace"] != string(w.ID) {
			t.Errorf("a line of a launch does not say so: %v", line)
		}
		about[reference]++
		if line["connection"] != nil {
			connections++
		}
	}
	if len(about) != 2 || connections < len(lines)/2 {
		t.Errorf("%d lines, by reference %v, %d with a connection", len(lines), about, connections)
	}

	status, figures := ask(t, a.Private(), "/metrics")
	for _, want := range []string{
		`greenroom_build_info{database="PostgreSQL",version="9.9"} 1`,
		`greenroom_launches_total{check="",outcome="ok"} 1`, `,outcome="refused"} 1`, "greenroom_launch_duration_seconds_count 1",
		`greenroom_http_requests_total{area="lti",status="3xx"} 2`, `greenroom_outbound_calls_total{outcome="ok"} `,
		`greenroom_db_query_duration_seconds_count{query="Workspace"} `, "greenroom_signing_keys 1",
	} {
		if status != 200 || !strings.Contains(figures, want) {
			t.Errorf("no figure %s (status %d)", want, status)
		}
	}
	if strings.Contains(figures, "Lee") || strings.Contains(figures, at) {
		t.Error("the figures name people or hosts that are well")
	}
}

// Start from a server that is ready, spoil one thing: readyz names it, to the
// public in one word, in detail on the private address.
func TestReadyTellsTheTruth(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil  func(t *testing.T, a *app.App, c *spoiled)
		status int
		public string
		state  string // of the check
		detail string
	}{
		"all is well":            {func(*testing.T, *app.App, *spoiled) {}, 200, "ok", "", ""},
		"a disk that is full":    {func(_ *testing.T, _ *app.App, c *spoiled) { c.free = 1 << 20 }, 503, "not ready: disk", "fail", "full: 1 MiB left"},
		"a disk that fills":      {func(_ *testing.T, _ *app.App, c *spoiled) { c.free = 100 << 20 }, 200, "ok", "warn", "nearly full: 100 MiB left"},
		"a disk that is unknown": {func(_ *testing.T, _ *app.App, c *spoiled) { c.err = errors.New("odd disk") }, 200, "ok", "warn", "odd disk"},
		"a database that is closed": {func(t *testing.T, a *app.App, _ *spoiled) {
			if err := a.Store.Close(); err != nil {
				t.Error(err)
			}
		}, 503, "not ready: database", "fail", "no answer"},
	} {
		t.Run(name, func(t *testing.T) {
			c := &spoiled{now: time.Now(), free: 5 << 30}
			a, err := app.Open(t.Context(), app.Config{
				DataDir: t.TempDir(), PublicURL: "https://practice.example.com", Now: func() time.Time { return c.now },
				DiskFree: func(string) (uint64, error) { return c.free, c.err },
			})
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = a.Close() })
			if status, text := ask(t, a.Handler(), "/readyz"); status != 200 || text != "ok\n" {
				t.Fatalf("at first: %d %q", status, text)
			}
			tc.spoil(t, a, c)
			if status, _ := ask(t, a.Handler(), "/readyz"); status != 200 {
				t.Error("it was asked again at once") // what it found a moment ago is good enough
			}
			c.now = c.now.Add(2 * time.Second)
			if status, text := ask(t, a.Handler(), "/readyz"); status != tc.status || text != tc.public+"\n" {
				t.Errorf("public: %d %q", status, text)
			}
			status, raw := ask(t, a.Private(), "/readyz")
			var h app.Health
			if err := json.Unmarshal([]byte(raw), &h); err != nil || status != tc.status || h.Ready != (tc.status == 200) || len(h.Checks) != 6 {
				t.Fatalf("private: %d %s %v", status, raw, err)
			}
			found := tc.state == ""
			for _, check := range h.Checks {
				found = found || check.State == tc.state && strings.Contains(check.Text, tc.detail)
			}
			if !found {
				t.Errorf("private: %s", raw)
			}
			for _, path := range []string{"/livez"} {
				if status, _ := ask(t, a.Handler(), path); status != 200 {
					t.Errorf("%s: %d", path, status)
				}
			}
		})
	}
}

// A queue is in trouble if nobody looks at it, or if what is due there stays so.
func TestQueuesAsTheyStand(t *testing.T) {
	now := time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)
	ago := func(d time.Duration) time.Time { return now.Add(-d) }
	for name, tc := range map[string]struct {
		due    greenroom.Backlog
		turned time.Time
		err    error
		want   app.Check
	}{
		"nothing is due":           {greenroom.Backlog{}, ago(time.Second), nil, app.Check{Name: "rosters", State: "ok", Text: "as it is"}},
		"something fell due":       {greenroom.Backlog{Rows: 2, Oldest: ago(9 * time.Minute)}, ago(time.Second), nil, app.Check{Name: "rosters", State: "ok", Text: "as it is"}},
		"it has been for long":     {greenroom.Backlog{Rows: 2, Oldest: ago(11 * time.Minute)}, ago(time.Second), nil, app.Check{Name: "rosters", State: "warn", Text: "as it is; the oldest has been due for 11m0s: the workers do not keep up"}},
		"nobody looks":             {greenroom.Backlog{}, ago(11 * time.Minute), nil, app.Check{Name: "rosters", State: "warn", Text: "as it is; the workers of this server have not looked for 11m0s: restart it, and keep its log"}},
		"nobody has begun to look": {greenroom.Backlog{}, time.Time{}, nil, app.Check{Name: "rosters", State: "ok", Text: "as it is"}},
		"nobody knows":             {greenroom.Backlog{}, ago(time.Second), errors.New("no answer"), app.Check{Name: "rosters", State: "warn", Text: "no answer"}},
	} {
		if got := app.QueueCheck("rosters", "as it is", tc.due, tc.turned, now, tc.err); got != tc.want {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

type spoiled struct {
	now  time.Time
	free uint64
	err  error
}

func TestAServerDoesNotStartOnAFullDisk(t *testing.T) {
	config := app.Config{
		DataDir: filepath.Join(t.TempDir(), "data"), PublicURL: "https://practice.example.com",
		DiskFree: func(string) (uint64, error) { return 3 << 20, nil },
	}
	_, err := app.Open(t.Context(), config)
	if err == nil || !strings.Contains(err.Error(), "the disk is full: 3 MiB left for "+config.DataDir+", and Greenroom needs 64 MiB; free some") {
		t.Errorf("error = %v", err)
	}
	config.DiskFree = nil
	a, err := app.Open(t.Context(), config) // the lock was given back
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Close(); err != nil {
		t.Error(err)
	}
}

// Profiles and figures are on the private address alone.
func TestThePublicSeesNoFigures(t *testing.T) {
	a, err := app.Open(t.Context(), app.Config{DataDir: t.TempDir(), PublicURL: "https://practice.example.com", Version: "9.9"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = a.Close() })
	for path, wants := range map[string]string{
		"/metrics": "go_goroutines", "/debug/pprof/": "goroutine", "/debug/pprof/goroutine?debug=1": "goroutine profile",
	} {
		if status, text := ask(t, a.Private(), path); status != 200 || !strings.Contains(text, wants) {
			t.Errorf("private %s: %d", path, status)
		}
		if status, text := ask(t, a.Handler(), path); status != 404 || strings.Contains(text, wants) {
			t.Errorf("public %s: %d", path, status)
		}
	}
	if _, text := ask(t, a.Private(), "/livez"); !strings.Contains(text, `"version":"9.9"`) {
		t.Error(text)
	}
	if _, text := ask(t, a.Handler(), "/livez"); text != "ok\n" {
		t.Error(text)
	}
}
