package greenroom

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"
)

// A KeyUse is what one platform has made of one key's signatures.
type KeyUse struct {
	Key        KeyID
	Connection ConnectionID
	AcceptedAt time.Time // it last granted a token for a signature; zero: never
	RefusedAt  time.Time // it last refused one; zero: never
}

// A Signing is what came of a signature that was shown to a platform.
type Signing string

// What can come of it.
const (
	SigningAccepted Signing = "accepted" // a token was granted
	SigningRefused  Signing = "refused"  // the assertion was not taken
	SigningUnjudged Signing = "unjudged" // no answer, or one about something else
)

// coarse is how often times of use are written while nothing else changes.
const coarse = time.Hour

// note returns the use after one more signature, and whether that is worth a
// write: the platform has changed its mind, or an hour has passed.
func (u KeyUse) note(s Signing, now time.Time) (KeyUse, bool) {
	stale := func(at time.Time) bool { return now.Sub(at) >= coarse }
	switch s {
	case SigningAccepted:
		worth := u.AcceptedAt.IsZero() || u.RefusedAt.After(u.AcceptedAt) || stale(u.AcceptedAt)
		u.AcceptedAt = now
		return u, worth
	case SigningRefused:
		worth := u.RefusedAt.IsZero() || !u.RefusedAt.After(u.AcceptedAt) || stale(u.RefusedAt)
		u.RefusedAt = now
		return u, worth
	}
	return u, false
}

// used returns the key after a signature, and whether that is worth a write.
func (k Key) used(now time.Time) (Key, bool) {
	worth := now.Sub(k.UsedAt) >= coarse
	k.UsedAt = now
	return k, worth
}

// NoteSigning remembers what a platform made of a key's signature. It writes at
// most once an hour as long as the platform does not change its mind. A key or
// a connection that is gone is no error.
func NoteSigning(ctx context.Context, store WorkspaceStore, now time.Time, id KeyID, c ConnectionID, s Signing) error {
	now = now.Truncate(time.Millisecond)
	key, use, worth, err := noted(ctx, store, now, id, c, s)
	if err != nil || !worth {
		return err
	}
	return store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Connection(ctx, c); errors.Is(err, ErrNotFound) {
			return nil
		} else if err != nil {
			return err
		}
		// After the connection, as who changes one does: it counts with the
		// workspace at last. It holds the keys; see lockKeys.
		if _, err := tx.Workspace(ctx); err != nil {
			return err
		}
		key, use, worth, err = noted(ctx, tx, now, id, c, s)
		if err != nil || !worth {
			return err
		}
		if err := tx.SaveKey(ctx, key); err != nil || s == SigningUnjudged {
			return err
		}
		return tx.SaveKeyUse(ctx, use)
	})
}

// noted reads a key and its use, and notes a signature.
func noted(ctx context.Context, r Reader, now time.Time, id KeyID, c ConnectionID, s Signing) (Key, KeyUse, bool, error) {
	keys, err := r.Keys(ctx)
	if err != nil {
		return Key{}, KeyUse{}, false, err
	}
	i := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id })
	if i < 0 {
		return Key{}, KeyUse{}, false, nil
	}
	uses, err := r.KeyUses(ctx)
	if err != nil {
		return Key{}, KeyUse{}, false, err
	}
	use := KeyUse{Key: id, Connection: c}
	for _, u := range uses {
		if u.Key == id && u.Connection == c {
			use = u
		}
	}
	key, fresh := keys[i].used(now)
	use, changed := use.note(s, now)
	return key, use, fresh || changed, nil
}

// A KeyReport is what administrators see of a workspace's keys.
type KeyReport struct {
	Rows   []KeyRow // the newest first
	Policy KeyPolicy
	// Upcoming is when the key that waits for its turn begins to sign; zero if
	// none does.
	Upcoming time.Time
	// RotatesAt is when the next key will be made by itself; zero: never.
	RotatesAt time.Time
}

// A KeyRow is one key, and who knows it.
type KeyRow struct {
	Key
	State KeyState
	// WithdrawsAt is when it leaves the key set; zero if nobody knows yet, or
	// it has left.
	WithdrawsAt time.Time
	// Platforms are the connections that are switched on, by name. Empty for
	// keys that do not sign yet and for those that are withdrawn.
	Platforms []KeyPlatform
}

// A KeyPlatform is a connection and what it made of a key's signatures.
type KeyPlatform struct {
	Connection Connection
	KeyUse
}

// Heard tells whether the platform has ever judged a signature by the key.
func (p KeyPlatform) Heard() bool { return !p.AcceptedAt.IsZero() || !p.RefusedAt.IsZero() }

// Refuses tells whether the platform's last word was a refusal.
func (p KeyPlatform) Refuses() bool { return p.RefusedAt.After(p.AcceptedAt) }

// Keys returns the workspace's keys and which platforms know them.
func (s *Service) Keys(ctx context.Context, a Actor) (KeyReport, error) {
	store, err := s.settings(a)
	if err != nil {
		return KeyReport{}, err
	}
	keys, err := store.Keys(ctx)
	if err != nil {
		return KeyReport{}, err
	}
	connections, err := store.Connections(ctx)
	if err != nil {
		return KeyReport{}, err
	}
	uses, err := store.KeyUses(ctx)
	if err != nil {
		return KeyReport{}, err
	}
	return s.KeyPolicy.OrUsual().report(keys, connections, uses, s.Now()), nil
}

func (p KeyPolicy) report(keys []Key, connections []Connection, uses []KeyUse, now time.Time) KeyReport {
	report := KeyReport{Policy: p}
	for _, k := range keys {
		row := KeyRow{Key: k, State: k.State(now)}
		if row.State != KeyWithdrawn && !k.RetiresAt.IsZero() {
			row.WithdrawsAt = k.RetiresAt.Add(p.Overlap)
		}
		if row.State == KeySigning || row.State == KeyRetiring {
			row.Platforms = platformsOf(k.ID, connections, uses)
		}
		report.Rows = append(report.Rows, row)
	}
	if k, ok := upcoming(keys, now); ok {
		report.Upcoming = k.SignsAt
	} else if k, ok := signing(keys, now); ok {
		report.RotatesAt = p.rotationDue(k)
	}
	return report
}

func platformsOf(key KeyID, connections []Connection, uses []KeyUse) (list []KeyPlatform) {
	for _, c := range connections {
		if c.Disabled {
			continue
		}
		platform := KeyPlatform{Connection: c, KeyUse: KeyUse{Key: key, Connection: c.ID}}
		for _, u := range uses {
			if u.Key == key && u.Connection == c.ID {
				platform.KeyUse = u
			}
		}
		list = append(list, platform)
	}
	slices.SortStableFunc(list, func(a, b KeyPlatform) int {
		return strings.Compare(strings.ToLower(a.Connection.Platform), strings.ToLower(b.Connection.Platform))
	})
	return list
}
