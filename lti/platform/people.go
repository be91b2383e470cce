package platform

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
)

// The roles that a person may have in a course.
const (
	Learner           = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
	Instructor        = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
	TeachingAssistant = "http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"
)

// A User is a person of the platform.
type User struct {
	ID                                 string // given out by AddUser if empty
	Name, GivenName, FamilyName, Email string // each may be empty
	Username, SourcedID                string // each may be empty
	// Anonymous launches carry no sub (Core 1.0 §5.3.6), and rosters leave the
	// user out.
	Anonymous bool
	Inactive  bool // status Inactive in rosters, where the LMS tells it
}

// A Course is what LTI calls a context.
type Course struct {
	ID, Title, Label string
	SourcedID        string
	Origins          []string            // the courses that it was copied from, newest first
	roles            map[string][]string // by user ID
	order            []string
	changes          []change // for differences of the roster
}

// A Period is when something is open; a zero time is no limit.
type Period struct{ Start, End time.Time }

// A Link is an activity in a course.
type Link struct {
	ID, Course, Title string
	Description       string
	Tool              string // client ID
	TargetLinkURI     string // empty: the tool's URL
	Custom            map[string]string
	Maximum           float64 // 0: not graded
	Window            bool    // opens in a window of its own
	ResourceID, Tag   string  // of its line item
	Available         Period
	Submission        Period
	Review            *Review  // how a submission is looked at, if in a way of its own
	Origins           []string // the links that it was copied from, newest first
	deployment        string
	item              string
	n                 int
}

// A Review is where LtiSubmissionReviewRequest goes (Submission Review 1.0
// §3.1).
type Review struct {
	URL    string            `json:"url,omitempty"`
	Custom map[string]string `json:"custom,omitempty"`
}

// AddUser adds a person and returns their ID.
func (p *Platform) AddUser(u User) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if u.ID == "" {
		u.ID = p.longID("user")
	}
	p.users[u.ID] = &u
	return u.ID
}

// AddCourse adds a course and returns its ID.
func (p *Platform) AddCourse(title string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.newCourse(title)
	return c.ID
}

func (p *Platform) newCourse(title string) *Course {
	c := &Course{ID: p.longID("course"), Title: title, Label: title, roles: map[string][]string{}}
	p.courses[c.ID] = c
	return c
}

// Course returns a course.
func (p *Platform) Course(id string) (Course, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c, ok := p.courses[id]
	if !ok {
		return Course{}, false
	}
	return *c, true
}

// Enrol gives a person roles in a course; none takes them out.
func (p *Platform) Enrol(course, user string, roles ...string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.courses[course]
	if _, known := c.roles[user]; !known {
		c.order = append(c.order, user)
	}
	c.roles[user] = roles
	c.changes = append(c.changes, change{user, len(roles) == 0})
}

// AddLink adds an activity, with a line item if it has a maximum, and returns
// it.
func (p *Platform) AddLink(course string, l Link) (Link, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.addLink(course, l)
}

func (p *Platform) addLink(course string, l Link) (Link, error) {
	if p.courses[course] == nil {
		return Link{}, fmt.Errorf("there is no course %q", course)
	}
	if p.tools[l.Tool] == nil {
		return Link{}, errors.New("there is no such tool")
	}
	l.ID, l.Course, l.deployment, l.n = p.longID("link"), course, p.tools[l.Tool].DeploymentID, p.last
	if l.Maximum > 0 {
		i := p.newItem(course, l.Tool)
		i.link, i.coupled, i.label, i.maximum, i.resourceID, i.tag, i.review = l.ID, true, l.Title, l.Maximum, l.ResourceID, l.Tag, l.Review
		l.item = i.ID
	}
	p.links[l.ID] = &l
	return l, nil
}

// SetCustom changes the custom parameters of an activity, as a teacher does who
// edits it; nil leaves those of the tool.
func (p *Platform) SetCustom(link string, custom map[string]string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.links[link]
	if l == nil {
		return fmt.Errorf("there is no activity %q", link)
	}
	l.Custom = maps.Clone(custom)
	return nil
}

// Links returns a course's activities in the order in which they were added.
func (p *Platform) Links(course string) []Link {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.linksOf(course)
}

func (p *Platform) linksOf(course string) []Link {
	var all []Link
	for _, l := range p.links {
		if l.Course == course {
			all = append(all, *l)
		}
	}
	slices.SortFunc(all, func(a, b Link) int { return a.n - b.n })
	return all
}

// Link returns an activity.
func (p *Platform) Link(id string) (Link, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.links[id]
	if !ok {
		return Link{}, false
	}
	return *l, true
}
