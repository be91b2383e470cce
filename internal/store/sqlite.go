package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"modernc.org/sqlite" // the driver "sqlite"
)

// SQLite's own lower knows ASCII alone: nobody would find Ödön by ödön.
func init() {
	sqlite.MustRegisterDeterministicScalarFunction("lower", 1, func(_ *sqlite.FunctionContext, args []driver.Value) (driver.Value, error) {
		if text, ok := args[0].(string); ok {
			return strings.ToLower(text), nil
		}
		return args[0], nil
	})
}

const (
	// sqliteReaders is how many reads go on beside the one writer.
	sqliteReaders = 6
	// sqliteWriters leaves one connection to migrations: the writer keeps its own.
	sqliteWriters = 2
)

// openSQLite opens the file, readable by its owner alone.
func openSQLite(ctx context.Context, path string) (*Store, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	if err := touchPrivate(path); err != nil {
		return nil, explainSQLite(path, err)
	}
	lock := func(ctx context.Context) (func() error, error) { return lockSQLite(ctx, path+"-lock") }
	write, err := openSQLiteWriter(ctx, path, lock)
	if err != nil {
		return nil, explainSQLite(path, err)
	}
	read, err := openSQLitePool(ctx, path, sqliteReaders, "_pragma", "query_only(1)")
	if err != nil {
		return nil, errors.Join(explainSQLite(path, err), write.Close())
	}
	one, err := newWriter(ctx, write)
	if err != nil {
		return nil, errors.Join(explainSQLite(path, err), read.Close(), write.Close())
	}
	prepared := &preparing{db: read}
	// The writer goes last: it folds the write-ahead log into the file.
	closeAll := func() error { return errors.Join(prepared.close(), read.Close(), one.close(), write.Close()) }
	s := &Store{
		dialect: sqliteDialect{}, path: path, write: write, read: read, reading: prepared, writer: one,
		close: closeAll, lockMigrations: lock, polls: pollEvery, patience: answerTime, writeTime: writeTime,
	}
	s.gather = gatherOnSQLite(s)
	return s, nil
}

// openSQLiteWriter opens the one connection that writes. A new file becomes one
// with a write-ahead log, and only one process at a time can see to that.
func openSQLiteWriter(ctx context.Context, path string, lock func(context.Context) (func() error, error)) (*sql.DB, error) {
	unlock, err := lock(ctx)
	if err != nil {
		return nil, err
	}
	db, err := openSQLitePool(ctx, path, sqliteWriters, "_txlock", "immediate")
	if err := errors.Join(err, unlock()); err != nil {
		if db != nil {
			err = errors.Join(err, db.Close())
		}
		return nil, err
	}
	return db, nil
}

// lockSQLite waits for its turn with the one lock that every system has which
// SQLite runs on: SQLite's own, on an empty file. It ends with the process.
func lockSQLite(ctx context.Context, path string) (unlock func() error, err error) {
	if err := touchPrivate(path); err != nil {
		return nil, err
	}
	params := url.Values{"_pragma": {"busy_timeout(120000)"}, "_txlock": {"exclusive"}}
	db, err := sql.Open("sqlite", sqliteDSN(path, params))
	if err != nil {
		return nil, err
	}
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return func() error { return errors.Join(tx.Rollback(), db.Close()) }, nil
}

func sqliteDSN(path string, params url.Values) string {
	dsn := url.URL{Scheme: "file", Path: path, OmitHost: true, RawQuery: params.Encode()}
	return dsn.String()
}

// touchPrivate makes the file if there is none. SQLite gives its log and its
// shared memory the permissions of the file they belong to.
func touchPrivate(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	return f.Close()
}

func openSQLitePool(ctx context.Context, path string, size int, key, value string) (*sql.DB, error) {
	params := url.Values{"_pragma": {
		"busy_timeout(5000)",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(1)",
		// What a savepoint undoes is kept in memory: each transaction of a shared
		// commit is one, and would write its pages to a file for nothing.
		"temp_store(MEMORY)",
	}}
	params.Add(key, value)
	db, err := sql.Open("sqlite", sqliteDSN(path, params))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(size)
	db.SetMaxIdleConns(size)
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return db, nil
}
