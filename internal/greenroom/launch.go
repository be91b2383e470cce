package greenroom

import "time"

// A Launch is one attempt to come in by LTI, whether it succeeded or not: the
// launch log's row, and, if it succeeded, the learner's way to the stage.
type Launch struct {
	ID        LaunchID
	Reference string // 12 characters, shown on error pages
	At        time.Time
	Outcome   LaunchOutcome

	Connection  ConnectionID // empty when none was recognised
	Deployment  string
	MessageType string
	Learner     LearnerID      // empty when refused, or nobody is known
	Link        ResourceLinkID // likewise; empty in deep linking
	Context     ContextID      // empty when refused, or launched from outside of any
	LineItem    LineItemID     // empty when the launch brought none
	Scenario    ScenarioID     // empty when refused
	ReturnURL   string         // launch_presentation.return_url, https only

	// DeepLinking is what a deep linking request asked for, an lti.DeepLinking
	// in JSON; empty in other launches, and once it was answered.
	DeepLinking string
	// AnsweredAt is when it was answered, with so many items; zero before.
	AnsweredAt    time.Time
	AnsweredItems int
	// ForLearner is whose work a submission review is about; empty otherwise.
	ForLearner LearnerID

	// Standing tells whether scores of this launch go to the gradebook.
	Standing Standing
	// Instructor tells that the context role is one of a teacher.
	Instructor bool

	// For the log. Check and Clause name the check that failed, Passed those
	// that held before it; Detail is for administrators, never for the page.
	Check, Clause, Detail string
	Passed                []string
	// Claims are those of a verified token, as MaskClaims leaves them; empty
	// when no signature held.
	Claims string
	// Took is the time from the arrival of the launch request to its answer,
	// in whole milliseconds.
	Took time.Duration
	Rung Rung

	// StateID makes a launch one-time. Empty when refused.
	StateID string
	// SignInHash is the SHA-256 (hex) of the learner's cookie for this launch.
	SignInHash string
	// SignInUntil ends the learner's sign-in.
	SignInUntil time.Time
}

// A LaunchOutcome is how a launch ended.
type LaunchOutcome string

// The outcomes.
const (
	LaunchOK      LaunchOutcome = "ok"
	LaunchRefused LaunchOutcome = "refused"
)

// A Rung is a way by which a browser proves that it is the one that began the
// login.
type Rung string

// The rungs, the best first.
const (
	RungCookie  Rung = "cookie"  // it kept our cookie
	RungStorage Rung = "storage" // the LMS's page kept our secret for it
	RungWindow  Rung = "window"  // a button opened a window, where it keeps cookies
)

// A Standing says whether what a person does in a launch counts in the LMS,
// and if not, why.
type Standing string

// The standings.
const (
	Graded     Standing = "graded"
	Preview    Standing = "preview"      // an instructor tries it out
	TestUser   Standing = "test_user"    // the platform's student preview
	NoLineItem Standing = "no_line_item" // the activity has no grade
	NoScope    Standing = "no_scope"     // the platform lets us post no scores
	Anonymous  Standing = "anonymous"    // the platform does not say who it is
)

// A LaunchRecord is all that a verified launch writes, in one step.
type LaunchRecord struct {
	Launch   Launch
	Learner  Learner
	Context  *Context      // nil when launched from outside of any
	Link     *ResourceLink // nil in deep linking
	LineItem *LineItem     // nil when the launch brought none
	// Member is what the learner is in the context; nil for test users. IDs
	// in it are filled in.
	Member *ContextMember
	// PinDeployment adds the launch's deployment to the connection.
	PinDeployment bool
}

// A LaunchFilter narrows the launch log. What is empty narrows nothing.
type LaunchFilter struct {
	Connection ConnectionID
	Outcome    LaunchOutcome
	Check      string // the one that failed
	Learner    LearnerID
	Reference  string       // or its beginning, as NormalReference returns it
	Before     LaunchCursor // only what comes behind it
	Limit      int
}

// A LaunchCursor is a place in the launch log, which is sorted by time and ID,
// the newest first: the row of this time and ID. The zero one is in front of
// all rows.
type LaunchCursor struct {
	At time.Time
	ID LaunchID
}

// A LaunchRow is a launch with what a list shows beside it. Each is empty when
// it is not known, or is gone.
type LaunchRow struct {
	Launch
	PlatformName string
	LearnerName  string // never an e-mail address
	ActivityName string // title of the resource link
}

// NewLaunchRow puts a launch beside the names of what it is about, all in a
// form that a page may show.
func NewLaunchRow(l Launch, platform, activity string, who Learner) LaunchRow {
	return LaunchRow{
		Launch: l.readable(), PlatformName: scrub(platform), LearnerName: who.LogName(), ActivityName: scrub(activity),
	}
}

// Narrows tells whether a filter leaves launches out, apart from the place in
// the log.
func (f LaunchFilter) Narrows() bool {
	f.Before, f.Limit = LaunchCursor{}, 0
	return f != LaunchFilter{}
}
