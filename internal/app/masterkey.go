package app

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// masterKey returns the key from the configuration or its file, and whether it
// was made just now.
func (c Config) masterKey() (key [32]byte, fresh bool, err error) {
	if c.MasterKey != "" {
		key, err = parseMasterKey(c.MasterKey)
		if err != nil {
			err = fmt.Errorf("GREENROOM_MASTER_KEY: %w", err)
		}
		return key, false, err
	}
	path := c.path(masterKeyFile)
	raw, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return c.makeMasterKey(path)
	}
	if err != nil {
		return key, false, fmt.Errorf("the master key cannot be read: %w; give the file to the account that runs greenroom (user %d)", err, os.Getuid())
	}
	key, err = parseMasterKey(string(raw))
	if err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return key, false, err
}

// makeMasterKey writes a new key beside its final name first, so that a crash
// leaves no half of one, and takes the other's key if two processes try.
func (c Config) makeMasterKey(path string) (key [32]byte, fresh bool, err error) {
	if _, err := io.ReadFull(c.Random, key[:]); err != nil {
		return key, false, err
	}
	if err := makeFolder(c.DataDir); err != nil {
		return key, false, err
	}
	temp, err := os.CreateTemp(c.DataDir, masterKeyFile+".new-*") // mode 0600
	if err != nil {
		return key, false, err
	}
	defer os.Remove(temp.Name())
	_, err = temp.WriteString(base64.StdEncoding.EncodeToString(key[:]) + "\n")
	if err := errors.Join(err, temp.Sync(), temp.Close()); err != nil {
		return key, false, err
	}
	if err := os.Link(temp.Name(), path); errors.Is(err, os.ErrExist) {
		return c.masterKey()
	} else if err != nil {
		return key, false, err
	}
	return key, true, nil
}

func parseMasterKey(s string) (key [32]byte, err error) {
	s = strings.TrimSpace(s)
	raw, err := base64.StdEncoding.DecodeString(s)
	if err != nil || len(raw) != len(key) {
		raw, err = hex.DecodeString(s)
	}
	if err != nil || len(raw) != len(key) {
		return key, errors.New("the master key must be 32 bytes in base64 or hexadecimal; bring back the copy that was kept")
	}
	return [32]byte(raw), nil
}

// checkMasterKey makes sure that the master key is the one under which this
// database was sealed, before anything is served with it.
func checkMasterKey(ctx context.Context, s *greenroom.Service, where string) error {
	all, err := s.Store.Instance().Workspaces(ctx)
	if err != nil {
		return err
	}
	for _, w := range all {
		keys, err := s.Store.Workspace(w.ID).Keys(ctx)
		if err != nil {
			return err
		}
		i := slices.IndexFunc(keys, func(k greenroom.Key) bool { return len(k.Sealed) > 0 })
		if i < 0 {
			continue
		}
		_, err = s.Vault.OpenKey(w.ID, keys[i])
		if errors.Is(err, greenroom.ErrMasterKey) {
			return fmt.Errorf("the master key in %s is not the one that sealed this database: put the right one back (without it the workspaces' signing keys cannot be read; if it is lost for good, \"greenroom keys renew\" makes new ones)", where)
		}
		return err
	}
	return nil
}

func (c Config) masterKeyPlace() string {
	if c.MasterKey != "" {
		return "GREENROOM_MASTER_KEY"
	}
	return c.path(masterKeyFile)
}
