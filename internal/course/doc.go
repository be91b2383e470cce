// Package course is the instructors' side inside of the LMS. A launch opens it,
// as it opens the stage for learners: every URL carries the launch's ID, a
// cookie of that launch or a ticket says who is there, no page leads into the
// admin's rooms, and every one works in a frame of 320 pixels, by keyboard and
// without scripts.
//
//	GET        /course/{workspace}/{launch}                            where the launch leads
//	GET        /course/{workspace}/{launch}/class                      how everybody in the course fares
//	GET        /course/{workspace}/{launch}/class/export               the same as CSV
//	POST       /course/{workspace}/{launch}/class/roster               ask the LMS again who is in the course
//	POST       /course/{workspace}/{launch}/class/results              read what the LMS's gradebook has
//	GET, POST  /course/{workspace}/{launch}/pick                       the picker: search, filter, tick
//	GET, POST  /course/{workspace}/{launch}/pick/scenarios/{scenario}  what a scenario is about
//	GET, POST  /course/{workspace}/{launch}/pick/items                 title, grade and dates of what was picked
//	POST       /course/{workspace}/{launch}/pick/answer                sign, and send the browser to the LMS
//	POST       /course/{workspace}/{launch}/pick/cancel                the same, with nothing picked
//
// # The picker
//
// A deep linking request asks which activities a course is to have. Nothing is
// kept until it is answered: what was ticked and typed travels in the forms
// (see picking). As long as nothing was typed they load pages by GET, so that
// reload and back do what they should; from then on they post. A request is
// answered once; the answer goes to the address that the LMS signed, whatever
// the forms say.
package course
