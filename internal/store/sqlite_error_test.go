package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// What is wrong with the file is said with what to do about it, and what SQLite
// said.
func TestAFileThatCannotBeUsedIsNamed(t *testing.T) {
	const header = "SQLite format 3\x00"
	for name, tc := range map[string]struct {
		put  func(path string) error
		want string
	}{
		"a directory": {func(path string) error { return os.Mkdir(path, 0o700) }, "give greenroom.db* in "},
		"no database": {func(path string) error { return os.WriteFile(path, []byte(strings.Repeat("x", 4096)), 0o600) }, "bring back a backup with greenroom restore (file is not a database (26))"},
		"half of one": {func(path string) error { return os.WriteFile(path, []byte(header+strings.Repeat("\x00", 500)), 0o600) }, "bring back a backup with greenroom restore"},
	} {
		path := filepath.Join(t.TempDir(), "greenroom.db")
		if err := tc.put(path); err != nil {
			t.Fatal(err)
		}
		s, err := Open(t.Context(), Options{Path: path, Migrate: true})
		if err == nil {
			_ = s.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "database "+path+": ") || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := explainSQLite("/data/greenroom.db", &fs.PathError{Err: fs.ErrPermission}); !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "give greenroom.db* in /data to the account") {
		t.Error(err)
	}
}

// SQLite begins to write a file that it may only read; a server must not.
func TestAFileThatMayOnlyBeReadIsNamed(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "greenroom.db"), Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	if err := s.CanWrite(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := s.writer.conn.ExecContext(t.Context(), "pragma query_only = 1"); err != nil {
		t.Fatal(err)
	}
	if err := s.CanWrite(t.Context()); err == nil || !strings.Contains(err.Error(), "cannot be opened or written: give ") {
		t.Errorf("error = %v", err)
	}
}
