package greenroom

import (
	"context"
	"crypto/subtle"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A Visit is somebody in a room that their launch opened. Who they are, and
// where they come from, the launch names: none of that goes before the launch
// does, or its sign-in.
type Visit struct {
	Workspace  Workspace
	Connection Connection
	Launch     Launch
	Scenario   Scenario // zero where the launch opens none
	Ticket     string   // for the URLs of the next page; empty where the browser keeps cookies

	// newcomer tells that the launch has just made the learner: there is
	// nothing to be known of them yet.
	newcomer bool
}

// Practises tells whether a visit is somebody's at an activity: it may be on
// the stage.
func (v Visit) Practises() bool {
	return v.Launch.Learner != "" && v.Launch.Link != "" && v.Scenario.ID != ""
}

// Visit returns what a launch opened for the holder of its sign-in token.
// ErrNotFound if the token is another launch's, or has run out;
// *SwitchedOffError, beside the launch, while its connection lets nobody in.
func (s *Service) Visit(ctx context.Context, w WorkspaceID, id LaunchID, token string) (Visit, error) {
	return s.visit(ctx, w, id, func(l Launch) bool { return s.holdsSignIn(l, token) })
}

// Reopen returns the launch that spent a state, to whoever holds its sign-in
// token: somebody who reloaded the page of the launch, or went back to it.
// tokenOf tells what the browser holds for a launch. ErrNotFound.
func (s *Service) Reopen(ctx context.Context, w WorkspaceID, stateID string, tokenOf func(LaunchID) string) (Launch, error) {
	launch, err := s.Store.Workspace(w).LaunchByState(ctx, stateID)
	if err == nil && !s.holdsSignIn(launch, tokenOf(launch.ID)) {
		err = ErrNotFound
	}
	return launch, err
}

// holdsSignIn tells whether a token is that of a launch's sign-in.
func (s *Service) holdsSignIn(l Launch, token string) bool {
	held := subtle.ConstantTimeCompare([]byte(l.SignInHash), []byte(tokenHash(token))) == 1
	return l.SignInHash != "" && held && s.Now().Before(l.SignInUntil)
}

// visit lets in whoever may come by a launch.
func (s *Service) visit(ctx context.Context, w WorkspaceID, id LaunchID, may func(Launch) bool) (v Visit, err error) {
	if v.Launch, v.newcomer, err = s.enter(ctx, w, id, may); err != nil {
		return Visit{}, err
	}
	if v.Workspace, err = s.Known().Workspace(ctx, w); err != nil {
		return Visit{}, err
	}
	if v.Connection, err = s.Known().Connection(ctx, w, v.Launch.Connection); err != nil {
		return Visit{}, err
	}
	if err := v.Connection.shut(v.Launch); err != nil {
		return v, err
	}
	if v.Launch.Scenario != "" {
		v.Scenario, err = s.Known().Scenario(ctx, w, v.Launch.Scenario)
	}
	return v, err
}

// enter returns the launch of somebody who may come by it, and whether they are
// a newcomer.
func (s *Service) enter(ctx context.Context, w WorkspaceID, id LaunchID, may func(Launch) bool) (Launch, bool, error) {
	settings, err := s.Known().Settings(ctx, w)
	if err != nil {
		return Launch{}, false, err
	}
	if c, ok := s.threshold.take(crossingKey{w, id}, settings, s.Now(), may); ok {
		return c.launch, c.newcomer, nil
	}
	launch, err := s.Store.Workspace(w).Launch(ctx, id)
	if err == nil && !may(launch) {
		err = ErrNotFound
	}
	return launch, false, err
}

// A Lobby is the room in front of the stage: what the scenario is about, and
// how earlier attempts went.
type Lobby struct {
	Play     Play
	Open     *Session  // an attempt that was begun and not ended
	Past     []Session // ended attempts, the newest first
	Best     *roleplay.Score
	Item     *LineItem // both are nil while nothing was scored
	Passback *Passback
}

// Lobby never starts the script.
func (s *Service) Lobby(ctx context.Context, v Visit) (Lobby, error) {
	var l Lobby
	var err error
	if l.Play, err = s.play(ctx, v.Workspace.ID, v.Scenario, v.Scenario.Version); err != nil {
		return Lobby{}, err
	}
	if v.newcomer {
		return l, nil
	}
	all, err := s.Store.Workspace(v.Workspace.ID).SessionsOf(ctx, v.Launch.Learner, v.Launch.Link, v.Scenario.ID)
	if err != nil {
		return Lobby{}, err
	}
	l.Best = best(all)
	for i, session := range all {
		if !session.Ended() {
			if l.Open == nil && session.Learner == v.Launch.Learner {
				l.Open = &all[i]
			}
			continue
		}
		l.Past = append(l.Past, session)
	}
	if l.Best != nil {
		l.Item, l.Passback, err = s.gradebook(ctx, v, v.Launch.Learner, v.Launch.LineItem)
	}
	return l, err
}

// best is the highest score of sessions, nil if none has one.
func best(all []Session) (best *roleplay.Score) {
	for _, session := range all {
		if session.Score != nil && (best == nil || session.Score.Cmp(*best) > 0) {
			best = session.Score
		}
	}
	return best
}

// gradebook returns a line item and a learner's passback for it, each nil if
// there is none.
func (s *Service) gradebook(ctx context.Context, v Visit, learner LearnerID, id LineItemID) (*LineItem, *Passback, error) {
	if id == "" {
		return nil, nil, nil
	}
	store := s.Store.Workspace(v.Workspace.ID)
	item, err := store.LineItem(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	p, err := store.PassbackFor(ctx, item.ID, learner)
	if errors.Is(err, ErrNotFound) {
		return &item, nil, nil
	}
	return &item, &p, err
}

// Begin resumes the learner's open attempt, or starts a new one on the
// scenario's newest version.
func (s *Service) Begin(ctx context.Context, v Visit) (Session, error) {
	id, err := newID[SessionID](s.Random)
	if err != nil {
		return Session{}, err
	}
	var seed [8]byte
	if _, err := io.ReadFull(s.Random, seed[:]); err != nil {
		return Session{}, err
	}
	session := Session{
		ID: id, Learner: v.Launch.Learner, Link: v.Launch.Link, Launch: v.Launch.ID,
		Scenario: v.Scenario.ID, Seed: int64(binary.BigEndian.Uint64(seed[:]) >> 33),
		Standing: v.Launch.Standing, StartedAt: s.Now(),
	}
	err = s.Store.Workspace(v.Workspace.ID).Update(ctx, func(ctx context.Context, tx Tx) error {
		open, err := tx.OpenSession(ctx, v.Launch.Learner, v.Launch.Link, v.Scenario.ID)
		if err == nil {
			session = open
			return nil
		}
		if !errors.Is(err, ErrNotFound) {
			return err
		}
		newest, err := tx.Scenario(ctx, v.Scenario.ID)
		if err != nil {
			return err
		}
		session.Version = newest.Version
		return tx.AddSession(ctx, session)
	})
	return session, err
}

// A Scene is a session as far as it has been played.
type Scene struct {
	Session Session
	Play    Play
	Talk    roleplay.Talk
	// Turn is the number of picks so far: the turn that the next one makes.
	Turn int
}

// Scene replays a session of the visiting learner: one at the activity that the
// launch opened, or an ended one at any other. ErrNotFound if it is somebody
// else's.
func (s *Service) Scene(ctx context.Context, v Visit, id SessionID) (Scene, error) {
	session, choices, err := s.picked(ctx, v, id)
	if err != nil {
		return Scene{}, err
	}
	return s.scene(ctx, v, session, choices)
}

// picked returns a session with its picks. The last pick and the end of a
// session are one write: an open session goes with picks that were read before
// it, an ended one with picks that were read after it.
func (s *Service) picked(ctx context.Context, v Visit, id SessionID) (Session, []int, error) {
	store := s.Store.Workspace(v.Workspace.ID)
	picks, err := store.Picks(ctx, id)
	if err != nil {
		return Session{}, nil, err
	}
	session, err := store.Session(ctx, id)
	if err != nil {
		return Session{}, nil, err
	}
	if session.Learner != v.Launch.Learner || session.Link != v.Launch.Link {
		if own, err := s.mayRead(ctx, v, session); err != nil || !own {
			return Session{}, nil, errors.Join(ErrNotFound, err)
		}
	}
	if session.Ended() {
		if picks, err = store.Picks(ctx, id); err != nil {
			return Session{}, nil, err
		}
	}
	choices := make([]int, len(picks))
	for i, p := range picks {
		choices[i] = p.Choice
	}
	return session, choices, nil
}

func (s *Service) scene(ctx context.Context, v Visit, session Session, choices []int) (Scene, error) {
	sc := v.Scenario
	if session.Scenario != sc.ID {
		var err error
		if sc, err = s.Store.Workspace(v.Workspace.ID).Scenario(ctx, session.Scenario); err != nil {
			return Scene{}, err
		}
	}
	p, err := s.play(ctx, v.Workspace.ID, sc, session.Version)
	if err != nil {
		return Scene{}, err
	}
	talk, err := s.Engine.Play(ctx, p.Version.Compiled, session.Seed, choices)
	if err != nil {
		return Scene{}, fmt.Errorf("session %s: %w", session.ID, err)
	}
	return Scene{Session: session, Play: p, Talk: talk, Turn: len(choices)}, nil
}

// Pick takes the reply that a learner chose at a turn and returns the scene
// after it. turn is the number of picks that the page knew of: an older one (a
// double click, a repeated request) changes nothing and returns the scene as
// it is. *Invalid, field choice, for a reply that was not on offer. The pick
// that ends the talk ends the session.
func (s *Service) Pick(ctx context.Context, v Visit, id SessionID, turn, choice int) (Scene, error) {
	session, choices, err := s.picked(ctx, v, id)
	if err != nil {
		return Scene{}, err
	}
	before, err := s.scene(ctx, v, session, choices)
	if err != nil {
		return Scene{}, err
	}
	if session.Ended() || turn < len(choices) {
		return before, nil
	}
	if turn > len(choices) || !offered(before.Talk, choice) {
		return Scene{}, invalid("choice", "That reply is not on offer. Choose one of those shown.")
	}
	after, err := s.scene(ctx, v, session, append(choices, choice))
	if err != nil {
		return Scene{}, err
	}
	pick := Pick{Session: id, Turn: turn, Choice: choice, At: s.Now()}
	if after.Talk.Ended {
		after.Session, err = s.endSession(ctx, v, after, pick)
	} else {
		err = s.Store.Workspace(v.Workspace.ID).Update(ctx, func(ctx context.Context, tx Tx) error {
			return tx.AddPick(ctx, pick)
		})
	}
	switch {
	case errors.Is(err, ErrTaken): // another request of the same turn was first
		return s.Scene(ctx, v, id)
	case errors.Is(err, ErrUnreachable): // it may be written, and only the answer lost
		if now, again := s.Scene(ctx, v, id); again == nil && now.Turn > turn {
			s.wake()
			return now, nil
		}
	}
	return after, err
}

func offered(t roleplay.Talk, choice int) bool {
	for _, c := range t.Choices {
		if c.Index == choice {
			return true
		}
	}
	return false
}

// endSession writes the last pick, the score, and the duty to post it, in one
// transaction.
func (s *Service) endSession(ctx context.Context, v Visit, scene Scene, last Pick) (Session, error) {
	session := scene.Session
	session.EndedAt, session.Standing, session.LineItem = last.At, v.Launch.Standing, v.Launch.LineItem
	a := scene.Play.File.Rubric.Assess(scene.Talk.Marks)
	if a.Scored {
		session.Score = &a.Score
	}
	err := s.Store.Workspace(v.Workspace.ID).Update(ctx, func(ctx context.Context, tx Tx) error {
		if err := columnSince(ctx, tx, &session); err != nil {
			return err
		}
		if err := tx.AddPick(ctx, last); err != nil {
			return err
		}
		if err := tx.SaveSession(ctx, session); err != nil {
			return err
		}
		return s.want(ctx, tx, v, session)
	})
	if err == nil {
		s.wake()
	}
	return session, err
}

// A Result is an ended session, assessed.
type Result struct {
	Scene      Scene
	Assessment roleplay.Assessment
	Best       *roleplay.Score // of all attempts at the same activity
	Item       *LineItem       // nil when the activity has no grade
	Passback   *Passback       // nil when nothing is to be posted
}

// Result returns ErrNotFound while the session is open.
func (s *Service) Result(ctx context.Context, v Visit, id SessionID) (Result, error) {
	scene, err := s.Scene(ctx, v, id)
	if err != nil {
		return Result{}, err
	}
	if !scene.Session.Ended() {
		return Result{}, ErrNotFound
	}
	r := Result{Scene: scene, Assessment: scene.Play.File.Rubric.Assess(scene.Talk.Marks)}
	session := scene.Session
	all, err := s.Store.Workspace(v.Workspace.ID).SessionsOf(ctx, session.Learner, session.Link, session.Scenario)
	if err != nil {
		return Result{}, err
	}
	r.Best = best(all)
	// The column that the session was for: the activity may have another by now.
	r.Item, r.Passback, err = s.gradebook(ctx, v, session.Learner, session.LineItem)
	return r, err
}
