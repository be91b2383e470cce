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
package dynreg

// CloseMessage is the subject of the message that ends a registration:
//
//	(window.opener || window.parent).postMessage({subject: "org.imsglobal.lti.close"}, "*")
//
// It holds no secret, so any origin may read it.
const CloseMessage = "org.imsglobal.lti.close"
