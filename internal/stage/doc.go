// Package stage is the learner's side: the lobby in front of a scenario, the
// rehearsal, the result. A launch opens it; every URL carries the launch's ID,
// and a cookie of that launch says who is there. No page leads into the
// admin's rooms, and every one works in a frame of 320 by 400 pixels, without
// scripts, and after a reload.
//
//	GET  /stage/{workspace}/{launch}                             the lobby
//	POST /stage/{workspace}/{launch}/sessions                    begin, or go on
//	GET  /stage/{workspace}/{launch}/sessions/{session}          the rehearsal
//	POST /stage/{workspace}/{launch}/sessions/{session}/picks    a reply
//	GET  /stage/{workspace}/{launch}/sessions/{session}/result   the result
//	GET  /stage/{workspace}/{launch}/sessions/{session}/gradebook  its line about the LMS
package stage
