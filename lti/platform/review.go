package platform

import (
	"errors"

	"github.com/greenroom-lti/greenroom/lti"
)

// SubmissionReview opens a learner's submission from the gradebook: for a
// teacher, or for the learner (Submission Review 1.0 §2).
func (p *Platform) SubmissionReview(viewer, link, learner string) (Form, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, t, err := p.linked(link)
	switch {
	case err != nil:
		return Form{}, err
	case !p.profile.LMS.Launch.SubmissionReview:
		return Form{}, errors.New("this LMS opens no submissions")
	case p.items[l.item] == nil:
		return Form{}, errors.New("the activity is not graded")
	case p.users[learner] == nil:
		return Form{}, errors.New("there is no such learner")
	}
	h := hint{message: lti.MessageSubmissionReview, user: viewer, tool: t.ClientID, course: l.Course, link: link, forUser: learner}
	return p.begin(h, l.reviewTarget(t), l.deployment), nil
}

func (l *Link) reviewTarget(t *Tool) string {
	if l.Review != nil && l.Review.URL != "" {
		return l.Review.URL
	}
	return l.target(t)
}
