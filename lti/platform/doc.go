// Package platform is the other side of the wire: an LTI 1.3 platform in
// memory, for demonstrations and tests of tools. It has an issuer and keys,
// answers authentication requests with signed launches, grants access tokens,
// keeps line items and scores, and registers tools dynamically. Time and
// randomness are passed in, so that it is deterministic; it imports no testing
// package (package ltitest does).
//
//	p, err := platform.New(platform.Options{Issuer: "https://lms.example.com", Profile: platform.Moodle})
//	course := p.AddCourse("Harbour Engineering 101")
//	user := p.AddUser(platform.User{Name: "Stina Student"})
//	p.Enrol(course, user, platform.Learner)
//	tool := p.AddTool(platform.ToolSettings{…})
//	link := p.AddLink(course, platform.Link{Tool: tool.ClientID, Title: "Practice", Maximum: 100})
//
// A Platform is an http.Handler for everything below its issuer. The launch of
// a link begins with LoginRequest: the form that the browser is to post to the
// tool. Scores tells what arrived.
//
// A Profile makes it behave like one LMS: Moodle's is held to recorded answers
// of a real Moodle. Fail makes it break on request.
package platform
