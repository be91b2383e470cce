// Package outbound is the only way out of the house: the HTTP client with
// which Greenroom calls platforms. Addresses come from administrators and from
// documents of LMSes, so nothing about them is trusted.
//
//   - https only; http in development, to loopback only.
//   - The address is judged when the connection is made, after the name was
//     resolved: what a name meant a moment before does not count. Private,
//     link-local, metadata and other special networks are refused, unless the
//     operator allowed them; so are ports other than 443.
//   - No proxy: behind one, the address could not be judged.
//   - A redirect is followed for GET and HEAD, on the same host, three times
//     at most.
//   - Every step has a time limit, every answer a size limit.
//   - One log line per call, without query, headers and bodies.
//
// Errors are *Error; Explain says in plain words what went wrong.
package outbound
