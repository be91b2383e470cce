package greenroom

import (
	"context"
	"strconv"
)

// Contents counts what a workspace holds.
type Contents struct {
	Connections  int
	Members      int // people with a sign-in
	Learners     int
	Scenarios    int
	Sessions     int
	Scores       int // of sessions that have one
	Waiting      int // passbacks that no gradebook has yet
	Launches     int
	AuditEntries int
}

// A Deletion is what would go with a workspace.
type Deletion struct {
	Workspace Workspace
	Contents  Contents
	Members   []Member // who loses access
	Stranded  []Member // those of them who belong to no other workspace
}

// PreviewDeletion tells what deleting the workspace would remove. Only owners
// may ask: for others it is ErrNotFound.
func (s *Service) PreviewDeletion(ctx context.Context, a Actor) (Deletion, error) {
	store, err := s.ownersOnly(a)
	if err != nil {
		return Deletion{}, err
	}
	var d Deletion
	if d.Workspace, err = store.Workspace(ctx); err != nil {
		return Deletion{}, err
	}
	if d.Contents, err = store.Contents(ctx); err != nil {
		return Deletion{}, err
	}
	if d.Members, err = store.Members(ctx); err != nil {
		return Deletion{}, err
	}
	for _, m := range d.Members {
		belongs, err := s.Store.Instance().Memberships(ctx, m.Person.ID)
		if err != nil {
			return Deletion{}, err
		}
		if len(belongs) < 2 {
			d.Stranded = append(d.Stranded, m)
		}
	}
	return d, nil
}

// DeleteWorkspace removes a workspace with everything in it, for good, if name
// is what it is called. People stay, so that they can join others. *Invalid
// names the field name; ErrNotFound for everybody but owners.
func (s *Service) DeleteWorkspace(ctx context.Context, a Actor, name string) (Workspace, error) {
	store, err := s.ownersOnly(a)
	if err != nil {
		return Workspace{}, err
	}
	actorName := OperatorName
	if a.Person != "" {
		p, err := s.Store.Instance().Person(ctx, a.Person)
		if err != nil {
			return Workspace{}, err
		}
		actorName = p.Name
	}
	var w Workspace
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if w, err = tx.Workspace(ctx); err != nil {
			return err
		}
		if oneLine(name) != w.Name {
			return invalid("name", "This is not the workspace's name. Type it as it stands above, capital letters included.")
		}
		held, err := tx.Contents(ctx)
		if err != nil {
			return err
		}
		record, err := s.auditEntry(a, deletedEntry(w, held, actorName))
		if err != nil {
			return err
		}
		return tx.DeleteWorkspace(ctx, record)
	})
	return w, err
}

func deletedEntry(w Workspace, held Contents, actorName string) AuditEntry {
	gone := func(what string, n int) Change { return Change{what, strconv.Itoa(n), "0"} }
	return AuditEntry{
		ActorName: actorName, Action: WorkspaceDeleted, Noun: NounWorkspace, NounID: string(w.ID), Label: w.Name,
		Changes: changes(
			Change{"address", w.Slug, ""},
			gone("connections", held.Connections), gone("members", held.Members), gone("learners", held.Learners),
			gone("scenarios", held.Scenarios), gone("sessions", held.Sessions), gone("scores", held.Scores),
			gone("passbacks waiting", held.Waiting), gone("launches", held.Launches), gone("audit entries", held.AuditEntries),
		),
	}
}

// ownersOnly returns the store of a workspace for its owners.
func (s *Service) ownersOnly(a Actor) (WorkspaceStore, error) {
	if a.Role != Owner {
		return nil, ErrNotFound
	}
	return s.settings(a)
}
