package greenroom

import (
	"context"
	"slices"
	"strings"
)

const (
	learnerRows = 50 // on a page of the list
	// shownSuggestions bounds the learners that may be the same person.
	shownSuggestions = 10
	// longestQuery bounds what learners are searched by, in characters.
	longestQuery = 200
)

// A LearnerList is a page of the list of learners.
type LearnerList struct {
	Rows        []LearnerRow
	More        bool // there is a next page
	Connections []Connection
}

// FindLearners returns a page of the list of learners. The filter's limit is
// the house's.
func (s *Service) FindLearners(ctx context.Context, a Actor, f LearnerFilter) (LearnerList, error) {
	store, err := s.settings(a)
	if err != nil {
		return LearnerList{}, err
	}
	var l LearnerList
	if l.Connections, err = store.Connections(ctx); err != nil {
		return LearnerList{}, err
	}
	f.Query, f.Limit = clip(oneLine(f.Query), longestQuery), learnerRows+1
	if l.Rows, err = store.FindLearners(ctx, f); err != nil {
		return LearnerList{}, err
	}
	if l.More = len(l.Rows) > learnerRows; l.More {
		l.Rows = l.Rows[:learnerRows]
	}
	return l, nil
}

// LearnerPageSize is how many rows a page of the list of learners has.
const LearnerPageSize = learnerRows

// An Identity is a learner with the name of the platform that knows them.
type Identity struct {
	Learner
	PlatformName string
}

// A CourseOf is a course that somebody is or was in, or has practised in.
type CourseOf struct {
	Context  ContextID
	Title    string // empty if the LMS told none
	Sessions int
}

// A LearnerView is all that an administrator sees of one person.
type LearnerView struct {
	Identities  []Identity // last seen first
	Sessions    []PastSession
	Courses     []CourseOf
	Memberships []MembershipRow
	Passbacks   []PassbackRow
	Suggestions []Identity // learners who may be the same person
}

// History is the one that the learners have in common.
func (v LearnerView) History() LearnerID { return v.Identities[0].History }

// DisplayName is what the person is called.
func (v LearnerView) DisplayName() string {
	for _, who := range v.Identities {
		if who.Name != "" {
			return who.Name
		}
	}
	return v.Identities[0].DisplayName()
}

// ViewLearner returns the person whom a learner is, with all their learners.
func (s *Service) ViewLearner(ctx context.Context, a Actor, id LearnerID) (LearnerView, error) {
	store, err := s.settings(a)
	if err != nil {
		return LearnerView{}, err
	}
	v, err := s.viewLearner(ctx, store, id)
	if err != nil {
		return LearnerView{}, err
	}
	alike, err := store.LearnersLike(ctx, v.History(), shownSuggestions)
	if err != nil {
		return LearnerView{}, err
	}
	v.Suggestions, err = identities(ctx, store, alike)
	return v, err
}

func (s *Service) viewLearner(ctx context.Context, r Reader, id LearnerID) (LearnerView, error) {
	who, err := r.Learner(ctx, id)
	if err != nil {
		return LearnerView{}, err
	}
	all, err := r.Identities(ctx, who.History)
	if err != nil {
		return LearnerView{}, err
	}
	if len(all) == 0 { // separated or erased in between
		return LearnerView{}, ErrNotFound
	}
	var v LearnerView
	if v.Identities, err = identities(ctx, r, all); err != nil {
		return LearnerView{}, err
	}
	if v.Sessions, err = r.History(ctx, who.History, maxPractice); err != nil {
		return LearnerView{}, err
	}
	if v.Memberships, err = r.MembershipsOf(ctx, who.History); err != nil {
		return LearnerView{}, err
	}
	v.Courses = coursesOf(v.Sessions, v.Memberships)
	v.Passbacks, err = r.PassbacksOf(ctx, who.History)
	return v, err
}

// identities puts learners beside the names of their platforms.
func identities(ctx context.Context, r Reader, all []Learner) ([]Identity, error) {
	connections, err := r.Connections(ctx)
	list := make([]Identity, len(all))
	for i, l := range all {
		list[i].Learner = l
		if n := slices.IndexFunc(connections, func(c Connection) bool { return c.ID == l.Connection }); n >= 0 {
			list[i].PlatformName = connections[n].Platform
		}
	}
	return list, err
}

func coursesOf(sessions []PastSession, memberships []MembershipRow) []CourseOf {
	var list []CourseOf
	at := func(id ContextID, title string) int {
		i := slices.IndexFunc(list, func(c CourseOf) bool { return c.Context == id })
		if i < 0 {
			i = len(list)
			list = append(list, CourseOf{Context: id, Title: title})
		}
		return i
	}
	for _, m := range memberships {
		at(m.Context, m.Course.DisplayName())
	}
	for _, p := range sessions {
		list[at(p.Context, p.CourseTitle)].Sessions++
	}
	slices.SortStableFunc(list, func(a, b CourseOf) int { return strings.Compare(a.Title, b.Title) })
	return list
}
