package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// A txn is one write transaction, and a source of what it sees.
type txn struct {
	store *Store
	tx    q.DBTX
	db    *q.Queries
	// changed are workspaces whose settings this transaction changes; news is
	// what other processes are told.
	changed []greenroom.WorkspaceID
	news    []Change
}

// changeSettings notes that a workspace's settings change, and has others told.
func (t *txn) changeSettings(w greenroom.WorkspaceID) {
	if !slices.Contains(t.changed, w) {
		t.changed = append(t.changed, w)
		t.announce(Settings, w)
	}
}

// countChanges counts the changes of settings. It comes last, and in one order:
// whoever holds a workspace's row for that alone waits for nothing more.
func (t *txn) countChanges(ctx context.Context) error {
	slices.Sort(t.changed)
	for _, w := range t.changed {
		if err := t.db.ChangeSettings(ctx, w); err != nil {
			return fmt.Errorf("workspace %s: version: %w", w, err)
		}
	}
	return nil
}

// maxRuns is how often a transaction is begun that others stand in the way of.
const maxRuns = 5

// update runs fn in a write transaction. It is rolled back unless fn returns
// nil, and so it is if fn does not return at all. PostgreSQL ends one of those
// that wait for each other, which is then run from its start: the others have
// gone on.
func (s *Store) update(ctx context.Context, fn func(ctx context.Context, t *txn) error) error {
	if err := s.free(ctx); err != nil {
		return err
	}
	ctx, cancel := s.writing(ctx)
	defer cancel()
	var changed []greenroom.WorkspaceID
	inside := func(tx q.DBTX) error {
		t := &txn{store: s, tx: tx, db: q.New(cleaner{s.watched(tx)})}
		err := fn(context.WithValue(ctx, insideOf{s}, true), t)
		if changed = t.changed; err == nil {
			err = t.countChanges(ctx)
		}
		if err == nil {
			err = t.spread(ctx)
		}
		return err
	}
	err := s.transact(ctx, inside)
	for run := 1; run < maxRuns && s.dialect.isDeadlock(err); run++ {
		err = s.transact(ctx, inside)
	}
	// What was not committed has changed nothing, unless the answer was lost.
	for _, w := range changed {
		s.tellChanged(w)
	}
	return err
}

// writeTime is how long a write may take whose caller has set no end. It is for
// those that nobody waits for, such as the workers': a database that hangs must
// not keep them for ever. Whoever knows that a write takes long sets an end of
// their own.
const writeTime = time.Minute

// writing bounds a write on PostgreSQL. SQLite is this process, and hangs with
// nobody but its disk.
func (s *Store) writing(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ends := ctx.Deadline(); ends || s.writer != nil {
		return ctx, func() {}
	}
	return context.WithTimeout(ctx, s.writeTime)
}

func (s *Store) transact(ctx context.Context, inside func(q.DBTX) error) error {
	if s.writer != nil {
		return s.named(s.writer.update(ctx, func(db *turnDB) error { return inside(db) }))
	}
	tx, err := s.write.BeginTx(ctx, nil)
	if err != nil {
		return s.named(fmt.Errorf("begin: %w", err))
	}
	defer func() { _ = tx.Rollback() }() // after a commit there is nothing to roll back
	if err := inside(tx); err != nil {
		return err
	}
	if err := tx.Commit(); err != nil {
		return s.named(fmt.Errorf("commit: %w", err))
	}
	return nil
}

// named gives an error of a transaction the domain's name where it says that
// the database is full, or gone.
func (s *Store) named(err error) error {
	switch {
	case err == nil, errors.Is(err, greenroom.ErrFull), errors.Is(err, greenroom.ErrUnreachable):
		return err
	case s.dialect.isFull(err):
		return errors.Join(greenroom.ErrFull, err)
	case s.unreachable(err):
		return errors.Join(greenroom.ErrUnreachable, err)
	}
	return err
}

func (t *txn) queries(context.Context) (*q.Queries, error) { return t.db, nil }

func (t *txn) lock(ctx context.Context, rows string, key ...string) error {
	return t.store.dialect.lock(ctx, t.tx, rows, key...)
}

func (t *txn) within(ctx context.Context) (context.Context, context.CancelFunc) {
	return t.store.within(ctx)
}

func (t *txn) fail(path string, err error) error { return t.store.fail(path, err) }

// attempt runs a write that may find its place taken. PostgreSQL gives up a
// transaction in which anything failed; the savepoint saves the rest of it.
func (t *txn) attempt(ctx context.Context, write func() error) error {
	if _, err := t.tx.ExecContext(ctx, "savepoint attempt"); err != nil {
		return err
	}
	err := write()
	if err != nil {
		_, undo := t.tx.ExecContext(ctx, "rollback to savepoint attempt")
		err = errors.Join(err, undo)
	}
	_, end := t.tx.ExecContext(ctx, "release savepoint attempt")
	return errors.Join(err, end)
}

// wrote returns ErrNotFound if a write found no row to change.
func wrote(n int64, err error) error {
	if err == nil && n == 0 {
		return sql.ErrNoRows
	}
	return err
}

// added returns ErrTaken if a write found its place taken.
func added(n int64, err error) error {
	if err == nil && n == 0 {
		return greenroom.ErrTaken
	}
	return err
}

// A workspaceStore implements greenroom.WorkspaceStore.
type workspaceStore struct {
	reader
	store *Store
}

var _ greenroom.WorkspaceStore = (*workspaceStore)(nil)

// Update implements greenroom.WorkspaceStore.
func (w *workspaceStore) Update(ctx context.Context, fn func(ctx context.Context, tx greenroom.Tx) error) error {
	return w.store.update(ctx, func(ctx context.Context, t *txn) error {
		return fn(ctx, &workspaceTx{reader: reader{source: t, workspace: w.workspace}, txn: t})
	})
}

// A workspaceTx implements greenroom.Tx.
type workspaceTx struct {
	reader
	txn *txn
}

var _ greenroom.Tx = (*workspaceTx)(nil)
