// Package metrics counts for an operator what happens in the house, in
// Prometheus' words: it is a greenroom.Observer, and hears of queries and of
// calls to platforms. What stands in the database (queues, keys) is asked for
// when somebody reads the figures, at most every few seconds.
//
// # What it takes care of
//
// The number of series is bounded, whatever comes from outside: labels are
// names that Greenroom gives (checks, limits, queries, areas), and of
// connections and hosts only those that fail are named, so many at most.
//
// It knows no HTTP route and opens no socket: Handler is served by package app,
// on an address of its own.
package metrics
