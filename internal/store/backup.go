package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// ErrNoBackup says that the database is not one that Backup can copy.
var ErrNoBackup = errors.New("only SQLite is backed up this way; for PostgreSQL use pg_dump")

// A Copy is a file with a copy of a SQLite database that has been examined.
type Copy struct {
	Path   string
	Bytes  int64
	Schema Schema
	Tables []Table
}

// Rows is how many rows the copy holds.
func (c Copy) Rows() (n int64) {
	for _, t := range c.Tables {
		n += t.Rows
	}
	return n
}

// Backup writes a copy of a SQLite database, as one moment saw it, while others
// go on reading and writing. The file appears under its name only when it is
// whole, examined and on the disk. A file that is there already is fs.ErrExist,
// unless replace is true.
func Backup(ctx context.Context, o Options, path string, replace bool) (_ Copy, err error) {
	if o.DatabaseURL != "" {
		return Copy{}, ErrNoBackup
	}
	if _, err := os.Stat(o.Path); err != nil {
		return Copy{}, fmt.Errorf("database: %w", err)
	}
	if path, err = filepath.Abs(path); err != nil {
		return Copy{}, err
	}
	if _, err := os.Lstat(path); err == nil && !replace {
		return Copy{}, fmt.Errorf("%s: %w", path, fs.ErrExist)
	}
	temp, err := emptyBeside(path)
	if err != nil {
		return Copy{}, err
	}
	defer os.Remove(temp)
	defer os.Remove(temp + "-journal") // stays behind on a disk that is full
	if err := vacuumInto(ctx, o.Path, temp); err != nil {
		if (sqliteDialect{}).isFull(err) {
			err = &startError{"no room: " + filepath.Dir(path) + " needs as much of it as the database has", err}
		}
		return Copy{}, fmt.Errorf("copy the database: %w", err)
	}
	found, err := examine(ctx, temp, "the copy")
	if err != nil {
		return Copy{}, err
	}
	found.Path = path
	return found, place(temp, path, replace)
}

// emptyBeside makes an empty file in the folder of path that its owner alone
// can read.
func emptyBeside(path string) (string, error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".partial-*")
	if err != nil {
		return "", err
	}
	return f.Name(), f.Close()
}

// vacuumInto copies by a reading transaction, which keeps no writer waiting.
func vacuumInto(ctx context.Context, from, to string) (err error) {
	db, err := openSQLitePool(ctx, from, 1, "_txlock", "deferred")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	_, err = db.ExecContext(ctx, "vacuum into $1", to)
	return err
}

// Examine looks at a file as at something that a server will be started on: it
// must be whole, refer to nothing that is not there, and be Greenroom's. It
// changes nothing.
func Examine(ctx context.Context, path string) (Copy, error) {
	if err := noLogBeside(path); err != nil {
		return Copy{}, err
	}
	return examine(ctx, path, path)
}

// examine does what Examine does; errors call the file by name.
func examine(ctx context.Context, path, name string) (_ Copy, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return Copy{}, err
	}
	db, err := openSQLiteFile(path)
	if err != nil {
		return Copy{}, err
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	if err := isWhole(ctx, db); err != nil {
		return Copy{}, fmt.Errorf("%s %w", name, err)
	}
	s := &Store{dialect: sqliteDialect{}, read: db, write: db}
	found := Copy{Path: path, Bytes: info.Size()}
	if found.Schema, err = s.Schema(ctx); err != nil {
		return Copy{}, err
	}
	if found.Schema.Have == 0 {
		return Copy{}, fmt.Errorf("%s is no database of Greenroom", name)
	}
	if found.Tables, err = countSQLite(ctx, db); err != nil {
		return Copy{}, err
	}
	return found, nil
}

// noLogBeside refuses the file of a running server: what it wrote last is
// still in the log beside it.
func noLogBeside(path string) error {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return fmt.Errorf("%s is not a whole copy: its newest rows are in %s-wal; make one with \"greenroom backup\"", path, filepath.Base(path))
	}
	return nil
}

// openSQLiteFile opens a file that nobody else writes, and writes nothing.
func openSQLiteFile(path string) (*sql.DB, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	db, err := sql.Open("sqlite", sqliteDSN(path, url.Values{
		"mode": {"ro"}, "immutable": {"1"}, "_pragma": {"query_only(1)"},
	}))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(1)
	return db, nil
}

func isWhole(ctx context.Context, db *sql.DB) error {
	says, err := lines(ctx, db, "pragma integrity_check(3)")
	if err != nil {
		return fmt.Errorf("cannot be read as a database: %w", err)
	}
	if says != "ok" {
		return fmt.Errorf("is damaged: %s", says)
	}
	says, err = lines(ctx, db, "select \"table\" from pragma_foreign_key_check limit 3")
	if err == nil && says != "" {
		err = fmt.Errorf("is damaged: rows refer to nothing in %s", says)
	}
	return err
}

// lines returns the first column of an answer.
func lines(ctx context.Context, db *sql.DB, query string) (string, error) {
	rows, err := db.QueryContext(ctx, query)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return "", err
		}
		all = append(all, line)
	}
	return strings.Join(all, "; "), rows.Err()
}

// place brings a finished file under its name, and both to the disk.
func place(temp, path string, replace bool) error {
	if err := syncFile(temp); err != nil {
		return err
	}
	if err := name(temp, path, replace); err != nil {
		return err
	}
	return syncFolder(filepath.Dir(path))
}

// name gives a file its name. A link refuses in one step what is there already;
// where a disk knows no links, the look before has to do.
func name(temp, path string, replace bool) error {
	if !replace {
		err := os.Link(temp, path)
		if errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("%s: %w", path, fs.ErrExist)
		}
		if err == nil {
			return nil
		}
	}
	return os.Rename(temp, path)
}

func syncFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
