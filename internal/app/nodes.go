package app

import "github.com/greenroom-lti/greenroom/internal/store"

// hear acts upon what another server, or a command, has written.
func (a *App) hear(c store.Change) {
	if c.Topic == store.PassbacksDue || c.Topic == store.Everything {
		a.passbacks.Wake()
	}
	if c.Topic == store.RostersDue || c.Topic == store.Everything {
		a.rosters.Wake()
	}
}

// tellNodes has this server hold its visitors to its part of the limits.
func (a *App) tellNodes(n int) {
	a.Config.Log.Info("servers on this database", "count", n)
	a.Kit.Nodes(n)
}
