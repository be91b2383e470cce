package store

import (
	"context"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A Topic is what a Change is about.
type Topic string

// The topics.
const (
	// PassbacksDue: a passback may be due.
	PassbacksDue Topic = "passbacks"
	// RostersDue: a roster may be due.
	RostersDue Topic = "rosters"
	// LineItemsDue: a gradebook column may have to be made.
	LineItemsDue Topic = "line_items"
	// Settings: what SettingsVersion counts has changed.
	Settings Topic = "settings"
	// Everything: something may have been missed. Forget what you remember, and
	// look whether there is work.
	Everything Topic = "everything"
)

// A Change is what another process has written.
type Change struct {
	Topic     Topic
	Workspace greenroom.WorkspaceID // empty with Everything, and where it is not known
}

// Listen tells hear what other processes write to the database, each change at
// once or within a second, until ctx ends. What this store writes itself is
// left out, as far as that can be told. hear is called from one goroutine, and
// must not wait for anything.
//
// On PostgreSQL a connection of its own LISTENs to what transactions NOTIFY.
// Whenever that connection was away, and at the beginning, hear gets
// Everything. Where nothing can be heard, for want of a connection or behind a
// pooler that lends one for a transaction only, Listen asks once a second
// whether anything was written, as it does on SQLite.
func (s *Store) Listen(ctx context.Context, hear func(Change)) {
	told := func(c Change) {
		s.forgetPlaces(c)
		hear(c)
	}
	if s.changes == nil {
		s.poll(ctx, told)
		return
	}
	s.changes.run(ctx, told)
}

// forgetPlaces: a connection that another process has deleted took its places
// along.
func (s *Store) forgetPlaces(c Change) {
	switch c.Topic {
	case Settings:
		s.places.forget(c.Workspace)
	case Everything:
		s.places.forgetAll()
	}
}

// pollEvery is how often a database is asked that does not tell by itself.
const pollEvery = time.Second

// poll asks regularly until ctx ends.
func (s *Store) poll(ctx context.Context, hear func(Change)) {
	tick := time.NewTicker(s.polls)
	defer tick.Stop()
	for p := (poller{store: s}); ; {
		p.ask(ctx, hear)
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// A poller knows what it saw last.
type poller struct {
	store    *Store
	written  string // when something was written last; empty: never asked
	settings string
}

// ask asks once. What cannot be read now is asked for again.
func (p *poller) ask(ctx context.Context, hear func(Change)) {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	written, err := p.store.dialect.written(ctx, p.store)
	if err != nil || written == p.written {
		return
	}
	settings, err := p.store.dialect.settings(ctx, p.store)
	if err != nil {
		return
	}
	first := p.written == ""
	changed := first || settings != p.settings
	p.written, p.settings = written, settings
	if changed {
		hear(Change{Topic: Everything})
		return
	}
	hear(Change{Topic: PassbacksDue})
	hear(Change{Topic: RostersDue})
	hear(Change{Topic: LineItemsDue})
}

// announce has the transaction tell other processes of a change, if it is
// committed.
func (t *txn) announce(topic Topic, w greenroom.WorkspaceID) {
	if c := (Change{topic, w}); t.store.changes != nil && !slices.Contains(t.news, c) {
		t.news = append(t.news, c)
	}
}

// spread writes down, as the last thing of a transaction, what is announced.
func (t *txn) spread(ctx context.Context) error {
	if len(t.news) == 0 {
		return nil
	}
	lines := make([]string, len(t.news))
	for i, c := range t.news {
		lines[i] = t.store.changes.encode(c)
	}
	_, err := t.tx.ExecContext(ctx, "select pg_notify('"+channel+"', line) from unnest(string_to_array($1, E'\\n')) as line", strings.Join(lines, "\n"))
	return err
}

// complain logs that changes are not heard of, in words for an operator.
func complain(log *slog.Logger, what string, args ...any) {
	if log != nil {
		log.Warn(what, args...)
	}
}
