package metrics_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/metrics"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// A database whose answers are given.
type database struct {
	queue greenroom.PassbackQueue
	duty  map[greenroom.DutyName]greenroom.DutyQueue
	keys  greenroom.Backlog
	err   error
	asked int
}

func (d *database) PassbackQueue(_ context.Context, _ time.Time, lanes int) (greenroom.PassbackQueue, error) {
	d.asked++
	q := d.queue
	q.Failing = q.Failing[:min(len(q.Failing), lanes)]
	return q, d.err
}

func (d *database) RosterQueue(context.Context, time.Time) (greenroom.DutyQueue, error) {
	return d.duty[greenroom.DutyRoster], d.err
}

func (d *database) LineItemQueue(context.Context, time.Time) (greenroom.DutyQueue, error) {
	return d.duty[greenroom.DutyLineItem], d.err
}

func (d *database) SigningKeys(context.Context, time.Time) (greenroom.Backlog, error) {
	return d.keys, d.err
}

// A house is metrics with everything around them.
type house struct {
	*metrics.Metrics
	database
	now     time.Time
	resting []string
	turned  map[string]time.Time
	free    uint64
	diskErr error
}

func newHouse() *house {
	h := &house{Metrics: metrics.New("1.2.3", "SQLite"), now: noon, free: 5 << 30}
	h.Watch(metrics.Standing{
		Database: &h.database, Resting: func() []string { return h.resting }, KeyMaxAge: 4320 * time.Hour,
		Turned:   func() map[string]time.Time { return h.turned },
		DiskFree: func() (uint64, error) { return h.free, h.diskErr },
		Now:      func() time.Time { return h.now }, Log: slog.New(slog.DiscardHandler),
	})
	return h
}

func (h *house) read(t *testing.T) string {
	t.Helper()
	w := httptest.NewRecorder()
	h.Handler().ServeHTTP(w, httptest.NewRequest("GET", "/metrics", nil))
	if w.Code != 200 {
		t.Fatalf("%d %s", w.Code, w.Body)
	}
	return w.Body.String()
}

// What happens is what is counted.
func TestFigures(t *testing.T) {
	lane := greenroom.FailingLane{
		Lane:    greenroom.Lane{Workspace: "w", Connection: "c"},
		Backlog: greenroom.Backlog{Rows: 4, Oldest: noon.Add(-time.Hour)},
	}
	for name, tc := range map[string]struct {
		happens func(h *house)
		want    []string
		never   string
	}{
		"nothing": {func(*house) {}, []string{
			`greenroom_build_info{database="SQLite",version="1.2.3"} 1`, `greenroom_sign_ins_total{outcome="failed"} 0`, `greenroom_passbacks_total{outcome="failed"} 0`,
			`greenroom_passback_queue{state="due"} 0`, `greenroom_passback_queue_age_seconds{state="due"} 0`, `greenroom_disk_free_bytes 5.36870912e+09`,
			`greenroom_signing_key_max_age_seconds 1.5552e+07`, "go_goroutines ", "process_cpu_seconds_total ",
		}, "greenroom_outbound_host_resting{"},
		"a launch": {func(h *house) { h.Launch(greenroom.LaunchOK, "", 30*time.Millisecond) }, []string{
			`greenroom_launches_total{check="",outcome="ok"} 1`, `greenroom_launch_duration_seconds_bucket{le="0.05"} 1`,
			`greenroom_launch_duration_seconds_bucket{le="0.025"} 0`,
		}, `outcome="refused"`},
		"a refused launch": {func(h *house) { h.Launch(greenroom.LaunchRefused, "nonce", time.Second) }, []string{
			`greenroom_launches_total{check="nonce",outcome="refused"} 1`, `greenroom_launch_duration_seconds_count 0`,
		}, ""},
		"a passback": {func(h *house) { h.Passback(greenroom.Done, time.Second) }, []string{
			`greenroom_passbacks_total{outcome="done"} 1`, `greenroom_passback_duration_seconds_sum 1`,
		}, ""},
		"a roster that is read": {func(h *house) { h.Duty(greenroom.DutyRoster, greenroom.Later, 2*time.Second) }, []string{
			`greenroom_duties_total{duty="roster",outcome="later"} 1`, `greenroom_duty_duration_seconds_sum{duty="roster"} 2`,
		}, ""},
		"duties": {func(h *house) {
			h.duty = map[greenroom.DutyName]greenroom.DutyQueue{
				greenroom.DutyRoster:   {Due: greenroom.Backlog{Rows: 3, Oldest: noon.Add(-time.Minute)}, Failing: 2, Refused: 1},
				greenroom.DutyLineItem: {Failing: 7},
			}
		}, []string{
			`greenroom_duty_queue{duty="roster",state="due"} 3`, `greenroom_duty_queue_age_seconds{duty="roster"} 60`,
			`greenroom_duty_queue{duty="roster",state="failing"} 2`, `greenroom_duty_queue{duty="roster",state="refused"} 1`,
			`greenroom_duty_queue{duty="line_item",state="failing"} 7`, `greenroom_duty_queue_age_seconds{duty="line_item"} 0`,
		}, ""},
		"workers": {func(h *house) {
			h.turned = map[string]time.Time{"passback": noon.Add(-15 * time.Second), "roster": {}}
		}, []string{`greenroom_worker_idle_seconds{queue="passback"} 15`}, `queue="roster"`},
		"sign-ins": {func(h *house) { h.SignIn(true); h.SignIn(false); h.SignIn(false) }, []string{
			`greenroom_sign_ins_total{outcome="ok"} 1`, `greenroom_sign_ins_total{outcome="failed"} 2`,
		}, ""},
		"a limit": {func(h *house) { h.Limited("launch") }, []string{`greenroom_limited_requests_total{limit="launch"} 1`}, ""},
		"requests": {func(h *house) { h.Request("lti", 303, time.Second); h.Request("lti", 502, time.Minute) }, []string{
			`greenroom_http_requests_total{area="lti",status="3xx"} 1`, `greenroom_http_requests_total{area="lti",status="5xx"} 1`,
			`greenroom_http_request_duration_seconds_count{area="lti"} 2`,
		}, ""},
		"queries": {func(h *house) { h.Query("AddLaunch", time.Millisecond, true) }, []string{
			`greenroom_db_query_duration_seconds_count{query="AddLaunch"} 1`, `greenroom_db_query_failures_total{query="AddLaunch"} 1`,
		}, ""},
		"calls": {func(h *house) { h.Call("timeout", 15*time.Second) }, []string{`greenroom_outbound_calls_total{outcome="timeout"} 1`}, ""},
		"a queue": {func(h *house) {
			h.queue = greenroom.PassbackQueue{
				Waiting: greenroom.Backlog{Rows: 9, Oldest: noon.Add(-time.Hour)}, Due: greenroom.Backlog{Rows: 3, Oldest: noon.Add(-time.Minute)},
				Failed: greenroom.Backlog{Rows: 1, Oldest: noon.Add(time.Minute)}, Failing: []greenroom.FailingLane{lane},
			}
		}, []string{
			`greenroom_passback_queue{state="waiting"} 9`, `greenroom_passback_queue_age_seconds{state="waiting"} 3600`,
			`greenroom_passback_queue{state="due"} 3`, `greenroom_passback_queue_age_seconds{state="due"} 60`,
			`greenroom_passback_queue_age_seconds{state="failed"} 0`, // a clock that went back
			`greenroom_failing_connection_passbacks{connection="c",workspace="w"} 4`,
			`greenroom_failing_connection_age_seconds{connection="c",workspace="w"} 3600`,
		}, ""},
		"keys": {func(h *house) { h.keys = greenroom.Backlog{Rows: 2, Oldest: noon.Add(-24 * time.Hour)} }, []string{
			`greenroom_signing_keys 2`, `greenroom_signing_key_age_seconds 86400`,
		}, ""},
		"hosts that rest": {func(h *house) { h.resting = []string{"lms.example.edu", `a"b`} }, []string{
			`greenroom_outbound_hosts_resting 2`, `greenroom_outbound_host_resting{host="lms.example.edu"} 1`, `{host="a\"b"} 1`,
		}, ""},
		"a database that is gone": {func(h *house) { h.err = errors.New("gone"); h.Limited("launch") }, []string{
			`greenroom_database_answers 0`, `greenroom_limited_requests_total{limit="launch"} 1`, "greenroom_disk_free_bytes ",
		}, "greenroom_passback_queue{"},
		"a disk that does not say": {func(h *house) { h.diskErr = errors.New("no") }, []string{`greenroom_database_answers 1`}, "greenroom_disk_free_bytes 5"},
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse()
			tc.happens(h)
			page := h.read(t)
			for _, line := range tc.want {
				if !strings.Contains(page, line) {
					t.Errorf("no line %s", line)
				}
			}
			if tc.never != "" && strings.Contains(page, tc.never) {
				t.Errorf("there is a line with %s", tc.never)
			}
		})
	}
}

// However much fails, so much is named.
func TestFiguresAreBounded(t *testing.T) {
	h := newHouse()
	for n := range 500 {
		h.resting = append(h.resting, fmt.Sprint("host-", n))
		h.queue.Failing = append(h.queue.Failing, greenroom.FailingLane{Lane: greenroom.Lane{Workspace: "w", Connection: greenroom.ConnectionID(fmt.Sprint(n))}})
	}
	page := h.read(t)
	if n := strings.Count(page, "greenroom_outbound_host_resting{"); n != 20 {
		t.Errorf("%d hosts are named", n)
	}
	if n := strings.Count(page, "greenroom_failing_connection_passbacks{"); n != 20 {
		t.Errorf("%d connections are named", n)
	}
	if !strings.Contains(page, "greenroom_outbound_hosts_resting 500") {
		t.Error("the number is not all of them")
	}
}

// Reading often costs the database nothing.
func TestTheDatabaseIsAskedNowAndThen(t *testing.T) {
	h := newHouse()
	for range 5 {
		h.read(t)
	}
	if h.asked != 1 {
		t.Errorf("asked %d times", h.asked)
	}
	h.now = h.now.Add(10 * time.Second)
	h.read(t)
	if h.asked != 2 {
		t.Errorf("asked %d times after a while", h.asked)
	}
}
