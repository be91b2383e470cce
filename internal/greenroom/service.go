package greenroom

import (
	"context"
	"io"
	"log/slog"
	"time"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A Service is the house's use cases over its ports.
type Service struct {
	Store     Store
	Recent    *Recent // may be nil: see Known
	Vault     *Vault
	Platforms Platforms
	Engine    *roleplay.Engine

	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger

	// MainHost is the host of the public URL; empty where no server has run.
	MainHost string
	// AllowHTTP accepts http for loopback hosts: development only.
	AllowHTTP bool
	// KeyPolicy says how signing keys take turns.
	KeyPolicy KeyPolicy
	// Wake tells the workers that a passback may be due. It never blocks.
	Wake func()
	// WakeRosters and WakeLineItems tell those of rosters and of gradebook
	// columns the same.
	WakeRosters, WakeLineItems func()
	// Observer hears of what happens; nil: nobody does.
	Observer Observer

	// WakeNotices tells the worker that a platform may be asked for notices. It
	// never blocks.
	WakeNotices func()
	// InBackground does a task that nobody waits for, and never blocks; nil: such
	// tasks are left undone.
	InBackground func(func(context.Context))
	// NoticesURL is where a workspace takes notices.
	NoticesURL func(Workspace) string

	hashing      hashLimit
	plays        playCache
	checking     checking
	rostersAsked lately[courseKey] // by launches
	threshold    threshold
}

// wake is Wake, or nothing where no worker listens.
func (s *Service) wake() {
	if s.Wake != nil {
		s.Wake()
	}
}

// settings returns the actor's workspace store, or ErrNotFound: for those who
// do not administer a workspace its settings do not exist.
func (s *Service) settings(a Actor) (WorkspaceStore, error) {
	if a.Workspace == "" || !a.Role.Administers() {
		return nil, ErrNotFound
	}
	return s.Store.Workspace(a.Workspace), nil
}
