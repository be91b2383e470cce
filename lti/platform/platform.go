package platform

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// Options say what a platform is.
type Options struct {
	// Issuer is the platform's URL, without a slash at its end. All endpoints
	// are below it, under /lti.
	Issuer  string
	Name    string // of the site; empty: the profile's
	Profile Profile

	Doer   lti.Doer         // fetches tools' key sets; nil: http.DefaultClient
	Now    func() time.Time // nil: time.Now
	Random io.Reader        // nil: crypto/rand
	// SignedIn tells which user a browser is signed in as, by ID; nil: the
	// user that the login hint names.
	SignedIn func(*http.Request) (user string, ok bool)
}

// A Platform is an LTI platform in memory. It is safe for concurrent use.
type Platform struct {
	issuer   string
	name     string
	profile  Profile
	doer     lti.Doer
	now      func() time.Time
	random   io.Reader
	signedIn func(*http.Request) (string, bool)
	mux      *http.ServeMux

	mu            sync.Mutex
	key           lti.PrivateKey
	last          int // the last ID that was given out
	tools         map[string]*Tool
	courses       map[string]*Course
	users         map[string]*User
	links         map[string]*Link
	items         map[string]*item
	hints         map[string]hint // pending launches, by lti_message_hint
	access        map[string]grant
	registrations map[string]string // tokens to the client ID they will make; "" once used
	assertions    map[string]bool   // jti seen
	faults        []Fault
	calls         []Call

	keySetDocument []byte // in place of the key set, if not nil
}

// New returns a platform with a fresh signing key.
func New(o Options) (*Platform, error) {
	p := &Platform{
		issuer: strings.TrimRight(o.Issuer, "/"), name: o.Name, profile: o.Profile, doer: o.Doer,
		now: o.Now, random: o.Random, signedIn: o.SignedIn,
		tools: map[string]*Tool{}, courses: map[string]*Course{}, users: map[string]*User{},
		links: map[string]*Link{}, items: map[string]*item{}, hints: map[string]hint{},
		access: map[string]grant{}, registrations: map[string]string{}, assertions: map[string]bool{},
	}
	if p.name == "" {
		p.name = p.profile.Name
	}
	if p.doer == nil {
		p.doer = http.DefaultClient
	}
	if p.now == nil {
		p.now = time.Now
	}
	if p.random == nil {
		p.random = rand.Reader
	}
	var err error
	p.key, err = lti.NewPrivateKey(p.random, p.token(10))
	p.routes()
	return p, err
}

func (p *Platform) routes() {
	p.mux = http.NewServeMux()
	p.mux.HandleFunc("GET /lti/jwks", p.keySet)
	p.mux.HandleFunc("/lti/auth", p.authorize)
	p.mux.HandleFunc("GET /lti/auth.js", submitScript)
	p.mux.HandleFunc("GET /lti/storage", p.storageFrame)
	p.mux.HandleFunc("GET /lti/storage.js", storageScript)
	p.mux.HandleFunc("/lti/token", p.grantToken)
	p.mux.HandleFunc("GET /lti/openid-configuration", p.configuration)
	p.mux.HandleFunc("/lti/register", p.register)
	p.mux.HandleFunc("/lti/courses/{course}/lineitems", p.listItems)
	p.mux.HandleFunc("/lti/courses/{course}/lineitems/{item}/lineitem", p.oneItem)
	p.mux.HandleFunc("/lti/courses/{course}/lineitems/{item}/lineitem/scores", p.takeScore)
	p.mux.HandleFunc("GET /lti/courses/{course}/members", p.members)
}

// ServeHTTP serves the platform's endpoints, all below /lti.
func (p *Platform) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.note(r)
	p.mux.ServeHTTP(w, r)
}

// Issuer returns the platform's iss.
func (p *Platform) Issuer() string { return p.issuer }

// Profile returns the profile.
func (p *Platform) Profile() Profile { return p.profile }

// The URLs that a tool is told.
func (p *Platform) AuthURL() string          { return p.issuer + "/lti/auth" }
func (p *Platform) TokenURL() string         { return p.issuer + "/lti/token" }
func (p *Platform) KeySetURL() string        { return p.issuer + "/lti/jwks" }
func (p *Platform) ConfigurationURL() string { return p.issuer + "/lti/openid-configuration" }
func (p *Platform) registrationURL() string  { return p.issuer + "/lti/register" }

// Key returns the key that signs launches, for tests that sign their own.
func (p *Platform) Key() lti.PrivateKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.key
}

// nextID gives out small decimal IDs, as many platforms do. Hold the lock.
func (p *Platform) nextID() string {
	p.last++
	return strconv.Itoa(p.last)
}

// token returns n random bytes in hexadecimal.
func (p *Platform) token(n int) string {
	raw := make([]byte, n)
	if _, err := io.ReadFull(p.random, raw); err != nil {
		panic(err)
	}
	return hex.EncodeToString(raw)
}

func (p *Platform) keySet(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, KeySet) {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	p.mu.Lock()
	document := p.keySetDocument
	p.mu.Unlock()
	if document == nil {
		document = lti.KeySetDocument(p.Key().Public())
	}
	w.Write(document)
}
