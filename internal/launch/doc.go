// Package launch is where LMSes and their people come in: the LTI endpoints of
// each workspace.
//
//	GET, POST /lti/{workspace}/login      OIDC login initiation → 302 to the platform
//	POST      /lti/{workspace}/launch     the signed launch → 303 to the stage
//	GET       /lti/{workspace}/launch     somebody reloaded, or went back
//	GET       /lti/{workspace}/jwks.json  the workspace's public keys
//	GET       /lti/{workspace}/.well-known/openid-configuration
//	GET       /lti/{workspace}/register   Dynamic Registration, opened by the LMS
//
// # The way in
//
// A login writes nothing: all that must be remembered is sealed into the state
// and a cookie. A launch passes every check of the protocol library; its last
// one, spending the state, is the transaction that records the launch and
// signs the learner in. Then the browser gets the stage's cookie and goes on.
//
// # The way out
//
// Every refusal ends on one page with one plain sentence and a reference. It
// tells the person what to do and an attacker nothing; which check failed, and
// why, is in the launch log under the same reference.
package launch
