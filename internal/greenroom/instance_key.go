package greenroom

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// InstanceOwner stands for the instance where a key's owner is named: its keys
// are sealed as nobody's, and no workspace has this ID.
const InstanceOwner WorkspaceID = ""

// EnsureInstanceKey returns the key with which the instance signs for shared
// registrations. The first time it makes one: platforms want to read the key
// set while the tool is registered.
func (s *Service) EnsureInstanceKey(ctx context.Context) (Key, error) {
	key, err := s.instanceKey(ctx)
	if !errors.Is(err, ErrNotFound) {
		return key, err
	}
	fresh, err := s.newKey(InstanceOwner)
	if err != nil {
		return Key{}, err
	}
	err = s.Store.Instance().UpdateShared(ctx, func(ctx context.Context, tx SharedTx) error {
		keys, err := tx.InstanceKeys(ctx)
		if err != nil {
			return err
		}
		if found, ok := signing(keys, s.Now()); ok { // another process was quicker
			key = found
			return nil
		}
		key = fresh
		return tx.AddKey(ctx, fresh)
	})
	return key, err
}

func (s *Service) instanceKey(ctx context.Context) (Key, error) {
	keys, err := s.Store.Instance().InstanceKeys(ctx)
	if err != nil {
		return Key{}, err
	}
	key, ok := signing(keys, s.Now())
	if !ok {
		return Key{}, fmt.Errorf("the instance has no signing key: %w", ErrNotFound)
	}
	return key, nil
}

// SigningKeyFor returns the key that signs what a workspace sends by a
// connection, and whose it is: the instance's for a shared one.
func (s *Service) SigningKeyFor(ctx context.Context, w WorkspaceID, c Connection) (Key, WorkspaceID, error) {
	if c.Shared != "" {
		key, err := s.instanceKey(ctx)
		return key, InstanceOwner, err
	}
	key, err := s.SigningKey(ctx, w)
	return key, w, err
}

// PublishedInstanceKeys returns the keys of the instance's key set, in its
// order.
func (s *Service) PublishedInstanceKeys(ctx context.Context) ([]Key, error) {
	keys, err := s.Store.Instance().InstanceKeys(ctx)
	return PublishedKeys(keys, s.Now()), err
}

// InstanceKeys returns the instance's keys and where each stands. It is for the
// operator.
func (s *Service) InstanceKeys(ctx context.Context) (KeyReport, error) {
	keys, err := s.Store.Instance().InstanceKeys(ctx)
	return s.KeyPolicy.OrUsual().report(keys, nil, nil, s.Now()), err
}

// RotateInstanceKey is RotateKey for the instance. It is for the operator.
func (s *Service) RotateInstanceKey(ctx context.Context, atOnce bool) (Key, error) {
	fresh, err := s.newKey(InstanceOwner)
	if err != nil {
		return Key{}, err
	}
	var next Key
	err = s.Store.Instance().UpdateShared(ctx, func(ctx context.Context, tx SharedTx) error {
		keys, err := tx.InstanceKeys(ctx)
		if err != nil {
			return err
		}
		if next, err = s.install(ctx, tx, keys, fresh, atOnce); err != nil {
			return err
		}
		return s.auditInstance(ctx, tx, Actor{}, keyEntry(next, atOnce))
	})
	return next, err
}

func (s *Service) rotateInstanceDue(ctx context.Context) error {
	policy := s.KeyPolicy.OrUsual()
	keys, err := s.Store.Instance().InstanceKeys(ctx)
	if err != nil {
		return err
	}
	withdraw, rotate := policy.due(keys, s.Now())
	if len(withdraw) == 0 && !rotate {
		return nil
	}
	var fresh Key
	if rotate {
		if fresh, err = s.newKey(InstanceOwner); err != nil {
			return err
		}
	}
	return s.Store.Instance().UpdateShared(ctx, func(ctx context.Context, tx SharedTx) error {
		keys, err := tx.InstanceKeys(ctx)
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
		return s.auditInstance(ctx, tx, Actor{}, e)
	})
}

// NoteInstanceSigning remembers, to the hour, that a key of the instance was
// used. A key that is gone is no error.
func NoteInstanceSigning(ctx context.Context, store InstanceStore, now time.Time, id KeyID) error {
	now = now.Truncate(time.Millisecond)
	note := func(keys []Key) (Key, bool) {
		i := slices.IndexFunc(keys, func(k Key) bool { return k.ID == id })
		if i < 0 {
			return Key{}, false
		}
		return keys[i].used(now)
	}
	keys, err := store.InstanceKeys(ctx)
	if err != nil {
		return err
	}
	if _, worth := note(keys); !worth {
		return nil
	}
	return store.UpdateShared(ctx, func(ctx context.Context, tx SharedTx) error {
		keys, err := tx.InstanceKeys(ctx)
		if err != nil {
			return err
		}
		key, worth := note(keys)
		if !worth {
			return nil
		}
		return tx.SaveKey(ctx, key)
	})
}
