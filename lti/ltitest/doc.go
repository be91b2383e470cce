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
// Visit does the same with a whole server, as a browser would. Scores tells
// what the tool posted.
package ltitest
