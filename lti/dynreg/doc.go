// Package dynreg is the tool's side of LTI Dynamic Registration 1.0: an
// administrator pastes the tool's registration URL into the platform, and the
// two exchange their endpoints.
//
//	platform → browser → tool   GET registration URL ? openid_configuration & registration_token
//	tool → platform             GET openid_configuration                       Discover
//	tool → platform             POST registration_endpoint                     Register
//	tool → browser → platform   page that posts CloseMessage to its opener
//
// Everything in the first request may be forged. Discover checks what can be
// checked without knowing the platform; calling only public addresses is the
// Doer's duty, and whose registration this is the caller's.
//
// # A registration that lives on
//
// There are two ways to change a registration, and platforms offer one or none.
//
// Moodle starts the flow again when an administrator pastes the URL a second
// time and chooses to update: UpdatesRegistration tells by the token, Current
// reads the present registration, and Register with that token changes it. The
// client id stays.
//
// Others answer a registration with an address and a token for it (RFC 7592):
// Registered.Management. Keep both, the token sealed, and read, update or delete
// the registration when you like. A platform may hand out another token with
// each answer: keep the newest.
//
// # What the answer says
//
// The platform's answer is the truth: it may have dropped scopes (Missing),
// messages and placements, and an administrator may have changed more. Tool is
// what it has kept.
package dynreg

// CloseMessage is the subject of the message that ends a registration:
//
//	(window.opener || window.parent).postMessage({subject: "org.imsglobal.lti.close"}, "*")
//
// It holds no secret, so any origin may read it.
const CloseMessage = "org.imsglobal.lti.close"
