// Package pns is the tool's side of the LTI Platform Notification Service 1.0:
// notices that a platform sends to a tool by itself, without a browser, such as
// that a course was copied.
//
// # To get notices
//
// A launch tells whether the platform offers the service, for one deployment,
// and which notices it sends. Name a handler for each type that you want:
//
//	if launch.Notices.Sends(pns.ContextCopyNotice) {
//		handler := pns.Handler{NoticeType: pns.ContextCopyNotice, URL: "https://tool.example/notices"}
//		_, err := pns.SetHandler(ctx, client, launch.Notices.URL, handler)
//	}
//
// Handlers lists those that are set, RemoveHandler ends one. Keep the URL with
// the deployment: there may be no launch when you want to end it.
//
// # To read notices
//
// The platform posts them to the handler, several at a time, each signed by
// itself. Anybody can post: believe the signatures alone.
//
//	received, err := pns.Read(ctx, tool, r.Body)  // *lti.Refusal: not a list of notices; answer 400
//	for _, each := range received {
//		if each.Err != nil { … }                  // *lti.Refusal: this one; the others are good all the same
//		each.Notice                               // *Notice: every check has passed
//	}
//
// Answer 200 once the good ones are stored, and work on them later: platforms
// wait briefly, and Canvas does not send a notice twice. Notices may come twice
// all the same, and from anybody who has seen one: remember Notice.Replay for
// lti.MessageLife, and take none of them twice.
//
// Trust no id in a notice further than its deployment: that the context of
// ContextCopy.Origins belongs to the same deployment as the copy is yours to
// check, before data of the one go to the other.
package pns
