package greenroom

import (
	"context"
	"slices"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// maxPractice bounds the sessions of a history that pages look at.
const maxPractice = 500

// A Practised is a scenario in somebody's history.
type Practised struct {
	Scenario ScenarioID
	Title    string
	Attempts []PastSession   // ended, the newest first
	Best     *roleplay.Score // nil when none was scored
	Grades   []PassbackRow   // what gradebooks have of it, or wait for
}

// Practice returns what the visitor has practised in this workspace, whatever
// activity it was for, the scenario that was played last first. Learners that
// were merged have one history.
func (s *Service) Practice(ctx context.Context, v Visit) ([]Practised, error) {
	store := s.Store.Workspace(v.Workspace.ID)
	all, err := store.History(ctx, v.Learner.History, maxPractice)
	if err != nil {
		return nil, err
	}
	passbacks, err := store.PassbacksOf(ctx, v.Learner.History)
	if err != nil {
		return nil, err
	}
	return practised(all, passbacks), nil
}

func practised(all []PastSession, passbacks []PassbackRow) []Practised {
	var list []Practised
	for _, p := range all {
		if !p.Ended() {
			continue
		}
		i := slices.IndexFunc(list, func(x Practised) bool { return x.Scenario == p.Scenario })
		if i < 0 {
			i = len(list)
			list = append(list, Practised{Scenario: p.Scenario, Title: p.ScenarioTitle})
		}
		list[i].add(p, passbacks)
	}
	return list
}

func (x *Practised) add(p PastSession, passbacks []PassbackRow) {
	x.Attempts = append(x.Attempts, p)
	if p.Score != nil && (x.Best == nil || p.Score.Cmp(*x.Best) > 0) {
		x.Best = p.Score
	}
	for _, grade := range passbacks {
		same := func(o PassbackRow) bool { return o.ID == grade.ID }
		if grade.LineItem == p.LineItem && grade.Learner == p.Learner && !slices.ContainsFunc(x.Grades, same) {
			x.Grades = append(x.Grades, grade)
		}
	}
}

// mayRead tells whether an ended session is the visitor's own, by whatever
// activity and whichever of their merged learners it was made.
func (s *Service) mayRead(ctx context.Context, v Visit, session Session) (bool, error) {
	if !session.Ended() {
		return false, nil
	}
	if session.Learner == v.Learner.ID {
		return true, nil
	}
	who, err := s.Store.Workspace(v.Workspace.ID).Learner(ctx, session.Learner)
	return err == nil && who.History == v.Learner.History, err
}
