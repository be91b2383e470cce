package store

import (
	"context"
	"errors"
	"math"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Launch implements greenroom.Reader.
func (r reader) Launch(ctx context.Context, id greenroom.LaunchID) (greenroom.Launch, error) {
	return one(ctx, r, "launch "+string(id), (*q.Queries).Launch, q.LaunchParams{WorkspaceID: r.workspace, ID: id}, toLaunch)
}

// LaunchByReference implements greenroom.Reader.
func (r reader) LaunchByReference(ctx context.Context, reference string) (greenroom.Launch, error) {
	arg := q.LaunchByReferenceParams{WorkspaceID: r.workspace, Reference: reference}
	return one(ctx, r, "launch with reference "+reference, (*q.Queries).LaunchByReference, arg, toLaunch)
}

// LaunchByState implements greenroom.Reader.
func (r reader) LaunchByState(ctx context.Context, stateID string) (greenroom.Launch, error) {
	arg := q.LaunchByStateParams{WorkspaceID: r.workspace, StateID: &stateID}
	return one(ctx, r, "launch with state "+stateID, (*q.Queries).LaunchByState, arg, toLaunch)
}

// Launches implements greenroom.Reader. A limit of 0 is none.
func (r reader) Launches(ctx context.Context, f greenroom.LaunchFilter) ([]greenroom.LaunchRow, error) {
	at, id := before(f.Before)
	switch {
	case f.Reference != "":
		end := f.Reference + strings.Repeat("Z", max(0, greenroom.ReferenceLength-len(f.Reference)))
		return many(ctx, r, "launches referred to as "+f.Reference, (*q.Queries).LaunchesReferred, q.LaunchesReferredParams{
			WorkspaceID: r.workspace, Reference: f.Reference, ReferenceEnd: end, Prefix: f.Reference,
			ConnectionID: string(f.Connection), Outcome: string(f.Outcome), CheckName: f.Check,
			LearnerID: string(f.Learner), BeforeAt: at, BeforeID: id, Rows: rows(f.Limit),
		}, func(l q.LaunchesReferredRow) greenroom.LaunchRow { return toLaunchRow(q.LaunchesRow(l)) })
	case f.Connection != "":
		return many(ctx, r, "launches of "+string(f.Connection), (*q.Queries).LaunchesOf, q.LaunchesOfParams{
			WorkspaceID: r.workspace, ConnectionID: &f.Connection, Outcome: string(f.Outcome), CheckName: f.Check,
			LearnerID: string(f.Learner), BeforeAt: at, BeforeID: id, Rows: rows(f.Limit),
		}, func(l q.LaunchesOfRow) greenroom.LaunchRow { return toLaunchRow(q.LaunchesRow(l)) })
	}
	return many(ctx, r, "launches", (*q.Queries).Launches, q.LaunchesParams{
		WorkspaceID: r.workspace, Outcome: string(f.Outcome), CheckName: f.Check,
		LearnerID: string(f.Learner), BeforeAt: at, BeforeID: id, Rows: rows(f.Limit),
	}, toLaunchRow)
}

// before is a cursor as SQL wants it: the zero one comes after all times.
func before(c greenroom.LaunchCursor) (at int64, id string) {
	if c.At.IsZero() && c.ID == "" {
		return math.MaxInt64, ""
	}
	return c.At.UnixMilli(), string(c.ID)
}

// SweepLaunches implements greenroom.WorkspaceStore.
func (w *workspaceStore) SweepLaunches(ctx context.Context, before, now time.Time, limit int) (int, error) {
	var swept int64
	err := w.store.update(ctx, func(ctx context.Context, t *txn) (err error) {
		swept, err = t.db.SweepLaunches(ctx, q.SweepLaunchesParams{
			WorkspaceID: w.workspace, Before: column.Time(before), Now: column.Time(now), Rows: rows(limit),
		})
		return err
	})
	return int(swept), w.fail("sweep launches", err)
}

// AddLaunch implements greenroom.Tx: state and sign-in are left out.
func (t *workspaceTx) AddLaunch(ctx context.Context, l greenroom.Launch) error {
	l.StateID, l.SignInHash, l.SignInUntil = "", "", time.Time{}
	return t.fail("launch "+string(l.ID), added(t.txn.db.AddLaunch(ctx, fromLaunch(t.workspace, l))))
}

// AnswerDeepLinking implements greenroom.Tx.
func (t *workspaceTx) AnswerDeepLinking(ctx context.Context, id greenroom.LaunchID, at time.Time, items int) error {
	n, err := t.txn.db.AnswerDeepLinking(ctx, q.AnswerDeepLinkingParams{
		WorkspaceID: t.workspace, ID: id, AnsweredAt: column.Time(at), AnsweredItems: items,
	})
	if err == nil && n == 0 {
		err = greenroom.ErrAnswered
	}
	return t.fail("answer of launch "+string(id), err)
}

// closedWriteLimit ends a write that no browser can cancel, for the case that
// the database does not answer.
const closedWriteLimit = 20 * time.Second

// RecordLaunch implements greenroom.WorkspaceStore. Everything in the record
// belongs to the launch's connection.
func (w *workspaceStore) RecordLaunch(ctx context.Context, r greenroom.LaunchRecord) (greenroom.Launch, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), closedWriteLimit)
	defer cancel()
	p := placeOf(w.workspace, r)
	known, isKnown := w.store.places.find(p, r.Launch.At)
	if err := w.store.free(ctx); err != nil {
		return greenroom.Launch{}, w.fail("launch "+string(r.Launch.ID), err)
	}
	if isKnown && !r.PinDeployment {
		recorded, err := w.store.gather.record(w.workspace, r, known)
		if !errors.Is(err, errAlone) {
			return recorded, w.fail("launch "+string(r.Launch.ID), err)
		}
	}
	var recorded greenroom.Launch
	write := func() error {
		return w.store.update(ctx, func(ctx context.Context, t *txn) (err error) {
			recorded, err = recordLaunch(ctx, t, w.workspace, r, known, isKnown)
			return err
		})
	}
	err := write()
	if w.store.unreachable(err) { // it may be written, and only the answer lost
		err = write()
	}
	if err != nil {
		return greenroom.Launch{}, w.fail("launch "+string(r.Launch.ID), err)
	}
	if !isKnown {
		w.store.places.keep(p, met{recorded.Context, recorded.Link, recorded.LineItem, r.Launch.At})
	}
	return recorded, nil
}

// recordLaunch is the closed write itself: it touches nothing but t, so that
// many can share one commit. Every launch takes its locks in this order.
// What is known of its place need not be written again. A launch that was
// written before is as good as one that is written now.
func recordLaunch(ctx context.Context, t *txn, w greenroom.WorkspaceID, r greenroom.LaunchRecord, known met, isKnown bool) (greenroom.Launch, error) {
	l := r.Launch
	if l.StateID == "" {
		return l, errors.New("no state to spend")
	}
	if err := t.store.dialect.share(ctx, t.tx, string(w), string(l.Connection)); err != nil {
		return l, err
	}
	if r.PinDeployment {
		arg := q.PinDeploymentParams{WorkspaceID: w, ConnectionID: l.Connection, Deployment: l.Deployment}
		if err := t.db.PinDeployment(ctx, arg); err != nil {
			return l, err
		}
		t.changeSettings(w)
	}
	if err := meet(ctx, t.db, w, r, &l, known, isKnown); err != nil {
		return l, err
	}
	n, err := t.db.AddLaunch(ctx, fromLaunch(w, l))
	if err == nil && n == 0 {
		err = sameLaunch(ctx, t, w, l)
	}
	return l, err
}

// sameLaunch returns ErrSpent unless it was this very launch that spent its
// state.
func sameLaunch(ctx context.Context, t *txn, w greenroom.WorkspaceID, l greenroom.Launch) error {
	by, err := t.db.LaunchByState(ctx, q.LaunchByStateParams{WorkspaceID: w, StateID: &l.StateID})
	if err == nil && by.ID != l.ID {
		err = greenroom.ErrSpent
	}
	return err
}

// meet finds or adds whom and what the launch is about, and writes their
// identifiers into l. An anonymous launch is nobody's.
func meet(ctx context.Context, db *q.Queries, w greenroom.WorkspaceID, r greenroom.LaunchRecord, l *greenroom.Launch, known met, isKnown bool) (err error) {
	l.Learner, l.Context, l.Link, l.LineItem = "", known.context, known.link, known.item
	if r.Learner.Subject != "" {
		if l.Learner, err = db.MeetLearner(ctx, fromLearner(w, l.Connection, r.Learner)); err != nil {
			return err
		}
	}
	if !isKnown {
		if err := meetPlace(ctx, db, w, r, l); err != nil {
			return err
		}
	}
	if r.Member == nil || l.Learner == "" || l.Context == "" {
		return nil
	}
	member := *r.Member
	member.Context, member.Learner = l.Context, l.Learner
	return db.MeetContextMember(ctx, fromContextMember(w, member))
}

// meetPlace finds or adds where the launch comes from.
func meetPlace(ctx context.Context, db *q.Queries, w greenroom.WorkspaceID, r greenroom.LaunchRecord, l *greenroom.Launch) (err error) {
	l.Context, l.Link, l.LineItem = "", "", ""
	if r.Context != nil {
		if l.Context, err = db.MeetContext(ctx, fromContext(w, l.Connection, *r.Context)); err != nil {
			return err
		}
	}
	if r.Link == nil {
		return nil
	}
	link := *r.Link
	link.Context = l.Context
	if l.Link, err = db.MeetResourceLink(ctx, fromResourceLink(w, l.Connection, link)); err != nil {
		return err
	}
	if r.LineItem != nil {
		l.LineItem, err = db.MeetLineItem(ctx, fromLineItem(w, l.Connection, l.Link, *r.LineItem))
	}
	return err
}

func toLaunchRow(r q.LaunchesRow) greenroom.LaunchRow {
	who := greenroom.Learner{Name: r.LearnerName, Subject: r.LearnerSubject}
	return greenroom.NewLaunchRow(toLaunch(r.Launch), r.Platform, r.Activity, who)
}

func toLaunch(r q.Launch) greenroom.Launch {
	return greenroom.Launch{
		ID:          r.ID,
		Reference:   r.Reference,
		At:          time.Time(r.At),
		Outcome:     r.Outcome,
		Connection:  value(r.ConnectionID),
		Deployment:  r.Deployment,
		MessageType: r.MessageType,
		Learner:     r.LearnerID,
		Link:        r.LinkID,
		LineItem:    r.LineItemID,
		Scenario:    r.ScenarioID,
		ReturnURL:   r.ReturnURL,
		Standing:    r.Standing,
		Rung:        r.Rung,
		Context:     r.ContextID,
		DeepLinking: r.DeepLinking,
		ForLearner:  r.ForLearnerID,
		AnsweredAt:  time.Time(r.AnsweredAt), AnsweredItems: r.AnsweredItems,
		Instructor:  r.Instructor,
		Check:       r.CheckName,
		Clause:      r.Clause,
		Detail:      r.Detail,
		Passed:      r.Passed,
		StateID:     value(r.StateID),
		SignInHash:  r.SignInHash,
		SignInUntil: time.Time(r.SignInUntil),
		Claims:      r.Claims,
		Took:        time.Duration(r.TookMs) * time.Millisecond,
	}
}

func fromLaunch(w greenroom.WorkspaceID, l greenroom.Launch) q.AddLaunchParams {
	return q.AddLaunchParams{
		WorkspaceID:  w,
		ID:           l.ID,
		Reference:    l.Reference,
		At:           column.Time(l.At),
		Outcome:      l.Outcome,
		ConnectionID: orNull(l.Connection),
		Deployment:   l.Deployment,
		MessageType:  l.MessageType,
		LearnerID:    l.Learner,
		LinkID:       l.Link,
		LineItemID:   l.LineItem,
		ScenarioID:   l.Scenario,
		ReturnURL:    l.ReturnURL,
		Standing:     l.Standing,
		Rung:         l.Rung,
		Instructor:   l.Instructor,
		CheckName:    l.Check,
		Clause:       l.Clause,
		Detail:       l.Detail,
		Passed:       l.Passed,
		StateID:      orNull(l.StateID),
		SignInHash:   l.SignInHash,
		SignInUntil:  column.Time(l.SignInUntil),
		Claims:       l.Claims,
		TookMs:       l.Took.Milliseconds(),
		ContextID:    l.Context,
		DeepLinking:  l.DeepLinking,
		ForLearnerID: l.ForLearner,
		AnsweredAt:   column.Time(l.AnsweredAt), AnsweredItems: l.AnsweredItems,
	}
}

// orNull is a text that is NULL when empty.
func orNull[T ~string](v T) *T {
	if v == "" {
		return nil
	}
	return &v
}

func value[T ~string](p *T) T {
	if p == nil {
		return ""
	}
	return *p
}
