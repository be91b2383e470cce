package greenroom

import "time"

// An Observer hears of what an operator counts. It is called on the way of
// requests: it never blocks and never fails.
type Observer interface {
	// Launch: a launch was let in, or a check turned it away; took is from
	// the request's arrival, 0 if that is not known.
	Launch(outcome LaunchOutcome, check string, took time.Duration)
	// Passback: one attempt to post a score came to an end.
	Passback(outcome OutcomeKind, took time.Duration)
	// Duty: likewise, one attempt to do a duty that is no passback.
	Duty(duty DutyName, outcome OutcomeKind, took time.Duration)
	// SignIn: somebody gave an e-mail address and a password, and they were
	// right or not.
	SignIn(ok bool)
	// Limited: a request ran into a limit, by the limit's name.
	Limited(limit string)
	// Request: a request was answered; area is the part of the server that
	// it was for, of which there are few.
	Request(area string, status int, took time.Duration)
}

// Unobserved is an Observer that does not care.
type Unobserved struct{}

// Launch implements Observer.
func (Unobserved) Launch(LaunchOutcome, string, time.Duration) {}

// Passback implements Observer.
func (Unobserved) Passback(OutcomeKind, time.Duration) {}

// Duty implements Observer.
func (Unobserved) Duty(DutyName, OutcomeKind, time.Duration) {}

// SignIn implements Observer.
func (Unobserved) SignIn(bool) {}

// Limited implements Observer.
func (Unobserved) Limited(string) {}

// Request implements Observer.
func (Unobserved) Request(string, int, time.Duration) {}

// Observing returns the service's observer, which is never nil.
func (s *Service) Observing() Observer {
	if s == nil || s.Observer == nil {
		return Unobserved{}
	}
	return s.Observer
}

// A PassbackQueue is how much waits to be posted, and for how long.
type PassbackQueue struct {
	Waiting, Failed Backlog // Oldest: when the duty arose
	// Due are those waiting that a worker should have taken; Oldest is when
	// the first of them fell due. Those of connections that fail are not among
	// them: such a connection rests.
	Due Backlog
	// Failing are the connections with waiting rows that were tried in vain,
	// those with most rows first.
	Failing []FailingLane
}

// A DutyName names a kind of duty beside passbacks.
type DutyName string

// The duties.
const (
	DutyRoster   DutyName = "roster"
	DutyLineItem DutyName = "line_item"
)

// A DutyQueue is how the duties of one kind stand.
type DutyQueue struct {
	Due     Backlog // as in PassbackQueue
	Failing int     // tried in vain, and will be tried again
	Refused int     // the platform does not let us: a person must look
}

// A Backlog is a number of rows and the time of the oldest, zero without rows.
type Backlog struct {
	Rows   int
	Oldest time.Time
}

// A FailingLane is a connection to which scores do not get through.
type FailingLane struct {
	Lane
	Backlog
}
