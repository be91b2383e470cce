package platform

import (
	"crypto/rand"
	"encoding/hex"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// Options say what a platform is.
type Options struct {
	// Issuer is the platform's iss, without a slash at its end.
	Issuer string
	// BaseURL is below which all endpoints are, under /lti; empty: the issuer.
	BaseURL string
	Name    string // of the site; empty: the profile's
	Profile Profile

	Doer   lti.Doer         // fetches tools' key sets; nil: http.DefaultClient
	Now    func() time.Time // nil: time.Now
	Random io.Reader        // nil: crypto/rand
	// Key signs messages; nil: a fresh one.
	Key *lti.PrivateKey
	// SignedIn tells which user a browser is signed in as, by ID; nil: the
	// user that the login hint names.
	SignedIn func(*http.Request) (user string, ok bool)
	// Returned answers the browser when somebody has come back from picking
	// content; nil: a plain page.
	Returned func(http.ResponseWriter, *http.Request, Selection)
}

// A Platform is an LTI platform in memory. It is safe for concurrent use.
type Platform struct {
	issuer   string
	base     string
	name     string
	profile  Profile
	doer     lti.Doer
	now      func() time.Time
	random   io.Reader
	signedIn func(*http.Request) (string, bool)
	returned func(http.ResponseWriter, *http.Request, Selection)
	mux      *http.ServeMux

	mu            sync.Mutex
	key           lti.PrivateKey
	last          int // the last ID that was given out
	count         int // of tools that were ever added
	tools         map[string]*Tool
	courses       map[string]*Course
	users         map[string]*User
	links         map[string]*Link
	items         map[string]*item
	hints         map[string]hint // pending launches, by lti_message_hint
	access        map[string]grant
	registrations map[string]pendingTool // by registration token
	granted       []string               // what administrators allow; nil: everything
	selections    map[string]*Selection
	handlers      map[string]map[string]string // notice handlers by client ID and type
	notices       []notice                     // to be delivered
	assertions    map[string]bool              // jti seen
	faults        []Fault
	calls         []Call

	keySetDocument []byte // in place of the key set, if not nil
}

// New returns a platform without tools, people and courses.
func New(o Options) (*Platform, error) {
	p := &Platform{
		issuer: strings.TrimRight(o.Issuer, "/"), base: strings.TrimRight(o.BaseURL, "/"), name: o.Name, profile: o.Profile, doer: o.Doer,
		now: o.Now, random: o.Random, signedIn: o.SignedIn, returned: o.Returned,
		tools: map[string]*Tool{}, courses: map[string]*Course{}, users: map[string]*User{},
		links: map[string]*Link{}, items: map[string]*item{}, hints: map[string]hint{},
		access: map[string]grant{}, registrations: map[string]pendingTool{}, assertions: map[string]bool{},
		selections: map[string]*Selection{}, handlers: map[string]map[string]string{},
	}
	if p.base == "" {
		p.base = p.issuer
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
	p.routes()
	if o.Key != nil {
		p.key = *o.Key
		return p, nil
	}
	var err error
	p.key, err = lti.NewPrivateKey(p.random, p.token(10))
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
	p.mux.HandleFunc("/lti/register/{client}", p.manage)
	p.mux.HandleFunc("/lti/courses/{course}/lineitems", p.itemContainer)
	p.mux.HandleFunc("/lti/courses/{course}/lineitems/{item}/lineitem", p.oneItem)
	p.mux.HandleFunc("/lti/courses/{course}/lineitems/{item}/lineitem/scores", p.takeScore)
	p.mux.HandleFunc("/lti/courses/{course}/lineitems/{item}/lineitem/results", p.results)
	p.mux.HandleFunc("/lti/courses/{course}/members", p.members)
	p.mux.HandleFunc("/lti/courses/{course}/", p.noHandler)
	p.mux.HandleFunc("POST /lti/deep-linking", p.takeSelection)
	p.mux.HandleFunc("/lti/notices/{client}", p.noticeHandlers)
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
func (p *Platform) AuthURL() string          { return p.base + "/lti/auth" }
func (p *Platform) TokenURL() string         { return p.base + "/lti/token" }
func (p *Platform) KeySetURL() string        { return p.base + "/lti/jwks" }
func (p *Platform) ConfigurationURL() string { return p.base + "/lti/openid-configuration" }
func (p *Platform) registrationURL() string  { return p.base + "/lti/register" }

// Key returns the key that signs launches, for tests that sign their own.
func (p *Platform) Key() lti.PrivateKey {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.key
}

// Audience is the aud of client assertions that a tool is told. Where the LMS has
// another than its token URL, so has the platform, on its own host as all its
// addresses are.
func (p *Platform) Audience() string {
	if a, err := url.Parse(p.profile.LMS.Endpoints.Audience); err == nil && a.Host != "" {
		return p.base + a.Path
	}
	return p.TokenURL()
}

// longID gives out an ID as the LMS would. Hold the lock.
func (p *Platform) longID(of string) string {
	id := p.nextID()
	if !p.profile.LongIDs {
		return id
	}
	switch code := p.profile.LMS.Code; {
	case code == "blackboard" && of == "course":
		return "_" + id + "_1"
	case code == "openedx" && of == "course":
		return "course-v1:Demo+Course" + id + "+2026"
	case code == "openedx" && of == "link":
		return "block-v1:Demo+Course+2026+type@lti_consumer+block@" + p.token(16)
	case of == "item" || code == "brightspace" && of != "user":
		return id
	}
	raw := p.token(16)
	return raw[:8] + "-" + raw[8:12] + "-" + raw[12:16] + "-" + raw[16:20] + "-" + raw[20:]
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
