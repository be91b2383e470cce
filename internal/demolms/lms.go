package demolms

import (
	"crypto/rand"
	"embed"
	"encoding/hex"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/platform"
	"github.com/greenroom-lti/greenroom/lti/profile"
)

// Options say where the LMS is and what it stands on.
type Options struct {
	BaseURL string // http://localhost:8081; also the issuer
	Now     func() time.Time
	Random  io.Reader
	Log     *slog.Logger
	Client  lti.Doer // fetches tools' key sets
	Profile platform.Profile
}

// An Account is somebody who can sign in. Role is admin, teacher or student.
type Account struct {
	Username, Password, Name, Role string
	id                             string // the platform's user ID
}

// An LMS is a platform with pages.
type LMS struct {
	platform *platform.Platform
	log      *slog.Logger
	random   io.Reader
	accounts []Account
	course   string // the first one
	handler  http.Handler

	mu       sync.Mutex
	sessions map[string]string // cookie to username
	courses  []string          // IDs, the first one and its copies
	guests   []Account         // who was enrolled on the people page; they cannot sign in
}

const courseTitle = "Conversations at work"

// people of the demo. The passwords guard nothing: the sign-in page shows a
// button for each of them.
var people = []Account{
	{Username: "admin", Password: "admin", Name: "Alex Admin", Role: "admin"},
	{Username: "teacher", Password: "teacher", Name: "Toni Teacher", Role: "teacher"},
	{Username: "student1", Password: "student1", Name: "Sam Student", Role: "student"},
	{Username: "student2", Password: "student2", Name: "Robin Student", Role: "student"},
	{Username: "student3", Password: "student3", Name: "Kim Student", Role: "student"},
}

// New returns an LMS with one course, a teacher and three students in it, and
// an administrator.
func New(o Options) (*LMS, error) {
	if o.Random == nil {
		o.Random = rand.Reader
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Profile.Name == "" {
		o.Profile = platform.Generic
		o.Profile.LMS.Registration.Update = profile.UpdateByToken // as Moodle does
	}
	l := &LMS{log: o.Log, random: o.Random, sessions: map[string]string{}}
	var err error
	l.platform, err = platform.New(platform.Options{
		Issuer: o.BaseURL, Name: "Demo LMS", Profile: o.Profile, Doer: o.Client, Now: o.Now, Random: o.Random,
		SignedIn: func(r *http.Request) (string, bool) {
			a, in := l.who(r)
			return a.id, in
		},
		Returned: l.returned,
	})
	if err != nil {
		return nil, err
	}
	l.populate()
	l.handler = l.routes()
	return l, nil
}

func (l *LMS) populate() {
	l.course = l.platform.AddCourse(courseTitle)
	l.courses = []string{l.course}
	for _, a := range people {
		a.id = l.platform.AddUser(platform.User{Name: a.Name, Email: a.Username + "@example.com"})
		l.accounts = append(l.accounts, a)
	}
	l.enrolAll(l.course)
}

// enrolAll puts everybody who can sign in into a course.
func (l *LMS) enrolAll(course string) {
	for _, a := range l.accounts {
		l.platform.Enrol(course, a.id, a.courseRole())
	}
}

func (a Account) courseRole() string {
	if a.Role == "student" {
		return platform.Learner
	}
	return platform.Instructor
}

// Handler returns pages and endpoints.
func (l *LMS) Handler() http.Handler { return l.handler }

// Platform returns the platform under the pages.
func (l *LMS) Platform() *platform.Platform { return l.platform }

// Course returns the ID of the first course.
func (l *LMS) Course() string { return l.course }

// Accounts returns who can sign in.
func (l *LMS) Accounts() []Account { return l.accounts }

// ToolSettings are what the page for adding a tool by hand asks.
type ToolSettings = platform.ToolSettings

// Values are what the LMS shows about itself once a tool was added by hand:
// what the tool's manual form asks.
type Values struct {
	PlatformName, Issuer, ClientID, DeploymentID string
	AuthURL, TokenURL, KeySetURL                 string
}

// ConnectManually does what an administrator does on the page.
func (l *LMS) ConnectManually(s ToolSettings) (Values, error) {
	if bad := checkTool(s); len(bad) > 0 {
		return Values{}, bad
	}
	return l.values(l.admit(s)), nil
}

// services are all that this LMS has: a tool added by hand may use each.
var services = []string{
	lti.ScopeLineItem, lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeScore,
	lti.ScopeMemberships, lti.ScopeNoticeHandlers,
}

func (l *LMS) admit(s ToolSettings) platform.Tool {
	if s.Scopes == nil {
		s.Scopes = slices.Clone(services)
	}
	return l.platform.AddTool(s)
}

func (l *LMS) values(t platform.Tool) Values {
	return Values{
		"Demo LMS", l.platform.Issuer(), t.ClientID, t.DeploymentID,
		l.platform.AuthURL(), l.platform.TokenURL(), l.platform.KeySetURL(),
	}
}

// An Activity is what a teacher adds to the course.
type Activity struct {
	Tool    string // client ID
	Title   string
	Custom  map[string]string
	Maximum float64 // 0: not graded
	Frame   bool    // opens in a frame of the course page
}

// AddActivity does what a teacher does on the page.
func (l *LMS) AddActivity(a Activity) error { return l.addTo(l.course, a) }

func (l *LMS) addTo(course string, a Activity) error {
	_, err := l.platform.AddLink(course, platform.Link{
		Tool: a.Tool, Title: a.Title, Custom: a.Custom, Maximum: a.Maximum, Window: !a.Frame,
	})
	return err
}

//go:embed templates assets
var files embed.FS

var pages = func() map[string]*template.Template {
	all := map[string]*template.Template{}
	for _, name := range []string{"sign-in", "tools", "tool", "course", "activity", "add-activity", "gradebook", "people", "pick", "picked", "problem"} {
		all[name] = template.Must(template.New("layout.html").Funcs(template.FuncMap{"dict": dict, "period": period}).ParseFS(files, "templates/layout.html", "templates/"+name+".html"))
	}
	return all
}()

// show renders a page for whoever is signed in.
func (l *LMS) show(w http.ResponseWriter, r *http.Request, status int, page string, data any) {
	a, in := l.who(r)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	err := pages[page].Execute(w, map[string]any{
		"Account": a, "SignedIn": in && page != "picked", "Course": l.courseOf(r), "Courses": l.allCourses(), "Data": data,
		"Admin": a.Role == "admin", "Teaches": a.Role == "admin" || a.Role == "teacher",
	})
	if err != nil {
		l.log.Error("demo LMS: page", "page", page, "err", err)
	}
}

// courseOf is the course that a page belongs to.
func (l *LMS) courseOf(r *http.Request) platform.Course {
	id := r.PathValue("course")
	if link, ok := l.platform.Link(r.PathValue("link")); ok {
		id = link.Course
	}
	c, ok := l.platform.Course(id)
	if !ok {
		c, _ = l.platform.Course(l.course)
	}
	return c
}

func (l *LMS) allCourses() []platform.Course {
	l.mu.Lock()
	defer l.mu.Unlock()
	var all []platform.Course
	for _, id := range l.courses {
		c, _ := l.platform.Course(id)
		all = append(all, c)
	}
	return all
}

// problem shows what went wrong, with a way back.
func (l *LMS) problem(w http.ResponseWriter, r *http.Request, status int, text string) {
	l.show(w, r, status, "problem", text)
}

const sessionCookie = "demo_lms"

// who tells who is signed in.
func (l *LMS) who(r *http.Request) (Account, bool) {
	c, err := r.Cookie(sessionCookie)
	if err != nil {
		return Account{}, false
	}
	l.mu.Lock()
	username := l.sessions[c.Value]
	l.mu.Unlock()
	return l.account(username)
}

func (l *LMS) account(username string) (Account, bool) {
	for _, a := range l.accounts {
		if a.Username == username {
			return a, true
		}
	}
	return Account{}, false
}

func (l *LMS) token() (string, error) {
	raw := make([]byte, 16)
	_, err := io.ReadFull(l.random, raw)
	return hex.EncodeToString(raw), err
}

// dict makes a map of names and values, for templates.
func dict(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		m[pairs[i].(string)] = pairs[i+1]
	}
	return m
}
