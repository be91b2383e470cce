// Package lti is the tool's side of LTI 1.3: it takes launches from learning
// platforms (Moodle, Canvas, …) and calls their services.
//
// # A launch is three requests through the browser
//
//	platform → tool      login request: "this user wants this target" (unsigned)
//	tool → platform      authentication request: redirect with state and nonce
//	platform → tool      launch: form POST of state and id_token (signed)
//
// A tool answers the first with StartLogin and the third with FinishLaunch:
//
//	tool := &lti.Tool{Registrations: registrations, States: states}
//
//	params, err := lti.FormParams(w, r)                                    // GET or POST
//	login, err := tool.StartLogin(ctx, params, launchURL, r.Cookies()...)  // set the cookie, redirect
//
//	params, err := lti.FormParams(w, r)                                    // POST
//	launch, err := tool.FinishLaunch(ctx, params, r.Cookies(), launchURL)  // *Launch or *Refusal
//
// A Launch exists only if every check of Checks has passed. A Refusal names the
// check that did not hold, and the clause of the specification behind it.
//
// # What a tool brings
//
// Registrations finds what tool and platform know of each other: issuer, client
// id, endpoints, deployments. States carries the login to its launch and spends
// it once; embed a Sealer, and only Spend is left to write. Nothing is stored
// before a launch has passed.
//
// # Services
//
// A Client calls the platform with access tokens, which it gets by signing
// assertions with the tool's key (PrivateKey; KeySetDocument publishes the other
// half). It needs a Registration and no launch: scores are sent days later.
// Package ags posts scores and keeps line items, package nrps reads rosters,
// package dynreg registers the tool with a platform. Package deeplink answers
// the launches by which teachers pick content, package pns reads what a platform
// tells by itself.
//
// # Words
//
// A registration is (issuer, client id). A deployment is one installation of the
// tool within it. A user is (registration, Subject); names and addresses are
// only what the platform chose to tell. A resource link is what was clicked, a
// context is mostly the course around it.
//
// Specifications: LTI Core 1.3, 1EdTech Security Framework 1.0, LTI Advantage.
package lti
