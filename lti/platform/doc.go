// Package platform is the other side of the wire: an LTI 1.3 platform in
// memory, for demonstrations and tests of tools. It has an issuer and keys,
// answers authentication requests with signed launches, grants access tokens,
// keeps line items, scores and rosters, sends teachers to the tool's picker,
// opens submissions, copies courses, and registers tools dynamically. Time and
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
// DeepLinkingRequest and SubmissionReview begin the other messages; Links and
// Selections tell what was picked. CopyCourse makes next term's course.
//
// A Profile makes it behave like one LMS, see Profiles: Moodle's is held to
// recorded answers of a real Moodle, others to what their documents and sources
// say (package profile names them, and what is not verified). Fail makes it
// break on request.
package platform
