package app

import "github.com/greenroom-lti/greenroom/internal/store"

// hear acts upon what another server, or a command, has written.
func (a *App) hear(c store.Change) {
	switch c.Topic {
	case store.PassbacksDue:
		a.passbacks.Wake()
	case store.RostersDue:
		a.rosters.Wake()
	case store.LineItemsDue:
		a.lineItems.Wake()
	case store.Settings:
		a.Service.Recent.Forget(c.Workspace)
	case store.Everything:
		a.Service.Recent.ForgetAll()
		a.passbacks.Wake()
		a.rosters.Wake()
		a.lineItems.Wake()
	}
	if a.heard != nil {
		a.heard(c)
	}
}

// tellNodes has this server hold its visitors to its part of the limits.
func (a *App) tellNodes(n int) {
	a.Config.Log.Info("servers on this database", "count", n)
	a.Kit.Nodes(n)
}
