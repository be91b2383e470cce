package greenroom

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A GradingRule says which of a learner's scores counts in the gradebook. A
// change holds for attempts that end from then on.
type GradingRule string

// The rules.
const (
	GradeBest   GradingRule = "best"
	GradeLatest GradingRule = "latest"
	GradeFirst  GradingRule = "first"
)

// replaces tells whether a score that was earned later takes the place of one.
func (r GradingRule) replaces(old, later roleplay.Score) bool {
	switch r {
	case GradeLatest:
		return later != old
	case GradeFirst:
		return false
	}
	return later.Cmp(old) > 0
}

// grade is what a session that has ended is worth in the gradebook, if it
// counts at all.
func (sc Scenario) grade(s Session) (roleplay.Score, bool) {
	if sc.Completion {
		return roleplay.FullScore, true
	}
	if s.Score == nil {
		return roleplay.Score{}, false
	}
	return *s.Score, true
}

// SetGrading changes which scores of a scenario count. *Invalid, field rule.
func (s *Service) SetGrading(ctx context.Context, a Actor, ref string, rule GradingRule, completion bool) (Scenario, error) {
	store, err := s.settings(a)
	if err != nil {
		return Scenario{}, err
	}
	switch rule {
	case GradeBest, GradeLatest, GradeFirst:
	default:
		return Scenario{}, invalid("rule", "Choose which attempt counts.")
	}
	sc, err := s.ResolveScenario(ctx, a.Workspace, ref)
	if err != nil {
		return Scenario{}, err
	}
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		old, err := tx.Scenario(ctx, sc.ID)
		if err != nil {
			return err
		}
		sc = old
		sc.Rule, sc.Completion = rule, completion
		changed := changes(
			Change{"attempt that counts", string(old.Rule), string(rule)},
			Change{"full marks for completion", yesNo(old.Completion), yesNo(completion)},
		)
		if len(changed) == 0 {
			return nil
		}
		if err := tx.SaveGrading(ctx, sc.ID, rule, completion); err != nil {
			return err
		}
		return s.audit(ctx, tx, a, AuditEntry{
			Action: ScenarioGrading, Noun: NounScenario, NounID: string(sc.ID), Label: sc.Title, Changes: changed,
		})
	})
	return sc, err
}

// An Override is an instructor's decision about one learner's score, in place
// of what was earned. It stands until it is lifted.
type Override struct {
	Score   *roleplay.Score // nil: no score is to be shown
	Comment string          // may be empty
	By      LearnerID       // the instructor, who may have been erased
	At      time.Time
}

// decide puts an instructor's decision in place of what was earned; nil lifts
// it. What was earned before and meanwhile comes back then.
func (p *Passback) decide(o *Override, now time.Time) {
	if o == nil && p.Override == nil {
		return
	}
	if o == nil {
		p.LiftedAt = now
	}
	p.Override = o
	p.renew(now)
}
