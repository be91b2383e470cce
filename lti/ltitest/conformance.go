package ltitest

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// A Candidate is a tool under examination. What is optional is a power over
// the tool; cases that need one which is missing are skipped and say so.
type Candidate struct {
	LoginURL  string
	LaunchURL string // redirect URI and target link URI
	KeySetURL string // optional

	// Custom are custom parameters of every launch, if the tool needs some to
	// know what to show.
	Custom map[string]string

	// Client brings requests to the tool; nil: http.DefaultTransport. It must
	// not follow redirects.
	Client lti.Doer

	// Connect makes a platform known to the tool, in a registration of its
	// own, as an administrator does. ErrCannot if the tool has no such setting.
	Connect func(context.Context, lti.Registration) error
	// OtherLaunchURL is a launch URL of another tenant of the same tool.
	OtherLaunchURL string
	// RegistrationURL makes a URL for dynamic registration. It is called for
	// each case that needs one, and in place of Connect where that is nil.
	RegistrationURL func(context.Context) (string, error)
	// Pass moves the tool's clock, and the Now of the suite with it.
	Pass func(time.Duration)
	// Score has the tool post a score for a launch that it has accepted, of a
	// share of the maximum, 0 or 1; landed is the answer in which the launch
	// ended.
	Score func(ctx context.Context, landed *http.Response, share float64) error
	// Pick has the tool answer a deep linking request with that many items, 0 or
	// 1; landed is the answer in which the request ended. It returns where the
	// tool's form goes, and its fields.
	Pick func(ctx context.Context, landed *http.Response, items int) (action string, form url.Values, err error)
	// Roster has the tool read the roster of the course that a teacher's launch
	// was in.
	Roster func(ctx context.Context, landed *http.Response) error
	// CheckOf reads from an answer which check has refused a launch; empty if
	// the tool does not say, as most tools should not.
	CheckOf func(*http.Response) lti.Check
}

// ErrCannot says that a candidate has no such power.
var ErrCannot = errors.New("the tool has no such setting")

// SuiteOptions say where a suite's platforms are and what they examine.
type SuiteOptions struct {
	// BaseURL is where the suite's handler can be reached by tool and browser,
	// without a slash at its end. The first platform's issuer is this URL.
	BaseURL   string
	Candidate Candidate
	Now       func() time.Time // nil: time.Now

	// ClientID and DeploymentID of the tool at the first platform; empty: made
	// up.
	ClientID, DeploymentID string

	// Only are beginnings of the IDs of the cases to be made; none: all.
	Only []string
}

// A Suite examines a tool as the platforms that it serves: Handler must be
// reachable at BaseURL while Run runs.
type Suite struct {
	candidate Candidate
	base      string
	now       func() time.Time
	only      []string

	mu      sync.Mutex
	sites   map[string]*site // by the first part of the path; "" is the first
	count   int
	strange []*http.Request // to paths that belong to nobody
}

// A site is one platform with a course, a teacher, a learner and an activity.
type site struct {
	*platform.Platform
	tool                               platform.Tool
	course, activity, learner, teacher string

	// What is answered in place of the platform, by the end of the path.
	instead map[string]http.HandlerFunc
}

// ServeHTTP is the platform's, but for what is answered instead.
func (x *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	for end, h := range x.instead {
		if strings.HasSuffix(r.URL.Path, end) {
			h(w, r)
			return
		}
	}
	x.Platform.ServeHTTP(w, r)
}

// NewSuite returns a suite whose first platform is to be made known to the
// candidate: Registration says with which values.
func NewSuite(o SuiteOptions) (*Suite, error) {
	if o.Now == nil {
		o.Now = time.Now
	}
	s := &Suite{candidate: o.Candidate, base: strings.TrimRight(o.BaseURL, "/"), now: o.Now, only: o.Only, sites: map[string]*site{}}
	_, err := s.open("", platform.Generic, func(t *platform.ToolSettings) {
		t.ClientID, t.DeploymentID = o.ClientID, o.DeploymentID
	})
	return s, err
}

// Registration is what the candidate must know of the first platform.
func (s *Suite) Registration() lti.Registration { return s.first().registration() }

// Register opens a registration URL of the candidate's the way an LMS does, in
// place of typing Registration.
func (s *Suite) Register(ctx context.Context, registrationURL string) error {
	return s.registerAt(ctx, s.first(), registrationURL)
}

func (s *Suite) first() *site {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sites[""]
}

// open starts a platform below the base URL.
func (s *Suite) open(name string, profile platform.Profile, change func(*platform.ToolSettings)) (*site, error) {
	issuer := s.base
	if name != "" {
		issuer += "/" + name
	}
	made, err := platform.New(platform.Options{Issuer: issuer, Name: "Conformance", Profile: profile, Now: s.now, Doer: s.candidate.Client})
	if err != nil {
		return nil, err
	}
	settings := platform.ToolSettings{
		Name: "Tool", ToolURL: s.candidate.LaunchURL, LoginURL: s.candidate.LoginURL,
		RedirectURIs: []string{s.candidate.LaunchURL}, KeySetURL: s.candidate.KeySetURL,
		Scopes: []string{lti.ScopeLineItem, lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeScore, lti.ScopeMemberships},
	}
	if change != nil {
		change(&settings)
	}
	x := &site{Platform: made}
	err = s.furnish(x, made.AddTool(settings))
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sites[name] = x
	return x, err
}

func (s *Suite) furnish(x *site, t platform.Tool) error {
	x.tool, x.course = t, x.AddCourse("Conformance 101")
	x.learner = x.AddUser(platform.User{Name: "Lee Learner", GivenName: "Lee", FamilyName: "Learner", Email: "lee@example.com"})
	x.teacher = x.AddUser(platform.User{Name: "Terry Teacher"})
	x.Enrol(x.course, x.learner, platform.Learner)
	x.Enrol(x.course, x.teacher, platform.Instructor)
	link, err := x.AddLink(x.course, platform.Link{Tool: t.ClientID, Title: "Practice", Maximum: 100, Custom: s.candidate.Custom})
	x.activity = link.ID
	return err
}

func (x *site) registration() lti.Registration {
	return lti.Registration{
		ID: x.tool.ClientID, Issuer: x.Issuer(), ClientID: x.tool.ClientID, Deployments: []string{x.tool.DeploymentID},
		AuthURL: x.AuthURL(), TokenURL: x.TokenURL(), KeySetURL: x.KeySetURL(),
	}
}

// connected opens a platform of its own for a case and makes it known; prepare
// may change the one, change what is known of it.
func (s *Suite) connected(ctx context.Context, profile platform.Profile, prepare func(*site) error, change func(*lti.Registration)) (*site, error) {
	byURL := s.candidate.Connect == nil && s.candidate.RegistrationURL != nil && change == nil
	if s.candidate.Connect == nil && !byURL {
		return nil, skip("needs a registration of its own, or one of a special kind: the suite cannot make it with this tool")
	}
	s.mu.Lock()
	s.count++
	name := fmt.Sprint("site-", s.count)
	s.mu.Unlock()
	x, err := s.open(name, profile, nil)
	if err != nil {
		return nil, err
	}
	if prepare != nil {
		if err := prepare(x); err != nil {
			return nil, err
		}
	}
	if byURL {
		return x, s.registerSite(ctx, x)
	}
	r := x.registration()
	if change != nil {
		change(&r)
	}
	err = s.candidate.Connect(ctx, r)
	if errors.Is(err, ErrCannot) {
		return nil, skip(err.Error())
	}
	return x, err
}

// registerSite lets the tool register itself with a platform of a case.
func (s *Suite) registerSite(ctx context.Context, x *site) error {
	address, err := s.candidate.RegistrationURL(ctx)
	if err != nil {
		return err
	}
	return s.registerAt(ctx, x, address)
}

func (s *Suite) registerAt(ctx context.Context, x *site, registrationURL string) error {
	before := len(x.Tools())
	if _, err := s.register(ctx, x, registrationURL); err != nil {
		return err
	}
	all := x.Tools()
	if len(all) == before {
		return errors.New("the tool did not register itself")
	}
	return s.furnish(x, all[len(all)-1])
}

// Handler serves the suite's platforms.
func (s *Suite) Handler() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name, _, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
		s.mu.Lock()
		x := s.sites[name]
		if name == "lti" {
			x, name = s.sites[""], ""
		}
		if x == nil {
			s.strange = append(s.strange, r)
		}
		s.mu.Unlock()
		switch {
		case x == nil:
			http.NotFound(w, r)
		case name == "":
			x.ServeHTTP(w, r)
		default:
			http.StripPrefix("/"+name, x).ServeHTTP(w, r)
		}
	})
}

// strangers returns the requests below a path that belongs to no platform.
func (s *Suite) strangers(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, r := range s.strange {
		if strings.HasPrefix(r.URL.Path, path) {
			n++
		}
	}
	return n
}

// A Case is one row of what a tool must do, under its stable id.
type Case struct {
	ID    string // CERT-B01, OWN-T05, …
	Title string
	trial func(*trial) error
}

// Cases returns all cases in the order in which they are run: what may spend
// the tool's patience comes last.
func Cases() []Case {
	var all []Case
	for _, part := range [][]Case{badPayloads, goodPayloads, loginCases, tokenCases, claimCases, deepLinkingCases, serviceCases, rosterCases, registrationCases, stormCases} {
		all = append(all, part...)
	}
	return all
}

// Run makes every case and tells each result as it comes.
func (s *Suite) Run(ctx context.Context, each func(Result)) Report {
	var r Report
	for _, c := range Cases() {
		if ctx.Err() != nil {
			break
		}
		if !s.wants(c.ID) {
			continue
		}
		result := s.examine(ctx, c)
		r.add(result)
		if each != nil {
			each(result)
		}
	}
	return r
}

func (s *Suite) wants(id string) bool {
	return len(s.only) == 0 || slices.ContainsFunc(s.only, func(begin string) bool { return strings.HasPrefix(id, begin) })
}

// examine makes one case.
func (s *Suite) examine(ctx context.Context, c Case) Result {
	t := &trial{ctx: ctx, suite: s, site: s.first()}
	begun := time.Now()
	err := c.trial(t)
	r := Result{ID: c.ID, Title: c.Title, Outcome: Passed, Took: time.Since(begun)}
	var skipped skip
	switch {
	case errors.As(err, &skipped):
		r.Outcome, r.Text = Skipped, string(skipped)
	case err != nil:
		r.Outcome, r.Text = Failed, err.Error()
	}
	return r
}

// A skip is the reason why a case cannot be made with this tool.
type skip string

func (s skip) Error() string { return string(s) }
