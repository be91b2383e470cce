package platforms

import (
	"io"
	"log/slog"
	"sync"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// Options are what Platforms is made of.
type Options struct {
	Store  greenroom.Store
	Recent *greenroom.Recent // nil: rows are read each time
	Vault  *greenroom.Vault
	Client lti.Doer // the guarded client
	Now    func() time.Time
	Random io.Reader
	Log    *slog.Logger
	// Development accepts documents that name http addresses on loopback.
	Development bool
}

// Platforms deals with LMSes: greenroom.Platforms, and more. It is safe for use
// by many goroutines.
type Platforms struct {
	store       greenroom.Store
	recent      *greenroom.Recent
	vault       *greenroom.Vault
	client      lti.Doer
	now         func() time.Time
	random      io.Reader
	log         *slog.Logger
	development bool

	looking sync.Mutex
	looked  map[string]time.Time // when a connection's configuration was last read again

	keySets *lti.KeySetCache
	tokens  *lti.TokenCache
}

var _ greenroom.Platforms = (*Platforms)(nil)

// New returns Platforms with empty caches.
func New(o Options) *Platforms {
	p := &Platforms{
		store: o.Store, recent: o.Recent, vault: o.Vault, client: o.Client,
		now: o.Now, random: o.Random, log: o.Log, development: o.Development,
		tokens: lti.NewTokenCache(), looked: map[string]time.Time{},
	}
	if p.recent == nil {
		p.recent = (&greenroom.Service{Store: o.Store}).Known()
	}
	p.keySets = lti.NewKeySets(o.Client, o.Now)
	p.keySets.OnFetched = p.keep
	return p
}
