package lti

import (
	"io"
	"net/http"
	"net/url"
	"sync"
	"time"
)

// A Tool takes launches. The zero value of every field but the first two is a
// good default. A tool is safe for use by many goroutines.
type Tool struct {
	Registrations Registrations
	States        States

	// KeySets fetches platforms' keys. Nil means a cache of the tool's own over
	// http.DefaultTransport.
	KeySets KeySets

	Now    func() time.Time // nil means time.Now
	Random io.Reader        // nil means crypto/rand

	// StateLife is the time from login to launch; 0 means 10 minutes.
	StateLife time.Duration
	// Leeway is how far the platform's clock may be off; 0 means 60 seconds.
	Leeway time.Duration

	// Hosts tells whether a target_link_uri names this tool. Nil means: the
	// same scheme, host and port as the launch URL.
	Hosts func(target *url.URL) bool

	// InsecureCookies leaves the __Host- prefix off, for a tool that is served
	// over http on loopback in development. Secure stays: browsers accept it
	// there.
	InsecureCookies bool

	ownKeySets  sync.Once
	keySetCache *KeySetCache
}

// A Doer sends HTTP requests: an *http.Client, or a caller's guarded one. It
// should not follow redirects; from an *http.Client that is taken care of.
type Doer interface {
	Do(*http.Request) (*http.Response, error)
}
