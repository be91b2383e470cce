// Package platforms is Greenroom's dealings with LMSes. It turns a connection
// into the protocol library's types, keeps key sets and access tokens, and
// implements what the domain asks for (greenroom.Platforms) and what the LTI
// endpoints need: the registrations and key sets of one workspace.
//
// All calls go through the guarded client that it is given. It never calls
// while a transaction is open: what it has to write, it writes afterwards.
package platforms
