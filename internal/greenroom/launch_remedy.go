package greenroom

import (
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

// CheckScenario is our own check, behind those of the protocol: the activity
// names a scenario of the workspace.
const CheckScenario = "scenario"

// A Side is who can put a refused launch right.
type Side string

// The sides.
const (
	SideAdmin    Side = "admin"     // whoever administers this workspace
	SideLMS      Side = "lms_admin" // whoever administers the LMS
	SideLearner  Side = "learner"   // whoever launched
	SideOperator Side = "operator"  // whoever runs Greenroom
)

// A Remedy says who has to fix what.
type Remedy struct {
	Side Side
	Text string
}

// A checkText is what administrators read of a check.
type checkText struct {
	label  string
	remedy Remedy
}

// checkTexts has one for every check of a launch, but for what to do about an
// error of the platform, which depends on the error.
var checkTexts = map[string]checkText{
	string(lti.CheckRequest): {"Request", Remedy{SideLMS,
		"Set the tool to LTI 1.3 in the LMS: it sent something else than a login or a launch of that version."}},
	string(lti.CheckState): {"State", Remedy{SideLearner,
		"Open the activity again from the course: the launch was reloaded, took longer than ten minutes, or did not begin here."}},
	string(lti.CheckRegistration): {"Registration", Remedy{SideAdmin,
		"Compare issuer and client ID in the LTI settings with those of the tool in the LMS: no connection has this pair."}},
	string(lti.CheckPlatformError): {"Answer of the LMS", Remedy{}},
	string(lti.CheckBrowser): {"Browser", Remedy{SideLearner,
		"Open the activity in a new window, or allow cookies for Greenroom: the browser did not bring back what it got at the login."}},
	string(lti.CheckToken): {"Token", Remedy{SideLMS,
		"Update the LMS or ask its vendor: what it sent is no signed token."}},
	string(lti.CheckAlgorithm): {"Algorithm", Remedy{SideLMS,
		"Let the LMS sign with RS256, the algorithm that LTI 1.3 asks for."}},
	string(lti.CheckKey): {"Key", Remedy{SideAdmin,
		"Compare the public keyset URL in the LTI settings with the LMS: the key that signed this launch is not published there."}},
	string(lti.CheckSignature): {"Signature", Remedy{SideLMS,
		"Check the keyset that the LMS publishes: the key of this name did not make the signature. If the LMS is in order, somebody forged the launch."}},
	string(lti.CheckClaims): {"Claims", Remedy{SideLMS,
		"Ask the LMS's vendor: the token's content is no proper JSON object, or an identifier in it is too long."}},
	string(lti.CheckIssuer): {"Issuer", Remedy{SideAdmin,
		"Copy the issuer from the LMS into the LTI settings, letter by letter: the token names another one."}},
	string(lti.CheckAudience): {"Audience", Remedy{SideAdmin,
		"Copy the client ID from the LMS into the LTI settings: the token is meant for another tool."}},
	string(lti.CheckAuthorizedParty): {"Authorized party", Remedy{SideLMS,
		"Check the client ID of the tool in the LMS: the token names another tool as the one it was made for."}},
	string(lti.CheckExpiry): {"Expiry", Remedy{SideLMS,
		"Set the clock of the LMS by a time server: the token had run out when it arrived."}},
	string(lti.CheckIssuedAt): {"Issue time", Remedy{SideLMS,
		"Set the clock of the LMS by a time server: the token was made too long ago, or in the future."}},
	string(lti.CheckNotBefore): {"Start time", Remedy{SideLMS,
		"Set the clock of the LMS by a time server: the token is not valid yet."}},
	string(lti.CheckNonce): {"Nonce", Remedy{SideLearner,
		"Open the activity again from the course: the token belongs to another login."}},
	string(lti.CheckVersion): {"LTI version", Remedy{SideLMS,
		"Set the tool to LTI 1.3 in the LMS: it launched with another version."}},
	string(lti.CheckMessageType): {"Message type", Remedy{SideLMS,
		"Place Greenroom as an activity in a course: it does not serve the kind of launch that this placement makes."}},
	string(lti.CheckDeployment): {"Deployment", Remedy{SideAdmin,
		"Add the deployment ID to the connection in the LTI settings, if that part of the LMS may use this workspace."}},
	string(lti.CheckTarget): {"Target link", Remedy{SideLMS,
		"Set the tool URL in the LMS to the launch URL of the LTI settings: the activity points elsewhere."}},
	string(lti.CheckResourceLink): {"Resource link", Remedy{SideLMS,
		"Place Greenroom as an activity in a course: the launch does not say which activity it comes from."}},
	string(lti.CheckRoles): {"Roles", Remedy{SideLMS,
		"Let the LMS send the roles of whoever launches: the claim is missing or is no list."}},
	string(lti.CheckSubject): {"User", Remedy{SideLMS,
		"Let the LMS send a user ID to this tool; names and e-mail addresses are not needed. Or let anonymous launches in on the connection's page: people can practise then, and nothing is graded."}},
	string(lti.CheckDeepLinking): {"Deep linking settings", Remedy{SideLMS,
		"Ask the LMS's vendor: a deep linking request came without its settings."}},
	string(lti.CheckForUser): {"Reviewed user", Remedy{SideLMS,
		"Ask the LMS's vendor: a submission review does not say whose submission it is."}},
	CheckScenario: {"Scenario", Remedy{SideAdmin,
		"Set the custom parameter " + ScenarioParameter + " of the activity in the LMS: the scenario's page in Greenroom shows the line to copy."}},
	CheckPicker: {"Right to add activities", Remedy{SideLMS,
		"Let the LMS offer the picker to people who build courses: this one was opened by somebody without such a role."}},
	string(lti.CheckReplay): {"First use", Remedy{SideLearner,
		"Open the activity again from the course: each launch works once, and this one was used before."}},
}

// platformRemedies are for the errors with which a platform ends a login.
var platformRemedies = map[string]Remedy{
	"login_required": {SideLearner,
		"Sign in to the LMS again and open the activity in a new window: the LMS did not recognise its own user."},
	"interaction_required":       platformAsks,
	"consent_required":           platformAsks,
	"account_selection_required": platformAsks,
	"access_denied": {SideLMS,
		"Check in the LMS whether this person may use the activity: the LMS did not let them."},
	"unauthorized_client": {SideLMS,
		"Switch the tool on in the LMS: there it is not active for this client ID."},
	"launch_no_longer_valid": {SideLearner,
		"Open the activity again from the course: the LMS had forgotten the launch."},
	"server_error":            platformTrouble,
	"temporarily_unavailable": platformTrouble,
}

var (
	platformAsks = Remedy{SideLearner,
		"Open the LMS in its own window, answer what it asks, then open the activity again."}
	platformTrouble = Remedy{SideLMS,
		"Look into the LMS's own log: it could not complete the launch just then."}
	platformRefuses = Remedy{SideLMS,
		"Compare the login and redirect URLs of the tool in the LMS with the endpoint URLs of the LTI settings."}
	unknownRemedy = Remedy{SideOperator,
		"Look up the reference in the server's log."}
)

// Remedy says who has to fix what, so that this launch succeeds next time. It
// is the zero Remedy for a launch that succeeded.
func (l Launch) Remedy() Remedy {
	if l.Outcome == LaunchOK {
		return Remedy{}
	}
	if l.Check == string(lti.CheckPlatformError) {
		code, _, _ := strings.Cut(l.Detail, ":")
		if r, ok := platformRemedies[code]; ok {
			return r
		}
		return platformRefuses
	}
	if l.Check == string(lti.CheckRegistration) && l.Detail == SwitchedOffDetail {
		return Remedy{SideAdmin, "Switch the connection on again, on its page: an administrator of this workspace has switched it off."}
	}
	if text, ok := checkTexts[l.Check]; ok {
		return text.remedy
	}
	return unknownRemedy
}

// CheckLabel is a check in a word or two.
func CheckLabel(check string) string {
	if text, ok := checkTexts[check]; ok {
		return text.label
	}
	return check
}

// A CheckState is how far a launch came with one check.
type CheckState string

// The states.
const (
	CheckPassed     CheckState = "passed"
	CheckFailed     CheckState = "failed"
	CheckNotReached CheckState = "not_reached"
)

// A CheckLine is one line of a launch's check list.
type CheckLine struct {
	Label, Clause string
	State         CheckState
}

// CheckList returns all checks in the order in which they are made, and how the
// launch fared.
func (l Launch) CheckList() []CheckLine {
	var lines []CheckLine
	for _, check := range AllChecks() {
		line := CheckLine{Label: CheckLabel(check), Clause: lti.Check(check).Spec(), State: CheckNotReached}
		switch {
		case l.Outcome == LaunchOK:
			line.State = CheckPassed
		case check == l.Check:
			line.State, line.Clause = CheckFailed, l.Clause
		case slices.Contains(l.Passed, check):
			line.State = CheckPassed
		}
		lines = append(lines, line)
	}
	return lines
}

// AllChecks returns the checks of the protocol and our own, in their order.
func AllChecks() []string {
	all := checkNames(lti.Checks())
	return slices.Insert(all, slices.Index(all, string(lti.CheckReplay)), CheckScenario, CheckPicker)
}
