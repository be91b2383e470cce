package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// sqliteKind is the kind of a SQLite error, without what it adds to that; 0 for
// any other error.
func sqliteKind(err error) int {
	found, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return 0
	}
	return found.Code() & 0xff
}

// explainSQLite adds to an error of opening the file what to do about it.
func explainSQLite(path string, err error) error {
	var what string
	switch code := sqliteKind(err); {
	case errors.Is(err, greenroom.ErrFull), (sqliteDialect{}).isFull(err):
		what = "the disk is full: free some"
	case code == sqlite3.SQLITE_NOTADB || code == sqlite3.SQLITE_CORRUPT:
		what = "it is damaged, or no database: bring back a backup with greenroom restore"
	case errors.Is(err, fs.ErrPermission), code == sqlite3.SQLITE_CANTOPEN, code == sqlite3.SQLITE_READONLY, code == sqlite3.SQLITE_PERM:
		what = fmt.Sprintf("it cannot be opened or written: give %s* in %s to the account that runs greenroom (user %d)", filepath.Base(path), filepath.Dir(path), os.Getuid())
	default:
		return fmt.Errorf("database %s: %w", path, err)
	}
	return &startError{"database " + path + ": " + what, err}
}
