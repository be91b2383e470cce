package greenroom

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
)

// longestRetention is the most months that practice can be kept for, short of
// for ever.
const longestRetention = 120

// Expired returns the time before which practice is erased, the zero time if
// it is kept for ever.
func (w Workspace) Expired(now time.Time) time.Time {
	if w.RetentionMonths <= 0 {
		return time.Time{}
	}
	return now.AddDate(0, -w.RetentionMonths, 0)
}

// A Retention is how long a workspace keeps practice, and what would be erased
// now.
type Retention struct {
	Months int // 0: for ever
	Aged   Aged
}

// PreviewRetention tells what would be erased if practice were kept for the
// given number of months. *Invalid names the field months.
func (s *Service) PreviewRetention(ctx context.Context, a Actor, months string) (Retention, error) {
	store, err := s.settings(a)
	if err != nil {
		return Retention{}, err
	}
	r, err := readRetention(months)
	if err != nil || r.Months == 0 {
		return r, err
	}
	r.Aged, err = store.Older(ctx, Workspace{RetentionMonths: r.Months}.Expired(s.Now()))
	return r, err
}

func readRetention(months string) (Retention, error) {
	n, err := strconv.Atoi(strings.TrimSpace(months))
	if err != nil || n < 0 || n > longestRetention {
		return Retention{}, invalid("months", "Enter a number of months from 1 to 120, or 0 to keep practice for ever.")
	}
	return Retention{Months: n}, nil
}

// SetRetention changes how long practice is kept. *Invalid names the field
// months.
func (s *Service) SetRetention(ctx context.Context, a Actor, months string) (Retention, error) {
	store, err := s.settings(a)
	if err != nil {
		return Retention{}, err
	}
	r, err := readRetention(months)
	if err != nil {
		return r, err
	}
	return r, store.Update(ctx, func(ctx context.Context, tx Tx) error {
		w, err := tx.Workspace(ctx)
		if err != nil || w.RetentionMonths == r.Months {
			return err
		}
		was := w.RetentionMonths
		w.RetentionMonths = r.Months
		if err := tx.SaveWorkspace(ctx, w); err != nil {
			return err
		}
		return s.audit(ctx, tx, a, AuditEntry{
			Action: RetentionChanged, Noun: NounWorkspace, NounID: string(w.ID), Label: w.Name,
			Changes: []Change{{"practice is kept", monthsText(was), monthsText(r.Months)}},
		})
	})
}

func monthsText(n int) string {
	switch n {
	case 0:
		return "for ever"
	case 1:
		return "1 month"
	}
	return strconv.Itoa(n) + " months"
}

// Text says how long practice is kept.
func (r Retention) Text() string { return monthsText(r.Months) }

// retentionBatch is how many sessions, or learners, go in one transaction:
// with SQLite the launches of that moment wait for it.
const retentionBatch = 100

// EraseExpired erases what workspaces keep no longer, in small transactions.
// One that fails does not keep the others from it.
func (s *Service) EraseExpired(ctx context.Context) error {
	all, err := s.Store.Instance().Workspaces(ctx)
	for _, w := range all {
		before := w.Expired(s.Now())
		if before.IsZero() {
			continue
		}
		store := s.Store.Workspace(w.ID)
		sessions, err1 := inBatches(func() (int, error) { return store.SweepSessions(ctx, before, retentionBatch) })
		learners, err2 := inBatches(func() (int, error) { return store.SweepLearners(ctx, before, retentionBatch) })
		if sessions+learners > 0 {
			s.Log.InfoContext(ctx, "old practice erased", "workspace", w.ID, "sessions", sessions, "learners", learners)
		}
		err = errors.Join(err, err1, err2)
	}
	return err
}

// inBatches goes on until a batch is not full.
func inBatches(sweep func() (int, error)) (total int, err error) {
	for {
		n, err := sweep()
		total += n
		if err != nil || n < retentionBatch {
			return total, err
		}
	}
}
