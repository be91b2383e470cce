package store_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
	"github.com/greenroom-lti/greenroom/internal/store/ready"
	"github.com/greenroom-lti/greenroom/internal/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

// databases are those on which every promise is kept, with their tables.
var databases = ready.Both

// empty are the same without tables.
var empty = map[string]func(tb testing.TB) store.Options{
	"SQLite": func(tb testing.TB) store.Options {
		return store.Options{Path: filepath.Join(tb.TempDir(), "greenroom.db")}
	},
	"PostgreSQL": func(tb testing.TB) store.Options {
		return store.Options{DatabaseURL: pgtest.URL(tb)}
	},
}

func open(tb testing.TB, o store.Options) *store.Store {
	tb.Helper()
	o.Migrate = true
	s, err := store.Open(tb.Context(), o)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	return s
}

func TestPromises(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			storetest.Run(t, func(t *testing.T) greenroom.Store { return open(t, database(t)) })
		})
	}
}

// A table that is added has to go with its workspace.
func TestADeletedWorkspaceLeavesNoTable(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			tables, err := store.WorkspaceTables(t.Context(), open(t, database(t)))
			if err != nil {
				t.Fatal(err)
			}
			if own := store.OwnTables(); !slices.Equal(own, tables) {
				t.Errorf("removed from\n%v\nwhile these have workspaces:\n%v", own, tables)
			}
		})
	}
}
