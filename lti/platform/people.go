package platform

import (
	"errors"
	"fmt"
	"slices"
)

// The roles that a person may have in a course.
const (
	Learner    = "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"
	Instructor = "http://purl.imsglobal.org/vocab/lis/v2/membership#Instructor"
)

// A User is a person of the platform.
type User struct {
	ID                                 string // given out by AddUser if empty
	Name, GivenName, FamilyName, Email string // each may be empty
}

// A Course is what LTI calls a context.
type Course struct {
	ID, Title, Label string
	roles            map[string][]string // by user ID
	order            []string
}

// A Link is an activity in a course.
type Link struct {
	ID, Course, Title string
	Tool              string // client ID
	TargetLinkURI     string // empty: the tool's URL
	Custom            map[string]string
	Maximum           float64 // 0: not graded
	Window            bool    // opens in a window of its own
	item              string
}

// AddUser adds a person and returns their ID.
func (p *Platform) AddUser(u User) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	if u.ID == "" {
		u.ID = p.nextID()
	}
	p.users[u.ID] = &u
	return u.ID
}

// AddCourse adds a course and returns its ID.
func (p *Platform) AddCourse(title string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	c := &Course{ID: p.nextID(), Title: title, Label: title, roles: map[string][]string{}}
	p.courses[c.ID] = c
	return c.ID
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
}

// AddLink adds an activity, with a line item if it has a maximum, and returns
// it.
func (p *Platform) AddLink(course string, l Link) (Link, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.courses[course] == nil {
		return Link{}, fmt.Errorf("there is no course %q", course)
	}
	if p.tools[l.Tool] == nil {
		return Link{}, errors.New("there is no such tool")
	}
	l.ID, l.Course = p.nextID(), course
	if l.Maximum > 0 {
		i := &item{ID: p.nextID(), course: course, link: l.ID, tool: l.Tool, label: l.Title, maximum: l.Maximum, grades: map[string]*Grade{}}
		p.items[i.ID] = i
		l.item = i.ID
	}
	p.links[l.ID] = &l
	return l, nil
}

// Links returns a course's activities in the order in which they were added.
func (p *Platform) Links(course string) []Link {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Link
	for _, l := range p.links {
		if l.Course == course {
			all = append(all, *l)
		}
	}
	slices.SortFunc(all, func(a, b Link) int { return byNumber(a.ID, b.ID) })
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

// byNumber orders decimal IDs by age.
func byNumber(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	if a < b {
		return -1
	}
	if a > b {
		return 1
	}
	return 0
}
