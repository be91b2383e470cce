// Package deeplink answers deep linking requests: LTI Deep Linking 2.0, by
// which a teacher picks content of the tool without leaving the course.
//
//	platform → browser → tool   launch with lti.MessageDeepLinking   Launch.DeepLinking
//	tool ↔ browser              the tool's own picker, as many pages as it likes
//	tool → browser → platform   form POST of one field, JWT          Respond, Cancel
//
// The picker's form is another request than the launch. Keep the Request until
// then; it is a small struct that survives encoding/json:
//
//	request, err := deeplink.NewRequest(launch)
//
// and answer with what was picked:
//
//	answer, err := deeplink.Respond(ctx, key, request, []deeplink.Item{
//		deeplink.ResourceLink{
//			Title:    "Discovery call",
//			Custom:   map[string]string{"scenario_id": "discovery-call"},
//			LineItem: &deeplink.LineItem{Maximum: 100, ResourceID: "discovery-call"},
//		},
//	})
//
// The answer goes through the browser, for it is the teacher who is signed in
// to the platform: show a form with method POST, action answer.ReturnURL and a
// hidden field named Field of value answer.JWT, which submits itself.
//
// # What may be sent
//
// The platform says what it takes: Launch.DeepLinking.AcceptTypes names types,
// AcceptMultiple whether several. Respond refuses everything else with a
// *Refused, which names item, member and rule, before anything is signed;
// Request.Check asks the same beforehand. What is merely a wish is left out
// where the platform has said that it does not serve it: a line item after
// accept_lineitem false, a window where no windows are supported.
//
// # What comes back
//
// Nothing tells whether the platform has made the links. A tool cannot know the
// resource_link.id that a link will get: put your own id into Custom, which
// comes back in Launch.Custom at each launch, or into URL, which is the launch's
// TargetLinkURI. The line item is found by its ResourceID and Tag (ags.Filter).
//
// Who may pick is the caller's decision; Launch.Roles helps with it.
package deeplink
