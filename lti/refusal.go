package lti

import "strings"

// A Refusal says which check turned a request away, and where the
// specification asks for it. Check and Spec may be shown to an administrator;
// Cause is for the log, never for a page.
type Refusal struct {
	Check Check
	Spec  string // the clause, Check.Spec()

	// Code is the platform's error code when Check is CheckPlatformError, one
	// of a fixed list; "unknown_error" stands for all others.
	Code string

	Passed []Check // what held before
	Cause  error

	// Internal tells that nobody sent anything wrong: the caller's own
	// Registrations or States failed, or randomness did.
	Internal bool

	Registration string // its ID, empty when it was not known yet

	// Verified is nil unless the signature held. Then it is what could be read
	// of the token, for the log and for the way back to the platform. It is
	// not a launch: checks are missing.
	Verified *Launch
}

func (r *Refusal) Error() string {
	var s strings.Builder
	s.WriteString("lti: ")
	s.WriteString(string(r.Check))
	if r.Code != "" {
		s.WriteString(": " + r.Code)
	}
	if r.Cause != nil {
		s.WriteString(": " + r.Cause.Error())
	}
	return s.String()
}

func (r *Refusal) Unwrap() error { return r.Cause }

func refuse(c Check, cause error) *Refusal {
	return &Refusal{Check: c, Spec: c.Spec(), Cause: cause}
}
