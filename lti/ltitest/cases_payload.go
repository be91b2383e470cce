package ltitest

import (
	"encoding/json"
	"slices"

	"github.com/greenroom-lti/greenroom/lti"
)

// issued is when a token says that it was issued.
func issued(a *Attempt) int64 {
	n, _ := a.Claims["iat"].(json.Number)
	seconds, _ := n.Int64()
	return seconds
}

// after sets a time to some seconds after the present one.
func after(name string, seconds int64) Spoil {
	return func(a *Attempt) { a.Claims[name] = issued(a) + seconds }
}

// at sets iat and exp to some seconds from now.
func at(iat, exp int64) Spoil {
	return func(a *Attempt) {
		now := issued(a)
		a.Claims["iat"], a.Claims["exp"] = now+iat, now+exp
	}
}

const (
	hour = 3600
	day  = 24 * hour
)

// badPayloads are the known bad payloads of the certification (Conformance
// Certification Guide 1.3 §6.1.1).
var badPayloads = []Case{
	each("CERT-B01", "a token without kid is refused",
		variant{spoil: func(a *Attempt) { delete(a.Header, "kid") }, check: lti.CheckKey}),
	each("CERT-B02", "a kid that is not in the platform's key set is refused",
		variant{spoil: header("kid", "a-key-of-nobody"), check: lti.CheckKey}),
	each("CERT-B03", "a version other than 1.3.0 is refused",
		variant{name: "11.3", spoil: set(claim+"version", "11.3"), check: lti.CheckVersion},
		variant{name: "1.2.0", spoil: set(claim+"version", "1.2.0"), check: lti.CheckVersion},
		variant{name: "1.3.1", spoil: set(claim+"version", "1.3.1"), check: lti.CheckVersion},
		variant{name: "a number", spoil: set(claim+"version", 1.3), check: lti.CheckVersion}),
	each("CERT-B04", "a launch without version is refused",
		variant{spoil: drop(claim + "version"), check: lti.CheckVersion}),
	each("CERT-B05", "what is no LTI message is refused",
		variant{name: "other JSON", spoil: claimsJSON(func(string) string { return `{"name":"badltilaunch"}` }), check: lti.CheckIssuer},
		variant{name: "a list", spoil: claimsJSON(func(string) string { return `["bad"]` }), check: lti.CheckClaims},
		variant{name: "plain text, signed", spoil: claimsJSON(func(string) string { return `bad launch` }), check: lti.CheckClaims},
		variant{name: "plain text", spoil: token(func(string) string { return "badltilaunch" }), check: lti.CheckToken}),
	each("CERT-B06", "a launch without any LTI claim is refused",
		variant{spoil: drop(claim+"version", claim+"message_type", claim+"deployment_id", claim+"roles", claim+"resource_link", claim+"target_link_uri"), check: lti.CheckVersion}),
	each("CERT-B07", "times that cannot be are refused",
		variant{name: "exp in the past", spoil: at(-6*60, -5*60), check: lti.CheckExpiry},
		variant{name: "iat in the future", spoil: at(hour, 2*hour), check: lti.CheckIssuedAt},
		variant{name: "exp before iat", spoil: after("exp", -10), check: lti.CheckExpiry},
		variant{name: "text as exp", spoil: func(a *Attempt) { a.Claims["exp"] = string(a.Claims["exp"].(json.Number)) }, check: lti.CheckExpiry},
		variant{name: "text as iat", spoil: func(a *Attempt) { a.Claims["iat"] = string(a.Claims["iat"].(json.Number)) }, check: lti.CheckIssuedAt}),
	each("CERT-B08", "a launch without message type is refused",
		variant{spoil: drop(claim + "message_type"), check: lti.CheckMessageType}),
	each("CERT-B09", "a launch without roles is refused",
		variant{spoil: drop(claim + "roles"), check: lti.CheckRoles}),
	each("CERT-B10", "a launch without deployment is refused",
		variant{spoil: drop(claim + "deployment_id"), check: lti.CheckDeployment}),
	each("CERT-B11", "a launch without resource link is refused",
		variant{name: "no claim", spoil: drop(claim + "resource_link"), check: lti.CheckResourceLink},
		variant{name: "no id", spoil: set(claim+"resource_link", map[string]any{"title": "x"}), check: lti.CheckResourceLink},
		variant{name: "an empty id", spoil: set(claim+"resource_link", map[string]any{"id": ""}), check: lti.CheckResourceLink}),
	each("CERT-B12", "a launch without sub is refused",
		variant{spoil: drop("sub"), check: lti.CheckSubject}),
}

var personal = []string{"name", "given_name", "family_name", "email"}

// keeping drops all personal claims but some.
func keeping(keep ...string) Spoil {
	return func(a *Attempt) {
		for _, name := range personal {
			if !slices.Contains(keep, name) {
				delete(a.Claims, name)
			}
		}
	}
}

// goodPayloads are the valid launches of the certification (§6.1.2, §6.1.3).
var goodPayloads = []Case{
	both("CERT-V01", "a full launch is accepted", variant{}),
	both("CERT-V02", "several roles are accepted",
		variant{spoil: set(claim+"roles", []string{string(lti.RoleLearner), string(lti.RoleInstructor), "http://purl.imsglobal.org/vocab/lis/v2/institution/person#Student"})}),
	both("CERT-V03", "short role values are accepted",
		variant{name: "Instructor", spoil: set(claim+"roles", []string{"Instructor"})},
		variant{name: "Learner", spoil: set(claim+"roles", []string{"Learner"})}),
	both("CERT-V04", "an unknown role is accepted",
		variant{spoil: set(claim+"roles", []string{"https://example.com/roles#Wizard"})}),
	both("CERT-V05", "an empty list of roles is accepted", variant{spoil: set(claim+"roles", []string{})}),
	both("CERT-V06", "an e-mail address without names is accepted",
		variant{spoil: all(keeping("email"), set("email", "someone@example.com"))}),
	both("CERT-V07", "names without e-mail address are accepted",
		variant{spoil: all(keeping(), set("given_name", "Ada"), set("family_name", "Example"))}),
	both("CERT-V08", "a launch without personal data is accepted", variant{spoil: keeping()}),
	both("CERT-V09", "an e-mail address without context is accepted",
		variant{spoil: all(keeping("email"), drop(claim+"context"))}),
	both("CERT-V10", "a launch with nothing but its resource link is accepted",
		variant{spoil: all(keeping(), drop(claim+"context", claim+"launch_presentation", claim+"lis", claimAGS, claim+"tool_platform"))}),
}
