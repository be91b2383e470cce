// Package ltitest puts an LTI platform into a test of a tool. Start from a
// launch that is valid, spoil one thing, and name the refusal:
//
//	p := ltitest.NewPlatform(t, platform.Moodle)
//	tool := &lti.Tool{Registrations: p, States: lti.NewMemoryStates(key), KeySets: p.KeySets(), Now: p.Now}
//
//	launch, err := p.Launch(tool)                                // valid
//	_, err = p.Launch(tool, func(a *ltitest.Attempt) {           // spoilt
//		a.Claims["exp"] = 0
//	})
//
// Visit does the same with a whole server, as a browser would. LaunchFrom and
// VisitFrom do it for the other messages, Bring brings back what a teacher has
// picked, Trust hands it the tool's keys, and Received tells what the tool has
// posted:
//
//	p.Trust(key.Public())
//	begun, err := p.DeepLinkingRequest(p.Teacher, p.Course, p.Tool.ClientID, platform.Pick{})
//	picker := p.VisitFrom(server, begun)                         // the tool's page
//	p.Bring(ltitest.FormOf(picker))                              // its form, posted
//	made := p.Selections(p.Course)                               // what came of it
package ltitest
