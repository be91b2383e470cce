package greenroom

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/lti"
)

// A Passback is the duty to bring one learner's score for one line item to the
// platform: the one that the scenario's rule picks, or what an instructor
// decided. There is one per (line item, learner).
type Passback struct {
	ID         PassbackID
	Connection ConnectionID // the lane
	LineItem   LineItemID
	Learner    LearnerID

	Wanted   roleplay.Score  // by the rule
	WantedAt time.Time       // when it was earned; zero: nothing was
	Posted   *roleplay.Score // nil before the first, and after points were taken away
	PostedAt time.Time

	State    PassbackState
	Attempts int       // since the duty last arose
	Since    time.Time // when the duty last arose: retries end three days later
	NextTry  time.Time
	// Stamp is the last timestamp that may have reached the platform; zero
	// before the first post.
	Stamp      time.Time
	LeaseUntil time.Time // claimed by a worker until then
	Answer     string    // the platform's last words

	// Override is what an instructor decided in place of what was earned; nil
	// for nothing. It stands until it is lifted, which was last at LiftedAt.
	Override *Override
	LiftedAt time.Time

	// Read is what the gradebook had when it was read last; nil: never.
	Read *GradeResult
}

// A PassbackState is where a passback stands.
type PassbackState string

// The states.
const (
	PassbackWaiting PassbackState = "waiting"
	PassbackSent    PassbackState = "sent"
	PassbackFailed  PassbackState = "failed"
)

// A PassbackRow is a passback with what a list shows beside it.
type PassbackRow struct {
	Passback
	LearnerName  string // as Learner.DisplayName
	ActivityName string // title of the resource link
	LineItemURL  string
	PlatformName string
	Maximum      float64 // of the line item, 0 if unknown
}

// A DuePassback is a claimed passback with all that posting it takes.
type DuePassback struct {
	Passback
	Workspace  WorkspaceID
	Subject    string   // the learner's sub
	Item       LineItem // Maximum 0: not read yet
	Deployment string   // of the resource link
}

// A Lane is the queue of one connection.
type Lane struct {
	Workspace  WorkspaceID
	Connection ConnectionID
}

// A PassbackFilter narrows a list of passbacks.
type PassbackFilter struct {
	State      PassbackState // empty: all
	Connection ConnectionID  // empty: all
	Query      string        // in a learner's name or e-mail address or an activity's title, whatever its case
	Skip       int           // rows, from the beginning of the list
	Limit      int
}

// want records, within the transaction that ends a session, the duty to post
// its score.
func (s *Service) want(ctx context.Context, tx Tx, v Visit, session Session) error {
	if session.Standing != Graded || session.LineItem == "" {
		return nil
	}
	sc, err := tx.Scenario(ctx, session.Scenario)
	if err != nil {
		return err
	}
	score, counts := sc.grade(session)
	if !counts {
		return nil
	}
	p, err := tx.PassbackFor(ctx, session.LineItem, session.Learner)
	if errors.Is(err, ErrNotFound) {
		p = Passback{Connection: v.Connection.ID, LineItem: session.LineItem, Learner: session.Learner}
		p.ID, err = newID[PassbackID](s.Random)
	}
	if err != nil {
		return err
	}
	if !p.want(score, session.EndedAt, sc.Rule) {
		return nil
	}
	return tx.SavePassback(ctx, p)
}

// Deliver posts a claimed passback once and tells what came of it. It writes
// nothing but a line item's maximum.
func (s *Service) Deliver(ctx context.Context, due DuePassback) Outcome {
	begun := s.Now()
	o := s.deliver(ctx, due)
	s.Observing().Passback(o.Kind, s.Now().Sub(begun))
	return o
}

func (s *Service) deliver(ctx context.Context, due DuePassback) Outcome {
	o := due.outcome()
	conflict := due.Attempts > 0 && strings.HasPrefix(due.Answer, conflictPrefix)
	c, err := s.Known().Connection(ctx, due.Workspace, due.Connection)
	if err != nil {
		return s.ownFault(ctx, due, o, err)
	}
	stamp := due.nextStamp(s.Now(), conflict, c.stampGrain())
	if wait := stamp.Sub(s.Now()); wait > 0 { // never in the future
		return Outcome{Kind: Later, After: wait, Answer: due.Answer, Score: o.Score, Cleared: o.Cleared, At: o.At}
	}
	if stopped, err := s.stopped(ctx, due, c, o); err != nil {
		return s.ownFault(ctx, due, o, err)
	} else if stopped != nil {
		return *stopped
	}
	key, _, err := s.SigningKeyFor(ctx, due.Workspace, c)
	if err != nil {
		return s.ownFault(ctx, due, o, err)
	}
	maximum := due.Item.Maximum
	if maximum == 0 && !o.Cleared {
		maximum = s.readMaximum(ctx, due, c, key)
		o.Maximum = maximum
	}
	post := ScorePost{
		LineItemURL: due.Item.URL, Subject: due.Subject, At: stamp, Deployment: due.Deployment, Cleared: o.Cleared,
	}
	if !o.Cleared {
		post.Given, post.Maximum = o.Score.Of(maximum), maximum
	}
	if due.Override != nil {
		by, err := s.Store.Workspace(due.Workspace).Learner(ctx, due.Override.By)
		if err != nil && !errors.Is(err, ErrNotFound) { // they may have been erased
			return s.ownFault(ctx, due, o, err)
		}
		post.Comment, post.ScoringUserID = due.Override.Comment, by.Subject
	}
	err = s.Platforms.PostScore(ctx, due.Workspace, c, key, post)
	o.Stamp = stamp
	refused, answered := errors.AsType[*lti.ServiceError](err)
	if err != nil && !answered {
		return s.ownFault(ctx, due, o, err)
	}
	return o.after(refused)
}

// stopped returns the outcome of a score that must not go out: its deployment
// of a shared registration was released, or the operator has switched that off.
func (s *Service) stopped(ctx context.Context, due DuePassback, c Connection, o Outcome) (*Outcome, error) {
	err := MaySend(ctx, s.Store.Instance(), due.Workspace, c, due.Deployment)
	claim, refused := errors.AsType[*ClaimError](err)
	switch {
	case !refused:
		return nil, err
	case claim.Trouble == ClaimSwitchedOff:
		o.Kind, o.Answer = Later, "The registration that this LMS shares is switched off by whoever runs Greenroom."
	default:
		o.Kind, o.Answer = Failed, "The deployment was released: this part of the LMS no longer belongs to the workspace."
	}
	return &o, nil
}

// ownFault is for errors of our own: they may pass, so they come again.
func (s *Service) ownFault(ctx context.Context, due DuePassback, o Outcome, err error) Outcome {
	s.Log.ErrorContext(ctx, "score not sent", "passback", due.ID, "err", err)
	o.Kind, o.Answer = Later, "Greenroom could not send the score; the server's log says why."
	return o
}

// conflictPrefix begins the answer kept of a 409, so that the next try knows.
const conflictPrefix = "409"

// usualMaximum is what an activity counts when the platform does not say.
const usualMaximum = 100

// readMaximum asks the platform for the line item's maximum. One that cannot
// be read counts 100.
func (s *Service) readMaximum(ctx context.Context, due DuePassback, c Connection, key Key) float64 {
	maximum, err := s.Platforms.ScoreMaximum(ctx, due.Workspace, c, key, due.Item.URL, due.Deployment)
	if err != nil || maximum <= 0 {
		s.Log.WarnContext(ctx, "line item's maximum not read; taking 100", "line_item", due.Item.ID, "err", err)
		return usualMaximum
	}
	return maximum
}

// after sorts what the platform said; nil is a success.
func (o Outcome) after(refused *lti.ServiceError) Outcome {
	switch {
	case refused == nil:
		o.Kind, o.Answer = Done, "Accepted."
	case refused.Conflict():
		o.Kind, o.Answer = Conflict, conflictPrefix+" "+refused.Text
	case refused.TryLater():
		o.Kind, o.After, o.Answer = Later, refused.RetryAfter, serviceAnswer(refused)
		o.PlatformDown = refused.Status == 0 || refused.Status >= 500 || errors.Is(refused, lti.ErrUnreadable)
	default:
		o.Kind, o.Answer = Failed, serviceAnswer(refused)
	}
	return o
}

// serviceAnswer is the platform's own words behind its status.
func serviceAnswer(e *lti.ServiceError) string {
	text := oneLine(e.Text)
	switch {
	case e.Status == 0 && e.Cause != nil:
		return "No answer: " + e.Cause.Error()
	case e.Status == 0:
		return "No answer."
	case text == "":
		return strconv.Itoa(e.Status) + " " + http.StatusText(e.Status)
	}
	return strconv.Itoa(e.Status) + " " + text
}

// Settle writes down what came of a claimed passback.
func (s *Service) Settle(ctx context.Context, due DuePassback, o Outcome) error {
	var seed [8]byte
	if _, err := io.ReadFull(s.Random, seed[:]); err != nil {
		return err
	}
	chance := rand.New(rand.NewPCG(binary.BigEndian.Uint64(seed[:]), 0))
	return s.Store.Workspace(due.Workspace).Update(ctx, func(ctx context.Context, tx Tx) error {
		p, err := tx.Passback(ctx, due.ID)
		if err != nil {
			return err
		}
		p.settle(o, s.Now(), chance)
		if err := tx.SavePassback(ctx, p); err != nil || o.Maximum == 0 || o.Kind != Done {
			return err
		}
		item, err := tx.LineItem(ctx, due.LineItem)
		if err != nil {
			return err
		}
		item.Maximum = o.Maximum
		return tx.SaveLineItem(ctx, item)
	})
}

// A PassbackPage is what administrators see of the way to the gradebook.
type PassbackPage struct {
	Rows    []PassbackRow
	More    bool // there are rows after these
	Counts  map[PassbackState]int
	NotSent []NotSentRow
}

// A NotSentRow is an ended session whose score goes nowhere, with the reason.
type NotSentRow struct {
	Session      Session
	LearnerName  string
	ActivityName string
}

const (
	// PassbackPageSize is how many rows a page of the list has.
	PassbackPageSize = 100

	maxPassbackRows = 500
	maxNotSent      = 50
)

// Passbacks returns the passbacks of a workspace and the scores that go
// nowhere.
func (s *Service) Passbacks(ctx context.Context, a Actor, f PassbackFilter) (PassbackPage, error) {
	store, err := s.settings(a)
	if err != nil {
		return PassbackPage{}, err
	}
	if f.Limit <= 0 || f.Limit > maxPassbackRows {
		f.Limit = maxPassbackRows
	}
	limit := f.Limit
	f.Query, f.Limit = clip(oneLine(f.Query), longestQuery), limit+1
	var page PassbackPage
	if page.Rows, err = store.Passbacks(ctx, f); err != nil {
		return PassbackPage{}, err
	}
	if page.More = len(page.Rows) > limit; page.More {
		page.Rows = page.Rows[:limit]
	}
	if page.Counts, err = countPassbacks(ctx, store, f.Connection); err != nil {
		return PassbackPage{}, err
	}
	page.NotSent, err = notSent(ctx, store, f.Connection)
	return page, err
}

func countPassbacks(ctx context.Context, store WorkspaceStore, c ConnectionID) (map[PassbackState]int, error) {
	if c == "" {
		return store.CountPassbacks(ctx)
	}
	held, err := store.ConnectionContents(ctx, c)
	return map[PassbackState]int{
		PassbackWaiting: held.Waiting, PassbackSent: held.Sent, PassbackFailed: held.Failed,
	}, err
}

// notSent returns the sessions whose scores go nowhere, of one connection
// unless that is empty.
func notSent(ctx context.Context, store WorkspaceStore, c ConnectionID) ([]NotSentRow, error) {
	ended, err := store.EndedSessions(ctx, maxPassbackRows)
	if err != nil {
		return nil, err
	}
	var rows []NotSentRow
	for _, session := range ended {
		if session.Standing == Graded && session.Score != nil || len(rows) == maxNotSent {
			continue
		}
		sc, err := store.Scenario(ctx, session.Scenario)
		if err != nil {
			return nil, err
		}
		if _, sent := sc.grade(session); sent && session.Standing == Graded { // for having come to its end
			continue
		}
		learner, err := store.Learner(ctx, session.Learner)
		if err != nil {
			return nil, err
		}
		link, err := store.ResourceLink(ctx, session.Link)
		if err != nil {
			return nil, err
		}
		if c != "" && link.Connection != c {
			continue
		}
		rows = append(rows, NotSentRow{session, learner.DisplayName(), link.Title})
	}
	return rows, nil
}

// SendAgain makes a failed or waiting passback due at once.
func (s *Service) SendAgain(ctx context.Context, a Actor, id PassbackID) error {
	store, err := s.settings(a)
	if err != nil {
		return err
	}
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		p, err := tx.Passback(ctx, id)
		if err != nil {
			return err
		}
		if p.State == PassbackSent {
			return nil
		}
		e, err := passbackEntry(ctx, tx, p)
		if err != nil {
			return err
		}
		p.renew(s.Now())
		if err := tx.SavePassback(ctx, p); err != nil {
			return err
		}
		return s.audit(ctx, tx, a, e)
	})
	if err == nil {
		s.wake()
	}
	return err
}

// passbackEntry names the activity alone: the log outlives what is known of
// the learner.
func passbackEntry(ctx context.Context, tx Tx, p Passback) (AuditEntry, error) {
	item, err := tx.LineItem(ctx, p.LineItem)
	if err != nil {
		return AuditEntry{}, err
	}
	link, err := tx.ResourceLink(ctx, item.ResourceLink)
	return AuditEntry{
		Action: PassbackSentAgain, Noun: NounPassback, NounID: string(p.ID), Label: link.Title,
		Changes: changes(Change{"state", string(p.State), string(PassbackWaiting)}),
	}, err
}
