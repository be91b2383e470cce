package greenroom

import (
	"context"

	"github.com/greenroom-lti/greenroom/lti"
)

// SwitchConnection switches a connection off, or on again. While it is off its
// launches are refused and its passbacks rest; nothing is lost.
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

// A SwitchedOffError says that the connection a launch came by is switched off.
type SwitchedOffError struct {
	Connection ConnectionID
}

// SwitchedOffDetail is what the launch log says of it.
const SwitchedOffDetail = "the connection is switched off"

func (e *SwitchedOffError) Error() string {
	return SwitchedOffDetail + ": " + string(e.Connection)
}

// Is makes it one of the errors by which lti knows that no registration fits.
func (e *SwitchedOffError) Is(target error) bool { return target == lti.ErrNoRegistration }
