package outbound

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
	"time"

	"code.dny.dev/ssrf"
)

var (
	errScheme   = errors.New("not https")
	errNoHost   = errors.New("no host")
	errOddHost  = errors.New("host is neither a name nor an address in its usual form")
	errUserInfo = errors.New("user name in the URL")
	errRedirect = errors.New("redirect to another host")
	errTooLarge = errors.New("answer is too large")
)

// An Error says which call came to nothing, and why. Neither text nor cause
// hold a query, a header or a body.
type Error struct {
	Method string
	URL    string // without query
	Host   string // without port
	Port   string // empty if the URL names none
	Cause  error
}

func newError(r *http.Request, err error) *Error {
	if already, ok := errors.AsType[*Error](err); ok {
		return already
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return &Error{
		Method: r.Method, URL: bare(r.URL), Host: r.URL.Hostname(), Port: r.URL.Port(),
		Cause: err,
	}
}

// Error reads as a path: GET https://lms.example.com/jwks: connection refused.
func (e *Error) Error() string { return e.Method + " " + e.URL + ": " + e.Cause.Error() }

func (e *Error) Unwrap() error { return e.Cause }

// Timeout tells whether a time limit ended the call (net.Error).
func (e *Error) Timeout() bool {
	timed, ok := errors.AsType[net.Error](e.Cause)
	return ok && timed.Timeout() || errors.Is(e.Cause, os.ErrDeadlineExceeded)
}

// Temporary is the other half of net.Error: whether trying again may help.
func (e *Error) Temporary() bool { return e.Timeout() }

// RetryAfter tells when the same call may be tried again, 0 if there is no
// saying: a host that has failed several times rests for a while.
func (e *Error) RetryAfter() time.Duration {
	if rest, ok := errors.AsType[*restError](e.Cause); ok {
		return rest.after
	}
	return 0
}

// Explain says what went wrong to a person who may not know how networks
// work: part of a sentence, without a full stop. The platform is "it".
func (e *Error) Explain() string {
	if text := e.refusal(); text != "" {
		return text
	}
	if text := e.certificate(); text != "" {
		return text
	}
	if rest, ok := errors.AsType[*restError](e.Cause); ok {
		if rest.busy {
			return fmt.Sprintf("%s is slow, and many calls to it are under way already", e.Host)
		}
		return fmt.Sprintf("%s has failed several times, and rests for a moment", e.Host)
	}
	notFound, dns := errors.AsType[*net.DNSError](e.Cause)
	switch {
	case dns && notFound.IsNotFound:
		return fmt.Sprintf("there is no host with the name %s", e.Host)
	case dns:
		return fmt.Sprintf("the host name %s could not be looked up", e.Host)
	case e.Timeout() || errors.Is(e.Cause, context.DeadlineExceeded):
		return fmt.Sprintf("%s did not answer in time", e.Host)
	case errors.Is(e.Cause, syscall.ECONNREFUSED):
		return fmt.Sprintf("%s refused the connection", e.Host)
	}
	return fmt.Sprintf("%s could not be reached", e.Host)
}

// refusal explains what we do not do.
func (e *Error) refusal() string {
	switch {
	case errors.Is(e.Cause, errScheme):
		return "the address must begin with https://"
	case errors.Is(e.Cause, errNoHost):
		return "the address names no host"
	case errors.Is(e.Cause, errOddHost):
		return "its host is neither a name nor an address in its usual form"
	case errors.Is(e.Cause, errUserInfo):
		return "the address must not hold a user name or password"
	case errors.Is(e.Cause, errRedirect):
		return "it redirects to another host, and Greenroom does not follow; use the final address"
	case errors.Is(e.Cause, errTooLarge):
		return "its answer is too large"
	case errors.Is(e.Cause, ssrf.ErrProhibitedIP):
		return "that address is on a private network; the operator can allow it with --allow-network"
	case errors.Is(e.Cause, ssrf.ErrProhibitedPort):
		return fmt.Sprintf("port %s is not allowed; the operator can allow it with --allow-port", e.Port)
	}
	return ""
}

// certificate explains what is wrong with the platform's certificate.
func (e *Error) certificate() string {
	_, wrongName := errors.AsType[x509.HostnameError](e.Cause)
	_, unknown := errors.AsType[x509.UnknownAuthorityError](e.Cause)
	invalid, isInvalid := errors.AsType[x509.CertificateInvalidError](e.Cause)
	_, noTLS := errors.AsType[tls.RecordHeaderError](e.Cause)
	_, unverified := errors.AsType[*tls.CertificateVerificationError](e.Cause)
	switch {
	case wrongName:
		return fmt.Sprintf("its certificate is not for the name %s", e.Host)
	case unknown:
		return "its certificate comes from an authority that this server does not know; the operator can add one with --ca-file"
	case isInvalid && invalid.Reason == x509.Expired:
		return "its certificate has run out, or is not valid yet"
	case unverified:
		return "its certificate is not valid"
	case noTLS:
		return fmt.Sprintf("%s does not speak https at that port", e.Host)
	}
	return ""
}

// Explain says in plain words why a call came to nothing, as part of a
// sentence. It looks for an error that can explain itself in err's chain; for
// others it has one neutral answer.
func Explain(err error) string {
	if explained, ok := errors.AsType[interface {
		error
		Explain() string
	}](err); ok {
		return explained.Explain()
	}
	return "it could not be reached"
}

// bare returns a URL without query, fragment and user.
func bare(u *url.URL) string {
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}).String()
}
