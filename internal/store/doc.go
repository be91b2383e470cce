// Package store is greenroom.Store in SQL: on SQLite, which is inside, and on
// PostgreSQL, for several nodes. It decides nothing; the rules are in package
// greenroom, and the promises of its interfaces are tests in storetest.
//
// # One text for two databases
//
// The queries are in queries/, the tables in migrations/. sqlc reads both as
// PostgreSQL and writes package q, which speaks database/sql with $1, as SQLite
// understands it too. Where the two must differ, dialect.go has a name for it.
// Times are milliseconds since 1970, 0 for the zero time; lists are JSON; a
// score is text (package column).
//
// # Walls
//
// Every table of a workspace carries workspace_id, and it leads every key and
// every foreign key: a row cannot point over the wall, and the rows of one
// workspace lie together. The two kinds of rows that span workspaces, people
// with their sign-ins and the workspaces themselves, are reached by
// InstanceStore alone. So is a person's link by its token; the workspace that
// made it lists it and revokes it, and the operator's are in none.
//
// # Writers and readers
//
// SQLite has one writer, and so has the Store: a connection of its own, whose
// transactions are immediate, with readers beside it that may not write.
// PostgreSQL has one pool for both. There, a Tx that reads a single thing locks
// it until the transaction ends, so that reading, deciding and writing back is
// as safe as it is on SQLite.
//
// # Regenerating
//
// Change a file of queries/ or migrations/, then run go generate.
package store

//go:generate go tool -modfile=../../tools/go.mod sqlc generate
