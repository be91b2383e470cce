// Package app puts Greenroom together: configuration, store, service, pages,
// workers, and the server around them.
//
//	a, err := app.Open(ctx, config)   // everything but the socket
//	err = a.Run(ctx, listener)        // serves until ctx ends, then drains
//	err = a.Close()
//
// The operator's commands use OpenService: the same store and service, no
// server and no lock, so that they work while a server runs.
package app
