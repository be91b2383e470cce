package greenroom

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/greenroom-lti/greenroom/lti"
)

// A ReviewError says that a submission review is about a gradebook column of
// another course, or of another part of the LMS (Submission Review 1.0 §3).
type ReviewError struct{}

func (*ReviewError) Error() string {
	return "line item of the submission review belongs to another deployment, context or link"
}

// Reviews tells whether a visit is one into somebody's work, from the LMS's
// gradebook.
func (v Visit) Reviews() bool { return v.Launch.MessageType == lti.MessageSubmissionReview }

// reviewRecord completes what a submission review writes: whose work it is
// about, and the link of its line item, which is one of this launch's course.
// *ReviewError.
func (s *Service) reviewRecord(ctx context.Context, w WorkspaceID, l *lti.Launch, r *LaunchRecord) error {
	if l.ForUser == nil || l.Grades == nil || l.Grades.LineItem == "" {
		return &ReviewError{} // the library lets no such launch pass
	}
	store := s.Store.Workspace(w)
	whose, err := store.LearnerBySubject(ctx, r.Launch.Connection, l.ForUser.UserID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	r.Launch.ForLearner = whose.ID
	item, err := store.LineItemByURL(ctx, r.Launch.Connection, l.Grades.LineItem)
	if errors.Is(err, ErrNotFound) {
		return nil // a column in which nobody has a score of ours
	}
	if err != nil {
		return err
	}
	link, err := store.ResourceLink(ctx, item.ResourceLink)
	if err != nil {
		return err
	}
	if link.Deployment != l.DeploymentID || l.ResourceLink != nil && l.ResourceLink.ID != link.PlatformID ||
		l.Context != nil && link.ContextID != "" && l.Context.ID != link.ContextID {
		return &ReviewError{}
	}
	if r.Context == nil {
		c, err := store.Context(ctx, link.Context)
		if err != nil {
			return err
		}
		c.Label, c.Title, c.MembershipsURL, c.LineItemsURL, c.Scopes = "", "", "", "", []string{}
		c.SeenAt = r.Launch.At
		r.Context = &c
	}
	r.Link, r.LineItem = &link, &item
	return nil
}

// A Review is what one learner has practised at one activity, as somebody else
// may look at it, or they themselves from the gradebook.
type Review struct {
	Learner  Learner // zero if nobody knows whom the LMS means
	Self     bool    // they look at their own, by whichever account
	Link     ResourceLink
	Attempts []Session // ended, the newest first
	// Result is of the attempt that was asked for, else of the best one, else
	// of the newest; nil if there is none.
	Result *Result
	// Item and Passback are what the gradebook has, nil if there is nothing.
	Item     *LineItem
	Passback *Passback
}

// Review returns a learner's practice at a link to those who may see it: the
// instructors of its course, and whoever came by a submission review, for the
// work that it is about. An empty session is the best one. ErrNotFound.
func (s *Service) Review(ctx context.Context, v Visit, learner LearnerID, link ResourceLinkID, session SessionID) (Review, error) {
	store := s.Store.Workspace(v.Workspace.ID)
	r, err := s.reviewed(ctx, store, v, learner, link)
	if err != nil || r.Learner.ID == "" || r.Link.ID == "" {
		return r, err
	}
	all, err := store.SessionsIn(ctx, r.Link.Context)
	if err != nil {
		return Review{}, err
	}
	for _, one := range all {
		if one.History == r.Learner.History && one.Link == r.Link.ID && one.Ended() && counts(one.Standing) {
			r.Attempts = append(r.Attempts, one.Session)
		}
	}
	slices.SortFunc(r.Attempts, func(a, b Session) int {
		return cmp.Or(b.EndedAt.Compare(a.EndedAt), cmp.Compare(b.ID, a.ID))
	})
	if r.Item, err = columnOf(ctx, store, v, r.Link); err != nil {
		return Review{}, err
	}
	if r.Item != nil {
		p, err := store.PassbackFor(ctx, r.Item.ID, r.Learner.ID)
		if err == nil {
			r.Passback = &p
		} else if !errors.Is(err, ErrNotFound) {
			return Review{}, err
		}
	}
	chosen := choose(r.Attempts, session)
	if chosen == nil {
		if session != "" {
			return Review{}, ErrNotFound
		}
		return r, nil
	}
	r.Result, err = s.resultOf(ctx, v, *chosen)
	return r, err
}

// reviewed checks who may look at whose work.
func (s *Service) reviewed(ctx context.Context, store Reader, v Visit, learner LearnerID, link ResourceLinkID) (r Review, err error) {
	switch {
	case v.Reviews() && learner == v.Launch.ForLearner && link == v.Launch.Link:
		if link != "" {
			if r.Link, err = store.ResourceLink(ctx, link); err != nil {
				return Review{}, err
			}
		}
		if learner == "" {
			return r, nil
		}
	case v.Teaches():
		if _, err := store.ContextMember(ctx, v.Launch.Context, learner); err != nil {
			return Review{}, err
		}
		if r.Link, err = store.ResourceLink(ctx, link); err != nil {
			return Review{}, err
		}
		if r.Link.Context != v.Launch.Context {
			return Review{}, ErrNotFound
		}
	default:
		return Review{}, ErrNotFound
	}
	if r.Learner, err = store.Learner(ctx, learner); err != nil {
		return Review{}, err
	}
	r.Self, err = sameHistory(ctx, store, learner, v.Launch.Learner)
	return r, err
}

// choose returns the session of an ID; the best one, of several the newest, if
// it is empty; nil if there is none.
func choose(attempts []Session, id SessionID) (chosen *Session) {
	for i, a := range attempts {
		switch {
		case id != "" && a.ID == id:
			return &attempts[i]
		case id != "":
		case chosen == nil, a.Score != nil && (chosen.Score == nil || a.Score.Cmp(*chosen.Score) > 0):
			chosen = &attempts[i]
		}
	}
	return chosen
}

// resultOf replays and assesses an ended session.
func (s *Service) resultOf(ctx context.Context, v Visit, session Session) (*Result, error) {
	picks, err := s.Store.Workspace(v.Workspace.ID).Picks(ctx, session.ID)
	if err != nil {
		return nil, err
	}
	choices := make([]int, len(picks))
	for i, p := range picks {
		choices[i] = p.Choice
	}
	scene, err := s.scene(ctx, v, session, choices)
	if err != nil {
		return nil, err
	}
	return &Result{Scene: scene, Assessment: scene.Play.File.Rubric.Assess(scene.Talk.Marks)}, nil
}
