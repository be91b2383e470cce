package greenroom

import (
	"strings"
	"time"
)

// A Learner is whoever one connection calls by one subject. Learners come by
// launch and are members of the workspace, never more. Whoever launches
// anonymously is a learner of their own each time.
type Learner struct {
	ID         LearnerID
	Connection ConnectionID
	Subject    string // the platform's sub; of the anonymous, one that no platform can send
	Name       string // empty when the platform keeps it to itself
	Email      string // likewise
	Locale     string // of the last launch, empty if unknown
	CreatedAt  time.Time
	SeenAt     time.Time
	// History is whose practice this learner's belongs to: learners that were
	// merged have the same. It is the ID of one of them, who may be gone.
	History LearnerID
	// LegacyID is what an older tool called them, proved by its consumer key;
	// empty if that is not known.
	LegacyID string
}

// A LearnerFilter narrows and sorts the list of learners.
type LearnerFilter struct {
	Query      string // in a name, an e-mail address or a subject, whatever its case
	Connection ConnectionID
	Sort       LearnerSort
	Skip       int // rows, from the beginning of the list
	Limit      int
}

// A LearnerSort is an order of the list of learners.
type LearnerSort string

// The orders.
const (
	BySeen     LearnerSort = "" // who was seen last comes first
	ByName     LearnerSort = "name"
	BySessions LearnerSort = "sessions" // who has most comes first
)

// A LearnerRow is one history in a list: the learner of it who was seen last.
type LearnerRow struct {
	Learner
	PlatformName string
	Identities   int // learners that were merged, itself included
	Sessions     int // of all of them
}

// A PastSession is a session with what a history shows beside it.
type PastSession struct {
	Session
	ScenarioSlug, ScenarioTitle string
	ActivityTitle, CourseTitle  string // may be empty
	Context                     ContextID
}

// A MembershipRow is one learner's place in one course.
type MembershipRow struct {
	ContextMember
	Course Context
}

// Aged counts what is older than a time.
type Aged struct {
	Sessions int
	Learners int
}

// anonymousMark begins the subject of whoever launched anonymously. No sub has
// a control character in it: lti refuses those.
const anonymousMark = "\x1fanonymous:"

// Anonymous tells whether the platform has not said who the learner is.
func (l Learner) Anonymous() bool { return strings.HasPrefix(l.Subject, anonymousMark) }

// DisplayName returns the name, or a neutral stand-in.
func (l Learner) DisplayName() string {
	switch {
	case l.Anonymous():
		return "Anonymous learner"
	case l.Name != "":
		return l.Name
	case l.Email != "":
		return l.Email
	}
	return "Learner " + l.Subject
}

// LogName is the name by which the launch log shows a learner: some LMSes put
// an e-mail address in place of a name or of a subject, and the log shows none.
func (l Learner) LogName() string {
	switch {
	case l.Anonymous():
		return l.DisplayName()
	case l.Name != "":
		return scrub(l.Name)
	case l.Subject != "":
		return "Learner " + scrub(l.Subject)
	}
	return ""
}

// A ResourceLink is an activity in a course of the LMS.
type ResourceLink struct {
	ID           ResourceLinkID
	Connection   ConnectionID
	Deployment   string
	PlatformID   string // resource_link.id, unique within the deployment
	Title        string
	ContextID    string // the platform's, empty when it sends no context
	ContextTitle string
	Context      ContextID // ours
	// Scenario is what it opened when it was launched last; empty if that is
	// not known.
	Scenario ScenarioID
	// CopiedFrom is the link that this one is a copy of, as far as that is
	// known; empty otherwise.
	CopiedFrom ResourceLinkID
	// LegacyID is what it was called when an older tool was there, proved by
	// its consumer key; empty if that is not known.
	LegacyID string
}

// A LineItem is a column of a platform's gradebook.
type LineItem struct {
	ID           LineItemID
	Connection   ConnectionID
	ResourceLink ResourceLinkID
	URL          string // byte for byte as the platform gave it
	Title        string // of the link, for lists
	// Maximum is the scoreMaximum; 0 until it was read from the platform.
	Maximum float64
	// ResultsAt is when its results were asked for last; zero: never.
	// ResultsAnswer is why they could not be read then; empty: they were.
	ResultsAt     time.Time
	ResultsAnswer string
}
