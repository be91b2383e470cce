package soak

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A door is where a school listens. While it is shut, whoever comes is turned
// away with a reset.
type door struct {
	net.Listener
	shut   atomic.Bool
	hangUp func()
}

func (d *door) Accept() (net.Conn, error) {
	for {
		c, err := d.Listener.Accept()
		if err != nil || !d.shut.Load() {
			return c, err
		}
		reset(c)
	}
}

// close turns away also those who are inside.
func (d *door) close() {
	d.shut.Store(true)
	d.hangUp()
}

func reset(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
	_ = c.Close()
}

// An illness answers each request of a service in another bad way.
type illness struct {
	mu    sync.Mutex
	asked int // how many requests there were
	turn  int
	had   map[string]int // how often, by symptom
	moved chan struct{}  // closed when those who hang are let go
}

// never is until when the first call hangs that does so for good: until the
// caller gives up, which takes as long as it is patient.
var never <-chan struct{}

func newIllness() *illness {
	return &illness{had: map[string]int{}, moved: make(chan struct{})}
}

// next returns what comes next, and until when it may hang. What can only befall
// a score waits for one, and the others are answered well meanwhile.
func (i *illness) next(isScore bool) (symptom, <-chan struct{}) {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.asked++
	s := symptoms[i.turn%len(symptoms)]
	if s.ofScores && !isScore {
		return well, i.moved
	}
	i.turn++
	i.had[s.name]++
	if s.name == forGood && i.had[s.name] == 1 {
		return s, never
	}
	return s, i.moved
}

func (i *illness) answer(x *school, w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // only then is it seen that a caller gives up
	r.Body = io.NopCloser(bytes.NewReader(body))
	_, isScore := x.scoreIn(r)
	s, moved := i.next(isScore)
	s.answer(sickbed{x, w, r, moved})
}

// letGo ends the waiting of those who hang, and of those who come to it until
// hold is called.
func (i *illness) letGo() {
	i.mu.Lock()
	defer i.mu.Unlock()
	close(i.moved)
}

// hold has those who hang wait again.
func (i *illness) hold() {
	i.mu.Lock()
	defer i.mu.Unlock()
	i.moved = make(chan struct{})
}

// history tells how many requests there were, and which symptoms nobody has met.
func (i *illness) history() (requests int, unmet []string) {
	i.mu.Lock()
	defer i.mu.Unlock()
	for _, s := range symptoms {
		if i.had[s.name] == 0 {
			unmet = append(unmet, s.name)
		}
	}
	return i.asked, unmet
}

// A symptom is one bad way to answer.
type symptom struct {
	name     string
	ofScores bool // a token is nothing to lose or to lie about
	answer   func(sickbed)
}

const forGood = "hangs for good"

var well = symptom{"answers well", false, func(b sickbed) { b.school.take(b.r).give(b.w) }}

// symptoms come in this order. No five in a row are failures without an answer
// or with 5xx: the host would be left alone for a while by this machine's
// clock, and the rest would not be met within the simulated day.
var symptoms = []symptom{
	{"500", false, func(b sickbed) { b.say(500, "Internal Server Error") }},
	{"429 with Retry-After", false, func(b sickbed) { b.say(429, "Too Many Requests", "Retry-After", "30") }},
	{"a reset", false, func(b sickbed) { b.hijack(reset) }},
	{"takes it, and the answer is lost", true, func(b sickbed) { b.take(); panic(http.ErrAbortHandler) }},
	{"200 with a web page", false, func(b sickbed) { b.say(200, "<!DOCTYPE html><title>Back soon</title>") }},
	{"hangs, and takes it in the end", false, func(b sickbed) { b.hang(); b.school.take(b.r).give(b.w) }},
	{"500 until a date", false, func(b sickbed) {
		b.say(500, "Restarting", "Date", httpDate(b.school.clock.now()), "Retry-After", httpDate(b.school.clock.now().Add(time.Minute)))
	}},
	{"429 without Retry-After", false, func(b sickbed) { b.say(429, "") }},
	{"201 for nothing", true, func(b sickbed) { b.vouch(); b.say(201, "") }},
	{"closes in the middle of the body", false, func(b sickbed) { b.cut(503, "half of a se") }},
	{"takes it, and closes in the middle of the body", false, func(b sickbed) { b.take(); b.cut(200, `{"half": "of an ans`) }},
	{"409 for nothing", false, func(b sickbed) { b.say(409, "I know better") }},
	{"a body without end", false, func(b sickbed) { b.say(200, strings.Repeat("{", 3<<20)) }},
	{"no HTTP", false, func(b sickbed) { b.hijack(func(c net.Conn) { fmt.Fprint(c, "220 ready for mail\r\n"); _ = c.Close() }) }},
	{forGood, false, func(b sickbed) { b.hang(); panic(http.ErrAbortHandler) }},
	{"429 for a year", false, func(b sickbed) { b.say(429, "Go away", "Retry-After", "31536000") }},
	{"200 with rubbish", false, func(b sickbed) { b.vouch(); b.say(200, `{"access_token": 7, "scoreMaximum": "many", "`) }},
	well,
}

func httpDate(t time.Time) string { return t.UTC().Format(http.TimeFormat) }

// A sickbed is one request that meets an illness.
type sickbed struct {
	school *school
	w      http.ResponseWriter
	r      *http.Request
	moved  <-chan struct{}
}

func (b sickbed) say(status int, body string, header ...string) {
	for i := 0; i < len(header); i += 2 {
		b.w.Header().Set(header[i], header[i+1])
	}
	b.w.WriteHeader(status)
	_, _ = b.w.Write([]byte(body))
}

// hang waits until the illness moves on or the caller gives up.
func (b sickbed) hang() {
	b.school.record.Add(Event{Kind: Hung, LMS: b.school.name})
	select {
	case <-b.moved:
	case <-b.r.Context().Done():
		b.school.record.Add(Event{Kind: GivenUp, LMS: b.school.name})
	}
}

// take has the platform take what it was sent; its answer does not arrive.
func (b sickbed) take() {
	if b.school.take(b.r).took {
		b.school.record.Add(Event{Kind: Lost, LMS: b.school.name})
	}
}

// vouch notes that a score is said to be taken.
func (b sickbed) vouch() {
	if e, isScore := b.school.scoreIn(b.r); isScore {
		e.Kind = Vouched
		b.school.record.Add(e)
	}
}

// cut promises more than it says.
func (b sickbed) cut(status int, half string) {
	b.w.Header().Set("Content-Length", fmt.Sprint(2*len(half)))
	b.say(status, half)
	panic(http.ErrAbortHandler)
}

func (b sickbed) hijack(do func(net.Conn)) {
	c, _, err := http.NewResponseController(b.w).Hijack()
	if err != nil {
		panic(err)
	}
	if secured, ok := c.(interface{ NetConn() net.Conn }); ok { // past TLS: what is sent is none
		c = secured.NetConn()
	}
	do(c)
}
