package greenroom

import (
	"context"
	"strconv"
)

// EraseLearner removes a person for good, if name is what the list calls them:
// every learner that they are, sessions, transcripts, passbacks, and what
// launches told of them. The audit log keeps that it happened, without a name,
// and a Tombstone keeps rosters from bringing them back. Whoever launches
// afterwards is somebody new. *Invalid names the field name.
func (s *Service) EraseLearner(ctx context.Context, a Actor, id LearnerID, name string) error {
	store, err := s.settings(a)
	if err != nil {
		return err
	}
	return store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Workspace(ctx); err != nil {
			return err
		}
		v, err := s.viewLearner(ctx, tx, id)
		if err != nil {
			return err
		}
		if oneLine(name) != oneLine(v.DisplayName()) {
			return invalid("name", "This is not what they are called. Type it as it stands above, capital letters included.")
		}
		sessions, err := tx.History(ctx, v.History(), 0)
		if err != nil {
			return err
		}
		for _, who := range v.Identities {
			if err := tx.EraseLearner(ctx, who.ID); err != nil {
				return err
			}
			if err := s.bury(ctx, tx, a.Workspace, who.Learner); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, a, erasedEntry(id, len(v.Identities), len(sessions), len(v.Passbacks)))
	})
}

func erasedEntry(id LearnerID, learners, sessions, passbacks int) AuditEntry {
	gone := func(what string, n int) Change { return Change{what, strconv.Itoa(n), "0"} }
	return AuditEntry{
		Action: LearnerErased, Noun: NounLearner, NounID: string(id), Label: "Learner " + string(id),
		Changes: changes(gone("learners", learners), gone("sessions", sessions), gone("passbacks", passbacks)),
	}
}
