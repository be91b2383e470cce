package metrics

import (
	"net/http"
	"regexp"
	"strconv"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// Metrics are those of one server.
type Metrics struct {
	registry *prometheus.Registry

	launches      *prometheus.CounterVec
	launchTime    prometheus.Histogram
	passbacks     *prometheus.CounterVec
	passbackTime  prometheus.Histogram
	duties        *prometheus.CounterVec
	dutyTime      *prometheus.HistogramVec
	signIns       *prometheus.CounterVec
	limited       *prometheus.CounterVec
	requests      *prometheus.CounterVec
	requestTime   *prometheus.HistogramVec
	outbound      *prometheus.CounterVec
	outboundTime  prometheus.Histogram
	queryTime     *prometheus.HistogramVec
	queryFailures *prometheus.CounterVec
}

var _ greenroom.Observer = (*Metrics)(nil)

// Times in seconds, from what a good answer takes to what nobody waits for.
var (
	answerTimes = []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10}
	callTimes   = []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 15, 45}
	queryTimes  = []float64{.0005, .002, .01, .05, .25, 1, 5}
)

// New returns metrics that have counted nothing yet. Version and dialect become
// labels of greenroom_build_info.
func New(version, dialect string) *Metrics {
	m := &Metrics{registry: prometheus.NewRegistry()}
	m.launches = m.counter("launches_total", "Launches by outcome (ok, refused) and the check that refused.", "outcome", "check")
	m.launchTime = m.histogram("launch_duration_seconds", "From the arrival of a launch that was let in to its record being safe.", answerTimes)
	m.passbacks = m.counter("passbacks_total", "Attempts to post a score, by outcome (done, later, conflict, failed).", "outcome")
	m.passbackTime = m.histogram("passback_duration_seconds", "How long an attempt to post a score took, the platform's part included.", callTimes)
	m.duties = m.counter("duties_total", "Attempts to read a roster or to find or make a column, by outcome (done, later, failed).", "duty", "outcome")
	m.dutyTime = m.histogramVec("duty_duration_seconds", "How long such an attempt took, the platform's part included.", callTimes, "duty")
	m.signIns = m.counter("sign_ins_total", "Sign-ins with e-mail address and password, by outcome (ok, failed).", "outcome")
	m.limited = m.counter("limited_requests_total", "Requests that ran into a limit, by the limit's name.", "limit")
	m.requests = m.counter("http_requests_total", "Answers, by part of the server and class of status.", "area", "status")
	m.requestTime = m.histogramVec("http_request_duration_seconds", "How long answers took, by part of the server.", answerTimes, "area")
	m.outbound = m.counter("outbound_calls_total", "Calls to platforms, by how they went.", "outcome")
	m.outboundTime = m.histogram("outbound_call_duration_seconds", "How long calls to platforms took.", callTimes)
	m.queryTime = m.histogramVec("db_query_duration_seconds", "How long the database took to answer, by the query's name.", queryTimes, "query")
	m.queryFailures = m.counter("db_query_failures_total", "Queries that failed, a value that was taken already included, by name.", "query")
	build := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "greenroom_build_info", Help: "1, with the version and the database as labels.",
		ConstLabels: prometheus.Labels{"version": version, "database": dialect},
	})
	build.Set(1)
	m.registry.MustRegister(build, collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, outcome := range []string{"ok", "failed"} { // a rate needs to have seen the zero
		m.signIns.WithLabelValues(outcome)
	}
	for _, outcome := range []greenroom.OutcomeKind{greenroom.Done, greenroom.Later, greenroom.Conflict, greenroom.Failed} {
		m.passbacks.WithLabelValues(string(outcome)) // one score that fails is an alert, the first one too
	}
	return m
}

func (m *Metrics) counter(name, help string, labels ...string) *prometheus.CounterVec {
	c := prometheus.NewCounterVec(prometheus.CounterOpts{Name: "greenroom_" + name, Help: help}, labels)
	m.registry.MustRegister(c)
	return c
}

func (m *Metrics) histogram(name, help string, buckets []float64) prometheus.Histogram {
	h := prometheus.NewHistogram(prometheus.HistogramOpts{Name: "greenroom_" + name, Help: help, Buckets: buckets})
	m.registry.MustRegister(h)
	return h
}

func (m *Metrics) histogramVec(name, help string, buckets []float64, labels ...string) *prometheus.HistogramVec {
	h := prometheus.NewHistogramVec(prometheus.HistogramOpts{Name: "greenroom_" + name, Help: help, Buckets: buckets}, labels)
	m.registry.MustRegister(h)
	return h
}

// Handler serves the figures to Prometheus.
func (m *Metrics) Handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry, MaxRequestsInFlight: 4})
}

// Launch implements greenroom.Observer.
func (m *Metrics) Launch(outcome greenroom.LaunchOutcome, check string, took time.Duration) {
	m.launches.WithLabelValues(string(outcome), check).Inc()
	if outcome == greenroom.LaunchOK && took > 0 {
		m.launchTime.Observe(took.Seconds())
	}
}

// Passback implements greenroom.Observer.
func (m *Metrics) Passback(outcome greenroom.OutcomeKind, took time.Duration) {
	m.passbacks.WithLabelValues(string(outcome)).Inc()
	m.passbackTime.Observe(took.Seconds())
}

// Duty implements greenroom.Observer.
func (m *Metrics) Duty(duty greenroom.DutyName, outcome greenroom.OutcomeKind, took time.Duration) {
	m.duties.WithLabelValues(string(duty), string(outcome)).Inc()
	m.dutyTime.WithLabelValues(string(duty)).Observe(took.Seconds())
}

// SignIn implements greenroom.Observer.
func (m *Metrics) SignIn(ok bool) {
	m.signIns.WithLabelValues(map[bool]string{true: "ok", false: "failed"}[ok]).Inc()
}

// Limited implements greenroom.Observer.
func (m *Metrics) Limited(limit string) { m.limited.WithLabelValues(limit).Inc() }

// Request implements greenroom.Observer.
func (m *Metrics) Request(area string, status int, took time.Duration) {
	m.requests.WithLabelValues(area, strconv.Itoa(status/100)+"xx").Inc()
	m.requestTime.WithLabelValues(area).Observe(took.Seconds())
}

// Query is told of every query (store.Observer).
func (m *Metrics) Query(name string, took time.Duration, failed bool) {
	m.queryTime.WithLabelValues(name).Observe(took.Seconds())
	if failed {
		m.queryFailures.WithLabelValues(name).Inc()
	}
}

// Call is told of every call to a platform.
func (m *Metrics) Call(outcome string, took time.Duration) {
	m.outbound.WithLabelValues(outcome).Inc()
	m.outboundTime.Observe(took.Seconds())
}

// Names returns the names of all that may be read, sorted by nothing.
func (m *Metrics) Names() []string {
	descriptions := make(chan *prometheus.Desc)
	go func() {
		m.registry.Describe(descriptions)
		close(descriptions)
	}()
	var names []string
	for d := range descriptions {
		if found := fqName.FindStringSubmatch(d.String()); found != nil {
			names = append(names, found[1])
		}
	}
	return names
}

// fqName finds what a description tells nowhere else.
var fqName = regexp.MustCompile(`fqName: "([^"]+)"`)
