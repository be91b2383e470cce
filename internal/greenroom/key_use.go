package greenroom

import (
	"context"
	"errors"
	"slices"
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
		if _, err := tx.Workspace(ctx); err != nil { // holds the keys; see lockKeys
			return err
		}
		if _, err := tx.Connection(ctx, c); errors.Is(err, ErrNotFound) {
			return nil
		} else if err != nil {
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
