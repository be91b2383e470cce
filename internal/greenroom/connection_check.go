package greenroom

import "time"

// A ConnectionTest is what a test of a connection found.
type ConnectionTest struct {
	At    time.Time  `json:"at"`
	Lines []TestLine `json:"lines"`
}

// A TestLine is one thing that was tried.
type TestLine struct {
	Label string    `json:"label"`
	State TestState `json:"state"`
	Found string    `json:"found"`          // in our words
	Said  string    `json:"said,omitempty"` // in the platform's own words
	Do    string    `json:"do,omitempty"`   // what to do about it
}

// A TestState is how a line of a test came out.
type TestState string

// The states.
const (
	TestOK      TestState = "ok"
	TestWarning TestState = "warning" // works, or need not, but look at it
	TestFailed  TestState = "failed"
	TestNone    TestState = "none" // not applicable
)
