package greenroom

import (
	"context"
	"errors"
	"math"
	"slices"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A GradeResult is what a platform's gradebook had of one learner when it was read
// (AGS 2.0 §3.3), a teacher's corrections included.
type GradeResult struct {
	At      time.Time // when the reading began
	Points  float64
	Maximum float64 // 0: no score stands there
}

// Changed returns what the gradebook has in place of what it was sent; nil if it
// has that, or if it was not read since. Whole hundredths of a point count:
// gradebooks round.
func (p Passback) Changed() *GradeResult {
	if p.Read == nil || p.State != PassbackSent || p.PostedAt.IsZero() || p.PostedAt.After(p.Read.At) {
		return nil
	}
	none := p.Read.Maximum == 0
	switch {
	case p.Posted == nil && none:
		return nil
	case p.Posted != nil && !none && math.Abs(p.Posted.Of(p.Read.Maximum)-p.Read.Points) < 0.011:
		return nil
	}
	return p.Read
}

// ReadsResults tells whether the platform lets Greenroom read the gradebook of
// a course.
func (c Context) ReadsResults() bool { return slices.Contains(c.Scopes, lti.ScopeResultReadOnly) }

// The limits of one reading of results.
const (
	maxResults   = 20_000
	resultsTime  = 20 * time.Second
	resultsPause = 10 * time.Second // between readings of one column
	resultsBatch = 100              // passbacks in one transaction
)

// errResultsEnd stops a reading that is long enough.
var errResultsEnd = errors.New("too many results")

// ReadResults reads what the LMS's gradebook has of a link of an instructor's
// course, and keeps it until it is read again. What the LMS answers in place of
// it is kept as well and is no error. ErrNotFound for everybody else, for a link
// without a column, and where the platform does not let us read.
func (s *Service) ReadResults(ctx context.Context, v Visit, link ResourceLinkID) error {
	if !v.Teaches() {
		return ErrNotFound
	}
	return s.readResults(ctx, v.Workspace.ID, v.Launch.Context, link)
}

// ReadCourseResults is ReadResults for an administrator.
func (s *Service) ReadCourseResults(ctx context.Context, a Actor, id ContextID, link ResourceLinkID) error {
	if _, err := s.settings(a); err != nil {
		return err
	}
	return s.readResults(ctx, a.Workspace, id, link)
}

func (s *Service) readResults(ctx context.Context, w WorkspaceID, id ContextID, link ResourceLinkID) error {
	store := s.Store.Workspace(w)
	course, err1 := store.Context(ctx, id)
	at, err2 := store.ResourceLink(ctx, link)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	column, err := columnOf(ctx, store, Visit{}, at)
	if err != nil {
		return err
	}
	if column == nil || at.Context != course.ID || !course.ReadsResults() {
		return ErrNotFound
	}
	item, due, err := s.claimResults(ctx, store, column.ID)
	if err != nil || !due {
		return err
	}
	c, err := store.Connection(ctx, course.Connection)
	if err != nil {
		return err
	}
	r := resultReader{s: s, store: store, began: item.ResultsAt, bySubject: map[string]GradeResult{}}
	if item.ResultsAnswer = r.read(ctx, w, c, item, at.Deployment); item.ResultsAnswer == "" {
		if err := r.keep(ctx, item); err != nil {
			return err
		}
	}
	return store.Update(ctx, func(ctx context.Context, tx Tx) error {
		now, err := tx.LineItem(ctx, item.ID)
		if err != nil {
			return err
		}
		now.ResultsAt, now.ResultsAnswer = item.ResultsAt, item.ResultsAnswer
		return tx.SaveLineItem(ctx, now)
	})
}

// claimResults begins a reading, unless another one began a moment ago: many
// clicks at once are one call of the platform.
func (s *Service) claimResults(ctx context.Context, store WorkspaceStore, id LineItemID) (item LineItem, due bool, err error) {
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		item, err = tx.LineItem(ctx, id)
		if due = err == nil && !s.Now().Before(item.ResultsAt.Add(resultsPause)); !due {
			return err
		}
		item.ResultsAt = s.Now().Truncate(time.Millisecond)
		return tx.SaveLineItem(ctx, item)
	})
	return item, due, err
}

// A resultReader reads the results of one line item.
type resultReader struct {
	s         *Service
	store     WorkspaceStore
	began     time.Time
	bySubject map[string]GradeResult
	cut       bool // there is more than was read
}

// read asks the platform, and returns why it could not be read; empty if it
// was.
func (r *resultReader) read(ctx context.Context, w WorkspaceID, c Connection, item LineItem, deployment string) string {
	if c.Disabled {
		return "The connection is switched off in Greenroom."
	}
	key, err := r.s.SigningKey(ctx, w)
	if err == nil {
		ctx, cancel := context.WithTimeout(ctx, resultsTime)
		defer cancel()
		err = r.s.Platforms.ReadResults(ctx, w, c, key, item.URL, deployment, r.take)
	}
	refused, answered := errors.AsType[*lti.ServiceError](err)
	switch {
	case errors.Is(err, errResultsEnd):
		r.cut = true
	case answered:
		return clip(serviceAnswer(refused), longestAnswer)
	case err != nil:
		r.s.Log.ErrorContext(ctx, "results not read", "line_item", item.ID, "err", err)
		return "Greenroom could not read the grades; the server's log says why."
	}
	return ""
}

func (r *resultReader) take(p PlatformResult) error {
	if len(r.bySubject) >= maxResults {
		return errResultsEnd
	}
	read := GradeResult{At: r.began}
	if p.Score != nil && sound(*p.Score) && sound(p.Maximum) && p.Maximum > 0 {
		read.Points, read.Maximum = *p.Score, p.Maximum
	}
	r.bySubject[p.Subject] = read
	return nil
}

// sound tells whether a platform's number is one to show.
func sound(x float64) bool { return !math.IsNaN(x) && math.Abs(x) < 1e9 }

// keep writes down what was read of those who have a passback. A platform may
// leave out whom it has no score of.
func (r *resultReader) keep(ctx context.Context, item LineItem) error {
	link, err := r.store.ResourceLink(ctx, item.ResourceLink)
	if err != nil {
		return err
	}
	all, err1 := r.store.PassbacksIn(ctx, link.Context)
	subjects, err2 := r.subjects(ctx, link.Context)
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	all = slices.DeleteFunc(all, func(p Passback) bool {
		_, told := r.bySubject[subjects[p.Learner]]
		return p.LineItem != item.ID || !told && (r.cut || subjects[p.Learner] == "")
	})
	for batch := range slices.Chunk(all, resultsBatch) {
		err := r.store.Update(ctx, func(ctx context.Context, tx Tx) error {
			for _, p := range batch {
				read := r.bySubject[subjects[p.Learner]]
				read.At = r.began
				if err := absent(tx.KeepResult(ctx, p.ID, read)); err != nil { // they may have been erased
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// subjects are those of a course who have not left: LMSes tell no results of
// those who have.
func (r *resultReader) subjects(ctx context.Context, id ContextID) (map[LearnerID]string, error) {
	members, err := r.store.ContextMembers(ctx, id)
	all := map[LearnerID]string{}
	for _, m := range members {
		if m.Status != MemberLeft {
			all[m.Learner] = m.Person.Subject
		}
	}
	return all, err
}
