// Command bench measures what an operator asks about, beside a floor: the least
// that a Go server can do for the same durable result.
//
//	go run ./bench                      launches, on both databases
//	go run ./bench -what page,score     the first page, scores
//	go run ./bench -what connections,rows many platforms, many old launches
//	go run ./bench -what rest           start-up and memory
//	go run ./bench -what flat           memory over a million launches
//	go run ./bench -rate 300            a fixed rate, counted from when a launch was due
//	go run ./bench -profile FOLDER      CPU profiles of what is measured
//
// # What is measured
//
// Greenroom and the floor are processes of their own, started by this one and
// loaded by it in turn, in rounds, so that whatever else the machine does falls
// on both. CPU time is user and system time of the server process, and of
// PostgreSQL's processes where there are any; the load generator's own is not
// in it. Figures are medians of the rounds, and what counts is their ratio.
//
// The floor (floor.go) takes the same requests: it seals a state, checks one
// RS256 signature with a key that it holds, and writes launch, learner and spent
// state in one durable transaction: on SQLite with group commit, on PostgreSQL
// in one round trip. It leaves out everything else.
//
// Tokens are signed while no clock runs. Every launch is a new user's.
//
// Nothing here asserts a figure: docs/performance.md says what was measured.
package main
