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

func setHeaders(h http.Header, csp string) {
	h.Set("Content-Security-Policy", csp)
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
