package store

import (
	"context"
	"fmt"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// ownTables are the tables with rows of workspaces, each before those that it
// refers to.
var ownTables = []string{
	"passbacks", "picks", "sessions", "launches", "key_uses", "line_item_duties", "line_items", "resource_links", "context_members", "rosters", "contexts",
	"notices", "notice_services", "legacy_keys", "legacy_links", "tombstones",
	"learners",
	"deployment_claims", "deployments", "connections", "invites", "person_links", "scenario_versions", "scenarios", "keys", "members", "audit", "hosts",
	"claim_codes",
}

// Contents implements greenroom.Reader.
func (r reader) Contents(ctx context.Context) (greenroom.Contents, error) {
	return one(ctx, r, "contents", (*q.Queries).Contents, r.workspace, func(c q.ContentsRow) greenroom.Contents {
		return greenroom.Contents{
			Connections: int(c.Connections), Members: int(c.Members), Learners: int(c.Learners),
			Scenarios: int(c.Scenarios), Sessions: int(c.Sessions), Scores: int(c.Scores),
			Waiting: int(c.Waiting), Launches: int(c.Launches), AuditEntries: int(c.AuditEntries),
		}
	})
}

// DeleteWorkspace implements greenroom.Tx. Connections and then the workspace
// are held first, in the order in which launches ask for them: whoever is
// adding something gets it done, and whoever comes later waits and finds them
// gone.
func (t *workspaceTx) DeleteWorkspace(ctx context.Context, record greenroom.AuditEntry) error {
	path := "delete workspace " + string(t.workspace)
	t.txn.store.places.forget(t.workspace)
	t.txn.changeSettings(t.workspace)
	for _, rows := range []string{"connections where workspace_id = $1", "workspaces where id = $1"} {
		if err := t.txn.store.dialect.seize(ctx, t.txn.tx, rows, string(t.workspace)); err != nil {
			return t.fail(path, err)
		}
	}
	for _, table := range ownTables {
		if _, err := t.txn.tx.ExecContext(ctx, "delete from "+table+" where workspace_id = $1", string(t.workspace)); err != nil {
			return fmt.Errorf("%s: %s: %w", path, table, err)
		}
	}
	if err := wrote(t.txn.db.DeleteWorkspace(ctx, t.workspace)); err != nil {
		return t.fail(path, err)
	}
	return t.fail(path, addInstanceAudit(ctx, t.txn.db, record))
}
