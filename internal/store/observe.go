package store

import (
	"context"
	"database/sql"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// An Observer hears of each query: its name in queries/ ("other" for those that
// have none), how long the database took to begin to answer, and whether it
// failed. It is called on the way of requests and must not block.
type Observer func(query string, took time.Duration, failed bool)

// watched returns db as it is if nobody cares about its queries.
func (s *Store) watched(db q.DBTX) q.DBTX {
	if s.observer == nil && s.slow == 0 {
		return db
	}
	return watcher{db, s}
}

// A watcher times what goes through it. Rows are read by whoever asked; one row
// is read by Scan: neither is counted.
type watcher struct {
	db    q.DBTX
	store *Store
}

func (w watcher) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	begun := time.Now()
	result, err := w.db.ExecContext(ctx, query, args...)
	w.note(ctx, query, begun, err)
	return result, err
}

func (w watcher) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return w.db.PrepareContext(ctx, query)
}

func (w watcher) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	begun := time.Now()
	rows, err := w.db.QueryContext(ctx, query, args...)
	w.note(ctx, query, begun, err)
	return rows, err
}

func (w watcher) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	begun := time.Now()
	row := w.db.QueryRowContext(ctx, query, args...)
	w.note(ctx, query, begun, row.Err())
	return row
}

func (w watcher) note(ctx context.Context, query string, begun time.Time, err error) {
	took := time.Since(begun)
	name := queryName(query)
	if w.store.observer != nil {
		w.store.observer(name, took, err != nil)
	}
	if slow := w.store.slow; slow > 0 && took >= slow && w.store.log != nil {
		w.store.log.WarnContext(ctx, "slow query", "query", name, "took", took)
	}
}

// queryName reads the comment that sqlc leaves before each query.
func queryName(query string) string {
	name, ok := strings.CutPrefix(query, "-- name: ")
	if !ok {
		return "other"
	}
	name, _, _ = strings.Cut(name, " ")
	return name
}
