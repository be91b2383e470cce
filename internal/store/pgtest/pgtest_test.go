package pgtest_test

import (
	"context"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }

func TestEveryTestHasADatabaseOfItsOwn(t *testing.T) {
	first, second := connect(t), connect(t)
	if _, err := first.Exec(t.Context(), "create table mine (n bigint)"); err != nil {
		t.Fatal(err)
	}
	var there bool
	if err := second.QueryRow(t.Context(), "select to_regclass('mine') is not null").Scan(&there); err != nil {
		t.Fatal(err)
	}
	if there {
		t.Error("the second database has the first one's table")
	}
}

func connect(t *testing.T) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), pgtest.URL(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := conn.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return conn
}
