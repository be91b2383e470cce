package launch

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

// refusedTitle heads every page of a refused launch.
const refusedTitle = "We couldn't launch this activity"

// A scenarioRefusal turns away a launch that passed every check of the
// protocol and names no scenario.
type scenarioRefusal struct {
	*greenroom.ScenarioError
	verified *lti.Launch
}

func (e *scenarioRefusal) Unwrap() error { return e.ScenarioError }

// A pickerRefusal turns away a deep linking request that passed every check of
// the protocol, and was made by somebody who does not build courses.
type pickerRefusal struct {
	error
	verified *lti.Launch
}

func (e *pickerRefusal) Unwrap() error { return e.error }

// refused is what the launch log and the page say of a launch that was turned
// away.
type refused struct {
	row      greenroom.Launch
	says     sentence
	verified *lti.Launch // nil unless the signature held
}

// refuse notes a refused launch in the launch log and returns its page. An
// error that is no refusal is our own trouble, and comes back as it is; but a
// launch of which nobody knows whether it was written is not to be sent again.
func (l *Launch) refuse(r *http.Request, d *door, err error) error {
	a, ok := readRefusal(err)
	switch {
	case errors.Is(err, greenroom.ErrUnreachable):
		return web.WithHint(err, hintAway)
	case !ok:
		return err
	}
	page := &web.PageError{
		Status: a.says.status, Title: refusedTitle, Sentence: a.says.text, Hint: a.says.hint, Cause: err,
	}
	a.row.Reference, a.row.At = web.Reference(r.Context()), l.kit.Now()
	a.row.Took = a.row.At.Sub(web.Arrived(r.Context()))
	subject := ""
	if v := a.verified; v != nil {
		subject = v.Subject // empty until the token is known to be meant for this connection
		a.row.Claims, a.row.Rung = greenroom.MaskClaims(v.Claims), l.rungOf(r, v)
		a.row.Deployment, a.row.MessageType, a.row.Instructor = v.DeploymentID, v.MessageType, v.Roles.Instructor()
		if page.BackURL = l.wayBack(v, a.says.text); page.BackURL != "" {
			page.BackLabel = "Back to the course"
		}
	}
	if d.shared && !l.locate(r, d, &a.row) {
		return page
	}
	l.log.AddOf(d.workspace.ID, a.row, subject)
	return page
}

func readRefusal(err error) (refused, bool) {
	if r, ok := errors.AsType[*lti.Refusal](err); ok && !r.Internal {
		return refused{describe(r), sentenceOf(r), r.Verified}, true
	}
	if r, ok := errors.AsType[*scenarioRefusal](err); ok {
		return refused{describeScenario(r), scenarioSentence(r.ScenarioError), r.verified}, true
	}
	if r, ok := errors.AsType[*pickerRefusal](err); ok {
		return refused{describePicker(r), onlyTeachers, r.verified}, true
	}
	return refused{}, false
}

// describe returns what the launch log says about a refusal.
func describe(r *lti.Refusal) greenroom.Launch {
	row := greenroom.Launch{Check: string(r.Check), Clause: r.Spec, Passed: names(r.Passed)}
	if r.Cause != nil {
		row.Detail = clip(r.Cause.Error())
	}
	if off, ok := errors.AsType[*greenroom.SwitchedOffError](r.Cause); ok {
		row.Connection, row.Detail = off.Connection, greenroom.SwitchedOffDetail
		return row
	}
	if r.Code != "" {
		row.Detail = r.Code + ": " + row.Detail // what to do depends on it
	}
	// A state may name a connection that is gone; only one that was found can
	// be pointed to.
	if slices.Contains(r.Passed, lti.CheckRegistration) {
		row.Connection = greenroom.ConnectionID(r.Registration)
	}
	return row
}

func describeScenario(r *scenarioRefusal) greenroom.Launch {
	row := greenroom.Launch{
		Check: greenroom.CheckScenario, Clause: "custom parameter " + greenroom.ScenarioParameter,
		Passed: names(r.verified.Passed), Connection: greenroom.ConnectionID(r.verified.Registration.ID),
		Detail: r.Error(),
	}
	if !r.Missing {
		row.Detail = clip(r.Error() + ": " + r.verified.Custom[greenroom.ScenarioParameter])
	}
	return row
}

func describePicker(r *pickerRefusal) greenroom.Launch {
	return greenroom.Launch{
		Check: greenroom.CheckPicker, Clause: "Deep Linking 2.0 §4.4, claim roles",
		Passed: names(r.verified.Passed), Connection: greenroom.ConnectionID(r.verified.Registration.ID),
		Detail: clip(r.Error() + ": " + strings.Join(r.verified.RawRoles, " ")),
	}
}

func names(checks []lti.Check) []string {
	var all []string
	for _, c := range checks {
		all = append(all, string(c))
	}
	return all
}

// maxDetail bounds, in characters, what the launch log keeps of an error that
// may quote what came from outside.
const maxDetail = 500

func clip(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if runes := []rune(s); len(runes) > maxDetail {
		return string(runes[:maxDetail]) + "…"
	}
	return s
}

// wayBack returns the platform's return URL with our sentence for its page
// (Core 1.0 §5.4.4), empty if there is none that a page may link to.
func (l *Launch) wayBack(verified *lti.Launch, sentence string) string {
	if verified.Presentation == nil {
		return ""
	}
	u, err := url.Parse(verified.Presentation.ReturnURL)
	if err != nil || u.Host == "" || u.User != nil {
		return ""
	}
	local := u.Scheme == "http" && l.kit.Development && greenroom.IsLoopback(u.Hostname())
	if u.Scheme != "https" && !local {
		return ""
	}
	message := "lti_errormsg=" + url.QueryEscape(sentence)
	if u.RawQuery != "" { // kept as it is, byte for byte
		message = u.RawQuery + "&" + message
	}
	u.RawQuery = message
	return u.String()
}
