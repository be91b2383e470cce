package store

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// maxTurns bounds how many transactions share one commit, and so how long the
// first of them waits for the last.
const maxTurns = 64

var (
	errOver   = errors.New("the transaction is over")
	errClosed = errors.New("the database is closed")
)

// A writer is SQLite's only one. Bringing a commit to the disk costs far more
// than what is committed, so whoever waits for a turn while another writes
// shares its commit. Nobody is kept waiting for that: a turn that finds no
// other is committed at once.
//
//	begin        the first turn writes
//	savepoint    the second writes; if it fails, it alone is rolled back
//	…
//	commit       and only now each of them is told that it has written
//
// Each turn is worked off by the goroutine that asked for it.
type writer struct {
	conn    *sql.Conn
	prepped map[string]*sql.Stmt
	ended   chan struct{} // closed once nobody writes any more

	mu      sync.Mutex
	queue   []*turn
	asked   chan struct{} // of length 1: somebody has queued, or closed
	closed  bool
	commits int
}

// A turn is one transaction, on its way through a commit that may be shared.
type turn struct {
	begun chan error // nil: it may write now
	wrote chan error // what came of it; nil keeps it
	done  chan error // what came of its commit

	failed error // what came of it, once it has written
}

// newWriter takes one connection for good.
func newWriter(ctx context.Context, db *sql.DB) (*writer, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	w := &writer{
		conn: conn, prepped: map[string]*sql.Stmt{}, ended: make(chan struct{}), asked: make(chan struct{}, 1),
	}
	go w.run()
	return w, nil
}

// close waits for the turns that were asked for.
func (w *writer) close() error {
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	w.ask()
	<-w.ended
	var errs []error
	for _, s := range w.prepped {
		errs = append(errs, s.Close())
	}
	return errors.Join(append(errs, w.conn.Close())...)
}

func (w *writer) run() {
	defer close(w.ended)
	for range w.asked {
		for t := w.next(); t != nil; t = w.next() {
			w.share(t)
		}
		if w.isClosed() {
			return
		}
	}
}

// ask wakes the writer. It never waits.
func (w *writer) ask() {
	select {
	case w.asked <- struct{}{}:
	default:
	}
}

func (w *writer) isClosed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.closed && len(w.queue) == 0
}

// enter queues a turn.
func (w *writer) enter(t *turn) error {
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return errClosed
	}
	w.queue = append(w.queue, t)
	w.mu.Unlock()
	w.ask()
	return nil
}

// next takes the turn that has waited longest, nil if there is none.
func (w *writer) next() *turn {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.queue) == 0 {
		return nil
	}
	t := w.queue[0]
	w.queue = slices.Delete(w.queue, 0, 1)
	return t
}

// leave takes a turn out of the queue. It is false if its time has come.
func (w *writer) leave(t *turn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	i := slices.Index(w.queue, t)
	if i >= 0 {
		w.queue = slices.Delete(w.queue, i, i+1)
	}
	return i >= 0
}

// share gives turns to the first and to whoever waits behind it, and commits
// once.
func (w *writer) share(first *turn) {
	if err := w.exec("begin immediate"); err != nil {
		first.begun <- fmt.Errorf("begin: %w", err)
		return
	}
	taken, err := w.give(first)
	kept := slices.ContainsFunc(taken, func(t *turn) bool { return t.failed == nil })
	if err == nil && kept {
		if err = w.exec("commit"); err != nil {
			err = fmt.Errorf("commit: %w", err)
		}
		w.commits++
	}
	if err != nil || !kept {
		// After some errors SQLite has rolled back already, and says so here.
		_ = w.exec("rollback")
	}
	for _, t := range taken {
		t.done <- cmp.Or(err, t.failed)
	}
}

// give returns the turns that were given, those that failed among them: one may
// have failed for what another wrote, and nobody can read that before the
// commit. An error is about all of them.
func (w *writer) give(next *turn) (taken []*turn, err error) {
	for ; next != nil; next = w.another(len(taken)) {
		alone := len(taken) == 0 // then the whole transaction is what it can undo
		if !alone {
			if err := w.exec("savepoint turn"); err != nil {
				next.begun <- err
				return taken, err
			}
		}
		next.begun <- nil
		next.failed = <-next.wrote
		taken = append(taken, next)
		switch {
		case alone && next.failed != nil:
			return taken, nil
		case alone:
			continue
		case next.failed != nil:
			if err := w.exec("rollback to savepoint turn"); err != nil {
				return taken, errors.Join(next.failed, err)
			}
		}
		if err := w.exec("release savepoint turn"); err != nil {
			return taken, err
		}
	}
	return taken, nil
}

// another returns the next turn that may share a commit with so many.
func (w *writer) another(taken int) *turn {
	if taken >= maxTurns {
		return nil
	}
	return w.next()
}

// update runs fn as one turn. ctx ends the waiting; once fn has begun, its
// statements are not interrupted, for SQLite would undo the others' with them.
func (w *writer) update(ctx context.Context, fn func(db *turnDB) error) error {
	t := &turn{begun: make(chan error), wrote: make(chan error), done: make(chan error, 1)}
	if err := w.enter(t); err != nil {
		return err
	}
	if err := w.await(ctx, t); err != nil {
		return err
	}
	db := &turnDB{writer: w}
	returned := false
	defer func() {
		if !returned { // fn panicked, or ended its goroutine
			db.over = true
			t.wrote <- errOver
			<-t.done
		}
	}()
	err := fn(db)
	if err == nil {
		err = ctx.Err()
	}
	db.over, returned = true, true
	t.wrote <- err
	return <-t.done
}

// await returns when it is a turn's time to write.
func (w *writer) await(ctx context.Context, t *turn) error {
	select {
	case err := <-t.begun:
		return err
	case <-ctx.Done():
		if w.leave(t) {
			return ctx.Err()
		}
		return <-t.begun
	}
}

func (w *writer) exec(statement string) error {
	s, err := w.stmt(statement)
	if err == nil {
		_, err = s.ExecContext(context.Background())
	}
	return err
}

// stmt prepares a statement once. All of them are texts of this program.
func (w *writer) stmt(query string) (*sql.Stmt, error) {
	if s, ok := w.prepped[query]; ok {
		return s, nil
	}
	s, err := w.conn.PrepareContext(context.Background(), query)
	if err == nil {
		w.prepped[query] = s
	}
	return s, err
}

// A turnDB is what a turn writes with.
type turnDB struct {
	writer *writer
	over   bool
}

var _ q.DBTX = (*turnDB)(nil)

func (d *turnDB) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if d.over {
		return nil, errOver
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return d.writer.stmt(query)
}

func (d *turnDB) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	s, err := d.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.ExecContext(context.WithoutCancel(ctx), args...)
}

func (d *turnDB) PrepareContext(ctx context.Context, query string) (*sql.Stmt, error) {
	return d.stmt(ctx, query)
}

func (d *turnDB) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := d.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(context.WithoutCancel(ctx), args...)
}

func (d *turnDB) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	s, err := d.stmt(ctx, query)
	if err == nil {
		return s.QueryRowContext(context.WithoutCancel(ctx), args...)
	}
	if d.over { // a row can carry no error of ours
		ended, cancel := context.WithCancel(ctx)
		cancel()
		ctx = ended
	}
	return d.writer.conn.QueryRowContext(ctx, query, args...)
}
