package store

import (
	"context"
	"errors"
)

// CanWrite tells why nothing could be written now; nil if it could. On SQLite
// it takes a turn with the writer, and PostgreSQL may have become a replica
// that is only read. What the error says is what to do.
func (s *Store) CanWrite(ctx context.Context) error {
	err := s.update(ctx, func(ctx context.Context, t *txn) error { return s.dialect.writable(ctx, t.tx) })
	if err != nil && s.path != "" {
		return explainSQLite(s.path, err)
	}
	return err
}

var errReadOnly = errors.New("the database is read-only, a replica perhaps: name the one that is written in the database URL")
