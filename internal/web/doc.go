// Package web is what the pages of Greenroom share: the reference that every
// request carries, the handler type and the pages its errors become, sign-in,
// the security headers, the URL builder, layouts and assets. It knows no
// page's content; admin, launch and stage bring those and mount themselves.
//
// # The way of a request
//
//	Kit.Wrap          reference · recover · log line · headers · cross-origin refusal · body limit
//	  ServeMux
//	    AdminPage     sign-in · who is asking, in which workspace · no framing · no caching
//	    FramePage     for learners and LMSes: may be framed, knows nobody
//	    Document      machine-readable, public
//	      Handler     reads the request, calls one use case, answers or returns an error
//
// A Handler returns what went wrong; the Kit turns it into a page with the
// reference and puts the cause into the log, where the same reference finds
// it. An error that does not know its page is "internal": the visitor reads
// one neutral sentence, the log reads the rest.
package web
