package app

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A Check is one thing that a server needs, and how it stands.
type Check struct {
	Name string `json:"name"`
	// State is ok, warn (it works, and somebody should look) or fail (requests
	// cannot be answered).
	State string `json:"state"`
	Text  string `json:"text"` // for operators; not for the public
}

// States of a check.
const (
	checkOK   = "ok"
	checkWarn = "warn"
	checkFail = "fail"
)

// A Health is all checks of one moment.
type Health struct {
	Ready  bool      `json:"ready"`
	Checks []Check   `json:"checks"`
	At     time.Time `json:"at"`
}

const (
	// healthFor is how long an answer is good: whoever asks without end costs
	// the database nothing.
	healthFor  = time.Second
	healthTime = 2 * time.Second
	// queueLate is when what is due should long have been taken.
	queueLate = 10 * time.Minute
	// roomyDisk is what a data directory should have, and MinDiskFree what it
	// must.
	roomyDisk = 512 << 20
	// MinDiskFree is how much disk SQLite must have left: a launch that cannot
	// be written down is none.
	MinDiskFree = 64 << 20
)

// A healthWatch answers from memory for a moment.
type healthWatch struct {
	mu   sync.Mutex
	last Health
}

// Health examines the server, or tells what it found a moment ago.
func (a *App) Health(ctx context.Context) Health {
	a.health.mu.Lock()
	defer a.health.mu.Unlock()
	now := a.Config.Now()
	if since := now.Sub(a.health.last.At); since >= 0 && since < healthFor {
		return a.health.last
	}
	// Whoever asks may go away; the answer is for the next one as well.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healthTime)
	defer cancel()
	h := Health{Ready: true, At: now, Checks: []Check{a.database(ctx), a.schema(ctx), a.disk()}}
	h.Checks = append(h.Checks, a.queues(ctx, now)...)
	for _, c := range h.Checks {
		h.Ready = h.Ready && c.State != checkFail
	}
	if h.Ready != a.health.last.Ready && !(h.Ready && a.health.last.At.IsZero()) {
		a.Config.Log.WarnContext(ctx, "readiness changed", "ready", h.Ready, "checks", h.Checks)
	}
	a.health.last = h
	return h
}

func (a *App) database(ctx context.Context) Check {
	if err := a.Store.Ping(ctx); err != nil {
		return Check{"database", checkFail, "no answer: " + err.Error()}
	}
	if err := a.Store.CanWrite(ctx); err != nil {
		return Check{"database", checkFail, "answers, and cannot be written: " + err.Error()}
	}
	return Check{"database", checkOK, "answers and can be written"}
}

// schema finds tables that were migrated, or taken back, under a running
// server. Newer ones are those of a rolling upgrade.
func (a *App) schema(ctx context.Context) Check {
	s, err := a.Store.Schema(ctx)
	switch {
	case err != nil:
		return Check{"schema", checkFail, err.Error()}
	case s.Pending() > 0:
		return Check{"schema", checkFail, fmt.Sprintf("version %d, with %d steps to go to the %d that this program needs", s.Have, s.Pending(), s.Want)}
	case s.Newer():
		return Check{"schema", checkWarn, fmt.Sprintf("version %d, newer than the %d that this program knows: upgrade this server", s.Have, s.Want)}
	}
	return Check{"schema", checkOK, fmt.Sprintf("version %d", s.Have)}
}

// disk is about what is written to the data directory: with PostgreSQL that is
// next to nothing.
func (a *App) disk() Check {
	free, err := a.Config.DiskFree(a.Config.DataDir)
	switch {
	case err != nil:
		return Check{"disk", checkWarn, err.Error()}
	case free < MinDiskFree && a.Config.DatabaseURL == "":
		return Check{"disk", checkFail, "full: " + diskText(a.Config.DataDir, free)}
	case free < roomyDisk:
		return Check{"disk", checkWarn, "nearly full: " + diskText(a.Config.DataDir, free)}
	}
	return Check{"disk", checkOK, diskText(a.Config.DataDir, free)}
}

// Disk says how much is left for the data directory, and whether that is enough
// for this configuration. Before there is a directory nothing is said against
// it.
func (c Config) Disk() (text string, enough bool) {
	c = c.withDefaults()
	free, err := c.DiskFree(c.DataDir)
	if err != nil {
		return "unknown: " + err.Error(), true
	}
	text = diskText(c.DataDir, free)
	if free < roomyDisk {
		text += "; free some"
	}
	return text, free >= roomyDisk || c.DatabaseURL != "" && free >= MinDiskFree
}

func diskText(folder string, free uint64) string {
	return fmt.Sprintf("%d MiB left for %s", free>>20, folder)
}

// queues warn and do not fail: another server could do no better.
func (a *App) queues(ctx context.Context, now time.Time) []Check {
	db := a.Store.Instance()
	scores, err1 := db.PassbackQueue(ctx, now, 1)
	rosters, err2 := db.RosterQueue(ctx, now)
	items, err3 := db.LineItemQueue(ctx, now)
	text := fmt.Sprintf("%d waiting, %d of them due, %d failed", scores.Waiting.Rows, scores.Due.Rows, scores.Failed.Rows)
	return []Check{
		queueCheck("passbacks", text, scores.Due, a.passbacks.Turned(), now, err1),
		queueCheck("rosters", dutyText(rosters), rosters.Due, a.rosters.Turned(), now, err2),
		queueCheck("line items", dutyText(items), items.Due, a.lineItems.Turned(), now, err3),
	}
}

func dutyText(q greenroom.DutyQueue) string {
	return fmt.Sprintf("%d due, %d failing, %d refused", q.Due.Rows, q.Failing, q.Refused)
}

// queueCheck tells how a queue stands: what is due in it, and when this
// server's workers looked at it.
func queueCheck(name, text string, due greenroom.Backlog, turned, now time.Time, err error) Check {
	late, idle := now.Sub(due.Oldest).Round(time.Second), now.Sub(turned).Round(time.Second)
	switch {
	case err != nil:
		return Check{name, checkWarn, err.Error()}
	case !turned.IsZero() && idle > queueLate:
		return Check{name, checkWarn, fmt.Sprintf("%s; the workers of this server have not looked for %s: restart it, and keep its log", text, idle)}
	case due.Rows > 0 && late > queueLate:
		return Check{name, checkWarn, fmt.Sprintf("%s; the oldest has been due for %s: the workers do not keep up", text, late)}
	}
	return Check{name, checkOK, text}
}

// ready tells a load balancer whether requests can be answered, and the public
// no more than that.
func (a *App) ready(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	h := a.Health(r.Context())
	if h.Ready {
		fmt.Fprintln(w, "ok")
		return
	}
	for _, c := range h.Checks {
		if c.State == checkFail {
			http.Error(w, "not ready: "+c.Name, http.StatusServiceUnavailable)
			return
		}
	}
}

// alive tells that the process answers.
func alive(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	fmt.Fprintln(w, "ok")
}

// readyDetail is ready for the private address.
func (a *App) readyDetail(w http.ResponseWriter, r *http.Request) {
	h := a.Health(r.Context())
	status := http.StatusOK
	if !h.Ready {
		status = http.StatusServiceUnavailable
	}
	writeJSON(w, status, h)
}

func (a *App) aliveDetail(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, http.StatusOK, map[string]any{
		"alive": true, "version": a.Config.Version, "up_seconds": int64(a.Config.Now().Sub(a.begun).Seconds()),
	})
}

func writeJSON(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	_ = e.Encode(v) // whoever asked has gone
}

// checkDisk refuses to start where the first launches could not be written.
func (c Config) checkDisk() error {
	if c.DatabaseURL != "" {
		return nil
	}
	free, err := c.DiskFree(c.DataDir)
	if err != nil {
		return nil // some disks do not say; writing will tell
	}
	if free < MinDiskFree {
		return fmt.Errorf("the disk is full: %s, and Greenroom needs %d MiB; free some, or move the directory (--data)", diskText(c.DataDir, free), MinDiskFree>>20)
	}
	if free < roomyDisk {
		c.Log.Warn("the disk is nearly full", "data", c.DataDir, "free_mib", free>>20)
	}
	return nil
}
