// Package ready gives tests databases whose tables are made: copies of one that
// this process has migrated. A test of migrations begins with an empty one
// instead.
//
//	func TestSomething(t *testing.T) {
//		db, err := store.Open(t.Context(), ready.SQLite(t))
//
// The PostgreSQL is that of pgtest, whose Main has to be called.
package ready

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

// Both names each kind of database, for tests that run on every one.
var Both = map[string]func(tb testing.TB) store.Options{"SQLite": SQLite, "PostgreSQL": PostgreSQL}

// SQLite returns the options of a database in a file that goes with the test.
func SQLite(tb testing.TB) store.Options {
	tb.Helper()
	return store.Options{Path: SQLiteIn(tb, tb.TempDir())}
}

// SQLiteIn puts a database where a server looks for it in its data folder, and
// returns its path.
func SQLiteIn(tb testing.TB, folder string) string {
	tb.Helper()
	file, err := migrated()
	path := filepath.Join(folder, "greenroom.db")
	if err == nil {
		err = os.WriteFile(path, file, 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return path
}

// PostgreSQL returns the options of a database that goes with the test.
func PostgreSQL(tb testing.TB) store.Options {
	tb.Helper()
	return store.Options{DatabaseURL: copies(tb)}
}

// migrated is a file with all tables and no rows.
var migrated = sync.OnceValues(func() (_ []byte, err error) {
	folder, err := os.MkdirTemp("", "greenroom")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "greenroom.db")
	if _, err := store.Migrate(context.Background(), store.Options{Path: path}); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

var copies = pgtest.Copies(func(url string) error {
	_, err := store.Migrate(context.Background(), store.Options{DatabaseURL: url})
	return err
})
