package greenroom_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
)

// A crossing is somebody between their launch and its first page.
type crossing struct {
	*house
	other  *store.Store // another server's
	c      greenroom.Connection
	launch greenroom.Launch
	token  string
}

func onThreshold(t *testing.T, test func(t *testing.T, x *crossing)) {
	for name, options := range bothDatabases {
		t.Run(name, func(t *testing.T) {
			o := options(t)
			x := &crossing{house: newHouse(t, o), other: elsewhere(t, o)}
			x.c = x.connect()
			must(x.Lobby(t.Context(), x.visit(x.c, subject("before", "")))) // the scenario has been read
			x.pass(time.Millisecond + time.Nanosecond)
			x.launch, x.token = x.house.launch(x.c, subject("new", "Stina Student"))
			test(t, x)
		})
	}
}

// enter opens the first page.
func (x *crossing) enter() (greenroom.Lobby, error) {
	v, err := x.Visit(x.t.Context(), x.workspace.ID, x.launch.ID, x.token)
	if err != nil {
		return greenroom.Lobby{}, err
	}
	return x.Lobby(x.t.Context(), v)
}

// elsewhere does something on another server, and lets a second pass.
func (x *crossing) elsewhere(do func(ctx context.Context, tx greenroom.Tx) error) {
	x.t.Helper()
	if err := x.other.Workspace(x.workspace.ID).Update(x.t.Context(), do); err != nil {
		x.t.Fatal(err)
	}
	x.pass(time.Second)
}

// begin begins an attempt on another server.
func (x *crossing) begin() {
	x.t.Helper()
	x.elsewhere(func(ctx context.Context, tx greenroom.Tx) error {
		return tx.AddSession(ctx, greenroom.Session{
			ID: "begun", Learner: x.launch.Learner, Link: x.launch.Link, Launch: x.launch.ID, Scenario: x.launch.Scenario, Version: 1, StartedAt: x.now(),
		})
	})
}

// closed is a store that must not be asked.
type closed struct {
	greenroom.Store
	t *testing.T
}

func (c closed) Workspace(greenroom.WorkspaceID) greenroom.WorkspaceStore {
	c.t.Helper()
	c.t.Error("the database was asked")
	return c.Store.Workspace("")
}

func TestANewcomersFirstPageAsksTheDatabaseNothing(t *testing.T) {
	onThreshold(t, func(t *testing.T, x *crossing) {
		open := x.Store
		x.Store = closed{open, t}
		lobby, err := x.enter()
		if err != nil || lobby.Play.Scenario.Slug != "tiny" || len(lobby.Past) != 0 || lobby.Open != nil {
			t.Errorf("lobby %+v, %v", lobby, err)
		}
		x.Store = open
	})
}

func TestTheFirstPageIsTheOneThatTheDatabaseKnows(t *testing.T) {
	onThreshold(t, func(t *testing.T, x *crossing) {
		first := must(x.Visit(t.Context(), x.workspace.ID, x.launch.ID, x.token))
		second := must(x.Visit(t.Context(), x.workspace.ID, x.launch.ID, x.token))
		was, is := first.Launch, second.Launch
		if was.Claims != "" || was.Passed != nil {
			t.Errorf("what is for the log alone: %s, %v", was.Claims, was.Passed)
		}
		if !was.At.Equal(is.At) || !was.SignInUntil.Equal(is.SignInUntil) || was.Took != is.Took {
			t.Errorf("times %v, %v, %v; the database has %v, %v, %v", was.At, was.SignInUntil, was.Took, is.At, is.SignInUntil, is.Took)
		}
		was.Claims, was.Passed, was.At, was.SignInUntil = is.Claims, is.Passed, is.At, is.SignInUntil
		if !reflect.DeepEqual(was, is) || !reflect.DeepEqual(first.Scenario, second.Scenario) || !reflect.DeepEqual(first.Connection, second.Connection) {
			t.Errorf("first %+v\nthen  %+v", first, second)
		}
	})
}

func TestNobodyCrossesTheThresholdWhoMayNotEnter(t *testing.T) {
	gone := func(do func(x *crossing) func(context.Context, greenroom.Tx) error) func(*crossing) {
		return func(x *crossing) { x.elsewhere(do(x)) }
	}
	for name, spoil := range map[string]func(*crossing){
		"without the cookie":           func(x *crossing) { x.token = "" },
		"with somebody else's cookie":  func(x *crossing) { _, x.token = x.house.launch(x.c, subject("other", "")) },
		"into another workspace":       func(x *crossing) { x.workspace = must(x.CreateWorkspace(x.t.Context(), "Other team", "", false)) },
		"erased":                       func(x *crossing) { must(0, x.EraseLearner(x.t.Context(), x.admin, x.launch.Learner, "Stina Student")) },
		"erased on another server":     gone(func(x *crossing) func(context.Context, greenroom.Tx) error { return erasing(x.launch.Learner) }),
		"of a connection that is gone": func(x *crossing) { must(x.DeleteConnection(x.t.Context(), x.admin, x.c.ID, x.c.Platform)) },
		"of one gone on another server": gone(func(x *crossing) func(context.Context, greenroom.Tx) error {
			return func(ctx context.Context, tx greenroom.Tx) error { return tx.DeleteConnection(ctx, x.c.ID) }
		}),
		"of a workspace that is gone": gone(func(*crossing) func(context.Context, greenroom.Tx) error {
			return func(ctx context.Context, tx greenroom.Tx) error {
				return tx.DeleteWorkspace(ctx, greenroom.AuditEntry{ID: "gone"})
			}
		}),
	} {
		t.Run(name, func(t *testing.T) {
			onThreshold(t, func(t *testing.T, x *crossing) {
				spoil(x)
				if _, err := x.enter(); !isNotFound(err) {
					t.Errorf("error %v", err)
				}
			})
		})
	}
}

func erasing(id greenroom.LearnerID) func(context.Context, greenroom.Tx) error {
	return func(ctx context.Context, tx greenroom.Tx) error { return tx.EraseLearner(ctx, id) }
}

func TestTheThresholdIsShutWithItsConnection(t *testing.T) {
	onThreshold(t, func(t *testing.T, x *crossing) {
		must(x.SwitchConnection(t.Context(), x.admin, x.c.ID, false))
		_, err := x.enter()
		if _, shut := errors.AsType[*greenroom.SwitchedOffError](err); !shut {
			t.Errorf("error %v", err)
		}
	})
}

// Somebody who tries with a wrong cookie takes nothing from whoever has the
// right one, and finds nothing out.
func TestAWrongCookieLeavesTheThresholdAsItIs(t *testing.T) {
	onThreshold(t, func(t *testing.T, x *crossing) {
		if _, err := x.Visit(t.Context(), x.workspace.ID, x.launch.ID, "wrong"); !isNotFound(err) {
			t.Errorf("error %v", err)
		}
		x.Store = closed{x.Store, t}
		if _, err := x.enter(); err != nil {
			t.Error(err)
		}
	})
}

func TestWhatHappenedSinceIsSeen(t *testing.T) {
	for name, since := range map[string]func(*crossing){
		"by the second page":         func(x *crossing) { must(x.enter()); x.begin() },
		"by a first page that waits": func(x *crossing) { x.begin(); x.pass(15 * time.Second) },
		"by whoever is known": func(x *crossing) {
			x.begin()
			x.launch, x.token = x.house.launch(x.c, subject("new", ""))
		},
		"by whoever was merged": func(x *crossing) {
			x.begin()
			before := must(x.Store.Workspace(x.workspace.ID).LearnerBySubject(x.t.Context(), x.c.ID, "before"))
			must(0, x.MergeLearners(x.t.Context(), x.admin, before.ID, x.launch.Learner))
		},
		"by whoever was merged on another server": func(x *crossing) {
			x.begin()
			x.elsewhere(func(ctx context.Context, tx greenroom.Tx) error {
				return tx.SetHistory(ctx, x.launch.Learner, x.launch.Learner)
			})
		},
	} {
		t.Run(name, func(t *testing.T) {
			onThreshold(t, func(t *testing.T, x *crossing) {
				since(x)
				if lobby, err := x.enter(); err != nil || lobby.Open == nil || lobby.Open.ID != "begun" {
					t.Errorf("open %+v, %v", lobby.Open, err)
				}
			})
		})
	}
}

func TestATicketCrossesTheThreshold(t *testing.T) {
	onThreshold(t, func(t *testing.T, x *crossing) {
		w := x.workspace.ID
		if _, err := x.VisitByTicket(t.Context(), w, x.launch.ID, "wrong"); !isNotFound(err) {
			t.Errorf("error %v", err)
		}
		open := x.Store
		x.Store = closed{open, t}
		v := must(x.VisitByTicket(t.Context(), w, x.launch.ID, x.Ticket(x.launch)))
		x.Store = open
		if again := must(x.VisitByTicket(t.Context(), w, x.launch.ID, x.Ticket(v.Launch))); again.Launch.ID != v.Launch.ID {
			t.Errorf("launch %s, then %s", v.Launch.ID, again.Launch.ID)
		}
	})
}
