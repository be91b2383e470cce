package greenroom

import (
	"context"
	"errors"
)

const registrationPurpose = "registration token"

func registrationOwner(w WorkspaceID, id ConnectionID) string { return string(w) + "/" + string(id) }

// keepManagement keeps, sealed, the way that a platform left to change the
// registration. An answer without one leaves what is kept.
func (s *Service) keepManagement(ctx context.Context, tx Tx, w WorkspaceID, c Connection, r Registered) (Connection, error) {
	if r.ManagementURL == "" || r.ManagementToken == "" {
		return c, nil
	}
	sealed, err := s.Vault.Seal(registrationPurpose, registrationOwner(w, c.ID), []byte(r.ManagementToken))
	if err != nil {
		return c, err
	}
	c.RegistrationURL, c.RegistrationToken = r.ManagementURL, sealed
	return c, tx.SaveConnection(ctx, c)
}

// CanUpdate tells whether Greenroom can change its registration by itself.
func (c Connection) CanUpdate() bool { return c.RegistrationURL != "" && c.RegistrationToken != nil }

// UpdateRegistration asks the platform for what Greenroom wants today. ErrNotFound
// if it left no way to do so; *RegistrationError.
func (s *Service) UpdateRegistration(ctx context.Context, a Actor, id ConnectionID, t ToolEndpoints) (Connection, error) {
	store, err := s.settings(a)
	if err != nil {
		return Connection{}, err
	}
	old, err := store.Connection(ctx, id)
	if err != nil {
		return Connection{}, err
	}
	if !old.CanUpdate() {
		return Connection{}, ErrNotFound
	}
	token, err := s.Vault.Open(registrationPurpose, registrationOwner(a.Workspace, id), old.RegistrationToken)
	if errors.Is(err, ErrMasterKey) {
		return Connection{}, &RegistrationError{Text: "The access to this registration was kept under a master key that is gone. Make a new registration URL, and register again in the LMS", Cause: err}
	}
	if err != nil {
		return Connection{}, err
	}
	// What the platform has changed is kept, whether or not the page is awaited.
	ctx = context.WithoutCancel(ctx)
	answer, err := s.Platforms.UpdateRegistration(ctx, old, string(token), t)
	if err != nil {
		return Connection{}, err
	}
	var c Connection
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		now, err := tx.Connection(ctx, id)
		if err != nil {
			return err
		}
		c = now
		c.Asked, c.Scopes, c.Missing, c.UpdatedAt = answer.Asked, answer.Scopes, answer.Missing, s.Now()
		if err := tx.SaveConnection(ctx, c); err != nil {
			return err
		}
		if c, err = s.keepManagement(ctx, tx, a.Workspace, c, answer); err != nil {
			return err
		}
		return s.audit(ctx, tx, a, connectionEntry(ConnectionUpdated, now, c))
	})
	return c, err
}
