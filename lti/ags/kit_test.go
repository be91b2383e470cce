package ags_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

const services = "https://moodle.localhost:9443/mod/lti/services.php"

var (
	earned = time.Date(2026, 11, 23, 15, 37, 19, 466_000_000, time.UTC)
	item   = services + "/2/lineitems/2/lineitem?type_id=1"
)

var key = sync.OnceValue(func() lti.PrivateKey {
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return lti.PrivateKey{ID: "k", RSA: pair}
})

// A platform answers service calls by a function; tokens it gives to anybody.
type platform struct {
	answer func(r *http.Request) *http.Response
	token  func(scope string) *http.Response // nil grants everything
	mu     sync.Mutex                        // of what follows
	calls  []*http.Request
	bodies []string
}

func (p *platform) lastBody() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.bodies[len(p.bodies)-1]
}

func (p *platform) Do(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	if r.URL.Path == "/mod/lti/token.php" {
		if p.token != nil {
			return p.token(string(body)), nil
		}
		return respond(200, `{"access_token":"t","expires_in":3600}`), nil
	}
	p.mu.Lock()
	p.calls, p.bodies = append(p.calls, r), append(p.bodies, string(body))
	p.mu.Unlock()
	return p.answer(r), nil
}

func (p *platform) client(opts ...lti.ClientOption) *lti.Client {
	return lti.NewClient(lti.Registration{ClientID: "c", TokenURL: "https://moodle.localhost:9443/mod/lti/token.php"}, key(), p, opts...)
}

func always(status int, body string, header ...string) *platform {
	return &platform{answer: func(*http.Request) *http.Response { return respond(status, body, header...) }}
}

func respond(status int, body string, header ...string) *http.Response {
	h := http.Header{}
	for i := 0; i < len(header); i += 2 {
		h.Add(header[i], header[i+1])
	}
	return &http.Response{StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)), Header: h, Body: io.NopCloser(strings.NewReader(body))}
}

// An exchange is one recorded call of a real Moodle.
type exchange struct {
	name    string
	Request struct {
		Method, URL, Body string
		Headers           map[string]string
	}
	Response struct {
		Status     int
		StatusText string
		Headers    map[string]string
		Body       string
	}
}

func (e exchange) response() *http.Response {
	r := respond(e.Response.Status, e.Response.Body)
	r.Status = fmt.Sprint(e.Response.Status, " ", e.Response.StatusText)
	for name, value := range e.Response.Headers {
		r.Header.Set(name, value)
	}
	return r
}

func recordings(t testing.TB, pattern string, want int) []exchange {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", pattern))
	if err != nil || len(files) != want {
		t.Fatalf("%d recordings of %s, want %d (%v)", len(files), pattern, want, err)
	}
	var all []exchange
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		e := exchange{name: strings.TrimSuffix(filepath.Base(file), ".json")}
		if err := json.Unmarshal(raw, &e); err != nil {
			t.Fatal(err)
		}
		all = append(all, e)
	}
	return all
}

func kind(e *lti.ServiceError) string {
	for name, is := range map[string]bool{"later": e.TryLater(), "conflict": e.Conflict(), "permanent": e.Permanent()} {
		if is {
			return name
		}
	}
	return ""
}
