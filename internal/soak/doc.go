// Package soak breaks a running Greenroom on purpose and checks that its
// promises hold: servers are killed in the middle of launches, of the ends of
// sessions and of posting scores, databases crash and freeze, and clocks jump.
//
// What learners were told and what the LMS got is written down as events, in
// the order in which it happened. Check reads the events and names every
// promise that was broken:
//
//   - no launch is let in twice, whatever was killed meanwhile;
//   - no score that a learner was told of is missing at the LMS in the end;
//   - scores of one learner at one activity arrive in order, each with a later
//     timestamp, each better than the one before;
//   - what arrives twice is at most what may have been under way when a server
//     died, and the answers that the LMS lost;
//   - nothing arrives that nobody earned;
//   - what is meant for a healthy LMS arrives although another one is ill, before
//     that one is well again and while its calls hang. An LMS that is ill resets, hangs, lies or is gone;
//     what it says it took is its own affair.
//
// The short form runs with all tests; make soak runs it for as long as one
// likes. Servers are processes of their own, behind a proxy that sends each
// request to the next of them. Where a day is to pass, servers run within the
// test, and time passes between their doings: none outlives the lease under
// which it does something, as none does in life. Nothing leaves this machine.
package soak
