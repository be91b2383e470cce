package store

import (
	"context"
	"errors"
)

// CanWrite tells why nothing could be written now; nil if it could. On SQLite
// it takes a turn with the writer, and PostgreSQL may have become a replica
// that is only read.
func (s *Store) CanWrite(ctx context.Context) error {
	return s.update(ctx, func(ctx context.Context, t *txn) error { return s.dialect.writable(ctx, t.tx) })
}

var errReadOnly = errors.New("the database is read-only")
