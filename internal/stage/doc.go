// Package stage is the learner's side: the lobby in front of a scenario, the
// rehearsal, the result. A launch opens it; every URL carries the launch's ID,
// and a cookie of that launch says who is there. No page leads into the
// admin's rooms, and every one works in a frame of 320 by 400 pixels, without
// scripts, and after a reload.
//
//	GET  /stage/{workspace}/{launch}                             the lobby
//	GET  /stage/{workspace}/{launch}/practice                    all of the learner's practice
//	POST /stage/{workspace}/{launch}/sessions                    begin, or go on
//	GET  /stage/{workspace}/{launch}/sessions/{session}          the rehearsal
//	POST /stage/{workspace}/{launch}/sessions/{session}/picks    a reply
//	GET  /stage/{workspace}/{launch}/sessions/{session}/result   the result
//	GET  /stage/{workspace}/{launch}/sessions/{session}/gradebook  its line about the LMS
//
// A reply names the turn that the page knew of, so the same reply may arrive
// any number of times: a double click, a retry after a lost connection and a
// page that stayed open all end in the scene as it is. Forms load pages; the
// page's script sends the same form and gets the talk alone (see isFragment).
package stage
