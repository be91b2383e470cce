package store

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Audit implements greenroom.Reader. A limit of 0 is none.
func (r reader) Audit(ctx context.Context, f greenroom.AuditFilter) ([]greenroom.AuditEntry, error) {
	arg := q.AuditParams{
		WorkspaceID: r.workspace, Noun: string(f.Noun), NounID: f.NounID, Action: string(f.Action), Anybody: f.Actor == nil,
		BeforeID: string(f.Before.ID), BeforeAt: column.Time(f.Before.At), Rows: rows(f.Limit),
	}
	if f.Actor != nil {
		arg.Actor = *f.Actor
	}
	return many(ctx, r, "audit log", (*q.Queries).Audit, arg, func(a q.Audit) greenroom.AuditEntry {
		return greenroom.AuditEntry{
			ID: a.ID, At: time.Time(a.At), Actor: a.Actor, ActorName: a.ActorName, Action: a.Action,
			Noun: a.Noun, NounID: a.NounID, Label: a.Label, Changes: a.Changes,
		}
	})
}

// AuditActors implements greenroom.Reader.
func (r reader) AuditActors(ctx context.Context) ([]greenroom.AuditActor, error) {
	list, err := many(ctx, r, "actors of the audit log", (*q.Queries).AuditActors, r.workspace,
		func(a q.AuditActorsRow) greenroom.AuditActor {
			return greenroom.AuditActor{ID: a.Actor, Name: a.Name}
		})
	sortByName(list, func(a greenroom.AuditActor) string { return a.Name })
	return list, err
}

// AddAudit implements greenroom.Tx.
func (t *workspaceTx) AddAudit(ctx context.Context, e greenroom.AuditEntry) error {
	return t.fail("audit entry "+string(e.ID), t.txn.db.AddAudit(ctx, fromAudit(t.workspace, e)))
}

func addAudits(ctx context.Context, db *q.Queries, w greenroom.WorkspaceID, log []greenroom.AuditEntry) error {
	for _, e := range log {
		if err := db.AddAudit(ctx, fromAudit(w, e)); err != nil {
			return err
		}
	}
	return nil
}

func fromAudit(w greenroom.WorkspaceID, e greenroom.AuditEntry) q.AddAuditParams {
	return q.AddAuditParams{
		WorkspaceID: w, ID: e.ID, At: column.Time(e.At), Actor: e.Actor, ActorName: e.ActorName, Action: e.Action,
		Noun: e.Noun, NounID: e.NounID, Label: e.Label, Changes: e.Changes,
	}
}

// InstanceAudit implements greenroom.InstanceStore.
func (i *instanceStore) InstanceAudit(ctx context.Context) ([]greenroom.AuditEntry, error) {
	all := func(db *q.Queries, ctx context.Context, _ struct{}) ([]q.InstanceAudit, error) {
		return db.InstanceAudit(ctx)
	}
	return many(ctx, i.store, "audit log of the instance", all, struct{}{}, func(a q.InstanceAudit) greenroom.AuditEntry {
		return greenroom.AuditEntry{
			ID: a.ID, At: time.Time(a.At), Actor: a.Actor, ActorName: a.ActorName, Action: a.Action,
			Noun: a.Noun, NounID: a.NounID, Label: a.Label, Changes: a.Changes,
		}
	})
}
