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
	Link        ResourceLinkID // likewise
	LineItem    LineItemID     // empty when the launch brought none
	Scenario    ScenarioID     // empty when refused
	ReturnURL   string         // launch_presentation.return_url, https only
	Rung        Rung           // by which way the browser was recognised; empty when it was not

	// Standing tells whether scores of this launch go to the gradebook.
	Standing Standing
	// Instructor tells that the context role is one of a teacher.
	Instructor bool

	// For the log. Check and Clause name the check that failed, Passed those
	// that held before it; Detail is for administrators, never for the page.
	Check, Clause, Detail string
	Passed                []string

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
)

// A LaunchRecord is all that a verified launch writes, in one step.
type LaunchRecord struct {
	Launch   Launch
	Learner  Learner
	Link     ResourceLink
	LineItem *LineItem // nil when the launch brought none
	// PinDeployment adds the launch's deployment to the connection.
	PinDeployment bool
}

// A LaunchFilter narrows the launch log.
type LaunchFilter struct {
	Connection ConnectionID // empty: all
	Limit      int
}
