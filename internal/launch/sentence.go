package launch

import (
	"errors"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// A sentence is what a person reads: what happened, and what to do.
type sentence struct {
	status     int
	text, hint string
}

// What to do, in words that fit many refusals.
const (
	hintAgain = "Go back to your course and open the activity again."
	hintAway  = "Wait a moment, then go back to your course and open the activity again. If it stays like this, give the reference below to whoever runs Greenroom for you."
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
	if _, off := errors.AsType[*greenroom.SwitchedOffError](refusal.Cause); off {
		return switchedOff
	}
	if s, ok := sentences[refusal.Check]; ok {
		return s
	}
	return unverified
}

// switchedOff is for launches by a connection that an administrator has
// switched off.
var switchedOff = sentence{
	http.StatusForbidden,
	"Your LMS is switched off in this Greenroom workspace for now.",
	"Scores that were earned before are kept. An administrator of the workspace can switch the connection on again.",
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

var onlyTeachers = sentence{
	http.StatusForbidden,
	"Only people who build this course can add activities from Greenroom.",
	"If you teach this course, ask whoever looks after your LMS to give you the role of a teacher in it.",
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
