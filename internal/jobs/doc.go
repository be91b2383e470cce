// Package jobs does what must be done without anybody asking: it brings scores
// to platforms, reads rosters and sweeps away what has expired. It decides neither what to
// say to a platform nor when to try again; it decides who works when.
//
// # Passbacks
//
// A passback's row is its own queue. Passbacks looks for lanes (connections)
// with due rows, claims rows under a lease, lets the Service post them and
// write the outcome down.
//
//   - It looks when it is woken, when the next row falls due, when a worker
//     has finished, and now and then: a lost wake-up costs seconds, never a
//     grade. A row whose worker died is due again when its lease has run out.
//   - Each lane has its own few workers. A platform that hangs keeps only
//     those busy.
//   - A lane whose platform is down rests, longer each time, and then tries
//     one row before the others follow.
//   - At the end nothing new is begun, and what is on its way gets a moment to
//     arrive.
//
// # Rosters
//
// The same workers read who is in the courses, from a queue of the same kind
// with lanes of its own: a large course delays no score.
package jobs
