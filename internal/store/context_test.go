package store_test

import (
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
)

func TestLinksOfAnOlderSchemaGetTheirContexts(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			s := open(t, database(t))
			empty := map[string]string{"SQLite": "x''", "PostgreSQL": "''"}[name]
			for _, step := range []func() error{
				func() error { return store.MigrateDownTo(t.Context(), s, 5) },
				func() error {
					return store.Exec(t.Context(), s, `
						insert into workspaces (id, slug, name, created_at) values ('w', 'w', 'W', 1000);
						insert into connections (workspace_id, id, platform, issuer, client_id, accept_deployments, auth_url, token_url,
							key_set_url, audience, how, product, scopes, missing, disabled, key_set, key_set_at, connected_at, updated_at)
						values ('w', 'c', '', 'i', 'i', false, '', '', '', '', '', '', '[]', '[]', false, `+empty+`, 0, 0, 0);
						insert into resource_links (workspace_id, id, connection_id, deployment, platform_id, title, context_id, context_title)
						values ('w', 'l1', 'c', '1', 'p1', '', '7', 'Course'), ('w', 'l2', 'c', '1', 'p2', '', '7', ''),
							('w', 'l3', 'c', '2', 'p1', '', '7', ''), ('w', 'l4', 'c', '1', 'p4', '', '', ''), ('w', 'l5', 'c', '1', 'p5', '', '', '')`)
				},
				func() error { return store.MigrateUp(t.Context(), s) },
			} {
				if err := step(); err != nil {
					t.Fatal(err)
				}
			}
			w := s.Workspace("w")
			for link, want := range map[greenroom.ResourceLinkID]greenroom.Context{
				"l1": {ID: "l1", PlatformID: "7", Deployment: "1", Title: "Course"},
				"l2": {ID: "l1", PlatformID: "7", Deployment: "1", Title: "Course"},
				"l3": {ID: "l3", PlatformID: "7", Deployment: "2"},
				"l4": {ID: "l4", LinkPlatformID: "p4", Deployment: "1"},
				"l5": {ID: "l5", LinkPlatformID: "p5", Deployment: "1"},
			} {
				l, err := w.ResourceLink(t.Context(), link)
				if err != nil {
					t.Fatal(err)
				}
				c, err := w.Context(t.Context(), l.Context)
				if err != nil || c.ID != want.ID || c.PlatformID != want.PlatformID || c.LinkPlatformID != want.LinkPlatformID ||
					c.Deployment != want.Deployment || c.Title != want.Title {
					t.Errorf("%s is in %+v, want %+v (%v)", link, c, want, err)
				}
			}
		})
	}
}
