package lti

// A Check is one of the things that must hold before a launch exists. Its
// value is stable: it may be stored and shown.
type Check string

const (
	CheckRequest         Check = "request"          // method, media type, size, every parameter once
	CheckState           Check = "state"            // ours, in time, of this launch URL
	CheckRegistration    Check = "registration"     // known, and still there
	CheckPlatformError   Check = "platform_error"   // the platform answered with an error
	CheckBrowser         Check = "browser"          // the browser that began the login
	CheckToken           Check = "token"            // a signed JWT in its canonical form
	CheckAlgorithm       Check = "algorithm"        // one that the registration allows
	CheckKey             Check = "key"              // kid names a key of the platform
	CheckSignature       Check = "signature"        // made with that key
	CheckClaims          Check = "claims"           // a JSON object, no member twice, identifiers in bounds
	CheckIssuer          Check = "issuer"           // the registration's
	CheckAudience        Check = "audience"         // our client id, and nobody else
	CheckAuthorizedParty Check = "authorized_party" // our client id, if there is one
	CheckExpiry          Check = "expiry"           // not over
	CheckIssuedAt        Check = "issued_at"        // neither old nor in the future
	CheckNotBefore       Check = "not_before"       // not too early
	CheckNonce           Check = "nonce"            // the one that the login sent
	CheckVersion         Check = "version"          // 1.3.0
	CheckMessageType     Check = "message_type"     // one of the three that a tool can serve
	CheckDeployment      Check = "deployment"       // of this registration, and the login's
	CheckTarget          Check = "target_link_uri"  // the login's, and on a host of ours
	CheckResourceLink    Check = "resource_link"    // has an id
	CheckRoles           Check = "roles"            // a list, which may be empty
	CheckSubject         Check = "subject"          // says who, unless anonymous launches are allowed
	CheckDeepLinking     Check = "deep_linking"     // the settings of a deep linking request
	CheckForUser         Check = "for_user"         // whose submission is reviewed, and by whom
	CheckReplay          Check = "replay"           // the state was not spent before
	CheckNotice          Check = "notice"           // a notice that can be read, of package pns
)

// Spec returns the clause of the specification that asks for the check, as an
// administrator would quote it to an LMS vendor.
func (c Check) Spec() string { return clauses[c] }

var clauses = map[Check]string{
	CheckRequest:         "Security 1.0 §5.1.1",
	CheckState:           "Security 1.0 §5.1.1.2; OpenID Connect Core §3.1.2.1",
	CheckRegistration:    "Core 1.0 §3.1",
	CheckPlatformError:   "Security 1.0 §5.1.1.5; OpenID Connect Core §3.1.2.6",
	CheckBrowser:         "OpenID Connect Core §3.1.2.1; RFC 6749 §10.12",
	CheckToken:           "Security 1.0 §5.1.2; RFC 7515 §5.2",
	CheckAlgorithm:       "Security 1.0 §5.1.3, step 6; RFC 8725 §3.1",
	CheckKey:             "Security 1.0 §6.3; RFC 7515 §4.1.4",
	CheckSignature:       "Security 1.0 §5.1.3, step 1",
	CheckClaims:          "RFC 7519 §4; RFC 8725 §3.10",
	CheckIssuer:          "Security 1.0 §5.1.3, step 2",
	CheckAudience:        "Security 1.0 §5.1.3, step 3",
	CheckAuthorizedParty: "Security 1.0 §5.1.3, steps 4 and 5",
	CheckExpiry:          "Security 1.0 §5.1.3, step 7",
	CheckIssuedAt:        "Security 1.0 §5.1.3, step 8",
	CheckNotBefore:       "RFC 7519 §4.1.5",
	CheckNonce:           "Security 1.0 §5.1.3, step 9",
	CheckVersion:         "Core 1.0 §5.3.2",
	CheckMessageType:     "Core 1.0 §5.3.1",
	CheckDeployment:      "Core 1.0 §5.3.3",
	CheckTarget:          "Core 1.0 §5.3.4",
	CheckResourceLink:    "Core 1.0 §5.3.5",
	CheckRoles:           "Core 1.0 §5.3.7",
	CheckSubject:         "Core 1.0 §5.3.6",
	CheckDeepLinking:     "Deep Linking 2.0 §4.4",
	CheckForUser:         "Submission Review 1.0 §3, claim for_user",
	CheckReplay:          "Security 1.0 §5.1.3, step 9",
	CheckNotice:          "Platform Notification Service 1.0, claim notice",
}
