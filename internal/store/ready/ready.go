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

// A Database gives the options of a fresh database, which goes with the test.
type Database func(tb testing.TB) store.Options

// Both names each kind of database, for tests that run on every one.
var Both = Filled(func(o store.Options) error {
	_, err := store.Migrate(context.Background(), o)
	return err
})

// SQLite is a database in a file.
func SQLite(tb testing.TB) store.Options { return Both["SQLite"](tb) }

// PostgreSQL is a database of the process' server.
func PostgreSQL(tb testing.TB) store.Options { return Both["PostgreSQL"](tb) }

// Filled names each kind of database with more in it than tables: fill makes
// the one that is copied, and leaves it closed.
func Filled(fill func(store.Options) error) map[string]Database {
	file := sync.OnceValues(func() ([]byte, error) { return made(fill) })
	copies := pgtest.Copies(func(url string) error { return fill(store.Options{DatabaseURL: url}) })
	return map[string]Database{
		"SQLite":     func(tb testing.TB) store.Options { return put(tb, file) },
		"PostgreSQL": func(tb testing.TB) store.Options { return store.Options{DatabaseURL: copies(tb)} },
	}
}

// put writes a database to a folder of the test.
func put(tb testing.TB, file func() ([]byte, error)) store.Options {
	tb.Helper()
	raw, err := file()
	path := filepath.Join(tb.TempDir(), "greenroom.db")
	if err == nil {
		err = os.WriteFile(path, raw, 0o600)
	}
	if err != nil {
		tb.Fatal(err)
	}
	return store.Options{Path: path}
}

// made is the file of a database that fill has made.
func made(fill func(store.Options) error) (_ []byte, err error) {
	folder, err := os.MkdirTemp("", "greenroom")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	path := filepath.Join(folder, "greenroom.db")
	if err := fill(store.Options{Path: path}); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}
