package greenroom

import (
	"context"
	"slices"

	"github.com/greenroom-lti/greenroom/lti"
)

// SwitchConnection switches a connection off, or on again. While it is off its
// launches are refused, visits that were open are shut, and its passbacks rest;
// nothing is lost.
func (s *Service) SwitchConnection(ctx context.Context, a Actor, id ConnectionID, on bool) (Connection, error) {
	store, err := s.settings(a)
	if err != nil {
		return Connection{}, err
	}
	var c Connection
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if c, err = tx.Connection(ctx, id); err != nil || c.Disabled == !on {
			return err
		}
		c.Disabled, c.UpdatedAt = !on, s.Now()
		if err := tx.SaveConnection(ctx, c); err != nil {
			return err
		}
		action := ConnectionDisabled
		if on {
			action = ConnectionEnabled
		}
		return s.audit(ctx, tx, a, AuditEntry{Action: action, Noun: NounConnection, NounID: string(c.ID), Label: c.Platform})
	})
	if err == nil && on {
		s.wake()
	}
	return c, err
}

// A SwitchedOffError says that the connection a launch came by is switched off,
// or, of a visit, that its deployment is not let in any more.
type SwitchedOffError struct {
	Connection ConnectionID
	Deployment string // empty when all of the connection is off
}

// SwitchedOffDetail is what the launch log says of it.
const SwitchedOffDetail = "the connection is switched off"

func (e *SwitchedOffError) Error() string {
	if e.Deployment != "" {
		return "the connection " + string(e.Connection) + " does not let the deployment in any more: " + e.Deployment
	}
	return SwitchedOffDetail + ": " + string(e.Connection)
}

// Is makes it one of the errors by which lti knows that no registration fits.
func (e *SwitchedOffError) Is(target error) bool { return target == lti.ErrNoRegistration }

// shut tells why nobody of a launch may go on by this connection; nil if they
// may.
func (c Connection) shut(l Launch) error {
	switch {
	case c.Disabled:
		return &SwitchedOffError{Connection: c.ID}
	case !c.AcceptDeployments && !slices.Contains(c.Deployments, l.Deployment):
		return &SwitchedOffError{Connection: c.ID, Deployment: l.Deployment}
	}
	return nil
}
