package storetest

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

var errMind = errors.New("changed my mind")

func testTransactions(t *testing.T, s greenroom.Store) {
	add := func(ctx context.Context, tx greenroom.Tx) error {
		return tx.AddKey(ctx, greenroom.Key{ID: "added", CreatedAt: minutes(1)})
	}
	untouched := func(t *testing.T, w *world) {
		t.Helper()
		equal(t, "keys", must(w.Keys(t.Context()))(t), []greenroom.Key{w.key})
	}
	t.Run("a transaction sees its own writes, the others only after it", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		update(t, w, add, func(ctx context.Context, tx greenroom.Tx) error {
			equal(t, "inside", len(must(tx.Keys(ctx))(t)), 2)
			equal(t, "outside", len(must(w.Keys(t.Context()))(t)), 1)
			return nil
		})
		equal(t, "afterwards", len(must(w.Keys(t.Context()))(t)), 2)
	})
	t.Run("an error leaves nothing and comes back as it is", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		err := w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			ok(t, add(ctx, tx))
			return errMind
		})
		refused(t, err, errMind)
		untouched(t, w)
	})
	t.Run("a panic leaves nothing and goes on", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		func() {
			defer func() { equal(t, "panic", recover(), any(errMind)) }()
			_ = w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				ok(t, add(ctx, tx))
				panic(errMind)
			})
		}()
		untouched(t, w)
		update(t, w, add) // the writer is free again
	})
	t.Run("a context that ends leaves nothing", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		for name, when := range map[string]func(cancel func(), inside bool){
			"before":    func(cancel func(), inside bool) { cancel() },
			"meanwhile": func(cancel func(), inside bool) { _ = inside && func() bool { cancel(); return true }() },
		} {
			ctx, cancel := context.WithCancel(t.Context())
			when(cancel, false)
			err := w.Update(ctx, func(ctx context.Context, tx greenroom.Tx) error {
				if err := add(ctx, tx); err != nil {
					return err
				}
				when(cancel, true)
				return nil
			})
			if err == nil {
				t.Errorf("%s: committed", name)
			}
			untouched(t, w)
			cancel()
		}
	})
	t.Run("a transaction that is over does nothing any more", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		var kept greenroom.Tx
		update(t, w, func(_ context.Context, tx greenroom.Tx) error { kept = tx; return nil })
		if err := kept.AddKey(t.Context(), greenroom.Key{ID: "late"}); err == nil {
			t.Error("written after the end")
		}
		untouched(t, w)
	})
	t.Run("the scores and the duty to post them are written together or not at all", func(t *testing.T) {
		w := full(t, s, "alpha")
		before := dump(t, w)
		refused(t, w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			w.open.EndedAt = minutes(9)
			ok(t, tx.SaveSession(ctx, w.open))
			w.passback.Wanted = score(t, "1/1")
			ok(t, tx.SavePassback(ctx, w.passback))
			return errMind
		}), errMind)
		unchanged(t, w, before)
	})
}

// testReadAndWriteBack has many transactions read a thing, change it and write
// it back: none may overwrite what another has just written.
func testReadAndWriteBack(t *testing.T, s greenroom.Store) {
	const times = 8
	each := func(t *testing.T, w *world, fn func(ctx context.Context, tx greenroom.Tx) error) {
		t.Helper()
		for _, err := range parallel(times, func(int) error { return w.Update(t.Context(), fn) }) {
			ok(t, err)
		}
	}
	t.Run("a passback by its ID", func(t *testing.T) {
		w := full(t, s, "alpha")
		each(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			p, err := tx.Passback(ctx, w.passback.ID)
			p.Attempts++
			return errors.Join(err, tx.SavePassback(ctx, p))
		})
		equal(t, "attempts", must(w.Passback(t.Context(), w.passback.ID))(t).Attempts, times)
	})
	t.Run("a passback by line item and learner, which one adds", func(t *testing.T) {
		w := launched(t, s, "alpha")
		each(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			p, err := tx.PassbackFor(ctx, w.item.ID, w.learner.ID)
			if errors.Is(err, greenroom.ErrNotFound) {
				p, err = w.newPassback(t, "passback"), nil
			}
			p.Attempts++
			return errors.Join(err, tx.SavePassback(ctx, p))
		})
		equal(t, "attempts", must(w.PassbackFor(t.Context(), w.item.ID, w.learner.ID))(t).Attempts, times)
	})
	t.Run("an invite, which one uses", func(t *testing.T) {
		w := full(t, s, "alpha")
		oneWins(t, parallel(times, func(int) error {
			return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				i, err := tx.Invite(ctx, w.invite.ID)
				if err == nil && !i.UsedAt.IsZero() {
					return greenroom.ErrSpent
				}
				i.UsedAt = noon
				return errors.Join(err, tx.SaveInvite(ctx, i))
			})
		}), greenroom.ErrSpent)
	})
	t.Run("a session, which one begins", func(t *testing.T) {
		w := launched(t, s, "alpha")
		oneWins(t, parallel(times, func(n int) error {
			return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				_, err := tx.OpenSession(ctx, w.learner.ID, w.link.ID, w.scenario.ID)
				if errors.Is(err, greenroom.ErrNotFound) {
					return tx.AddSession(ctx, w.newSession(fmt.Sprint("session-", n), n))
				}
				return errors.Join(err, greenroom.ErrTaken)
			})
		}), greenroom.ErrTaken)
	})
	t.Run("a session, which one ends", func(t *testing.T) {
		w := full(t, s, "alpha")
		oneWins(t, parallel(times, func(int) error {
			return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				found, err := tx.Session(ctx, w.open.ID)
				if err == nil && found.Ended() {
					return greenroom.ErrSpent
				}
				found.EndedAt = noon
				return errors.Join(err, tx.SaveSession(ctx, found))
			})
		}), greenroom.ErrSpent)
	})
	t.Run("a session that ends while its connection is deleted ends or is gone", func(t *testing.T) {
		w := full(t, s, "alpha")
		end := func(ctx context.Context, tx greenroom.Tx) error {
			found, err := tx.Session(ctx, w.open.ID)
			if err != nil {
				return err
			}
			p, err := tx.PassbackFor(ctx, w.item.ID, w.learner.ID)
			if err != nil {
				return err
			}
			return errors.Join(tx.SaveSession(ctx, found), tx.SavePassback(ctx, p))
		}
		errs := parallel(times, func(n int) error {
			return w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
				if n == times/2 {
					return tx.DeleteConnection(ctx, w.connection.ID)
				}
				return end(ctx, tx)
			})
		})
		ok(t, errs[times/2])
		for _, err := range errs {
			if err != nil {
				refused(t, err, greenroom.ErrNotFound)
			}
		}
	})
	t.Run("a scenario, whose versions count on", func(t *testing.T) {
		w := connected(t, s, "alpha")
		each(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			found, err := tx.ScenarioBySlug(ctx, slug)
			found.Version++
			v := w.version
			v.Version = found.Version
			return errors.Join(err, tx.SaveScenario(ctx, found, v))
		})
		equal(t, "version", must(w.Scenario(t.Context(), w.scenario.ID))(t).Version, 1+times)
	})
	t.Run("a connection, whose deployments grow", func(t *testing.T) {
		w := connected(t, s, "alpha")
		each(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			found, err := tx.Connection(ctx, w.connection.ID)
			found.Deployments = append(found.Deployments, fmt.Sprint("d", len(found.Deployments)))
			return errors.Join(err, tx.SaveConnection(ctx, found))
		})
		equal(t, "deployments", len(must(w.Connection(t.Context(), w.connection.ID))(t).Deployments), 1+times)
	})
}

// testNested calls every method of the store, read or write, with the context
// of one of its own transactions.
func testNested(t *testing.T, s greenroom.Store) {
	w := full(t, s, "alpha")
	before := dump(t, w)
	update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
		refused(t, s.Ping(ctx), greenroom.ErrNested)
		nested(t, ctx, "InstanceStore", reflect.ValueOf(s.Instance()), reflect.TypeFor[greenroom.InstanceStore]())
		nested(t, ctx, "WorkspaceStore", reflect.ValueOf(w.WorkspaceStore), reflect.TypeFor[greenroom.WorkspaceStore]())
		derived, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		_, err := w.Keys(derived)
		refused(t, err, greenroom.ErrNested)
		_, err = tx.Keys(derived)
		return err
	})
	unchanged(t, w, before)
}

// nested calls the methods of an interface with ctx and zero values.
func nested(t *testing.T, ctx context.Context, name string, value reflect.Value, kind reflect.Type) {
	t.Helper()
	for m := range kind.Methods() {
		method := value.MethodByName(m.Name)
		args := []reflect.Value{reflect.ValueOf(ctx)}
		for i := 1; i < method.Type().NumIn(); i++ {
			args = append(args, reflect.Zero(method.Type().In(i)))
		}
		call := method.Call
		if method.Type().IsVariadic() {
			call = method.CallSlice
		}
		results := call(args)
		err, _ := results[len(results)-1].Interface().(error)
		if !errors.Is(err, greenroom.ErrNested) {
			t.Errorf("%s.%s: error = %v, want %v", name, m.Name, err, greenroom.ErrNested)
		}
	}
}
