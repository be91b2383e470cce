package greenroom

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A Class is a course with everybody who learns in it, as its instructors see
// it.
type Class struct {
	Context      Context
	PlatformName string
	// Roster is what was read of the LMS's list; nil if it offers none, or was
	// not asked yet.
	Roster     *Roster
	Activities []ClassActivity // by title
	Learners   int             // who have not left
	Teachers   int             // likewise
}

// A ClassActivity is one link of a course with one scenario that it opens, and
// how everybody fares there.
type ClassActivity struct {
	Link     ResourceLink
	Scenario Scenario
	Item     *LineItem // nil when the activity has no column that we know
	// Duty is that of making a column; nil if none was asked for.
	Duty *LineItemDuty
	Rows []ClassRow
}

// Key names an activity within its course.
func (a ClassActivity) Key() string { return ActivityKey(a.Link.ID, a.Scenario.ID) }

// ActivityKey names the activity of a link and a scenario within its course.
func ActivityKey(link ResourceLinkID, s ScenarioID) string { return string(link) + "." + string(s) }

// Name is the activity's title, or what stands in for it.
func (a ClassActivity) Name() string {
	return cmp.Or(a.Link.Title, a.Scenario.Title, "Untitled activity")
}

// A ClassRow is one learner at one activity.
type ClassRow struct {
	Learner  Learner
	Status   MemberStatus
	Attempts int  // that came to their end
	Open     bool // one is under way
	Best     *roleplay.Score
	// BestSession is the first of those with the best score, LastSession the
	// one that ended last; empty if there is none.
	BestSession, LastSession SessionID
	LastAt                   time.Time // of any practice; zero if there is none
	Passback                 *Passback // nil when nothing goes to the gradebook
	Standing                 Standing  // of the session that ended last
}

// Started tells whether somebody has begun at all.
func (r ClassRow) Started() bool { return r.Attempts > 0 || r.Open }

// A CourseRow is a course in a list.
type CourseRow struct {
	Context
	PlatformName string
	Learners     int // who have not left
	Roster       *Roster
}

// CoursePageSize is how many rows a page of the list of courses has.
const CoursePageSize = 100

// A CourseFilter narrows the list of courses.
type CourseFilter struct {
	Query      string       // in a title, a label or the LMS's ID, whatever its case
	Connection ConnectionID // empty: all
	Skip       int          // rows, from the beginning of the list
}

// A CourseList is a page of the list of courses.
type CourseList struct {
	Rows        []CourseRow
	More        bool         // there are rows after these
	Connections []Connection // all, to choose from
}

// Courses returns a page of the workspace's courses, the one that was launched
// from last first.
func (s *Service) Courses(ctx context.Context, a Actor, f CourseFilter) (CourseList, error) {
	store, err := s.settings(a)
	if err != nil {
		return CourseList{}, err
	}
	contexts, err1 := store.Contexts(ctx)
	connections, err2 := store.Connections(ctx)
	learners, err3 := store.CountContextMembers(ctx)
	rosters, err4 := store.Rosters(ctx)
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return CourseList{}, err
	}
	contexts = slices.DeleteFunc(contexts, func(c Context) bool { return !f.takes(c) })
	contexts = contexts[min(max(f.Skip, 0), len(contexts)):]
	list := CourseList{More: len(contexts) > CoursePageSize, Connections: connections}
	contexts = contexts[:min(len(contexts), CoursePageSize)]
	names := map[ConnectionID]string{}
	for _, c := range connections {
		names[c.ID] = c.Platform
	}
	read := map[ContextID]*Roster{}
	for i, r := range rosters {
		read[r.Context] = &rosters[i]
	}
	list.Rows = make([]CourseRow, len(contexts))
	for i, c := range contexts {
		list.Rows[i] = CourseRow{Context: c, PlatformName: names[c.Connection], Learners: learners[c.ID], Roster: read[c.ID]}
	}
	return list, nil
}

func (f CourseFilter) takes(c Context) bool {
	q := strings.ToLower(clip(oneLine(f.Query), longestQuery))
	return (f.Connection == "" || f.Connection == c.Connection) &&
		slices.ContainsFunc([]string{c.Title, c.Label, c.PlatformID}, func(s string) bool { return strings.Contains(strings.ToLower(s), q) })
}

// ShowCourse returns a course for an administrator. ErrNotFound.
func (s *Service) ShowCourse(ctx context.Context, a Actor, id ContextID) (Class, error) {
	store, err := s.settings(a)
	if err != nil {
		return Class{}, err
	}
	c, err := store.Context(ctx, id)
	if err != nil {
		return Class{}, err
	}
	return class(ctx, store, c)
}

// RefreshCourse is RefreshRoster for an administrator.
func (s *Service) RefreshCourse(ctx context.Context, a Actor, id ContextID) error {
	if _, err := s.settings(a); err != nil {
		return err
	}
	return s.RefreshRoster(ctx, a.Workspace, id)
}

// Teaches tells whether a visit is an instructor's to their own course: they
// may see how everybody in it fares.
func (v Visit) Teaches() bool { return v.Launch.Instructor && v.Launch.Context != "" }

// Course returns what is known of the course of a visit, the zero value outside
// of any.
func (s *Service) Course(ctx context.Context, v Visit) (Context, error) {
	if v.Launch.Context == "" {
		return Context{}, nil
	}
	return s.Store.Workspace(v.Workspace.ID).Context(ctx, v.Launch.Context)
}

// Class returns the course of an instructor's visit, and no other. ErrNotFound
// for everybody else.
func (s *Service) Class(ctx context.Context, v Visit) (Class, error) {
	if !v.Teaches() {
		return Class{}, ErrNotFound
	}
	c, err := s.Course(ctx, v)
	if err != nil {
		return Class{}, err
	}
	return class(ctx, s.Store.Workspace(v.Workspace.ID), c)
}

// class puts a course together.
func class(ctx context.Context, store Reader, c Context) (Class, error) {
	b := classBuilder{store: store, rows: map[string]map[LearnerID]*ClassRow{}, scenarios: map[ScenarioID]Scenario{}}
	members, err1 := store.ContextMembers(ctx, c.ID)
	links, err2 := store.LinksIn(ctx, c.ID)
	sessions, err3 := store.SessionsIn(ctx, c.ID)
	items, err4 := store.LineItemsIn(ctx, c.ID)
	passbacks, err5 := store.PassbacksIn(ctx, c.ID)
	connection, err6 := store.Connection(ctx, c.Connection)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		return Class{}, err
	}
	out := Class{Context: c, PlatformName: connection.Platform}
	if r, err := store.Roster(ctx, c.ID); err == nil {
		out.Roster = &r
	} else if !errors.Is(err, ErrNotFound) {
		return Class{}, err
	}
	for _, m := range members {
		switch {
		case m.Status == MemberLeft:
		case m.Learns:
			out.Learners++
		case m.Teaches:
			out.Teachers++
		}
	}
	b.meet(members)
	if err := b.activities(ctx, links, sessions, items); err != nil {
		return Class{}, err
	}
	duties, err := store.LineItemDuties(ctx, c.ID)
	if err != nil {
		return Class{}, err
	}
	for i, d := range duties {
		for j := range b.list {
			if b.list[j].Link.ID == d.Link {
				b.list[j].Duty = &duties[i]
			}
		}
	}
	for _, s := range sessions {
		b.count(s)
	}
	for i, p := range passbacks {
		b.post(p, &passbacks[i])
	}
	out.Activities = b.finish()
	return out, nil
}

// A classBuilder sorts what happened in a course by activity and history.
type classBuilder struct {
	store     Reader
	people    []ContextMemberRow // one of each history
	histories map[LearnerID]LearnerID
	scenarios map[ScenarioID]Scenario
	list      []ClassActivity
	rows      map[string]map[LearnerID]*ClassRow // by activity and history
}

// meet keeps those who learn. Learners whose histories were merged are one.
func (b *classBuilder) meet(members []ContextMemberRow) {
	b.histories = map[LearnerID]LearnerID{}
	at := map[LearnerID]int{}
	for _, m := range members {
		b.histories[m.Learner] = m.Person.History
		if !m.Learns {
			continue
		}
		i, known := at[m.Person.History]
		switch {
		case !known:
			at[m.Person.History] = len(b.people)
			b.people = append(b.people, m)
		case b.people[i].Status == MemberLeft || m.LastSeen.After(b.people[i].LastSeen) && m.Status != MemberLeft:
			b.people[i] = m
		}
	}
}

// activities finds out what the links of a course lead to, by what they opened
// last and by the sessions.
func (b *classBuilder) activities(ctx context.Context, links []ResourceLink, sessions []ContextSession, items []LineItem) error {
	newest := map[ResourceLinkID]*LineItem{}
	for i, item := range items {
		newest[item.ResourceLink] = &items[i]
	}
	byLink := map[ResourceLinkID][]ScenarioID{}
	for _, s := range sessions {
		if counts(s.Standing) && !slices.Contains(byLink[s.Link], s.Scenario) {
			byLink[s.Link] = append(byLink[s.Link], s.Scenario)
		}
	}
	for _, l := range links {
		opens := byLink[l.ID]
		if l.Scenario != "" && !slices.Contains(opens, l.Scenario) {
			opens = append(opens, l.Scenario)
		}
		for _, id := range opens {
			sc, err := b.scenario(ctx, id)
			if err != nil {
				return err
			}
			a := ClassActivity{Link: l, Scenario: sc, Item: newest[l.ID]}
			b.list = append(b.list, a)
			b.rows[a.Key()] = map[LearnerID]*ClassRow{}
			for _, m := range b.people {
				b.rows[a.Key()][m.Person.History] = &ClassRow{Learner: m.Person, Status: m.Status}
			}
		}
	}
	return nil
}

func (b *classBuilder) scenario(ctx context.Context, id ScenarioID) (Scenario, error) {
	if sc, ok := b.scenarios[id]; ok {
		return sc, nil
	}
	sc, err := b.store.Scenario(ctx, id)
	b.scenarios[id] = sc
	return sc, err
}

// counts tells whether practice under a standing is a learner's own.
func counts(s Standing) bool { return s != Preview && s != TestUser && s != Anonymous }

// count adds a session; they come the oldest first.
func (b *classBuilder) count(s ContextSession) {
	key := ClassActivity{Link: ResourceLink{ID: s.Link}, Scenario: Scenario{ID: s.Scenario}}.Key()
	r := b.rows[key][s.History]
	if r == nil || !counts(s.Standing) {
		return
	}
	if !s.Ended() {
		r.Open, r.LastAt = true, laterOf(r.LastAt, s.StartedAt)
		return
	}
	r.Attempts++
	if !s.EndedAt.Before(r.LastAt) || r.LastSession == "" {
		r.LastSession, r.Standing = s.ID, s.Standing
	}
	r.LastAt = laterOf(r.LastAt, s.EndedAt)
	if s.Score != nil && (r.Best == nil || s.Score.Cmp(*r.Best) > 0) {
		r.Best, r.BestSession = s.Score, s.ID
	}
}

// post adds what went to the gradebook.
func (b *classBuilder) post(p Passback, at *Passback) {
	history, known := b.histories[p.Learner]
	if !known {
		return
	}
	for _, a := range b.list {
		if a.Item == nil || a.Item.ID != p.LineItem {
			continue
		}
		if r := b.rows[a.Key()][history]; r != nil {
			r.Passback = at
		}
	}
}

func (b *classBuilder) finish() []ClassActivity {
	for i, a := range b.list {
		for _, m := range b.people {
			b.list[i].Rows = append(b.list[i].Rows, *b.rows[a.Key()][m.Person.History])
		}
	}
	slices.SortStableFunc(b.list, func(x, y ClassActivity) int {
		return cmp.Or(strings.Compare(strings.ToLower(x.Name()), strings.ToLower(y.Name())), strings.Compare(x.Key(), y.Key()))
	})
	return b.list
}

// Activity returns the activity of a key, the first one if there is none of it,
// nil if the course has none at all.
func (c Class) Activity(key string) *ClassActivity {
	for i := range c.Activities {
		if c.Activities[i].Key() == key {
			return &c.Activities[i]
		}
	}
	if len(c.Activities) == 0 {
		return nil
	}
	return &c.Activities[0]
}
