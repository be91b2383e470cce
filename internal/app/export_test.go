package app

import "github.com/greenroom-lti/greenroom/internal/store"

// OnHeard has told called after the server has acted upon what another one
// wrote. Call it before Run.
func (a *App) OnHeard(told func(store.Change)) { a.heard = told }

// QueueCheck is what readyz says of a queue.
var QueueCheck = queueCheck

// SetNodes has the server believe that so many share the limits.
func (a *App) SetNodes(n int) { a.tellNodes(n) }
