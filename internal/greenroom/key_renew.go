package greenroom

import (
	"context"
	"errors"
	"fmt"
)

// A Renewal is whose signing keys do not open with the vault's master key: they
// were sealed under another one, which was lost, or is given up after a leak.
type Renewal struct {
	Workspaces []Workspace
	Instance   bool // the keys for shared registrations
}

// Lost tells whose keys are to be renewed. It changes nothing.
func (s *Service) Lost(ctx context.Context) (Renewal, error) {
	all, err := s.Store.Instance().Workspaces(ctx)
	if err != nil {
		return Renewal{}, err
	}
	var lost Renewal
	for _, w := range all {
		keys, err := s.Store.Workspace(w.ID).Keys(ctx)
		if err != nil {
			return Renewal{}, err
		}
		if closed, err := s.closed(w.ID, keys); err != nil {
			return Renewal{}, err
		} else if closed {
			lost.Workspaces = append(lost.Workspaces, w)
		}
	}
	keys, err := s.Store.Instance().InstanceKeys(ctx)
	if err != nil {
		return Renewal{}, err
	}
	lost.Instance, err = s.closed(InstanceOwner, keys)
	return lost, err
}

// closed tells whether any key of an owner does not open.
func (s *Service) closed(owner WorkspaceID, keys []Key) (bool, error) {
	for _, k := range keys {
		if len(k.Sealed) == 0 { // withdrawn
			continue
		}
		if _, err := s.Vault.OpenKey(owner, k); errors.Is(err, ErrMasterKey) {
			return true, nil
		} else if err != nil {
			return false, err
		}
	}
	return false, nil
}

// Renew gives those whose keys are lost a new one, as RotateKey does at once,
// and returns who got one. Each is a transaction: what was interrupted goes on
// where it stood when it is called again.
func (s *Service) Renew(ctx context.Context) (Renewal, error) {
	lost, err := s.Lost(ctx)
	if err != nil {
		return Renewal{}, err
	}
	for _, w := range lost.Workspaces {
		if _, err := s.RotateKey(ctx, Operator(w.ID), true); err != nil {
			return Renewal{}, fmt.Errorf("%s: %w", w.Slug, err)
		}
	}
	if lost.Instance {
		if _, err := s.RotateInstanceKey(ctx, true); err != nil {
			return Renewal{}, fmt.Errorf("shared registrations: %w", err)
		}
	}
	return lost, nil
}
