package store

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
)

// a notebook is a database with one table, and what was written into it.
type notebook struct {
	t *testing.T
	*Store
}

func newNotebook(t *testing.T) notebook {
	t.Helper()
	s, err := openSQLite(t.Context(), filepath.Join(t.TempDir(), "notes.db"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	n := notebook{t, s}
	if err := n.note("create table notes (note text primary key)", nil); err != nil {
		t.Fatal(err)
	}
	return n
}

// note runs a statement in a transaction of its own; then may do more in it.
func (n notebook) note(statement string, then func(ctx context.Context, db *txn) error) error {
	return n.update(n.t.Context(), func(ctx context.Context, db *txn) error {
		if _, err := db.tx.ExecContext(ctx, statement); err != nil || then == nil {
			return err
		}
		return then(ctx, db)
	})
}

func (n notebook) notes() (all []string) {
	n.t.Helper()
	rows, err := n.read.QueryContext(n.t.Context(), "select note from notes order by note")
	if err != nil {
		n.t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var note string
		if err := rows.Scan(&note); err != nil {
			n.t.Fatal(err)
		}
		all = append(all, note)
	}
	return all
}

func insert(note string) string { return fmt.Sprintf("insert into notes values ('%s')", note) }

// behind has the first transaction wait until all others are queued behind it,
// and returns what became of each.
func (n notebook) behind(first string, others ...func() error) []error {
	results := make([]error, len(others)+1)
	var all sync.WaitGroup
	results[0] = n.note(insert(first), func(context.Context, *txn) error {
		for i, other := range others {
			all.Go(func() { results[i+1] = other() })
			for len(n.waiting()) <= i {
				runtime.Gosched()
			}
		}
		return nil
	})
	all.Wait()
	return results
}

func TestTransactionsThatWaitShareOneCommit(t *testing.T) {
	n := newNotebook(t)
	before := n.writer.commits
	var others []func() error
	for i := range 20 {
		others = append(others, func() error { return n.note(insert(fmt.Sprint("other-", i)), nil) })
	}
	for _, err := range n.behind("first", others...) {
		if err != nil {
			t.Error(err)
		}
	}
	if commits := n.writer.commits - before; commits != 1 || len(n.notes()) != 21 {
		t.Errorf("%d commits kept %d notes, want 1 and 21", commits, len(n.notes()))
	}
}

func TestATransactionFailsAlone(t *testing.T) {
	n := newNotebook(t)
	mind := errors.New("changed my mind")
	ended, cancel := context.WithCancel(t.Context())
	results := n.behind("first",
		func() error { return n.note(insert("kept"), nil) },
		func() error { return n.note(insert("kept"), nil) }, // taken
		func() error { return n.note(insert("gone"), func(context.Context, *txn) error { return mind }) },
		func() error {
			return n.note(insert("half"), func(ctx context.Context, db *txn) error {
				return db.attempt(ctx, func() error { _, err := db.tx.ExecContext(ctx, insert("first")); return err })
			})
		},
		func() (err error) {
			defer func() { err = errors.Join(err, fmt.Errorf("%v", recover())) }()
			return n.note(insert("panicked"), func(context.Context, *txn) error { panic("oh") })
		},
		func() error {
			var gone sync.WaitGroup
			gone.Go(func() {
				_ = n.note(insert("left"), func(context.Context, *txn) error { runtime.Goexit(); return nil })
			})
			gone.Wait()
			return errOver
		},
		func() error {
			return n.update(ended, func(ctx context.Context, db *txn) error {
				_, err := db.tx.ExecContext(ctx, insert("canceled"))
				cancel()
				return err
			})
		},
		func() error { return n.note(insert("last"), nil) },
	)
	for i, fails := range []bool{false, false, true, true, true, true, true, true, false} {
		if (results[i] != nil) != fails {
			t.Errorf("transaction %d: %v", i, results[i])
		}
	}
	if got := fmt.Sprint(n.notes()); got != "[first kept last]" {
		t.Errorf("kept %s", got)
	}
}

// A first transaction that fails takes nobody with it.
func TestTheFirstOfACommitFailsAlone(t *testing.T) {
	n := newNotebook(t)
	if err := n.note(insert("taken"), nil); err != nil {
		t.Fatal(err)
	}
	var other error
	var all sync.WaitGroup
	err := n.note(insert("gone"), func(context.Context, *txn) error {
		all.Go(func() { other = n.note(insert("kept"), nil) })
		for len(n.waiting()) == 0 {
			runtime.Gosched()
		}
		return errOver
	})
	all.Wait()
	if !errors.Is(err, errOver) || other != nil || fmt.Sprint(n.notes()) != "[kept taken]" {
		t.Errorf("%v, %v, %v", err, other, n.notes())
	}
}

func (n notebook) waiting() []*turn {
	n.writer.mu.Lock()
	defer n.writer.mu.Unlock()
	return n.writer.queue
}

func TestATransactionThatWaitsCanBeGivenUp(t *testing.T) {
	n := newNotebook(t)
	ctx, cancel := context.WithCancel(t.Context())
	var given error
	var all sync.WaitGroup
	err := n.note(insert("first"), func(context.Context, *txn) error {
		all.Go(func() {
			given = n.update(ctx, func(context.Context, *txn) error { t.Error("written all the same"); return nil })
		})
		for len(n.waiting()) == 0 {
			runtime.Gosched()
		}
		cancel()
		all.Wait() // it does not wait for the writer
		return nil
	})
	if err != nil || !errors.Is(given, context.Canceled) || len(n.waiting()) != 0 {
		t.Errorf("%v, %v", err, given)
	}
}

func TestAClosedWriterTakesNothing(t *testing.T) {
	n := newNotebook(t)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if err := n.note(insert("late"), nil); !errors.Is(err, errClosed) {
		t.Error(err)
	}
}

// Whoever is refused for what another wrote can read that: it has been
// committed by then.
func TestATransactionIsRefusedOnlyForWhatHasBeenCommitted(t *testing.T) {
	n := newNotebook(t)
	var seen []string
	results := n.behind("first",
		func() error {
			err := n.note(insert("first"), nil) // taken
			seen = n.notes()
			return err
		},
		func() error {
			return n.note(insert("last"), func(context.Context, *txn) error {
				for range 10_000 { // keeps the commit waiting, and lets the other go on if it can
					runtime.Gosched()
				}
				return nil
			})
		},
	)
	if results[0] != nil || results[1] == nil || results[2] != nil {
		t.Fatalf("%v", results)
	}
	if got := fmt.Sprint(seen); got != "[first last]" {
		t.Errorf("the one that was refused read %s", got)
	}
}
