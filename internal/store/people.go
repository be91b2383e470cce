package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// A peopleTx implements greenroom.PeopleTx.
type peopleTx struct{ *txn }

var _ greenroom.PeopleTx = peopleTx{}

// UpdatePeople implements greenroom.InstanceStore.
func (i *instanceStore) UpdatePeople(ctx context.Context, fn func(ctx context.Context, tx greenroom.PeopleTx) error) error {
	return i.store.update(ctx, func(ctx context.Context, t *txn) error { return fn(ctx, peopleTx{t}) })
}

// People implements greenroom.InstanceStore.
func (i *instanceStore) People(ctx context.Context) ([]greenroom.Person, error) {
	all := func(db *q.Queries, ctx context.Context, _ struct{}) ([]q.Person, error) { return db.People(ctx) }
	return many(ctx, i.store, "people", all, struct{}{}, toPerson)
}

// PersonLink implements greenroom.InstanceStore.
func (i *instanceStore) PersonLink(ctx context.Context, tokenHash string) (greenroom.PersonLink, error) {
	return personLinkByToken(ctx, i.store, tokenHash)
}

// SweepPersonLinks implements greenroom.InstanceStore.
func (i *instanceStore) SweepPersonLinks(ctx context.Context, before time.Time) error {
	return i.write(ctx, "expired person links", func(ctx context.Context, t *txn) error {
		return t.db.SweepPersonLinks(ctx, column.Time(before))
	})
}

// Person implements greenroom.PeopleTx.
func (t peopleTx) Person(ctx context.Context, id greenroom.PersonID) (greenroom.Person, error) {
	path := "person " + string(id)
	if err := t.lock(ctx, "people where id = $1", string(id)); err != nil {
		return greenroom.Person{}, t.fail(path, err)
	}
	return one(ctx, t, path, (*q.Queries).Person, id, toPerson)
}

// PersonByEmail implements greenroom.PeopleTx.
func (t peopleTx) PersonByEmail(ctx context.Context, email string) (greenroom.Person, error) {
	const path = "person by e-mail address"
	if err := t.lock(ctx, "people where email = $1", email); err != nil {
		return greenroom.Person{}, t.fail(path, err)
	}
	return one(ctx, t, path, (*q.Queries).PersonByEmail, email, toPerson)
}

// PersonLink implements greenroom.PeopleTx.
func (t peopleTx) PersonLink(ctx context.Context, tokenHash string) (greenroom.PersonLink, error) {
	if err := t.lock(ctx, "person_links where token_hash = $1", tokenHash); err != nil {
		return greenroom.PersonLink{}, t.fail("person link", err)
	}
	return personLinkByToken(ctx, t, tokenHash)
}

// Memberships implements greenroom.PeopleTx.
func (t peopleTx) Memberships(ctx context.Context, id greenroom.PersonID) ([]greenroom.Membership, error) {
	return memberships(ctx, t, id)
}

// AddPerson implements greenroom.PeopleTx.
func (t peopleTx) AddPerson(ctx context.Context, p greenroom.Person) error {
	return t.fail("person "+string(p.ID), t.attempt(ctx, func() error { return t.db.AddPerson(ctx, fromPerson(p)) }))
}

// SavePerson implements greenroom.PeopleTx.
func (t peopleTx) SavePerson(ctx context.Context, p greenroom.Person) error {
	return t.fail("person "+string(p.ID), wrote(t.db.SavePerson(ctx, q.SavePersonParams{
		ID: p.ID, Name: p.Name, PasswordHash: p.PasswordHash, Generation: p.Generation,
	})))
}

// PutMember implements greenroom.PeopleTx.
func (t peopleTx) PutMember(ctx context.Context, w greenroom.WorkspaceID, id greenroom.PersonID, role greenroom.Role, at time.Time) error {
	return t.fail("member "+string(id), t.db.PutMember(ctx, q.PutMemberParams{
		WorkspaceID: w, PersonID: id, Role: role, JoinedAt: column.Time(at),
	}))
}

// AddPersonLink implements greenroom.PeopleTx.
func (t peopleTx) AddPersonLink(ctx context.Context, l greenroom.PersonLink) error {
	return t.addPersonLink(ctx, l)
}

// SavePersonLink implements greenroom.PeopleTx.
func (t peopleTx) SavePersonLink(ctx context.Context, l greenroom.PersonLink) error {
	return t.savePersonLink(ctx, l)
}

// AddAudit implements greenroom.PeopleTx.
func (t peopleTx) AddAudit(ctx context.Context, w greenroom.WorkspaceID, e greenroom.AuditEntry) error {
	return t.fail("audit entry "+string(e.ID), t.db.AddAudit(ctx, fromAudit(w, e)))
}

// RevokeResets implements greenroom.PeopleTx.
func (t peopleTx) RevokeResets(ctx context.Context, id greenroom.PersonID, at time.Time) error {
	return t.fail("resets of "+string(id), t.db.RevokeResets(ctx, q.RevokeResetsParams{
		PersonID: id, RevokedAt: column.Time(at),
	}))
}
