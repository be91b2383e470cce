package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

func TestOpenWithoutMigrating(t *testing.T) {
	for name, database := range empty {
		t.Run(name, func(t *testing.T) {
			o := database(t)
			_, err := store.Open(t.Context(), o)
			behind, ok := errors.AsType[*store.SchemaError](err)
			if !ok {
				t.Fatalf("error = %v, want a *SchemaError", err)
			}
			if behind.Pending() == 0 || behind.Have != 0 || behind.Dialect != name {
				t.Errorf("schema = %+v", behind.Schema)
			}
			if want := fmt.Sprintf("the tables in %s are at version 0 and this program needs %d: run greenroom migrate", name, behind.Want); err.Error() != want {
				t.Errorf("error = %q, want %q", err, want)
			}

			open(t, o) // migrates
			s, err := store.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			if s.Dialect() != name {
				t.Errorf("dialect = %s", s.Dialect())
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			status, err := store.Status(t.Context(), o)
			if err != nil || status.Pending() != 0 || status.Have != status.Want {
				t.Errorf("status = %+v, %v", status, err)
			}
		})
	}
}

func TestMigrateIsDoneOnceWhenManyStart(t *testing.T) {
	for name, database := range empty {
		t.Run(name, func(t *testing.T) {
			o := database(t)
			const nodes = 8
			applied, errs := make([]int, nodes), make([]error, nodes)
			var all sync.WaitGroup
			for n := range nodes {
				all.Go(func() { applied[n], errs[n] = store.Migrate(t.Context(), o) })
			}
			all.Wait()
			sum := 0
			for n := range nodes {
				if errs[n] != nil {
					t.Error(errs[n])
				}
				sum += applied[n]
			}
			files, err := filepath.Glob("migrations/sqlite/*.sql")
			if err != nil || len(files) == 0 {
				t.Fatal(files, err)
			}
			if sum != len(files) {
				t.Errorf("%d migrations were applied, want %d", sum, len(files))
			}
		})
	}
}

func TestMigrationsGoDownAndUpAgain(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			s := open(t, database(t))
			if err := store.MigrateDown(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			status, err := s.Schema(t.Context())
			if err != nil || status.Have != 0 {
				t.Fatalf("schema = %+v, %v", status, err)
			}
			if _, err := s.Instance().Workspaces(t.Context()); err == nil {
				t.Error("the tables are still there")
			}
			if err := store.MigrateUp(t.Context(), s); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Instance().Workspaces(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
}

// A migration that was left out, for a program made between two versions was at
// the tables, is missed and applied late.
func TestAMigrationThatWasLeftOutIsMissed(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			o := database(t)
			ok(t, store.Unmigrate(t.Context(), open(t, o), 45))
			_, err := store.Open(t.Context(), o)
			behind, isBehind := errors.AsType[*store.SchemaError](err)
			if !isBehind || behind.Pending() != 1 || behind.Have != behind.Want || !strings.Contains(err.Error(), "but 1 of the steps before it are missing: run greenroom migrate") {
				t.Fatalf("error = %v", err)
			}
			if applied, err := store.Migrate(t.Context(), o); err != nil || applied != 1 {
				t.Errorf("%d were applied, %v", applied, err)
			}
			if status, err := store.Status(t.Context(), o); err != nil || status.Pending() != 0 {
				t.Errorf("status = %+v, %v", status, err)
			}
		})
	}
}

func TestOpenSQLite(t *testing.T) {
	t.Run("takes any path", func(t *testing.T) {
		folder := filepath.Join(t.TempDir(), "a b?c#d%41&e=f")
		if err := os.Mkdir(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(folder, "greenroom.db")
		open(t, store.Options{Path: path})
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%v, %v", info, err)
		}
	})
	t.Run("lets nobody else read", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "greenroom.db")
		open(t, store.Options{Path: path})
		for _, name := range []string{path, path + "-wal", path + "-shm", path + "-lock"} {
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			if mode := info.Mode().Perm(); mode != 0o600 {
				t.Errorf("%s: mode %o", filepath.Base(name), mode)
			}
		}
	})
	t.Run("keeps what was there", func(t *testing.T) {
		o := store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db"), Migrate: true}
		for n := range 2 {
			s, err := store.Open(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			people, err := s.Instance().HasPeople(t.Context())
			if err != nil || people != (n == 1) {
				t.Errorf("start %d: has people = %v, %v", n, people, err)
			}
			if n == 0 {
				err = s.Instance().CreatePerson(t.Context(), greenroom.Person{ID: "p"})
			}
			if err := errors.Join(err, s.Close()); err != nil {
				t.Fatal(err)
			}
		}
	})
	t.Run("names the file it cannot open", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "nowhere", "greenroom.db")
		_, err := store.Open(t.Context(), store.Options{Path: path})
		if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), path) {
			t.Errorf("error = %v", err)
		}
		_, err = store.Status(t.Context(), store.Options{Path: path})
		if !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error = %v", err)
		}
	})
	t.Run("wants a path or a URL", func(t *testing.T) {
		if _, err := store.Open(t.Context(), store.Options{}); err == nil {
			t.Error("opened nothing")
		}
	})
	t.Run("is written by two processes' stores at once", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "greenroom.db")
		first, second := open(t, store.Options{Path: path}), open(t, store.Options{Path: path})
		var all sync.WaitGroup
		for _, s := range []*store.Store{first, second} {
			for n := range 20 {
				all.Go(func() {
					if err := s.Instance().SaveSignIn(t.Context(), greenroom.SignIn{TokenHash: string(rune('a' + n))}); err != nil {
						t.Error(err)
					}
				})
			}
		}
		all.Wait()
	})
}

// A PostgreSQL that answers, and will not do, is told with what to do about it.
func TestAPostgresThatWillNotDoIsNamed(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil, undo string // %s is the database
		change      func(u *url.URL)
		want        string
	}{
		"texts as they come": {
			"create database %s_other encoding 'SQL_ASCII' locale 'C' template template0", "drop database %s_other",
			func(u *url.URL) { u.Path += "_other" }, "has the encoding SQL_ASCII: make one that has UTF8",
		},
		"a user without rights": {
			"create role %s_guest login", "drop role %s_guest",
			func(u *url.URL) {
				params := u.Query()
				params.Set("user", u.Path[1:]+"_guest")
				u.RawQuery = params.Encode()
			}, "make that user its owner",
		},
		"one that is only read": {
			"alter database %s set default_transaction_read_only = on", "select '%s'",
			func(*url.URL) {}, "name the one that is written",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := store.Options{DatabaseURL: pgtest.URL(t)}
			s := open(t, o)
			u, err := url.Parse(o.DatabaseURL)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := store.DB(s).ExecContext(t.Context(), fmt.Sprintf(tc.spoil, u.Path[1:])); err != nil {
				t.Fatal(err)
			}
			undo := fmt.Sprintf(tc.undo, u.Path[1:])
			t.Cleanup(func() {
				if _, err := store.DB(s).Exec(undo); err != nil {
					t.Error(err)
				}
			})
			tc.change(u)
			o.DatabaseURL = u.String()
			spoilt, err := store.Open(t.Context(), o)
			if err == nil {
				err = errors.Join(spoilt.CanWrite(t.Context()), spoilt.Close())
			}
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error = %v", err)
			}
		})
	}
}

func TestOpenPostgresNamesNoPassword(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, url := range []string{
		"postgres://user:hunter2@127.0.0.1:1/db",
		"postgres://user:hunter2@127.0.0.1:1/db?sslmode=nonsense",
		"postgres://user:hunter2@127.0.0.1:port/db",
	} {
		_, err := store.Open(ctx, store.Options{DatabaseURL: url})
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error = %v", url, err)
		}
	}
}
