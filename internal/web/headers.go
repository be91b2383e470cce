package web

import (
	"net/http"
	"strings"
)

// Content security policies. Scripts and styles are files of our own, never
// inline; pages load nothing from anywhere else.
const (
	cspSealed = "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
	cspPage   = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
		"font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors "

	framersNone        = "'none'"
	framersHTTPS       = "https:"
	framersDevelopment = "https: http://localhost:* http://127.0.0.1:*"
)

// framed are the paths below which everything may be shown in a frame of an
// LMS, errors as well: a page that is refused there would be a blank one.
var framed = []string{"/lti/", "/stage/", "/course/"}

// headersOf sets the headers of a page by its path, for what fails before the
// page's own handler is reached.
func (k *Kit) headersOf(h http.Header, path string) {
	for _, below := range framed {
		if strings.HasPrefix(path, below) {
			k.openFrame(h)
			return
		}
	}
	sealFrame(h)
}

// yearOfHTTPS tells browsers to come by https alone. The host's neighbours on
// the same domain are somebody else's, and not spoken for.
const yearOfHTTPS = "max-age=31536000"

// setHeaders sets what every answer has.
func (k *Kit) setHeaders(h http.Header) {
	if k.secure {
		h.Set("Strict-Transport-Security", yearOfHTTPS)
	}
	h.Set("Content-Security-Policy", cspSealed)
	h.Set("Referrer-Policy", "same-origin")
	h.Set("X-Content-Type-Options", "nosniff")
}

// sealFrame forbids framing and caching: admin pages.
func sealFrame(h http.Header) {
	h.Set("Content-Security-Policy", cspPage+framersNone)
	h.Set("X-Frame-Options", "DENY")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
}

// AllowFormsToLMS lets the forms of one answer end at an LMS, whatever its
// host: browsers hold the redirects behind a form against form-action as well.
func (k *Kit) AllowFormsToLMS(h http.Header) {
	const own = "form-action 'self'"
	csp := h.Get("Content-Security-Policy")
	h.Set("Content-Security-Policy", strings.Replace(csp, own, own+" "+k.framers(), 1))
}

// openFrame lets an LMS show the page in a frame. The framing host is the
// school's, not the issuer's, and cannot be known beforehand.
func (k *Kit) openFrame(h http.Header) {
	h.Set("Content-Security-Policy", cspPage+k.framers())
	h.Set("Cache-Control", "no-store")
}

// framers are where LMSes may be.
func (k *Kit) framers() string {
	if k.Development {
		return framersDevelopment
	}
	return framersHTTPS
}
