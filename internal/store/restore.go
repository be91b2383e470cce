package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// Restore puts an examined copy in the place of a SQLite database that no
// process uses. A database that is there, or a log that one has left, is
// fs.ErrExist, unless replace is true: then it is kept beside it, with its log,
// under the name that is returned. A copy whose tables are newer than this
// program is a *SchemaError. Whatever fails, what was there is in its place.
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
	if !there {
		return found, "", place(temp, o.Path, true)
	}
	aside = o.Path + ".replaced-" + now.UTC().Format("20060102T150405.000Z")
	back, err := putAside(ctx, o.Path, aside)
	if err == nil {
		err = place(temp, o.Path, true)
	}
	if err != nil {
		if undone := back(); undone != nil {
			err = errors.Join(err, fmt.Errorf("what was there is kept as %s: %w", aside, undone))
		}
		return Copy{}, "", err
	}
	return found, aside, nil
}

// fileParts end the names of a database's files. Its logs come first: one must
// never be left to a database that it does not belong to, which would take it
// for its own.
var fileParts = []string{"-wal", "-journal", "-shm", ""}

// hasDatabase tells whether any file of a database has something in it.
func hasDatabase(path string) (bool, error) {
	for _, part := range fileParts {
		info, err := os.Stat(path + part)
		switch {
		case err == nil && info.Size() > 0:
			return true, nil
		case err != nil && !errors.Is(err, fs.ErrNotExist):
			return false, err
		}
	}
	return false, nil
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

// putAside renames a database with all that is beside it, and returns what
// renames it back. Before that the log is folded into the file, if there is one
// that can be read.
func putAside(ctx context.Context, path, aside string) (back func() error, err error) {
	if info, err := os.Stat(path); err == nil && info.Size() > 0 {
		if db, err := openSQLitePool(ctx, path, 1, "_txlock", "immediate"); err == nil {
			_ = db.Close()
		}
	}
	var moved []string
	back = func() error {
		var errs []error
		for _, part := range slices.Backward(moved) {
			errs = append(errs, os.Rename(aside+part, path+part))
		}
		return errors.Join(errs...)
	}
	for _, part := range fileParts {
		switch err := os.Rename(path+part, aside+part); {
		case err == nil:
			moved = append(moved, part)
		case !errors.Is(err, fs.ErrNotExist):
			return back, err
		}
	}
	return back, syncFolder(filepath.Dir(path))
}
