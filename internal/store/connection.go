package store

import (
	"context"
	"database/sql"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Connections implements greenroom.Reader.
func (r reader) Connections(ctx context.Context) ([]greenroom.Connection, error) {
	return one(ctx, r, "connections", (*q.Queries).Connections, r.workspace, toConnections)
}

// Connection implements greenroom.Reader.
func (r reader) Connection(ctx context.Context, id greenroom.ConnectionID) (greenroom.Connection, error) {
	path := "connection " + string(id)
	if err := r.lockRow(ctx, "connections", string(id)); err != nil {
		return greenroom.Connection{}, r.fail(path, err)
	}
	arg := q.ConnectionByIDParams{WorkspaceID: r.workspace, ID: id}
	list, err := one(ctx, r, path, (*q.Queries).ConnectionByID, arg, func(rows []q.ConnectionByIDRow) []greenroom.Connection {
		all := make([]q.ConnectionsRow, len(rows))
		for i, row := range rows {
			all[i] = q.ConnectionsRow(row)
		}
		return toConnections(all)
	})
	if err != nil {
		return greenroom.Connection{}, err
	}
	if len(list) == 0 {
		return greenroom.Connection{}, r.fail(path, sql.ErrNoRows)
	}
	return list[0], nil
}

// ConnectionsOf implements greenroom.Reader. No connection has an empty issuer.
func (r reader) ConnectionsOf(ctx context.Context, issuer, clientID string) ([]greenroom.Connection, error) {
	arg := q.ConnectionsOfParams{WorkspaceID: r.workspace, Issuer: issuer, ClientID: clientID}
	return one(ctx, r, "connections of an issuer", (*q.Queries).ConnectionsOf, arg, func(rows []q.ConnectionsOfRow) []greenroom.Connection {
		all := make([]q.ConnectionsRow, len(rows))
		for i, row := range rows {
			all[i] = q.ConnectionsRow(row)
		}
		return toConnections(all)
	})
}

// toConnections reads one row per deployment.
func toConnections(rows []q.ConnectionsRow) []greenroom.Connection {
	list := make([]greenroom.Connection, 0, len(rows))
	for _, row := range rows {
		if last := len(list) - 1; last < 0 || list[last].ID != row.Connection.ID {
			list = append(list, toConnection(row))
		}
		if row.Deployment.Valid {
			c := &list[len(list)-1]
			c.Deployments = append(c.Deployments, row.Deployment.String)
		}
	}
	return list
}

// SaveConnection implements greenroom.Tx.
func (t *workspaceTx) SaveConnection(ctx context.Context, c greenroom.Connection) error {
	path := "connection " + string(c.ID)
	t.txn.changeSettings(t.workspace)
	err := t.txn.attempt(ctx, func() error {
		return t.txn.db.SaveConnection(ctx, fromConnection(t.workspace, c))
	})
	if err != nil {
		return t.fail(path, err)
	}
	return t.fail(path+": deployments", t.saveDeployments(ctx, c))
}

func (t *workspaceTx) saveDeployments(ctx context.Context, c greenroom.Connection) error {
	err := t.txn.db.DropDeployments(ctx, q.DropDeploymentsParams{WorkspaceID: t.workspace, ConnectionID: c.ID})
	if err != nil {
		return err
	}
	for position, deployment := range c.Deployments {
		err := t.txn.db.AddDeployment(ctx, q.AddDeploymentParams{
			WorkspaceID: t.workspace, ConnectionID: c.ID, Deployment: deployment, Position: int64(position),
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// KeepKeySet implements greenroom.Tx. ErrNotFound if there is no such connection.
func (t *workspaceTx) KeepKeySet(ctx context.Context, id greenroom.ConnectionID, document []byte, at time.Time) error {
	return t.fail("connection "+string(id)+": key set", wrote(t.txn.db.KeepKeySet(ctx, q.KeepKeySetParams{
		WorkspaceID: t.workspace, ID: id, KeySet: document, KeySetAt: column.Time(at),
	})))
}

// KeepHeard implements greenroom.Tx. ErrNotFound if there is no such connection.
func (t *workspaceTx) KeepHeard(ctx context.Context, id greenroom.ConnectionID, words []greenroom.ScopeWord) error {
	return t.fail("connection "+string(id)+": scopes", wrote(t.txn.db.KeepHeard(ctx, q.KeepHeardParams{
		WorkspaceID: t.workspace, ID: id, Heard: words,
	})))
}

// SaveTest implements greenroom.Tx. ErrNotFound if there is no such connection.
func (t *workspaceTx) SaveTest(ctx context.Context, id greenroom.ConnectionID, test *greenroom.ConnectionTest, until time.Time) error {
	return t.fail("connection "+string(id)+": test", wrote(t.txn.db.SaveTest(ctx, q.SaveTestParams{
		WorkspaceID: t.workspace, ID: id, Test: column.Test{ConnectionTest: test}, TestUntil: column.Time(until),
	})))
}

// ConnectionContents implements greenroom.Reader.
func (r reader) ConnectionContents(ctx context.Context, id greenroom.ConnectionID) (greenroom.ConnectionContents, error) {
	arg := q.ConnectionContentsParams{WorkspaceID: r.workspace, ConnectionID: &id}
	return one(ctx, r, "contents of connection "+string(id), (*q.Queries).ConnectionContents, arg,
		func(c q.ConnectionContentsRow) greenroom.ConnectionContents {
			return greenroom.ConnectionContents{
				Learners: int(c.Learners), Courses: int(c.Courses), Activities: int(c.Links), Sessions: int(c.Sessions),
				Scores: int(c.Scores), Waiting: int(c.Waiting), Sent: int(c.Sent), Failed: int(c.Failed),
				Launches: int(c.Launches),
			}
		})
}

// DeleteConnection implements greenroom.Tx: the tables cascade. ErrNotFound if
// there is no such connection.
func (t *workspaceTx) DeleteConnection(ctx context.Context, id greenroom.ConnectionID) error {
	path := "connection " + string(id)
	t.txn.store.places.forget(t.workspace)
	t.txn.changeSettings(t.workspace)
	err := wrote(t.txn.db.DeleteConnection(ctx, q.DeleteConnectionParams{WorkspaceID: t.workspace, ID: id}))
	if err != nil {
		return t.fail(path, err)
	}
	return t.fail(path+": invites", t.txn.db.ForgetInvitesConnection(ctx, q.ForgetInvitesConnectionParams{
		WorkspaceID: t.workspace, ConnectionID: id,
	}))
}

func toConnection(row q.ConnectionsRow) greenroom.Connection {
	r := row.Connection
	return greenroom.Connection{
		ID:                r.ID,
		Platform:          r.Platform,
		Issuer:            r.Issuer,
		ClientID:          r.ClientID,
		AcceptDeployments: r.AcceptDeployments,
		AuthURL:           r.AuthURL,
		TokenURL:          r.TokenURL,
		KeySetURL:         r.KeySetURL,
		Audience:          r.Audience,
		How:               r.How,
		Product:           r.Product,
		Scopes:            r.Scopes,
		Missing:           r.Missing,
		Shared:            r.RegistrationID,
		Disabled:          r.Disabled,
		KeySet:            noBytes(r.KeySet),
		KeySetAt:          time.Time(r.KeySetAt),
		ConnectedAt:       time.Time(r.ConnectedAt),
		UpdatedAt:         time.Time(r.UpdatedAt),
		Profile:           r.Profile,
		AllowAnonymous:    r.AllowAnonymous,
		MakeLineItems:     r.MakeLineItems,
		ConfigurationURL:  r.ConfigurationURL,
		Asked:             r.Asked,
		RegistrationURL:   r.RegistrationURL,
		RegistrationToken: noBytes(r.RegistrationToken),
		Heard:             r.Heard,
		Test:              r.Test.ConnectionTest,
		TestUntil:         time.Time(r.TestUntil),
		LastLaunchAt:      column.Millis(row.LastLaunchAt),
		LastPassbackAt:    column.Millis(row.LastPassbackAt),
	}
}

func fromConnection(w greenroom.WorkspaceID, c greenroom.Connection) q.SaveConnectionParams {
	return q.SaveConnectionParams{
		WorkspaceID:       w,
		ID:                c.ID,
		Platform:          c.Platform,
		Issuer:            c.Issuer,
		ClientID:          c.ClientID,
		AcceptDeployments: c.AcceptDeployments,
		AuthURL:           c.AuthURL,
		TokenURL:          c.TokenURL,
		KeySetURL:         c.KeySetURL,
		Audience:          c.Audience,
		How:               c.How,
		Product:           c.Product,
		Scopes:            c.Scopes,
		Missing:           c.Missing,
		RegistrationID:    c.Shared,
		Disabled:          c.Disabled,
		KeySet:            c.KeySet,
		KeySetAt:          column.Time(c.KeySetAt),
		ConnectedAt:       column.Time(c.ConnectedAt),
		UpdatedAt:         column.Time(c.UpdatedAt),
		Profile:           c.Profile,
		AllowAnonymous:    c.AllowAnonymous,
		MakeLineItems:     c.MakeLineItems,
		ConfigurationURL:  c.ConfigurationURL,
		Asked:             c.Asked,
		RegistrationURL:   c.RegistrationURL,
		RegistrationToken: c.RegistrationToken,
	}
}

// noBytes returns nil for a column without bytes.
func noBytes(b []byte) []byte {
	if len(b) == 0 {
		return nil
	}
	return b
}
