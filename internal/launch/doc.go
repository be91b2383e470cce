// Package launch is where LMSes and their people come in: the LTI endpoints of
// each workspace.
//
//	GET, POST /lti/{workspace}/login      OIDC login initiation → 302 to the platform
//	POST      /lti/{workspace}/launch     the signed launch → 303 to the stage, or to the course's room
//	GET       /lti/{workspace}/launch     somebody reloaded, or went back
//	POST      /lti/{workspace}/launch/stored  the launch again, with the secret from the LMS's storage
//	GET       /lti/{workspace}/jwks.json  the workspace's public keys
//	GET       /lti/{workspace}/.well-known/openid-configuration
//	GET       /lti/{workspace}/canvas.json  the same as Canvas reads it
//	GET       /lti/{workspace}/key.pem    the key that signs, for an LMS that reads no key set
//	GET       /lti/{workspace}/register   Dynamic Registration, opened by the LMS
//
// Login, launch and the two documents are below /lti as well, without a
// workspace: for registrations of the instance, which workspaces share. There
// the deployment says whose a launch is, when all its checks have held.
//
//	POST      /lti/claim                  a code brings a deployment to a workspace
//
// # The way in
//
// A login writes nothing: all that must be remembered is sealed into the state
// and a cookie. A launch passes every check of the protocol library; its last
// one, spending the state, is the transaction that records the launch and
// signs the learner in. Then the browser gets the stage's cookie and goes on.
//
// What began on a host goes on there. A workspace that has a host of its own
// answers on the instance's as well: what an LMS was told before stays true.
//
// # Frames
//
// In a frame, the login looks first whether the browser keeps a cookie there.
// If it does not, the secret goes into the storage that the LMS lends in its
// own page, and the stage's URLs carry a ticket in place of the cookie. If
// there is none, one button opens the login in a window of its own. rung.go
// decides; the launch log says which way it was.
//
// # The way out
//
// Every refusal ends on one page with one plain sentence and a reference. It
// tells the person what to do and an attacker nothing; which check failed, and
// why, is in the launch log under the same reference.
package launch
