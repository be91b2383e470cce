package greenroom

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"html"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A Roster is the duty to know who is in a course: what was read of its
// members, and when to read again (Names and Roles 2.0).
type Roster struct {
	Workspace  WorkspaceID
	Context    ContextID
	Connection ConnectionID // the lane

	State      RosterState
	NextTry    time.Time
	Attempts   int       // without success, one after the other
	LeaseUntil time.Time // claimed by a worker until then

	SyncedAt   time.Time // when it was read last; zero: never
	FullAt     time.Time // likewise, from the first member to the last
	Members    int       // as FullAt counted
	ChangesURL string    // where what changed since can be read; may be empty
	Answer     string    // the platform's last words, empty after a success
}

// A RosterState is where a roster stands.
type RosterState string

// The states.
const (
	RosterWaiting RosterState = "waiting" // will be read soon
	RosterRead    RosterState = "read"
	RosterFailing RosterState = "failing" // the platform did not answer well: it comes again
	RosterRefused RosterState = "refused" // it does not let us: a person must look
)

// A rosterReading is what came of one attempt to read a roster.
type rosterReading struct {
	full       bool
	members    int
	changesURL string
}

// A DueRoster is a claimed roster. Sync fills in what it read.
type DueRoster struct {
	Roster
	read rosterReading
}

// rosterAfterLaunch makes the roster of a launch's course due, if the platform
// offers one. A launch does not fail for it: the roster is read at night anyway.
func (s *Service) rosterAfterLaunch(ctx context.Context, w WorkspaceID, record LaunchRecord, l Launch) {
	if record.Context == nil || record.Context.MembershipsURL == "" {
		return
	}
	course, now := courseKey{w, l.Context}, s.Now()
	if s.rostersAsked.within(rosterAsked, course, now) {
		return
	}
	err := s.dueRoster(ctx, w, l.Context, l.Connection, func(r *Roster) bool { return r.launched(now) })
	if err != nil {
		s.Log.ErrorContext(ctx, "roster not asked for", "context", l.Context, "err", err)
		return
	}
	s.rostersAsked.done(course, now)
}

// A courseKey names a context among those of all workspaces.
type courseKey struct {
	workspace WorkspaceID
	context   ContextID
}

// dueRoster changes when a roster is read next, if change says so. It writes
// nothing where nothing changes: most launches find it due already.
func (s *Service) dueRoster(ctx context.Context, w WorkspaceID, id ContextID, c ConnectionID, change func(*Roster) bool) error {
	find := func(ctx context.Context, from Reader) (Roster, error) {
		r, err := from.Roster(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return Roster{Workspace: w, Context: id, Connection: c, State: RosterWaiting}, nil
		}
		return r, err
	}
	store := s.Store.Workspace(w)
	r, err := find(ctx, store)
	if err != nil || !change(&r) {
		return err
	}
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Context(ctx, id); err != nil { // two firsts take turns
			return err
		}
		r, err := find(ctx, tx)
		if err != nil || !change(&r) {
			return err
		}
		return tx.SaveRoster(ctx, r)
	})
	if err == nil && s.WakeRosters != nil {
		s.WakeRosters()
	}
	return err
}

// RefreshRoster makes the roster of a course due at once, for an instructor in
// it. ErrNotFound where the platform offers none.
func (s *Service) RefreshRoster(ctx context.Context, w WorkspaceID, id ContextID) error {
	c, err := s.Store.Workspace(w).Context(ctx, id)
	if err != nil {
		return err
	}
	if c.MembershipsURL == "" {
		return ErrNotFound
	}
	return s.dueRoster(ctx, w, c.ID, c.Connection, func(r *Roster) bool { return r.ask(s.Now()) })
}

// The limits of one reading.
const (
	maxRosterMembers = 20_000
	rosterBatch      = 100 // members in one transaction
)

// errRosterEnds stops a reading that is long enough.
var errRosterEnds = errors.New("roster is too long")

// SyncRoster reads a claimed roster once, writes down its members, and tells
// what came of it. Where the platform tells what changed, a day's whole
// reading is followed up by its changes.
func (s *Service) SyncRoster(ctx context.Context, due *DueRoster) Outcome {
	begun := s.Now()
	o := s.syncRoster(ctx, due)
	s.Observing().Duty(DutyRoster, o.Kind, s.Now().Sub(begun))
	return o
}

func (s *Service) syncRoster(ctx context.Context, due *DueRoster) Outcome {
	store := s.Store.Workspace(due.Workspace)
	course, err := store.Context(ctx, due.Context)
	if err != nil {
		return s.rosterFault(ctx, due, err)
	}
	c, err := store.Connection(ctx, due.Connection)
	if err != nil {
		return s.rosterFault(ctx, due, err)
	}
	key, err := s.SigningKey(ctx, due.Workspace)
	if err != nil {
		return s.rosterFault(ctx, due, err)
	}
	reader := rosterReader{s: s, due: due, course: course, connection: c, key: key, began: s.Now()}
	if due.followsUp(s.Now()) {
		err = reader.read(ctx, due.ChangesURL, false)
		if refused, answered := errors.AsType[*lti.ServiceError](err); !answered || refused.TryLater() {
			return s.rosterOutcome(ctx, due, err)
		}
		s.Log.InfoContext(ctx, "changes of a roster not read; reading it whole", "context", due.Context, "err", err)
	}
	return s.rosterOutcome(ctx, due, reader.read(ctx, course.MembershipsURL, true))
}

func (s *Service) rosterOutcome(ctx context.Context, due *DueRoster, err error) Outcome {
	refused, answered := errors.AsType[*lti.ServiceError](err)
	if err != nil && !answered {
		return s.rosterFault(ctx, due, err)
	}
	o := Outcome{Stamp: s.Now()}.after(refused)
	if refused != nil && o.Kind == Conflict { // no such thing for what is read
		o.Kind, o.Answer = Failed, serviceAnswer(refused)
	}
	return o
}

// rosterFault is for errors of our own: they may pass.
func (s *Service) rosterFault(ctx context.Context, due *DueRoster, err error) Outcome {
	s.Log.ErrorContext(ctx, "roster not read", "context", due.Context, "err", err)
	return Outcome{Kind: Later, Answer: "Greenroom could not read the roster; the server's log says why."}
}

// A rosterReader reads one roster.
type rosterReader struct {
	s          *Service
	due        *DueRoster
	course     Context
	connection Connection
	key        Key
	began      time.Time

	batch []RosterMember
	count int
}

// read goes through a roster, or through its changes. Members are written in
// batches, never while the platform is being waited for.
func (r *rosterReader) read(ctx context.Context, url string, full bool) error {
	r.batch, r.count = nil, 0
	query := RosterQuery{URL: url, Deployment: r.course.Deployment}
	answer, err := r.s.Platforms.ReadRoster(ctx, r.due.Workspace, r.connection, r.key, query, func(m RosterMember) error {
		if r.count++; r.count > maxRosterMembers {
			return errRosterEnds
		}
		if r.batch = append(r.batch, m); len(r.batch) < rosterBatch {
			return nil
		}
		return r.write(ctx)
	})
	cut := errors.Is(err, errRosterEnds)
	if err != nil && !cut {
		return err
	}
	if err := r.write(ctx); err != nil {
		return err
	}
	r.due.read = rosterReading{full: full, members: min(r.count, maxRosterMembers), changesURL: answer.ChangesURL}
	if !full || cut || r.count == 0 { // an empty roster is no reason to believe that everybody left
		return nil
	}
	return r.s.Store.Workspace(r.due.Workspace).Update(ctx, func(ctx context.Context, tx Tx) error {
		return tx.LeaveContext(ctx, r.course.ID, r.began)
	})
}

// write writes the members of a batch down.
func (r *rosterReader) write(ctx context.Context) error {
	batch := r.batch
	r.batch = nil
	if len(batch) == 0 {
		return nil
	}
	// In one order for all, so that two readings never wait for each other.
	slices.SortFunc(batch, func(a, b RosterMember) int { return strings.Compare(a.Subject, b.Subject) })
	return r.s.Store.Workspace(r.due.Workspace).Update(ctx, func(ctx context.Context, tx Tx) error {
		for _, m := range batch {
			if err := r.meet(ctx, tx, m); err != nil {
				return err
			}
		}
		return nil
	})
}

func (r *rosterReader) meet(ctx context.Context, tx Tx, m RosterMember) error {
	if m.Subject == "" || len(m.Subject) > maxSubject || m.Roles.TestUser() {
		return nil
	}
	fresh, err := newID[LearnerID](r.s.Random)
	if err != nil {
		return err
	}
	id, err := tx.MeetRosterLearner(ctx, Learner{
		ID: fresh, Connection: r.connection.ID, Subject: m.Subject,
		Name: clip(rosterText(m.Name), maxName), Email: clip(rosterText(m.Email), maxEmail),
		CreatedAt: r.began, SeenAt: r.began,
	})
	if err != nil {
		return fmt.Errorf("member of roster: %w", err)
	}
	if id == fresh {
		// Asked now, not before: an erasure that this had to wait for has left
		// its tombstone by now.
		gone, err := r.s.buried(ctx, tx, r.due.Workspace, r.connection.ID, m.Subject)
		if err != nil {
			return err
		}
		if gone {
			return tx.EraseLearner(ctx, fresh)
		}
	}
	return tx.MeetContextMember(ctx, ContextMember{
		Context: r.course.ID, Learner: id, Learns: learns(m.Roles), Teaches: m.Roles.Instructor(),
		Status: m.Status, Source: FromRoster, FirstSeen: r.began, LastSeen: r.began,
	})
}

// maxSubject is the longest sub (OpenID Connect Core §8), in bytes.
const maxSubject = 255

// rosterText is text of a roster: Moodle escapes it there for HTML, which it
// does not do in launches.
func rosterText(s string) string { return oneLine(html.UnescapeString(s)) }

// SettleRoster writes down what came of a claimed roster.
func (s *Service) SettleRoster(ctx context.Context, due *DueRoster, o Outcome) error {
	var seed [8]byte
	if _, err := io.ReadFull(s.Random, seed[:]); err != nil {
		return err
	}
	chance := rand.New(rand.NewPCG(binary.BigEndian.Uint64(seed[:]), 0))
	return s.Store.Workspace(due.Workspace).Update(ctx, func(ctx context.Context, tx Tx) error {
		course, err := tx.Context(ctx, due.Context)
		if err != nil {
			return err
		}
		r, err := tx.Roster(ctx, due.Context)
		if err != nil {
			return err
		}
		asked := !r.NextTry.Equal(due.NextTry) // somebody asked meanwhile
		next := r.NextTry
		r.settle(o, due.read, s.Now(), chance)
		if idle := s.Now().Sub(course.SeenAt) > rosterIdle; idle && o.Kind != Later {
			r.NextTry = r.NextTry.Add(rosterIdlePause)
		}
		if asked && next.Before(r.NextTry) && o.Kind == Done {
			r.NextTry, r.State = laterOf(next, s.Now().Add(rosterPause)), RosterWaiting
		}
		return tx.SaveRoster(ctx, r)
	})
}
