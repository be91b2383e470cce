package pgtest

import (
	"testing"

	"github.com/jackc/pgx/v5"
)

func TestServerKeepsWhatWasCommittedWhenItCrashes(t *testing.T) {
	s, err := NewServer()
	if err != nil {
		t.Fatal(err)
	}
	defer s.Stop()
	execute := func(statement string) error {
		conn, err := pgx.Connect(t.Context(), s.URL())
		if err != nil {
			return err
		}
		defer conn.Close(t.Context())
		_, err = conn.Exec(t.Context(), statement)
		return err
	}
	if err := execute("create table kept (x int); insert into kept values (1)"); err != nil {
		t.Fatal(err)
	}
	s.Crash()
	if err := execute("select 1"); err == nil {
		t.Error("it answers after the crash")
	}
	if err := s.Restart(); err != nil {
		t.Fatal(err)
	}
	if err := execute("insert into kept values (2)"); err != nil {
		t.Error(err)
	}
	if err := s.Freeze(); err != nil {
		t.Fatal(err)
	}
	if err := s.Thaw(); err != nil {
		t.Fatal(err)
	}
	if err := execute("select x from kept"); err != nil {
		t.Error(err)
	}
}
