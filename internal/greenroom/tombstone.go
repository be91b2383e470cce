package greenroom

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// A Tombstone keeps a roster from bringing back whoever was erased. It says of
// nobody who that was: only whoever has the master key, and names a subject,
// can ask whether it was them.
type Tombstone struct {
	Connection ConnectionID
	Mark       string // HMAC-SHA-256 of the subject, in hexadecimal
	At         time.Time
}

const tombstonePurpose = "tombstone"

// tombstone is that of a subject of a connection. The same subject has another
// mark at another connection.
func (s *Service) tombstone(w WorkspaceID, c ConnectionID, subject string) Tombstone {
	key := s.Vault.Derive(tombstonePurpose)
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(string(w) + "\x00" + string(c) + "\x00" + subject))
	return Tombstone{Connection: c, Mark: hex.EncodeToString(mac.Sum(nil)), At: s.Now()}
}

// bury leaves a tombstone in the place of a learner. Nobody meets whoever came
// anonymously again.
func (s *Service) bury(ctx context.Context, tx Tx, w WorkspaceID, l Learner) error {
	if l.Anonymous() {
		return nil
	}
	return tx.SaveTombstone(ctx, s.tombstone(w, l.Connection, l.Subject))
}

// buried tells whether a subject was erased and has not launched since.
func (s *Service) buried(ctx context.Context, from Reader, w WorkspaceID, c ConnectionID, subject string) (bool, error) {
	_, err := from.Tombstone(ctx, c, s.tombstone(w, c, subject).Mark)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// welcome lifts the tombstone of somebody who is new by a launch: they come of
// their own will. A launch does not fail for it: while there is a learner, a
// tombstone keeps nobody out.
func (s *Service) welcome(ctx context.Context, w WorkspaceID, record LaunchRecord, l Launch) {
	who := record.Learner
	if l.Learner == "" || l.Learner != who.ID || who.Anonymous() {
		return // nobody, or somebody who was here before
	}
	store := s.Store.Workspace(w)
	found, err := s.Known().Buried(ctx, w)
	if err == nil && found {
		found, err = s.buried(ctx, store, w, l.Connection, who.Subject)
	}
	if err == nil && found {
		err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
			return tx.LiftTombstone(ctx, l.Connection, s.tombstone(w, l.Connection, who.Subject).Mark)
		})
	}
	if err != nil {
		s.Log.ErrorContext(ctx, "tombstone not lifted", "launch", l.ID, "err", err)
	}
}
