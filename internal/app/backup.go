package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
)

// Backup writes a copy of the SQLite database to a file, while a server runs.
// Whatever replace says, no file of the server's own is overwritten.
func (c Config) Backup(ctx context.Context, file string, replace bool) (store.Copy, error) {
	if err := c.checkTarget(file); err != nil {
		return store.Copy{}, err
	}
	made, err := store.Backup(ctx, c.StoreOptions(false), file, replace)
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("%s is there already and was left alone; take another name, or add --force", file)
	}
	return made, err
}

// checkTarget refuses to write a copy over a folder, or over what the server
// lives on: the database with its log, and the master key that no copy holds.
func (c Config) checkTarget(file string) error {
	target, err := os.Stat(file)
	if err != nil && c.DatabaseURL == "" {
		if _, err := os.Stat(c.path(databaseFile)); errors.Is(err, fs.ErrNotExist) {
			return c.noDatabase(err)
		}
	}
	if err == nil && target.IsDir() {
		return fmt.Errorf("%s is a directory; name a file in it", file)
	}
	if folder := filepath.Dir(file); !isFolder(folder) {
		return fmt.Errorf("there is no directory %s: make it, or name a file in another one", folder)
	}
	for _, name := range []string{databaseFile, databaseFile + "-wal", databaseFile + "-shm", databaseFile + "-lock", masterKeyFile, lockFile} {
		own, missing := os.Stat(c.path(name))
		if err == nil && missing == nil && os.SameFile(own, target) || samePath(c.path(name), file) {
			return fmt.Errorf("%s is the server's own and was left alone; take another name", file)
		}
	}
	return nil
}

func isFolder(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// samePath tells whether two names are one, although no file may be there yet.
func samePath(a, b string) bool {
	a, errA := filepath.Abs(a)
	b, errB := filepath.Abs(b)
	return errA == nil && errB == nil && a == b
}

// A Restored is what became of a restore.
type Restored struct {
	store.Copy
	Aside string // where the database is that was there; empty if there was none
	// Warning is why a server will not start yet; empty if it will.
	Warning string
}

// Restore puts a copy in the place of the SQLite database. No server may run on
// the data directory.
func (c Config) Restore(ctx context.Context, file string, replace bool) (_ Restored, err error) {
	c = c.withDefaults()
	lock, err := lockFolder(c.DataDir)
	if err != nil {
		return Restored{}, err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	r := Restored{}
	r.Copy, r.Aside, err = store.Restore(ctx, c.StoreOptions(false), file, replace, c.Now())
	if errors.Is(err, fs.ErrExist) {
		err = fmt.Errorf("there is a database, or the log of one, in %s, and it was left alone; add --force to put the backup in its place (what is there is kept beside it)", c.DataDir)
	}
	if err != nil {
		return Restored{}, err
	}
	r.Warning = c.missingKey(ctx, r.Copy)
	return r, nil
}

// missingKey says what is wrong with the master key for a database, which is
// no part of a backup.
func (c Config) missingKey(ctx context.Context, restored store.Copy) string {
	if restored.Schema.Pending() > 0 {
		return "" // the start that brings the tables up to date looks
	}
	db, err := store.Open(ctx, c.StoreOptions(false))
	if err != nil {
		return err.Error()
	}
	defer db.Close()
	if err := c.guardLostKey(ctx, db); err != nil {
		return err.Error()
	}
	if _, err := os.Stat(c.path(masterKeyFile)); c.MasterKey == "" && err != nil {
		return "" // there is nothing sealed yet
	}
	master, _, err := c.masterKey()
	if err == nil {
		err = checkMasterKey(ctx, &greenroom.Service{Store: db, Vault: greenroom.NewVault(master)}, c.masterKeyPlace())
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

// Move copies everything from a SQLite database, on whose directory no server
// may run, to the configured PostgreSQL, which must be empty.
func (c Config) Move(ctx context.Context, sqlitePath string) (_ []store.Table, err error) {
	if _, err := os.Stat(sqlitePath); err != nil {
		return nil, err
	}
	lock, err := lockFolder(filepath.Dir(sqlitePath))
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, lock.Unlock()) }()
	return store.Move(ctx, sqlitePath, c.DatabaseURL)
}
