package greenroom

import (
	"context"
	"errors"
	"math/big"
	"regexp"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A Decision is what an instructor can do about a score.
type Decision string

// The decisions.
const (
	SetScore   Decision = "set"
	ClearScore Decision = "clear"
	LiftScore  Decision = "lift" // what was earned counts again
)

// An OverrideForm is an instructor's decision as they typed it.
type OverrideForm struct {
	Decision Decision
	Percent  string // 0 to 100, for SetScore
	Comment  string
}

// maxComment bounds what an instructor says about a score, in characters.
const maxComment = 1000

// Override decides about a learner's score at a link, for an instructor of the
// course. It stands, whatever is earned later, until it is lifted. *Invalid
// names the field percent, comment or decision; ErrNotFound for everybody else.
func (s *Service) Override(ctx context.Context, v Visit, learner LearnerID, link ResourceLinkID, f OverrideForm) error {
	if !v.Teaches() || learner == v.Launch.Learner || learner == "" {
		return ErrNotFound
	}
	store := s.Store.Workspace(v.Workspace.ID)
	r, err := s.reviewed(ctx, store, v, learner, link)
	if err != nil {
		return err
	}
	override, err := s.overrideOf(v, f)
	if err != nil {
		return err
	}
	if r.Self { // by another account
		return ErrNotFound
	}
	item, err := columnOf(ctx, store, v, r.Link)
	if err != nil {
		return err
	}
	if item == nil {
		return invalid("decision", "This activity has no column in the gradebook of your LMS.")
	}
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		p, err := tx.PassbackFor(ctx, item.ID, learner)
		if errors.Is(err, ErrNotFound) {
			p = Passback{Connection: r.Link.Connection, LineItem: item.ID, Learner: learner}
			p.ID, err = newID[PassbackID](s.Random)
		}
		if err != nil {
			return err
		}
		if override == nil && p.Override == nil {
			return nil
		}
		old := p.Target()
		if p.WantedAt.IsZero() && p.Override == nil {
			old.Cleared = true
		}
		p.decide(override, s.Now())
		if err := tx.SavePassback(ctx, p); err != nil {
			return err
		}
		// By the ID alone: the log outlives what is known of an instructor.
		return s.audit(ctx, tx, Actor{Workspace: v.Workspace.ID}, AuditEntry{
			ActorName: strings.TrimSpace("Instructor " + string(v.Launch.Learner)), Action: overrideActions[f.Decision], Noun: NounPassback,
			NounID: string(p.ID), Label: r.Link.Title, Changes: []Change{{"score", targetText(old), targetText(p.Target())}},
		})
	})
	if err == nil {
		s.wake()
	}
	return err
}

var overrideActions = map[Decision]AuditAction{
	SetScore: ScoreOverridden, ClearScore: ScoreCleared, LiftScore: OverrideLifted,
}

func targetText(t Target) string {
	if t.Cleared {
		return "none"
	}
	return t.Score.DecimalText() + " of 100"
}

// overrideOf reads a decision; nil lifts the one that stands.
func (s *Service) overrideOf(v Visit, f OverrideForm) (*Override, error) {
	bad := &Invalid{}
	o := &Override{Comment: strings.TrimSpace(f.Comment), By: v.Launch.Learner, At: s.Now()}
	if len([]rune(o.Comment)) > maxComment {
		bad.Add("comment", "Use at most 1000 characters.")
	}
	switch f.Decision {
	case SetScore:
		score, ok := parsePercent(f.Percent)
		if !ok {
			bad.Add("percent", "Enter a number from 0 to 100, with two decimals at most.")
		}
		o.Score = &score
	case ClearScore:
	case LiftScore:
		return nil, nil
	default:
		bad.Add("decision", "Choose what to do with the score.")
	}
	return o, bad.OrNil()
}

var percentage = regexp.MustCompile(`^[0-9]{1,3}([.,][0-9]{1,2})?$`)

// parsePercent reads what a person types for a score: 80, 66.5 or 66,5.
func parsePercent(text string) (roleplay.Score, bool) {
	text = strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(text), "%"))
	if !percentage.MatchString(text) {
		return roleplay.Score{}, false
	}
	r, ok := new(big.Rat).SetString(strings.Replace(text, ",", ".", 1))
	if !ok {
		return roleplay.Score{}, false
	}
	score, err := roleplay.ParseScore(r.Quo(r, big.NewRat(100, 1)).String())
	return score, err == nil
}

// columnOf is the gradebook column of a link: the newest one, or that from which
// a submission review was opened. Nil if it has none that we know.
func columnOf(ctx context.Context, store Reader, v Visit, link ResourceLink) (*LineItem, error) {
	items, err := store.LineItemsIn(ctx, link.Context)
	if err != nil {
		return nil, err
	}
	var column *LineItem
	for i := range items {
		if items[i].ResourceLink == link.ID && (v.Launch.LineItem == items[i].ID || !v.Reviews()) {
			column = &items[i]
		}
	}
	return column, nil
}
