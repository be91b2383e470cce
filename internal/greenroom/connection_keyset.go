package greenroom

import (
	"context"

	"github.com/greenroom-lti/greenroom/lti"
)

// A KeySetState is what is in the key set that a connection keeps.
type KeySetState struct {
	Keys    int      // that can check a launch
	Skipped []string // why others cannot
	Broken  bool     // it is no key set
}

// KeySetState reads the kept key set. It is the zero state if none is kept.
func (c Connection) KeySetState() KeySetState {
	if c.KeySet == nil {
		return KeySetState{}
	}
	set, err := lti.ParseKeySet(c.KeySet)
	if err != nil {
		return KeySetState{Broken: true}
	}
	return KeySetState{Keys: len(set.Keys), Skipped: set.Skipped}
}

// fetchKeySet fetches the key set of a connection that is about to be saved,
// and notes what it saw.
func (s *Service) fetchKeySet(ctx context.Context, c *Connection, saved *SavedConnection) {
	report, err := s.Platforms.FetchKeySet(ctx, c.KeySetURL)
	if err != nil {
		saved.Warnings = append(saved.Warnings, keySetWarning(err))
		s.Log.WarnContext(ctx, "key set not fetched", "url", c.KeySetURL, "err", err)
		return
	}
	saved.KeySet = &report
	c.KeySet, c.KeySetAt = report.Document, s.Now()
	if report.Keys == 0 {
		saved.Warnings = append(saved.Warnings, "The keyset of your LMS holds no key that Greenroom can use. Launches will be refused until it does.")
	}
}

// ReadKeySet reads the key set of a connection again and keeps it. An LMS that
// cannot be reached is a warning; the last good key set stays.
func (s *Service) ReadKeySet(ctx context.Context, a Actor, id ConnectionID) (SavedConnection, error) {
	store, err := s.settings(a)
	if err != nil {
		return SavedConnection{}, err
	}
	c, err := store.Connection(ctx, id)
	if err != nil {
		return SavedConnection{}, err
	}
	saved := SavedConnection{Connection: c}
	s.fetchKeySet(ctx, &saved.Connection, &saved)
	if saved.KeySet == nil {
		return saved, nil
	}
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		now, err := tx.Connection(ctx, id)
		if err != nil || now.KeySetURL != c.KeySetURL { // another one belongs there by now
			return err
		}
		return tx.KeepKeySet(ctx, id, saved.KeySet.Document, saved.Connection.KeySetAt)
	})
	return saved, err
}
