package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// An instanceStore implements greenroom.InstanceStore.
type instanceStore struct{ store *Store }

var _ greenroom.InstanceStore = (*instanceStore)(nil)

// write runs one write in a transaction of its own.
func (i *instanceStore) write(ctx context.Context, path string, fn func(ctx context.Context, t *txn) error) error {
	return i.store.fail(path, i.store.update(ctx, fn))
}

// CreateWorkspace implements greenroom.InstanceStore.
func (i *instanceStore) CreateWorkspace(ctx context.Context, w greenroom.Workspace, k greenroom.Key, owner greenroom.PersonID, log ...greenroom.AuditEntry) error {
	return i.write(ctx, "workspace "+w.Slug, func(ctx context.Context, t *txn) error {
		if err := addWorkspace(ctx, t.db, w, k, owner); err != nil {
			return err
		}
		return addAudits(ctx, t.db, w.ID, log)
	})
}

func addWorkspace(ctx context.Context, db *q.Queries, w greenroom.Workspace, k greenroom.Key, owner greenroom.PersonID) error {
	err := db.AddWorkspace(ctx, q.AddWorkspaceParams{ID: w.ID, Slug: w.Slug, Name: w.Name, CreatedAt: column.Time(w.CreatedAt)})
	if err != nil {
		return err
	}
	if err := db.AddKey(ctx, fromKey(w.ID, k)); err != nil || owner == "" {
		return err
	}
	return db.PutMember(ctx, q.PutMemberParams{
		WorkspaceID: w.ID, PersonID: owner, Role: greenroom.Owner, JoinedAt: column.Time(w.CreatedAt),
	})
}

// Workspaces implements greenroom.InstanceStore.
func (i *instanceStore) Workspaces(ctx context.Context) ([]greenroom.Workspace, error) {
	all := func(db *q.Queries, ctx context.Context, _ struct{}) ([]q.Workspace, error) { return db.Workspaces(ctx) }
	list, err := many(ctx, i.store, "workspaces", all, struct{}{}, toWorkspace)
	sortByName(list, func(w greenroom.Workspace) string { return w.Name })
	return list, err
}

// FindWorkspace implements greenroom.InstanceStore.
func (i *instanceStore) FindWorkspace(ctx context.Context, ref string) (greenroom.Workspace, error) {
	return one(ctx, i.store, "workspace "+ref, (*q.Queries).FindWorkspace, greenroom.WorkspaceID(ref), toWorkspace)
}

// CreatePerson implements greenroom.InstanceStore.
func (i *instanceStore) CreatePerson(ctx context.Context, p greenroom.Person) error {
	return i.write(ctx, "person "+string(p.ID), func(ctx context.Context, t *txn) error {
		return t.db.AddPerson(ctx, fromPerson(p))
	})
}

// CreateFirstOwner implements greenroom.InstanceStore.
func (i *instanceStore) CreateFirstOwner(ctx context.Context, p greenroom.Person, w greenroom.Workspace, k greenroom.Key, log ...greenroom.AuditEntry) error {
	return i.write(ctx, "first owner", func(ctx context.Context, t *txn) error {
		if err := t.store.dialect.lockPeople(ctx, t.tx); err != nil {
			return err
		}
		people, err := t.db.CountPeople(ctx)
		if err != nil {
			return err
		}
		if people > 0 {
			return greenroom.ErrTaken
		}
		if err := t.db.AddPerson(ctx, fromPerson(p)); err != nil {
			return err
		}
		if err := addWorkspace(ctx, t.db, w, k, p.ID); err != nil {
			return err
		}
		return addAudits(ctx, t.db, w.ID, log)
	})
}

// HasPeople implements greenroom.InstanceStore.
func (i *instanceStore) HasPeople(ctx context.Context) (bool, error) {
	count := func(db *q.Queries, ctx context.Context, _ struct{}) (int64, error) { return db.CountPeople(ctx) }
	return one(ctx, i.store, "people", count, struct{}{}, func(n int64) bool { return n > 0 })
}

// Person implements greenroom.InstanceStore.
func (i *instanceStore) Person(ctx context.Context, id greenroom.PersonID) (greenroom.Person, error) {
	return one(ctx, i.store, "person "+string(id), (*q.Queries).Person, id, toPerson)
}

// PersonByEmail implements greenroom.InstanceStore.
func (i *instanceStore) PersonByEmail(ctx context.Context, email string) (greenroom.Person, error) {
	return one(ctx, i.store, "person by e-mail address", (*q.Queries).PersonByEmail, email, toPerson)
}

// Memberships implements greenroom.InstanceStore.
func (i *instanceStore) Memberships(ctx context.Context, id greenroom.PersonID) ([]greenroom.Membership, error) {
	return memberships(ctx, i.store, id)
}

func memberships(ctx context.Context, s source, id greenroom.PersonID) ([]greenroom.Membership, error) {
	list, err := many(ctx, s, "memberships of "+string(id), (*q.Queries).Memberships, id,
		func(r q.MembershipsRow) greenroom.Membership {
			return greenroom.Membership{Workspace: toWorkspace(r.Workspace), Role: r.Role}
		})
	sortByName(list, func(m greenroom.Membership) string { return m.Workspace.Name })
	return list, err
}

// SignIn implements greenroom.InstanceStore.
func (i *instanceStore) SignIn(ctx context.Context, tokenHash string, now time.Time) (greenroom.SignIn, error) {
	arg := q.SignInParams{TokenHash: tokenHash, Now: column.Time(now)}
	return one(ctx, i.store, "sign-in", (*q.Queries).SignIn, arg, func(r q.SignIn) greenroom.SignIn {
		return greenroom.SignIn{TokenHash: r.TokenHash, Data: r.Data, ExpiresAt: time.Time(r.ExpiresAt)}
	})
}

// SaveSignIn implements greenroom.InstanceStore.
func (i *instanceStore) SaveSignIn(ctx context.Context, s greenroom.SignIn) error {
	return i.write(ctx, "sign-in", func(ctx context.Context, t *txn) error {
		return t.db.SaveSignIn(ctx, q.SaveSignInParams{TokenHash: s.TokenHash, Data: s.Data, ExpiresAt: column.Time(s.ExpiresAt)})
	})
}

// DeleteSignIn implements greenroom.InstanceStore.
func (i *instanceStore) DeleteSignIn(ctx context.Context, tokenHash string) error {
	return i.write(ctx, "sign-in", func(ctx context.Context, t *txn) error {
		return t.db.DeleteSignIn(ctx, tokenHash)
	})
}

// SweepSignIns implements greenroom.InstanceStore.
func (i *instanceStore) SweepSignIns(ctx context.Context, now time.Time) error {
	return i.write(ctx, "expired sign-ins", func(ctx context.Context, t *txn) error {
		return t.db.SweepSignIns(ctx, column.Time(now))
	})
}

// DueLanes implements greenroom.InstanceStore. The lane that waits longest
// comes first.
func (i *instanceStore) DueLanes(ctx context.Context, now time.Time) ([]greenroom.Lane, error) {
	return many(ctx, i.store, "due lanes", (*q.Queries).DueLanes, column.Time(now), func(r q.DueLanesRow) greenroom.Lane {
		return greenroom.Lane{Workspace: r.WorkspaceID, Connection: r.ConnectionID}
	})
}

// NextTry implements greenroom.InstanceStore. A passback that a worker holds
// falls due when its lease ends.
func (i *instanceStore) NextTry(ctx context.Context) (time.Time, error) {
	next := func(db *q.Queries, ctx context.Context, _ struct{}) (int64, error) { return db.NextTry(ctx) }
	return one(ctx, i.store, "next try", next, struct{}{}, column.Millis)
}
