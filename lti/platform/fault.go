package platform

import (
	"net/http"
	"strconv"
	"time"
)

// An Endpoint is one that can be made to fail.
type Endpoint string

// The endpoints.
const (
	KeySet   Endpoint = "key set"
	Token    Endpoint = "token"
	Scores   Endpoint = "scores"
	Items    Endpoint = "line items"
	Register Endpoint = "register"
	Results  Endpoint = "results"
	Roster   Endpoint = "roster"
	Notices  Endpoint = "notices"
	// DeepLinking is where the browser brings what was picked.
	DeepLinking Endpoint = "deep linking"

	// StorageEndpoint is the page that keeps texts for tools: with a Status
	// nobody listens there; Body may be Forgets or Lies.
	StorageEndpoint Endpoint = "storage"
)

// A Fault makes an endpoint fail for some requests.
type Fault struct {
	Endpoint   Endpoint
	Times      int // how many requests fail; below 0: all, until Mend
	Status     int // of the answer
	Body       string
	RetryAfter time.Duration
	// Lose keeps a score and then breaks the connection: the answer is lost.
	// For the endpoint Scores.
	Lose bool
	// Hold, if not nil, keeps the request waiting until it is closed.
	Hold <-chan struct{}
}

// Fail adds a fault. Faults of one endpoint come in the order in which they
// were added.
func (p *Platform) Fail(f Fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = append(p.faults, f)
}

// Throttle refuses requests as this LMS does to who calls too often: Canvas with
// 403 and "Rate Limit Exceeded", others with 429.
func (p *Platform) Throttle(e Endpoint, times int) {
	f := Fault{Endpoint: e, Times: times, Status: http.StatusTooManyRequests, Body: "Too Many Requests", RetryAfter: time.Second}
	if status := p.profile.LMS.Grades.ThrottledAs; status != 0 {
		f.Status, f.Body, f.RetryAfter = status, "403 Forbidden (Rate Limit Exceeded)", 0
	}
	p.Fail(f)
}

// Mend takes all faults away.
func (p *Platform) Mend() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults = nil
}

func (p *Platform) fault(e Endpoint) (Fault, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i := range p.faults {
		f := &p.faults[i]
		if f.Endpoint != e || f.Times == 0 {
			continue
		}
		if f.Times > 0 {
			f.Times--
		}
		return *f, true
	}
	return Fault{}, false
}

// failed answers in place of an endpoint if a fault is due.
func (p *Platform) failed(w http.ResponseWriter, r *http.Request, e Endpoint) bool {
	f, due := p.fault(e)
	if !due {
		return false
	}
	if f.Hold != nil {
		select {
		case <-f.Hold:
		case <-r.Context().Done():
		}
	}
	if f.Lose {
		w.Header().Set(loseHeader, "yes")
		return false
	}
	if f.Status == 0 {
		return false
	}
	if f.RetryAfter > 0 {
		w.Header().Set("Retry-After", strconv.Itoa(int(f.RetryAfter.Seconds())))
	}
	http.Error(w, f.Body, f.Status)
	return true
}

// loseHeader marks an answer that is to be lost.
const loseHeader = "X-Lose-Answer"

// answered breaks the connection where the answer is to be lost.
func answered(w http.ResponseWriter) {
	if w.Header().Get(loseHeader) != "" {
		panic(http.ErrAbortHandler)
	}
}
