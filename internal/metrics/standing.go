package metrics

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A Database is what is asked for how things stand.
type Database interface {
	PassbackQueue(ctx context.Context, now time.Time, lanes int) (greenroom.PassbackQueue, error)
	SigningKeys(ctx context.Context, now time.Time) (greenroom.Backlog, error)
}

// Standing is how to find out how things stand.
type Standing struct {
	Database Database
	// Resting returns the hosts that are not called after failures.
	Resting func() []string
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
	queue greenroom.PassbackQueue
	keys  greenroom.Backlog
	ok    bool
}

func describe(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc("greenroom_"+name, help, labels, nil)
}

var (
	queueRows   = describe("passback_queue", "Passbacks by state: waiting (all of them), due (a worker should have taken them), failed (a person must look).", "state")
	queueAge    = describe("passback_queue_age_seconds", "Age of the oldest passback by state: since the duty arose; of those due, since they fell due.", "state")
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
		queueRows, queueAge, laneRows, laneAge, keyCount, keyAge, keyLimit, restingDesc, restingHost, diskFree, scrapeOK,
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
	if queue, keys, ok := s.ask(now); ok {
		gauge(scrapeOK, 1)
		s.tellQueue(gauge, queue, now)
		gauge(keyCount, float64(keys.Rows))
		gauge(keyAge, age(keys.Oldest, now))
	} else {
		gauge(scrapeOK, 0)
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

func age(since, now time.Time) float64 {
	if since.IsZero() {
		return 0
	}
	return max(now.Sub(since).Seconds(), 0)
}

// ask asks the database, unless it was asked a moment ago.
func (s *standing) ask(now time.Time) (greenroom.PassbackQueue, greenroom.Backlog, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.asked.IsZero() || now.Sub(s.asked) >= standingFor || now.Before(s.asked) {
		s.asked = now
		s.ok = s.read(now)
	}
	return s.queue, s.keys, s.ok
}

func (s *standing) read(now time.Time) bool {
	ctx, cancel := context.WithTimeout(context.Background(), standingTime)
	defer cancel()
	queue, err := s.Database.PassbackQueue(ctx, now, maxLanes)
	if err == nil {
		s.queue = queue
		s.keys, err = s.Database.SigningKeys(ctx, now)
	}
	if err != nil {
		s.Log.Warn("figures not read", "err", err)
	}
	return err == nil
}
