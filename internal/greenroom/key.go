package greenroom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// A Key is one of a workspace's RSA key pairs, its private half sealed. Its
// times say where it stands; see State.
type Key struct {
	ID        KeyID
	Public    []byte // PKIX, DER
	Sealed    []byte // PKCS #8, sealed by the Vault; empty once it is withdrawn
	CreatedAt time.Time

	SignsAt     time.Time // zero in a withdrawn key that never came to sign
	RetiresAt   time.Time // zero until a rotation sets the end of its signing
	WithdrawnAt time.Time // zero as long as it is published
	UsedAt      time.Time // its last signature, to the hour
}

// A KeyState is where a key stands.
type KeyState string

// The states, in the order in which a key goes through them.
const (
	KeyUpcoming  KeyState = "upcoming"  // published, so that platforms learn it; does not sign yet
	KeySigning   KeyState = "signing"   // published; signs
	KeyRetiring  KeyState = "retiring"  // published, for what it has signed; signs no more
	KeyWithdrawn KeyState = "withdrawn" // not published; its private half is gone
)

// State tells where the key stands.
func (k Key) State(now time.Time) KeyState {
	switch {
	case !k.WithdrawnAt.IsZero():
		return KeyWithdrawn
	case now.Before(k.SignsAt):
		return KeyUpcoming
	case k.RetiresAt.IsZero() || now.Before(k.RetiresAt):
		return KeySigning
	}
	return KeyRetiring
}

// A KeyPolicy says how keys take turns.
type KeyPolicy struct {
	// Ahead is how long a new key is published before it signs: the longest
	// that a platform may keep our key set. 0: 24 hours.
	Ahead time.Duration
	// Overlap is how long a key stays published after its last signature.
	// 0: seven days.
	Overlap time.Duration
	// MaxAge is how long a key signs before the next one takes over by itself.
	// 0: until somebody rotates it.
	MaxAge time.Duration
}

// The usual policy, but for MaxAge, which is the operator's.
const (
	usualKeyAhead   = 24 * time.Hour
	usualKeyOverlap = 7 * 24 * time.Hour
)

// OrUsual fills in what is 0.
func (p KeyPolicy) OrUsual() KeyPolicy {
	p.Ahead = cmp.Or(p.Ahead, usualKeyAhead)
	p.Overlap = cmp.Or(p.Overlap, usualKeyOverlap)
	return p
}

// Check returns what is wrong with a policy, in words for the operator.
func (p KeyPolicy) Check() error {
	p = p.OrUsual()
	switch {
	case p.Ahead < 0 || p.MaxAge < 0:
		return errors.New("a key's age cannot be negative")
	case p.Overlap < p.Ahead:
		return fmt.Errorf("the overlap of keys must be at least %s: platforms may keep our key set for that long", p.Ahead)
	case p.MaxAge > 0 && p.MaxAge < p.Ahead+p.Overlap:
		return fmt.Errorf("the age of keys must be 0 (never rotate by itself) or at least %s: a new key is published %s before it signs, and stays %s after it", p.Ahead+p.Overlap, p.Ahead, p.Overlap)
	}
	return nil
}

// withdrawDue tells whether a key has been published for long enough.
func (p KeyPolicy) withdrawDue(k Key, now time.Time) bool {
	return k.State(now) == KeyRetiring && !now.Before(k.RetiresAt.Add(p.Overlap))
}

// rotationDue returns when the key that signs has to get a successor, so that
// none signs for longer than MaxAge. Zero: never.
func (p KeyPolicy) rotationDue(k Key) time.Time {
	if p.MaxAge <= 0 {
		return time.Time{}
	}
	return k.SignsAt.Add(p.MaxAge - p.Ahead)
}

// signing returns the key that signs. There is one at any time; should a
// database hold several, the one that began last.
func signing(keys []Key, now time.Time) (Key, bool) {
	var found Key
	ok := false
	for _, k := range keys {
		if k.State(now) == KeySigning && (!ok || k.SignsAt.After(found.SignsAt)) {
			found, ok = k, true
		}
	}
	return found, ok
}

// upcoming returns the key that waits for its turn.
func upcoming(keys []Key, now time.Time) (Key, bool) {
	i := slices.IndexFunc(keys, func(k Key) bool { return k.State(now) == KeyUpcoming })
	if i < 0 {
		return Key{}, false
	}
	return keys[i], true
}

// PublishedKeys picks those that belong into the key set: the one that signs
// first, for platforms that read no further, then what is to come, then what
// was.
func PublishedKeys(keys []Key, now time.Time) []Key {
	order := map[KeyState]int{KeySigning: 1, KeyUpcoming: 2, KeyRetiring: 3}
	published := slices.DeleteFunc(slices.Clone(keys), func(k Key) bool { return order[k.State(now)] == 0 })
	slices.SortStableFunc(published, func(a, b Key) int { return cmp.Compare(order[a.State(now)], order[b.State(now)]) })
	return published
}

// RetiringKey returns the key that signed before the one that signs now, as
// long as it is published. ErrNotFound if there is none.
func RetiringKey(keys []Key, now time.Time) (Key, error) {
	var found Key
	for _, k := range keys {
		if k.State(now) == KeyRetiring && k.RetiresAt.After(found.RetiresAt) {
			found = k
		}
	}
	if found.ID == "" {
		return Key{}, ErrNotFound
	}
	return found, nil
}

// withdraw ends a key: it is no longer published, and its private half is
// erased. The row stays for the history.
func (k Key) withdraw(now time.Time) Key {
	switch k.State(now) {
	case KeyUpcoming:
		k.SignsAt, k.RetiresAt = time.Time{}, now
	case KeySigning:
		k.RetiresAt = now
	}
	k.WithdrawnAt, k.Sealed = now, nil
	return k
}

// A RotationError refuses a rotation because another one is under way.
type RotationError struct {
	// SignsAt is when the other one's key begins to sign, or began.
	SignsAt time.Time
	// AtOnce: the other one was made at once, less than a minute ago.
	AtOnce bool
}

func (e *RotationError) Error() string {
	if e.AtOnce {
		return "the keys were rotated at once a moment ago"
	}
	return "a rotation is under way: its key signs from " + e.SignsAt.UTC().Format(time.RFC3339)
}

// hasty is how soon after a rotation at once another one is a second click.
const hasty = time.Minute

// rotate makes room for a new key among those of a workspace. It returns the
// new key with its times, and the others that change.
func (p KeyPolicy) rotate(keys []Key, next Key, now time.Time, atOnce bool) (Key, []Key, error) {
	next.CreatedAt, next.SignsAt = now, now
	if atOnce {
		return p.rotateAtOnce(keys, next, now)
	}
	if waiting, under := upcoming(keys, now); under {
		return Key{}, nil, &RotationError{SignsAt: waiting.SignsAt}
	}
	old, ok := signing(keys, now)
	if !ok {
		return next, nil, nil
	}
	next.SignsAt = now.Add(p.Ahead)
	old.RetiresAt = next.SignsAt
	return next, []Key{old}, nil
}

// rotateAtOnce trusts none of the keys that are there: whoever has a leaked one
// could sign in our name for as long as it is published.
func (p KeyPolicy) rotateAtOnce(keys []Key, next Key, now time.Time) (Key, []Key, error) {
	if k, ok := signing(keys, now); ok && now.Sub(k.CreatedAt) < hasty && madeAtOnce(k, keys) {
		return Key{}, nil, &RotationError{SignsAt: k.SignsAt, AtOnce: true}
	}
	var changed []Key
	for _, k := range keys {
		if k.State(now) != KeyWithdrawn {
			changed = append(changed, k.withdraw(now))
		}
	}
	return next, changed, nil
}

// madeAtOnce tells whether a key took the place of others when it was made.
func madeAtOnce(k Key, keys []Key) bool {
	return slices.ContainsFunc(keys, func(other Key) bool { return other.WithdrawnAt.Equal(k.CreatedAt) })
}

// SigningKeyOf picks the key that signs. ErrNotFound if none does.
func SigningKeyOf(keys []Key, now time.Time) (Key, error) {
	key, ok := signing(keys, now)
	if !ok {
		return Key{}, ErrNotFound
	}
	return key, nil
}

// SigningKey returns the key that a workspace signs with now.
func (s *Service) SigningKey(ctx context.Context, w WorkspaceID) (Key, error) {
	keys, err := s.Known().Keys(ctx, w)
	if err != nil {
		return Key{}, err
	}
	key, ok := signing(keys, s.Now())
	if !ok {
		return Key{}, ErrNotFound
	}
	return key, nil
}

// PublishedKeys returns the keys of a workspace's key set, in its order.
func (s *Service) PublishedKeys(ctx context.Context, w WorkspaceID) ([]Key, error) {
	keys, err := s.Store.Workspace(w).Keys(ctx)
	return PublishedKeys(keys, s.Now()), err
}

// RotateKey gives the workspace a new signing key. It is published at once and
// signs after KeyPolicy.Ahead, when platforms know it; the key before signs
// until then. With atOnce, for a key that has leaked, the new one signs from
// now on and all others are withdrawn. *RotationError while another rotation
// is under way.
func (s *Service) RotateKey(ctx context.Context, a Actor, atOnce bool) (Key, error) {
	store, err := s.settings(a)
	if err != nil {
		return Key{}, err
	}
	fresh, err := s.newKey(a.Workspace)
	if err != nil {
		return Key{}, err
	}
	var next Key
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		keys, err := lockKeys(ctx, tx)
		if err != nil {
			return err
		}
		if next, err = s.install(ctx, tx, keys, fresh, atOnce); err != nil {
			return err
		}
		return s.audit(ctx, tx, a, keyEntry(next, atOnce))
	})
	if err == nil {
		s.Log.InfoContext(ctx, "signing key rotated", "workspace", a.Workspace, "key", next.ID, "at_once", atOnce, "by", a.Person)
	}
	return next, err
}

// keyEntry begins an audit entry about a rotation.
func keyEntry(k Key, atOnce bool) AuditEntry {
	e := AuditEntry{Action: KeyRotated, Noun: NounKey, NounID: string(k.ID), Label: string(k.ID)}
	if atOnce {
		e.Changes = []Change{{"at_once", "", "yes"}}
	}
	return e
}

// lockKeys reads the keys and keeps others from changing them: who changes
// keys reads the workspace first, and its row is then held.
func lockKeys(ctx context.Context, tx Tx) ([]Key, error) {
	if _, err := tx.Workspace(ctx); err != nil {
		return nil, err
	}
	return tx.Keys(ctx)
}

// A keyWriter is what changes the keys of one owner.
type keyWriter interface {
	AddKey(ctx context.Context, k Key) error
	SaveKey(ctx context.Context, k Key) error
}

func (s *Service) install(ctx context.Context, tx keyWriter, keys []Key, fresh Key, atOnce bool) (Key, error) {
	next, changed, err := s.KeyPolicy.OrUsual().rotate(keys, fresh, s.Now().Truncate(time.Millisecond), atOnce)
	if err != nil {
		return Key{}, err
	}
	for _, k := range changed {
		if err := tx.SaveKey(ctx, k); err != nil {
			return Key{}, err
		}
	}
	return next, tx.AddKey(ctx, next)
}

// RotateDue withdraws the keys of all workspaces, and of the instance, whose time is over, and
// rotates those that have signed for long enough. A workspace in trouble does
// not keep the others waiting.
func (s *Service) RotateDue(ctx context.Context) error {
	all, err := s.Store.Instance().Workspaces(ctx)
	for _, w := range all {
		if trouble := s.rotateDue(ctx, w.ID); trouble != nil {
			err = errors.Join(err, fmt.Errorf("keys of workspace %s: %w", w.ID, trouble))
		}
	}
	if trouble := s.rotateInstanceDue(ctx); trouble != nil {
		err = errors.Join(err, fmt.Errorf("keys of the instance: %w", trouble))
	}
	return err
}

func (s *Service) rotateDue(ctx context.Context, w WorkspaceID) error {
	policy, store := s.KeyPolicy.OrUsual(), s.Store.Workspace(w)
	keys, err := store.Keys(ctx)
	if err != nil {
		return err
	}
	withdraw, rotate := policy.due(keys, s.Now())
	if len(withdraw) == 0 && !rotate {
		return nil
	}
	var fresh Key
	if rotate {
		if fresh, err = s.newKey(w); err != nil {
			return err
		}
	}
	return store.Update(ctx, func(ctx context.Context, tx Tx) error {
		keys, err := lockKeys(ctx, tx)
		if err != nil {
			return err
		}
		now := s.Now().Truncate(time.Millisecond)
		withdraw, still := policy.due(keys, now) // another process may have been here
		for _, k := range withdraw {
			if err := tx.SaveKey(ctx, k.withdraw(now)); err != nil {
				return err
			}
		}
		if !rotate || !still {
			return nil
		}
		next, err := s.install(ctx, tx, keys, fresh, false)
		if err != nil {
			return err
		}
		e := keyEntry(next, false)
		e.ActorName = SystemName
		return s.audit(ctx, tx, Actor{}, e)
	})
}

// due returns the keys that are to be withdrawn, and whether it is time for a
// new one.
func (p KeyPolicy) due(keys []Key, now time.Time) (withdraw []Key, rotate bool) {
	for _, k := range keys {
		if p.withdrawDue(k, now) {
			withdraw = append(withdraw, k)
		}
	}
	k, ok := signing(keys, now)
	_, under := upcoming(keys, now)
	at := p.rotationDue(k)
	return withdraw, ok && !under && !at.IsZero() && !now.Before(at)
}
