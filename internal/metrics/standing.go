package metrics

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A Database is what is asked for how things stand.
type Database interface {
	PassbackQueue(ctx context.Context, now time.Time, lanes int) (greenroom.PassbackQueue, error)
	RosterQueue(ctx context.Context, now time.Time) (greenroom.DutyQueue, error)
	LineItemQueue(ctx context.Context, now time.Time) (greenroom.DutyQueue, error)
	SigningKeys(ctx context.Context, now time.Time) (greenroom.Backlog, error)
}

// Standing is how to find out how things stand.
type Standing struct {
	Database Database
	// Resting returns the hosts that are not called after failures.
	Resting func() []string
	// Turned tells when the workers of each queue last looked at it; zero: they
	// have not begun.
	Turned func() map[string]time.Time
	// DiskFree returns the bytes left for the data directory.
	DiskFree func() (uint64, error)
	// KeyMaxAge is when signing keys take turns by themselves; 0: never.
	KeyMaxAge time.Duration
	Now       func() time.Time
	Log       *slog.Logger
}

const (
	// maxLanes and maxResting bound what is named of what fails.
	maxLanes   = 20
	maxResting = 20
	// standingFor is how long an answer of the database is good for readers.
	standingFor  = 10 * time.Second
	standingTime = 5 * time.Second
)

// Watch adds what stands in the database and on the disk.
func (m *Metrics) Watch(s Standing) { m.registry.MustRegister(&standing{Standing: s}) }

// standing is a prometheus.Collector.
type standing struct {
	Standing

	mu    sync.Mutex
	asked time.Time
	last  stood
	ok    bool
}

// stood is what the database told.
type stood struct {
	queue  greenroom.PassbackQueue
	duties map[greenroom.DutyName]greenroom.DutyQueue
	keys   greenroom.Backlog
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("greenroom_"+name, help, labels, nil)
}

var (
	queueRows   = describe("passback_queue", "Passbacks by state: waiting (all of them), due (a worker should have taken them; not those of connections that fail), failed (a person must look).", "state")
	queueAge    = describe("passback_queue_age_seconds", "Age of the oldest passback by state: since the duty arose; of those due, since they fell due.", "state")
	dutyRows    = describe("duty_queue", "Rosters to read and columns to find or make, by state: due (a worker should have taken them), failing (tried in vain, to be tried again), refused (a person must look).", "duty", "state")
	dutyAge     = describe("duty_queue_age_seconds", "Since when the oldest of those is due.", "duty")
	workerIdle  = describe("worker_idle_seconds", "Time since the workers of this server last looked at a queue.", "queue")
	laneRows    = describe("failing_connection_passbacks", "Scores that do not get through, for the connections with most of them.", "workspace", "connection")
	laneAge     = describe("failing_connection_age_seconds", "Age of the oldest score that does not get through.", "workspace", "connection")
	keyCount    = describe("signing_keys", "Keys that sign now, over all workspaces.")
	keyAge      = describe("signing_key_age_seconds", "How long the key that signs for longest has been signing.")
	keyLimit    = describe("signing_key_max_age_seconds", "When keys take turns by themselves (--key-max-age); 0: never.")
	restingDesc = describe("outbound_hosts_resting", "Hosts that are not called after several failures.")
	restingHost = describe("outbound_host_resting", "1 for each host that rests, so many at most.", "host")
	diskFree    = describe("disk_free_bytes", "What is left for the data directory.")
	scrapeOK    = describe("database_answers", "1 if the database told how things stand, else 0: then what it knows is missing here.")
)

// Describe implements prometheus.Collector.
func (s *standing) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{
		queueRows, queueAge, dutyRows, dutyAge, workerIdle, laneRows, laneAge, keyCount, keyAge, keyLimit, restingDesc, restingHost, diskFree, scrapeOK,
	} {
		out <- d
	}
}

// Collect implements prometheus.Collector.
func (s *standing) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, v float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...)
	}
	now := s.Now()
	if last, ok := s.ask(now); ok {
		gauge(scrapeOK, 1)
		s.tellQueue(gauge, last.queue, now)
		s.tellDuties(gauge, last.duties, now)
		gauge(keyCount, float64(last.keys.Rows))
		gauge(keyAge, age(last.keys.Oldest, now))
	} else {
		gauge(scrapeOK, 0)
	}
	for queue, at := range s.Turned() {
		if !at.IsZero() {
			gauge(workerIdle, age(at, now), queue)
		}
	}
	gauge(keyLimit, s.KeyMaxAge.Seconds())
	resting := s.Resting()
	gauge(restingDesc, float64(len(resting)))
	for _, host := range resting[:min(len(resting), maxResting)] {
		gauge(restingHost, 1, host)
	}
	if free, err := s.DiskFree(); err == nil {
		gauge(diskFree, float64(free))
	}
}

func (s *standing) tellQueue(gauge func(*prometheus.Desc, float64, ...string), q greenroom.PassbackQueue, now time.Time) {
	for state, b := range map[string]greenroom.Backlog{"waiting": q.Waiting, "due": q.Due, "failed": q.Failed} {
		gauge(queueRows, float64(b.Rows), state)
		gauge(queueAge, age(b.Oldest, now), state)
	}
	for _, l := range q.Failing {
		gauge(laneRows, float64(l.Rows), string(l.Workspace), string(l.Connection))
		gauge(laneAge, age(l.Oldest, now), string(l.Workspace), string(l.Connection))
	}
}

func (s *standing) tellDuties(gauge func(*prometheus.Desc, float64, ...string), duties map[greenroom.DutyName]greenroom.DutyQueue, now time.Time) {
	for name, q := range duties {
		for state, n := range map[string]int{"due": q.Due.Rows, "failing": q.Failing, "refused": q.Refused} {
			gauge(dutyRows, float64(n), string(name), state)
		}
		gauge(dutyAge, age(q.Due.Oldest, now), string(name))
	}
}

func age(since, now time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(now.Sub(since).Seconds(), 0)
}

// ask asks the database, unless it was asked a moment ago.
func (s *standing) ask(now time.Time) (stood, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked.IsZero() || now.Sub(s.asked) >= standingFor || now.Before(s.asked) {
		s.asked = now
		s.ok = s.read(now)
	}
	return s.last, s.ok
}

func (s *standing) read(now time.Time) bool {
	ctx, cancel := context.WithTimeout(context.Background(), standingTime)
	defer cancel()
	queue, err1 := s.Database.PassbackQueue(ctx, now, maxLanes)
	rosters, err2 := s.Database.RosterQueue(ctx, now)
	items, err3 := s.Database.LineItemQueue(ctx, now)
	keys, err4 := s.Database.SigningKeys(ctx, now)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		s.Log.Warn("figures not read", "err", err)
		return false
	}
	s.last = stood{queue, map[greenroom.DutyName]greenroom.DutyQueue{greenroom.DutyRoster: rosters, greenroom.DutyLineItem: items}, keys}
	return true
}
