package ltitest

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"

	"github.com/greenroom-lti/greenroom/lti"
)

// tools is how the platform reaches the tool's key set: in a server that was
// visited, in what Trust was told, and else by HTTP.
type tools struct {
	mu      sync.Mutex
	servers map[string]http.Handler // by host
	keySets map[string][]byte       // by URL
}

// Trust has the platform know the public halves of a tool's keys, for a tool
// that publishes no key set. It takes the place of all keys before.
func (p *Platform) Trust(keys ...lti.PublicKey) {
	p.t.Helper()
	if p.Tool.KeySetURL == "" {
		p.t.Fatal("the tool's settings name no KeySetURL, which the platform looks keys up by")
	}
	p.tools.mu.Lock()
	defer p.tools.mu.Unlock()
	if p.tools.keySets == nil {
		p.tools.keySets = map[string][]byte{}
	}
	p.tools.keySets[p.Tool.KeySetURL] = lti.KeySetDocument(keys...)
}

func (t *tools) serve(address string, server http.Handler) {
	u, err := url.Parse(address)
	if err != nil {
		return // the visit will fail
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.servers == nil {
		t.servers = map[string]http.Handler{}
	}
	t.servers[u.Host] = server
}

// Do implements lti.Doer.
func (t *tools) Do(r *http.Request) (*http.Response, error) {
	t.mu.Lock()
	document, trusted := t.keySets[r.URL.String()]
	server, visited := t.servers[r.URL.Host]
	t.mu.Unlock()
	if trusted {
		server = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.Write(document) })
	} else if !visited {
		return http.DefaultClient.Do(r)
	}
	w := httptest.NewRecorder()
	server.ServeHTTP(w, httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.String(), r.Body))
	return w.Result(), nil
}
