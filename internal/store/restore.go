package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Restore puts an examined copy in the place of a SQLite database that no
// process uses. A database that is there is fs.ErrExist, unless replace is
// true: then it is kept beside it, with its log, under the name that is
// returned. A copy whose tables are newer than this program is a *SchemaError.
// Whatever fails, fails before anything is moved.
func Restore(ctx context.Context, o Options, from string, replace bool, now time.Time) (_ Copy, aside string, err error) {
	if o.DatabaseURL != "" {
		return Copy{}, "", ErrNoBackup
	}
	there, err := hasDatabase(o.Path)
	if err != nil {
		return Copy{}, "", err
	}
	if there && !replace {
		return Copy{}, "", fmt.Errorf("%s: %w", o.Path, fs.ErrExist)
	}
	temp, err := emptyBeside(o.Path)
	if err != nil {
		return Copy{}, "", err
	}
	defer os.Remove(temp)
	if err := noLogBeside(from); err != nil {
		return Copy{}, "", err
	}
	if err := copyFile(from, temp); err != nil {
		return Copy{}, "", err
	}
	found, err := examine(ctx, temp, from)
	if err != nil {
		return Copy{}, "", err
	}
	found.Path = o.Path
	if found.Schema.Newer() {
		return Copy{}, "", &SchemaError{found.Schema}
	}
	if there {
		aside = o.Path + ".replaced-" + now.UTC().Format("20060102T150405.000Z")
		if err := putAside(ctx, o.Path, aside); err != nil {
			return Copy{}, "", err
		}
	}
	return found, aside, place(temp, o.Path, true)
}

// hasDatabase tells whether there is a file with something in it.
func hasDatabase(path string) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && info.Size() > 0, err
}

func copyFile(from, to string) error {
	in, err := os.Open(from)
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return errors.Join(err, out.Sync(), out.Close())
}

// putAside renames a database with the log and the shared memory beside it, the
// log first: a log must never be left to a database that it does not belong to.
// Before that the log is folded into the file, if the file can be read at all.
func putAside(ctx context.Context, path, aside string) error {
	if db, err := openSQLitePool(ctx, path, 1, "_txlock", "immediate"); err == nil {
		_ = db.Close()
	}
	for _, suffix := range []string{"-wal", "-shm", ""} {
		err := os.Rename(path+suffix, aside+suffix)
		if err != nil && !(suffix != "" && errors.Is(err, fs.ErrNotExist)) {
			return err
		}
	}
	return syncFolder(filepath.Dir(path))
}
