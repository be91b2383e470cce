package greenroom

import (
	"context"
	"errors"
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
	who, err := store.Learner(ctx, v.Launch.Learner)
	if err != nil {
		return nil, err
	}
	all, err := store.History(ctx, who.History, maxPractice)
	if err != nil {
		return nil, err
	}
	passbacks, err := store.PassbacksOf(ctx, who.History)
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
	return sameHistory(ctx, s.Store.Workspace(v.Workspace.ID), session.Learner, v.Launch.Learner)
}

// sameHistory tells whether two learners are one person, as far as it is known.
func sameHistory(ctx context.Context, store Reader, a, b LearnerID) (bool, error) {
	if a == b || a == "" || b == "" {
		return a == b, nil
	}
	one, err1 := store.Learner(ctx, a)
	other, err2 := store.Learner(ctx, b)
	return one.History == other.History, errors.Join(err1, err2)
}
