// Package deploy holds the files of the folder deploy to the programs that will
// read them: Docker's own parser and linter, Compose's schema, Prometheus'
// rules and language. It is a module of its own, so that none of these is a
// dependency of Greenroom. "make check" runs it.
package deploy
