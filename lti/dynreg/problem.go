package dynreg

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/greenroom-lti/greenroom/lti"
)

// Steps of a registration, as in Problem.Step.
const (
	StepConfiguration = "configuration" // reading the platform's document
	StepRegistration  = "registration"  // sending the tool's
	StepManagement    = "management"    // reading, changing or ending a registration
)

// A Problem is why a registration did not come about. Text is for the
// administrator: whole sentences, which may hold the platform's own words and
// must be escaped.
type Problem struct {
	Step   string
	Member string // of the document, when one is at fault; several with commas between
	Text   string
	Status int    // of the platform's answer, 0 if it gave none
	Body   string // its words: printable, one line, at most 2 KiB
	Cause  error  // for the log, nil when the rest says all
}

func (p *Problem) Error() string {
	s := "dynamic registration: " + p.Step
	if p.Member != "" {
		s += ": " + p.Member
	}
	if p.Cause != nil {
		return s + ": " + p.Cause.Error()
	}
	return s + ": " + p.Text
}

func (p *Problem) Unwrap() error { return p.Cause }

func wrong(member, format string, args ...any) *Problem {
	return &Problem{Step: StepConfiguration, Member: member, Text: fmt.Sprintf(format, args...)}
}

// unanswered turns a failed call into a problem; doing ends the sentence "The
// LMS refused".
func unanswered(step, doing string, err error) *Problem {
	p := &Problem{Step: step, Text: "The LMS gave no answer that can be read.", Cause: err}
	answer, ok := errors.AsType[*lti.ServiceError](err)
	if !ok || answer.Status == 0 {
		return p
	}
	p.Status, p.Body = answer.Status, answer.Text
	said := answer.Text
	if said == "" {
		said = http.StatusText(answer.Status)
	}
	p.Text = fmt.Sprintf("The LMS refused %s: %d %s", doing, answer.Status, short(said))
	return p
}

// maxSaid bounds, in characters, what a sentence quotes of a platform.
const maxSaid = 300

func short(s string) string {
	if runes := []rune(s); len(runes) > maxSaid {
		return string(runes[:maxSaid]) + "…"
	}
	return s
}
