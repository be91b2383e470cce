package greenroom

import (
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"math/rand/v2"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A LineItemDuty is the duty to find the gradebook column of a link that was
// launched without one, or to make it. There is one per link.
type LineItemDuty struct {
	Workspace  WorkspaceID
	Link       ResourceLinkID
	Connection ConnectionID // the lane

	State      LineItemState
	NextTry    time.Time
	Attempts   int
	LeaseUntil time.Time  // claimed by a worker until then
	Answer     string     // the platform's last words, empty after a success
	LineItem   LineItemID // once it is made
}

// A LineItemState is where such a duty stands.
type LineItemState string

// The states.
const (
	LineItemWanted  LineItemState = "wanted"
	LineItemMade    LineItemState = "made"
	LineItemRefused LineItemState = "refused" // a person must look; a launch of another day asks again
)

// A LineItemQuery says which column to find or make.
type LineItemQuery struct {
	URL            string // of the container
	Deployment     string
	ResourceLinkID string // the platform's
	ResourceID     string // ours
	Label          string
	Maximum        float64
}

// LineItemTag marks the columns that Greenroom makes.
const LineItemTag = "greenroom"

// A DueLineItem is a claimed duty. Make fills in what it found.
type DueLineItem struct {
	LineItemDuty
	found LineItem
}

// lineItemAgain is how long a refusal holds.
const lineItemAgain = 24 * time.Hour

// useMadeItem gives a launch without a column the one that was made for its
// link: the platform does not tell of it in launches. It tells whether one is
// to be made.
func (s *Service) useMadeItem(ctx context.Context, w WorkspaceID, l *lti.Launch, r *LaunchRecord) (wanted bool, err error) {
	if r.Link == nil || r.LineItem != nil || l.Subject == "" || l.MessageType != lti.MessageResourceLink || !mayMake(l) {
		return false, nil
	}
	store := s.Store.Workspace(w)
	c, err := store.Connection(ctx, r.Launch.Connection)
	if err != nil {
		return false, err
	}
	link, err := store.LinkByPlatformID(ctx, r.Launch.Connection, r.Launch.Deployment, r.Link.PlatformID)
	if errors.Is(err, ErrNotFound) {
		return c.MakeLineItems, nil
	}
	if err != nil {
		return false, err
	}
	duty, err := store.LineItemDuty(ctx, link.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return c.MakeLineItems, nil
	case err != nil:
		return false, err
	case duty.State != LineItemMade:
		return c.MakeLineItems && duty.State == LineItemRefused && !s.Now().Before(duty.NextTry), nil
	}
	item, err := store.LineItem(ctx, duty.LineItem)
	if err != nil {
		return false, err
	}
	r.LineItem = &item
	if r.Launch.Standing == NoLineItem {
		r.Launch.Standing = Graded
	}
	return false, nil
}

// mayMake tells whether a launch lets us make columns and post to them.
func mayMake(l *lti.Launch) bool {
	return l.Grades != nil && l.Grades.LineItems != "" && l.Grades.Can(lti.ScopeLineItem) && l.Grades.Can(lti.ScopeScore)
}

// wantLineItem makes the column of a launch's link due. A launch does not fail
// for it: the next one asks again.
func (s *Service) wantLineItem(ctx context.Context, w WorkspaceID, l Launch) {
	err := s.Store.Workspace(w).Update(ctx, func(ctx context.Context, tx Tx) error {
		d, err := tx.LineItemDuty(ctx, l.Link)
		if err == nil && d.State != LineItemRefused {
			return nil // somebody was first
		}
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		return tx.SaveLineItemDuty(ctx, LineItemDuty{Link: l.Link, Connection: l.Connection, State: LineItemWanted, NextTry: s.Now()})
	})
	if err != nil {
		s.Log.ErrorContext(ctx, "column not asked for", "link", l.Link, "err", err)
		return
	}
	if s.WakeLineItems != nil {
		s.WakeLineItems()
	}
}

// MakeLineItem finds or makes the column of a claimed duty, and tells what came
// of it. It writes nothing.
func (s *Service) MakeLineItem(ctx context.Context, due *DueLineItem) Outcome {
	begun := s.Now()
	o := s.makeLineItem(ctx, due)
	s.Observing().Duty(DutyLineItem, o.Kind, s.Now().Sub(begun))
	return o
}

func (s *Service) makeLineItem(ctx context.Context, due *DueLineItem) Outcome {
	store := s.Store.Workspace(due.Workspace)
	link, err := store.ResourceLink(ctx, due.Link)
	if err != nil {
		return s.lineItemFault(ctx, due, err)
	}
	course, err1 := store.Context(ctx, link.Context)
	c, err2 := store.Connection(ctx, due.Connection)
	key, err3 := s.SigningKey(ctx, due.Workspace)
	if err := errors.Join(err1, err2, err3); err != nil {
		return s.lineItemFault(ctx, due, err)
	}
	label := link.Title
	if label == "" && link.Scenario != "" {
		if sc, err := store.Scenario(ctx, link.Scenario); err == nil {
			label = sc.Title
		}
	}
	found, err := s.Platforms.FindOrMakeLineItem(ctx, due.Workspace, c, key, LineItemQuery{
		URL: course.LineItemsURL, Deployment: link.Deployment, ResourceLinkID: link.PlatformID,
		ResourceID: string(link.ID), Label: cmp.Or(label, "Practice"), Maximum: usualMaximum,
	})
	refused, answered := errors.AsType[*lti.ServiceError](err)
	if err != nil && !answered {
		return s.lineItemFault(ctx, due, err)
	}
	found.Connection, found.ResourceLink, found.Title = due.Connection, due.Link, label
	due.found = found
	o := Outcome{Stamp: s.Now()}.after(refused)
	if refused != nil && o.Kind == Conflict {
		o.Kind, o.Answer = Failed, serviceAnswer(refused)
	}
	return o
}

// lineItemFault is for errors of our own: they may pass.
func (s *Service) lineItemFault(ctx context.Context, due *DueLineItem, err error) Outcome {
	s.Log.ErrorContext(ctx, "column not made", "link", due.Link, "err", err)
	return Outcome{Kind: Later, Answer: "Greenroom could not make the column; the server's log says why."}
}

// SettleLineItem writes down what came of a claimed duty. Once there is a
// column, what was practised before it counts in it.
func (s *Service) SettleLineItem(ctx context.Context, due *DueLineItem, o Outcome) error {
	var seed [8]byte
	if _, err := io.ReadFull(s.Random, seed[:]); err != nil {
		return err
	}
	chance := rand.New(rand.NewPCG(binary.BigEndian.Uint64(seed[:]), 0))
	id, err := newID[LineItemID](s.Random)
	if err != nil {
		return err
	}
	err = s.Store.Workspace(due.Workspace).Update(ctx, func(ctx context.Context, tx Tx) error {
		d, err := tx.LineItemDuty(ctx, due.Link)
		if err != nil || d.State == LineItemMade {
			return err
		}
		d.settle(o, s.Now(), chance)
		if o.Kind == Done {
			due.found.ID = id
			if d.LineItem, err = tx.MeetLineItem(ctx, due.found); err != nil {
				return err
			}
			if err := s.countEarlier(ctx, tx, d); err != nil {
				return err
			}
		}
		return tx.SaveLineItemDuty(ctx, d)
	})
	if err == nil && o.Kind == Done {
		s.wake()
	}
	return err
}

func (d *LineItemDuty) settle(o Outcome, now time.Time, chance *rand.Rand) {
	d.LeaseUntil, d.Answer = time.Time{}, clip(oneLine(o.Answer), longestAnswer)
	switch o.Kind {
	case Done:
		d.State, d.Attempts, d.Answer = LineItemMade, 0, ""
	case Later:
		d.Attempts++
		d.NextTry = now.Add(backoff(d.Attempts, o.After, chance))
	default:
		d.State, d.Attempts, d.NextTry = LineItemRefused, 0, now.Add(lineItemAgain)
	}
}

// countEarlier makes the sessions that had no column count in the one that
// there is now, in the order in which they ended.
func (s *Service) countEarlier(ctx context.Context, tx Tx, d LineItemDuty) error {
	all, err := tx.SessionsAt(ctx, d.Link)
	if err != nil {
		return err
	}
	for _, session := range all {
		if !session.Ended() || session.Standing != NoLineItem {
			continue
		}
		session.Standing, session.LineItem = Graded, d.LineItem
		if err := tx.SaveSession(ctx, session); err != nil {
			return err
		}
		if err := s.want(ctx, tx, Visit{Connection: Connection{ID: d.Connection}}, session); err != nil {
			return err
		}
	}
	return nil
}

// columnSince gives a session that ends after a launch without a column the one
// that was made meanwhile. It comes first in the transaction: a column that is
// being made waits for the session, or the session for the column.
func columnSince(ctx context.Context, tx Tx, session *Session) error {
	if session.Standing != NoLineItem {
		return nil
	}
	d, err := tx.LineItemDuty(ctx, session.Link)
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	if err == nil && d.State == LineItemMade {
		session.Standing, session.LineItem = Graded, d.LineItem
	}
	return err
}
