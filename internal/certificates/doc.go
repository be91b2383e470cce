// Package certificates gives a server its TLS configuration: with certificates
// that are ordered and renewed by themselves (ACME), or from two files that
// somebody else renews.
//
// The host of the public URL has its certificate from the start. Others, the
// hosts of workspaces, get theirs at the first handshake that names them, if
// Allowed knows them: whoever points a name at the server must not be able to
// make it order certificates.
//
// Beside package outbound this is the one room that calls out: to the directory
// of the certificate authority that the operator chose, and nowhere else.
package certificates
