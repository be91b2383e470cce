package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"
)

// lockFolder makes a data directory if it is missing and takes its lock, which
// one server has for as long as it runs.
func lockFolder(folder string) (*flock.Flock, error) {
	if err := makeFolder(folder); err != nil {
		return nil, err
	}
	lock := flock.New(filepath.Join(folder, lockFile))
	held, err := lock.TryLock()
	if err != nil {
		return nil, unusable(folder, err)
	}
	if !held {
		return nil, fmt.Errorf("another Greenroom server runs on %s: stop it first, or give this one a directory of its own with --data", folder)
	}
	return lock, nil
}

// Lock keeps servers from the data directory until unlock is called.
func (c Config) Lock() (unlock func(), err error) {
	lock, err := lockFolder(c.DataDir)
	if err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil
}

func makeFolder(folder string) error {
	if folder == "" {
		return errors.New("no data directory: give --data DIR")
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return unusable(folder, err)
	}
	return nil
}

// unusable says what to do about a data directory that cannot be used.
func unusable(folder string, err error) error {
	return fmt.Errorf("data directory %s: %w; give the account that runs greenroom (user %d) a directory that it may write to", folder, err, os.Getuid())
}
