package store

import (
	"sync"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// Everybody in a course launches from the same context, and hundreds at once
// from the same link: writing anew what was written a moment ago would make
// them wait for each other's locks. So what this process has recorded is known
// for a short while, and is left alone as long as launches tell the same.
// Launches still refer to a connection that is there; with it, all of this
// would be gone.
const (
	knownFor = 30 * time.Second
	maxKnown = 5_000 // each holds what an LMS told, in some kilobytes at most
)

// A launchPlace is what launches tell of where they come from, without what differs
// from launch to launch.
type launchPlace struct {
	workspace greenroom.WorkspaceID
	context   contextTold
	link      greenroom.ResourceLink // without IDs
	item      greenroom.LineItem     // likewise
}

// contextTold is a greenroom.Context that can be compared.
type contextTold struct {
	connection                                                                                     greenroom.ConnectionID
	deployment, platformID, linkPlatformID, label, title, membershipsURL, lineItemsURL, scopesTold string
}

// A met place has rows.
type met struct {
	context greenroom.ContextID
	link    greenroom.ResourceLinkID
	item    greenroom.LineItemID
	at      time.Time
}

// places are those that this process has met. The zero value is ready to use.
type places struct {
	mu    sync.Mutex
	known map[launchPlace]met
}

// placeOf returns where a launch comes from.
func placeOf(w greenroom.WorkspaceID, r greenroom.LaunchRecord) launchPlace {
	p := launchPlace{workspace: w}
	if c := r.Context; c != nil {
		p.context = contextTold{
			c.Connection, c.Deployment, c.PlatformID, c.LinkPlatformID, c.Label, c.Title, c.MembershipsURL, c.LineItemsURL, "",
		}
		for _, scope := range c.Scopes {
			p.context.scopesTold += scope + " "
		}
	}
	if r.Link != nil {
		p.link = *r.Link
		p.link.ID, p.link.Context = "", ""
	}
	if r.LineItem != nil {
		p.item = *r.LineItem
		p.item.ID, p.item.ResourceLink = "", ""
	}
	return p
}

func (k *places) find(p launchPlace, now time.Time) (met, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	m, ok := k.known[p]
	return m, ok && !now.Before(m.at) && now.Before(m.at.Add(knownFor))
}

// keep remembers a place. When there are too many, all are forgotten.
func (k *places) keep(p launchPlace, m met) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.known == nil || len(k.known) >= maxKnown {
		k.known = map[launchPlace]met{}
	}
	k.known[p] = m
}

// forgetAll forgets all places.
func (k *places) forgetAll() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.known = nil
}

// forget forgets a workspace's places, for what may have deleted rows.
func (k *places) forget(w greenroom.WorkspaceID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for p := range k.known {
		if p.workspace == w {
			delete(k.known, p)
		}
	}
}
