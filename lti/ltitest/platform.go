package ltitest

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// LaunchURL is where launches arrive at a tool that is tested in process.
const LaunchURL = "https://tool.example.com/launch"

// The names under which NewPlatform registers the tool.
const (
	toolLogin  = "https://tool.example.com/login"
	toolKeySet = "https://tool.example.com/jwks"
)

// A Platform serves one course with a teacher, a learner and a graded activity
// on a loopback address for as long as the test runs: by https if its tool is,
// with a certificate that Client alone trusts. Its clock stands still until Pass
// moves it. It is the lti.Registrations of the tool that it knows.
type Platform struct {
	*platform.Platform
	Tool             platform.Tool
	Course, Activity string // IDs
	Learner, Teacher string // users' IDs; a launch is the learner's

	t      testing.TB
	server *httptest.Server
	mu     sync.Mutex
	now    time.Time
	tools  tools
}

// NewPlatform starts a platform that knows a tool at LaunchURL. The tool's
// client IDs, users and links are given out anew for each platform. What the
// tool signs, an assertion for an access token or what was picked, it believes
// once it has the key: Trust tells it.
func NewPlatform(t testing.TB, profile platform.Profile) *Platform {
	t.Helper()
	return start(t, profile, platform.ToolSettings{
		Name: "Tool", ToolURL: LaunchURL, LoginURL: toolLogin, RedirectURIs: []string{LaunchURL}, KeySetURL: toolKeySet,
	})
}

// NewPlatformFor starts a platform that knows the tool with these settings.
func NewPlatformFor(t testing.TB, profile platform.Profile, tool platform.ToolSettings) *Platform {
	t.Helper()
	return start(t, profile, tool)
}

func start(t testing.TB, profile platform.Profile, tool platform.ToolSettings) *Platform {
	t.Helper()
	p := &Platform{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	p.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { p.Platform.ServeHTTP(w, r) }))
	if strings.HasPrefix(tool.ToolURL, "https:") {
		p.server.StartTLS()
	} else {
		p.server.Start()
	}
	t.Cleanup(p.server.Close)
	made, err := platform.New(platform.Options{Issuer: p.server.URL, Profile: profile, Now: p.Now, Doer: &p.tools})
	if err != nil {
		t.Fatal(err)
	}
	p.Platform = made
	p.Tool = made.AddTool(tool)
	p.Course = made.AddCourse("Harbour Engineering 101")
	p.Learner = made.AddUser(platform.User{Name: "Stina Student", GivenName: "Stina", FamilyName: "Student", Email: "stina@example.com"})
	p.Teacher = made.AddUser(platform.User{Name: "Tessa Teacher"})
	made.Enrol(p.Course, p.Learner, platform.Learner)
	made.Enrol(p.Course, p.Teacher, platform.Instructor)
	p.Activity = p.Add(platform.Link{Title: "Practice", Maximum: 100})
	return p
}

// Add adds an activity with the tool to the course and returns its ID.
func (p *Platform) Add(l platform.Link) string {
	p.t.Helper()
	l.Tool = p.Tool.ClientID
	made, err := p.AddLink(p.Course, l)
	if err != nil {
		p.t.Fatal(err)
	}
	return made.ID
}

// Now is the platform's clock, for the tool as well.
func (p *Platform) Now() time.Time {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.now
}

// Pass moves the clock on.
func (p *Platform) Pass(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.now = p.now.Add(d)
}

// Client sends requests to the platform; give it to lti.NewClient.
func (p *Platform) Client() *http.Client { return p.server.Client() }

// KeySets are the platform's, by its own clock.
func (p *Platform) KeySets() lti.KeySets { return lti.NewKeySets(p.Client(), p.Now) }

// Registration is what the tool knows of the platform.
func (p *Platform) Registration(_ context.Context, id string) (lti.Registration, error) {
	if id != p.Tool.ClientID {
		return lti.Registration{}, lti.ErrNoRegistration
	}
	return p.Known(), nil
}

// Known is the registration itself.
func (p *Platform) Known() lti.Registration {
	return lti.Registration{
		ID: p.Tool.ClientID, Issuer: p.Issuer(), ClientID: p.Tool.ClientID, Deployments: []string{p.Tool.DeploymentID},
		AuthURL: p.AuthURL(), TokenURL: p.TokenURL(), KeySetURL: p.KeySetURL(), Audience: p.Audience(),
	}
}

// Find implements lti.Registrations.
func (p *Platform) Find(_ context.Context, issuer, clientID string) ([]lti.Registration, error) {
	if issuer != p.Issuer() || clientID != "" && clientID != p.Tool.ClientID {
		return nil, nil
	}
	return []lti.Registration{p.Known()}, nil
}

// Received returns the scores that the activity has accepted.
func (p *Platform) Received() []platform.Score { return p.Scores(p.Activity) }
