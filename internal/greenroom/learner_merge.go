package greenroom

import (
	"context"
)

// A Merge is what merging two people would do.
type Merge struct {
	Into, From LearnerView
}

// PreviewMerge tells what would become of two people if they were one.
// *Invalid, field other, if they already are; ErrNotFound if either is gone.
func (s *Service) PreviewMerge(ctx context.Context, a Actor, into, from LearnerID) (Merge, error) {
	store, err := s.settings(a)
	if err != nil {
		return Merge{}, err
	}
	return s.merge(ctx, store, into, from)
}

func (s *Service) merge(ctx context.Context, r Reader, into, from LearnerID) (m Merge, err error) {
	if m.Into, err = s.viewLearner(ctx, r, into); err != nil {
		return Merge{}, err
	}
	if m.From, err = s.viewLearner(ctx, r, from); err != nil {
		return Merge{}, err
	}
	if m.Into.History() == m.From.History() {
		return Merge{}, invalid("other", "These two are one already.")
	}
	return m, nil
}

// MergeLearners makes two people one: what either has practised is the history
// of both, now and after later launches. Each learner keeps their subject, and
// what a gradebook has or will get under it: the LMS knows nothing of a merge,
// so none changes a grade. The errors are those of PreviewMerge.
func (s *Service) MergeLearners(ctx context.Context, a Actor, into, from LearnerID) error {
	store, err := s.settings(a)
	if err != nil {
		return err
	}
	return store.Update(ctx, func(ctx context.Context, tx Tx) error {
		// Two merges at once could make a circle: the workspace is held.
		if _, err := tx.Workspace(ctx); err != nil {
			return err
		}
		m, err := s.merge(ctx, tx, into, from)
		if err != nil {
			return err
		}
		for _, who := range m.From.Identities {
			if err := s.setHistory(ctx, tx, a, LearnersMerged, who.Learner, m.Into.History()); err != nil {
				return err
			}
		}
		return nil
	})
}

// SeparateLearner takes one learner out of a merge, with what was practised
// under their subject. *Invalid, field learner, if they are alone.
func (s *Service) SeparateLearner(ctx context.Context, a Actor, id LearnerID) error {
	store, err := s.settings(a)
	if err != nil {
		return err
	}
	return store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Workspace(ctx); err != nil {
			return err
		}
		who, err := tx.Learner(ctx, id)
		if err != nil {
			return err
		}
		all, err := tx.Identities(ctx, who.History)
		if err != nil {
			return err
		}
		if len(all) < 2 {
			return invalid("learner", "This learner is merged with nobody.")
		}
		if who.History != who.ID {
			return s.setHistory(ctx, tx, a, LearnerSeparated, who, who.ID)
		}
		return s.leaveHistory(ctx, tx, a, who, all)
	})
}

// leaveHistory is for the learner after whom a history is named: it is the
// others who get a new one.
func (s *Service) leaveHistory(ctx context.Context, tx Tx, a Actor, who Learner, all []Learner) error {
	var next LearnerID
	for _, other := range all {
		if other.ID == who.ID {
			continue
		}
		if next == "" {
			next = other.ID
		}
		if err := tx.SetHistory(ctx, other.ID, next); err != nil {
			return err
		}
	}
	return s.audit(ctx, tx, a, historyEntry(LearnerSeparated, who.ID, next, who.ID))
}

func (s *Service) setHistory(ctx context.Context, tx Tx, a Actor, action AuditAction, who Learner, history LearnerID) error {
	if err := tx.SetHistory(ctx, who.ID, history); err != nil {
		return err
	}
	return s.audit(ctx, tx, a, historyEntry(action, who.ID, who.History, history))
}

// historyEntry names learners by their IDs alone: the log outlives what is
// known of them.
func historyEntry(action AuditAction, who, from, to LearnerID) AuditEntry {
	return AuditEntry{
		Action: action, Noun: NounLearner, NounID: string(who), Label: "Learner " + string(who),
		Changes: []Change{{"history", string(from), string(to)}},
	}
}
