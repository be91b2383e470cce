package store_test

import (
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
)

func TestKeysOfTheFirstSchemaSignFromTheDayTheyWereMade(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			s := open(t, database(t))
			for _, step := range []func() error{
				func() error { return store.MigrateDownTo(t.Context(), s, 1) },
				func() error {
					bytes := map[string]string{"SQLite": "x''", "PostgreSQL": "''"}[name]
					return store.Exec(t.Context(), s, strings.ReplaceAll(`
						insert into workspaces (id, slug, name, created_at) values ('w', 'w', 'W', 1000), ('v', 'v', 'V', 1000);
						insert into keys (workspace_id, id, public, sealed, created_at)
						values ('w', 'first', bytes, bytes, 1000), ('w', 'second', bytes, bytes, 3000), ('v', 'only', bytes, bytes, 2000)`, "bytes", bytes))
				},
				func() error { return store.MigrateUp(t.Context(), s) },
			} {
				if err := step(); err != nil {
					t.Fatal(err)
				}
			}
			for workspace, want := range map[greenroom.WorkspaceID]string{"w": "second", "v": "only"} {
				keys, err := s.Workspace(workspace).Keys(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, k := range keys {
					signs := k.State(time.UnixMilli(9000)) == greenroom.KeySigning
					if !k.SignsAt.Equal(k.CreatedAt) || signs != (string(k.ID) == want) {
						t.Errorf("%s: key %+v", workspace, k)
					}
				}
			}
		})
	}
}
