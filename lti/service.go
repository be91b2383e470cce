package lti

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// A Request is one call of a platform's service.
type Request struct {
	Op     string // what it is for, in a word or two: "score", "line items"
	Method string // empty means GET
	URL    string // as the platform gave it, byte for byte

	// Scope is the scope that the call needs. Others to be asked for along
	// with it may follow, separated by blanks.
	Scope string

	Accept      string // exactly one media type; Moodle refuses lists
	ContentType string
	Body        []byte
}

// A Response is a success, status 200 to 299.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // at most 1 MiB
}

// A ServiceError is a call that did not succeed. Text may be shown to an
// administrator, escaped; Cause is for the log.
type ServiceError struct {
	Op          string        // "token", or the request's
	Method, URL string        // without query: it may hold secrets
	Status      int           // 0 when no answer came
	Code        string        // OAuth error code, of the token endpoint
	Text        string        // the platform's own words: printable, one line, at most 2 KiB; may be empty
	RetryAfter  time.Duration // 0 when neither the platform nor the Doer's error (a method RetryAfter) says
	Cause       error
}

func (e *ServiceError) Error() string {
	s := e.Op + ": " + e.Method + " " + e.URL
	if e.Status != 0 {
		s += ": " + strconv.Itoa(e.Status)
	}
	if e.Text != "" {
		s += ": " + e.Text
	}
	if e.Cause != nil {
		s += ": " + e.Cause.Error()
	}
	return s
}

func (e *ServiceError) Unwrap() error { return e.Cause }

// TryLater tells whether the same call may succeed later: no answer, an answer
// that makes no sense, 408, 429, 5xx, and the 403 with which Canvas throttles.
func (e *ServiceError) TryLater() bool {
	switch {
	case errors.Is(e.Cause, ErrUnsafeURL):
		return false
	case e.Status == 0 || errors.Is(e.Cause, ErrUnreadable):
		return true
	case e.Status == http.StatusForbidden:
		return strings.Contains(e.Text, "Rate Limit Exceeded")
	}
	return e.Status == http.StatusRequestTimeout || e.Status == http.StatusTooManyRequests || e.Status >= 500
}

// Permanent tells whether a person must look: everything that is neither a
// conflict nor to be tried later.
func (e *ServiceError) Permanent() bool { return !e.TryLater() && !e.Conflict() }

// Conflict tells whether the platform holds something of the same time or newer
// already: 409.
func (e *ServiceError) Conflict() bool { return e.Status == http.StatusConflict }

// RefusedAssertion tells whether a token endpoint did not take the client's
// signed assertion: invalid_client (RFC 6749 §5.2), or what Moodle says when
// it does not have the key. A platform that has kept an old key set says so of
// a key that is new.
func (e *ServiceError) RefusedAssertion() bool {
	if e.Op != "token" || e.Status == 0 || e.Status >= 500 {
		return false
	}
	return e.Code == "invalid_client" || strings.Contains(e.Text, `"kid" invalid`) ||
		strings.Contains(e.Text, "Signature verification failed")
}
