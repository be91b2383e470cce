package platform

import (
	"bytes"
	"io"
	"net/http"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

// A Call is a request that has reached the platform.
type Call struct {
	Method string
	Path   string // with its query
	Header http.Header
	Body   string
}

const (
	maxCalls    = 10_000
	maxCallBody = 64 << 10
)

// note keeps a request for Calls.
func (p *Platform) note(r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxCallBody))
	r.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(body), r.Body), r.Body}
	if err != nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.calls) < maxCalls {
		p.calls = append(p.calls, Call{r.Method, r.URL.RequestURI(), r.Header.Clone(), string(body)})
	}
}

// Calls returns the requests whose path begins with a prefix, /lti/jwks for
// one, in the order in which they came; at most ten thousand are kept.
func (p *Platform) Calls(prefix string) []Call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(p.calls), func(c Call) bool { return !strings.HasPrefix(c.Path, prefix) })
}

// Rotate makes a new signing key and publishes it in place of the old one.
func (p *Platform) Rotate() error {
	key, err := lti.NewPrivateKey(p.random, p.token(10))
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.key = key
	return nil
}

// PublishKeySet serves a document of the caller's in place of the key set;
// nil ends it.
func (p *Platform) PublishKeySet(document []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.keySetDocument = document
}
