package launch

import (
	"errors"
	"net/http"
	"net/netip"
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

// checkScenario is our own check in the launch log.
const checkScenario = "scenario"

// refuse notes a refused launch in the launch log and returns its page. An
// error that is no refusal is our own trouble, and comes back as it is.
func (l *Launch) refuse(r *http.Request, w greenroom.WorkspaceID, err error) error {
	row := greenroom.Launch{Reference: web.Reference(r.Context()), At: l.kit.Now()}
	page := &web.PageError{Title: refusedTitle, Cause: err}
	var verified *lti.Launch
	if refusal, ok := errors.AsType[*lti.Refusal](err); ok && !refusal.Internal {
		s := sentenceOf(refusal)
		page.Status, page.Sentence, page.Hint = s.status, s.text, s.hint
		verified = refusal.Verified
		describe(&row, refusal)
	} else if refusal, ok := errors.AsType[*scenarioRefusal](err); ok {
		s := scenarioSentence(refusal.ScenarioError)
		page.Status, page.Sentence, page.Hint = s.status, s.text, s.hint
		verified = refusal.verified
		describeScenario(&row, refusal)
	} else {
		return err
	}
	if verified != nil {
		row.Deployment, row.MessageType = verified.DeploymentID, verified.MessageType
		row.Instructor = verified.Roles.Instructor()
		if page.BackURL = l.wayBack(verified, page.Sentence); page.BackURL != "" {
			page.BackLabel = "Back to the course"
		}
	}
	l.log.Add(w, row)
	return page
}

// describe fills in what the launch log says about a refusal.
func describe(row *greenroom.Launch, refusal *lti.Refusal) {
	row.Check, row.Clause = string(refusal.Check), refusal.Spec
	row.Passed = names(refusal.Passed)
	if refusal.Cause != nil {
		row.Detail = clip(refusal.Cause.Error())
	}
	// A state may name a connection that is gone; only one that was found can
	// be pointed to.
	if slices.Contains(refusal.Passed, lti.CheckRegistration) {
		row.Connection = greenroom.ConnectionID(refusal.Registration)
	}
}

func describeScenario(row *greenroom.Launch, refusal *scenarioRefusal) {
	row.Check, row.Clause = checkScenario, "custom parameter "+greenroom.ScenarioParameter
	row.Passed = names(refusal.verified.Passed)
	row.Connection = greenroom.ConnectionID(refusal.verified.Registration.ID)
	row.Detail = refusal.Error()
	if !refusal.Missing {
		row.Detail = clip(refusal.Error() + ": " + refusal.verified.Custom[greenroom.ScenarioParameter])
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
	local := u.Scheme == "http" && l.kit.Development && isLoopback(u.Hostname())
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

// isLoopback tells whether a host is this machine by name.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// A sentence is what a person reads: what happened, and what to do.
type sentence struct {
	status     int
	text, hint string
}

// What to do, in words that fit many refusals.
const (
	hintAgain = "Go back to your course and open the activity again."
	hintAdmin = "If it happens again, give the reference below to whoever looks after your LMS."
)

var unverified = sentence{
	http.StatusUnauthorized,
	"Greenroom could not make sure that this launch comes from your LMS.",
	hintAgain + " " + hintAdmin,
}

var incomplete = sentence{
	http.StatusBadRequest,
	"Your LMS left something out that Greenroom needs.",
	"Give the reference below to whoever looks after your LMS.",
}

var outOfTime = sentence{
	http.StatusUnauthorized,
	"This launch is too old, or the clocks of your LMS and Greenroom differ.",
	hintAgain + " " + hintAdmin,
}

// sentences has one for every check. Checks that only an attacker or a broken
// LMS fails share one: the page must not say which it was.
var sentences = map[lti.Check]sentence{
	lti.CheckRequest: {
		http.StatusBadRequest,
		"This launch did not arrive the way an LMS sends it.",
		hintAgain + " " + hintAdmin,
	},
	lti.CheckState: {
		http.StatusBadRequest,
		"This launch took too long, or it did not begin here.",
		hintAgain,
	},
	lti.CheckBrowser: {
		http.StatusForbidden,
		"Your browser did not bring back what Greenroom gave it a moment ago.",
		"Open the activity again, in a new window if your course offers that. If your browser blocks cookies, allow them for this site.",
	},
	lti.CheckRegistration: {
		http.StatusBadRequest,
		"Your LMS is not connected to this Greenroom workspace.",
		"An administrator can compare the issuer and client ID of the LMS with the LTI settings of the workspace.",
	},
	lti.CheckToken:           unverified,
	lti.CheckAlgorithm:       unverified,
	lti.CheckKey:             unverified,
	lti.CheckSignature:       unverified,
	lti.CheckIssuer:          unverified,
	lti.CheckAudience:        unverified,
	lti.CheckAuthorizedParty: unverified,
	lti.CheckNonce:           unverified,
	lti.CheckExpiry:          outOfTime,
	lti.CheckIssuedAt:        outOfTime,
	lti.CheckNotBefore:       outOfTime,
	lti.CheckClaims:          incomplete,
	lti.CheckVersion: {
		http.StatusBadRequest,
		"Your LMS speaks another version of LTI than Greenroom.",
		"An administrator can set the tool to LTI 1.3 in the LMS.",
	},
	lti.CheckMessageType: {
		http.StatusBadRequest,
		"Greenroom cannot open this kind of launch.",
		"Open an activity in your course instead.",
	},
	lti.CheckDeployment: {
		http.StatusForbidden,
		"This part of your LMS is not connected to Greenroom.",
		"An administrator can add its deployment ID in the LTI settings of the workspace.",
	},
	lti.CheckTarget: {
		http.StatusBadRequest,
		"This activity points to another address than Greenroom's.",
		"An administrator can compare the tool URL in the LMS with the launch URL in the LTI settings of the workspace.",
	},
	lti.CheckResourceLink: incomplete,
	lti.CheckRoles:        incomplete,
	lti.CheckDeepLinking:  incomplete,
	lti.CheckForUser:      incomplete,
	lti.CheckSubject: {
		http.StatusBadRequest,
		"Your LMS did not say who you are.",
		"An administrator can let the LMS send a user ID to this tool. Names and e-mail addresses are not needed.",
	},
	lti.CheckReplay: {
		http.StatusForbidden,
		"This launch was already used.",
		hintAgain,
	},
}

// sentenceOf returns the sentence of a refusal.
func sentenceOf(refusal *lti.Refusal) sentence {
	if refusal.Check == lti.CheckPlatformError {
		return platformSentence(refusal.Code)
	}
	if s, ok := sentences[refusal.Check]; ok {
		return s
	}
	return unverified
}

// platformSentences are for the errors with which a platform ends a login
// (OpenID Connect Core §3.1.2.6, RFC 6749 §4.1.2.1, and what LMSes add).
var platformSentences = map[string]sentence{
	"login_required": {
		http.StatusUnauthorized,
		"Your LMS says that you are not signed in.",
		"Sign in to your LMS again and open the activity from your course. If it is shown inside the course page, open it in a new window.",
	},
	"access_denied": {
		http.StatusForbidden,
		"Your LMS did not let you open this activity.",
		"Sign in to your LMS with the account that you use for this course, then open the activity again.",
	},
	"unauthorized_client": {
		http.StatusForbidden,
		"This tool is not switched on in your LMS.",
		"An administrator of the LMS can activate it there.",
	},
	"launch_no_longer_valid": {
		http.StatusBadRequest,
		"Your LMS says that this launch has run out.",
		hintAgain,
	},
}

var (
	platformTrouble = sentence{
		http.StatusBadRequest,
		"Your LMS could not complete the launch just now.",
		"Wait a moment, then open the activity again from your course.",
	}
	platformAsks = sentence{
		http.StatusUnauthorized,
		"Your LMS wants to ask you something first.",
		"Open your LMS in its own window, answer what it asks, then open the activity again.",
	}
	platformRefuses = sentence{
		http.StatusBadRequest,
		"Your LMS ended the launch with an error.",
		"An administrator can compare the login and redirect URLs of the tool in the LMS with the LTI settings of the workspace.",
	}
)

func platformSentence(code string) sentence {
	switch code {
	case "server_error", "temporarily_unavailable":
		return platformTrouble
	case "interaction_required", "consent_required", "account_selection_required":
		return platformAsks
	}
	if s, ok := platformSentences[code]; ok {
		return s
	}
	return platformRefuses
}

// scenarioSentence tells a teacher what to set, and a learner whom to ask.
func scenarioSentence(e *greenroom.ScenarioError) sentence {
	s := sentence{
		http.StatusBadRequest,
		"The scenario of this activity is not in Greenroom.",
		"Tell your teacher, and give them the reference below.",
	}
	if e.Missing {
		s.text = "This activity does not say which scenario to open."
	}
	if e.Instructor {
		s.hint = "In your LMS, set the custom parameter " + greenroom.ScenarioParameter +
			" of this activity. The scenario's page in Greenroom shows the whole line to copy, for example " +
			greenroom.ScenarioParameter + "=discovery-call."
	}
	return s
}
