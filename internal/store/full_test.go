package store

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

// limit lets the database grow by so many pages and no more, as a disk does
// that is nearly full; 0 takes the limit away.
func (n notebook) limit(pages int) {
	n.t.Helper()
	most := 1 << 30
	if pages > 0 {
		if err := n.read.QueryRow("pragma page_count").Scan(&most); err != nil {
			n.t.Fatal(err)
		}
		most += pages
	}
	if _, err := n.writer.conn.ExecContext(n.t.Context(), fmt.Sprint("pragma max_page_count = ", most)); err != nil {
		n.t.Fatal(err)
	}
}

func TestAFullDiskIsNamedAndGoesBy(t *testing.T) {
	n := newNotebook(t)
	if err := n.note(insert("before"), nil); err != nil {
		t.Fatal(err)
	}
	n.limit(2)
	large := strings.Repeat("x", 100_000)
	err := n.note(insert(large), nil)
	if !errors.Is(err, greenroom.ErrFull) {
		t.Fatalf("%v, want %v", err, greenroom.ErrFull)
	}
	if got := fmt.Sprint(n.notes()); got != "[before]" {
		t.Errorf("what was there reads as %s", got)
	}
	n.limit(0)
	if err := n.note(insert("after"), nil); err != nil {
		t.Errorf("once there is room: %v", err)
	}
	if got := fmt.Sprint(n.notes()); got != "[after before]" {
		t.Errorf("kept %s", got)
	}
}

// Nobody is told that a transaction was kept which went with another's.
func TestAFullDiskTakesNobodyByMistake(t *testing.T) {
	n := newNotebook(t)
	n.limit(3)
	large := strings.Repeat("x", 100_000)
	results := n.behind("first",
		func() error { return n.note(insert("second"), nil) },
		func() error { return n.note(insert(large), nil) },
		func() error { return n.note(insert("fourth"), nil) },
	)
	kept := map[string]bool{}
	for _, note := range n.notes() {
		kept[note] = true
	}
	for i, note := range []string{"first", "second", large, "fourth"} {
		if (results[i] == nil) != kept[note] {
			t.Errorf("%.10s: told %v, kept %v", note, results[i], kept[note])
		}
	}
	if !errors.Is(results[2], greenroom.ErrFull) {
		t.Errorf("the one that is too large: %v", results[2])
	}
	if err := n.note(insert("next"), nil); err != nil {
		t.Errorf("the writer is stuck: %v", err)
	}
}

// A database that hangs keeps nobody longer than they are patient, and goes on
// once it can.
func TestADatabaseThatHangsIsNamedAndComesBack(t *testing.T) {
	server, err := pgtest.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	s, err := Open(t.Context(), Options{DatabaseURL: server.URL(), Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	usual := s.patience
	read := func(ctx context.Context) error { _, err := s.Instance().Workspaces(ctx); return err }
	write := func(ctx context.Context) error {
		return s.Workspace("w").Update(ctx, func(ctx context.Context, tx greenroom.Tx) error {
			_, err := tx.Keys(ctx)
			return err
		})
	}
	if err := server.Freeze(); err != nil {
		t.Fatal(err)
	}
	s.patience = 50 * time.Millisecond
	if err := read(t.Context()); !errors.Is(err, greenroom.ErrUnreachable) {
		t.Errorf("read: %v, want %v", err, greenroom.ErrUnreachable)
	}
	request, cancel := context.WithTimeout(t.Context(), s.patience) // as the server gives each
	defer cancel()
	if err := write(request); !errors.Is(err, greenroom.ErrUnreachable) {
		t.Errorf("write: %v, want %v", err, greenroom.ErrUnreachable)
	}
	s.writeTime = 50 * time.Millisecond // nobody else sets an end
	for name, write := range map[string]func(context.Context) error{
		"a write": write,
		"a beat":  func(ctx context.Context) error { _, err := s.Instance().Beat(ctx, "a"); return err },
		"a chore": func(ctx context.Context) error {
			_, err := s.Instance().TakeChore(ctx, "sweeps", time.Now(), time.Now())
			return err
		},
		"a sweep": func(ctx context.Context) error { return s.Instance().SweepSignIns(ctx, time.Now()) },
	} {
		if err := write(t.Context()); !errors.Is(err, greenroom.ErrUnreachable) {
			t.Errorf("%s without an end: %v, want %v", name, err, greenroom.ErrUnreachable)
		}
	}
	if err := server.Thaw(); err != nil {
		t.Fatal(err)
	}
	s.writeTime = time.Second
	err = s.Workspace("w").Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		_, err := tx.Keys(ctx)
		return errors.Join(err, server.Freeze())
	})
	if !errors.Is(err, greenroom.ErrUnreachable) {
		t.Errorf("a write that cannot be committed: %v, want %v", err, greenroom.ErrUnreachable)
	}
	if err := server.Thaw(); err != nil {
		t.Fatal(err)
	}
	s.patience, s.writeTime = usual, writeTime
	if err := errors.Join(read(t.Context()), write(t.Context())); err != nil {
		t.Errorf("once it goes on: %v", err)
	}
}

func TestADatabaseThatIsGoneIsNamedAndComesBack(t *testing.T) {
	server, err := pgtest.NewServer()
	if err != nil {
		t.Fatal(err)
	}
	defer server.Stop()
	s, err := Open(t.Context(), Options{DatabaseURL: server.URL(), Migrate: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	read := func() error { _, err := s.Instance().Workspaces(t.Context()); return err }
	write := func() error {
		return s.Workspace("w").Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			_, err := tx.Keys(ctx)
			return err
		})
	}
	if err := errors.Join(read(), write()); err != nil {
		t.Fatal(err)
	}
	server.Crash()
	for name, ask := range map[string]func() error{"read": read, "write": write} {
		if err := ask(); !errors.Is(err, greenroom.ErrUnreachable) {
			t.Errorf("%s: %v, want %v", name, err, greenroom.ErrUnreachable)
		}
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(read(), write()); err != nil {
		t.Errorf("once it is back: %v", err)
	}
}
