package greenroom

import (
	"context"
	"io"
	"time"
)

// MoveConnection takes over the addresses that a platform publishes now. One
// that calls itself otherwise is another platform, and changes nothing; so is
// one whose addresses are those that are kept.
func MoveConnection(ctx context.Context, store WorkspaceStore, id ConnectionID, cfg PlatformConfiguration, now time.Time, random io.Reader) (Connection, error) {
	var c Connection
	err := store.Update(ctx, func(ctx context.Context, tx Tx) error {
		old, err := tx.Connection(ctx, id)
		if err != nil {
			return err
		}
		c = old
		if cfg.Issuer != old.Issuer {
			return nil
		}
		c.AuthURL, c.TokenURL = cfg.AuthURL, cfg.TokenURL
		if c.TokenURL != old.TokenURL { // what was signed for the one does not go to the other
			c.Audience = cfg.Audience
		}
		if c.KeySetURL != cfg.KeySetURL {
			c.KeySetURL, c.KeySet, c.KeySetAt = cfg.KeySetURL, nil, time.Time{}
		}
		e := connectionEntry(ConnectionMoved, old, c)
		if len(e.Changes) == 0 {
			return nil
		}
		c.UpdatedAt = now
		if err := tx.SaveConnection(ctx, c); err != nil {
			return err
		}
		e.ActorName = SystemName
		s := &Service{Now: func() time.Time { return now }, Random: random}
		return s.audit(ctx, tx, Actor{}, e)
	})
	return c, err
}
