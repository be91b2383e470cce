// Package pgtest gives tests a PostgreSQL of their own: a throw-away cluster
// per test process, made with PostgreSQL's own programs, and a fresh database
// per test.
//
//	func TestMain(m *testing.M) { os.Exit(pgtest.Main(m)) }
//
//	func TestSomething(t *testing.T) {
//		url := pgtest.URL(t)
//
// The cluster begins with the first URL that is asked for. It listens on a Unix
// socket in a folder of its own, keeps nothing safe (no fsync), and goes away
// with the tests: Main stops it; if the process is killed, the kernel stops it
// on Linux, and elsewhere it stops by itself once the next cluster to start has
// removed its folder.
//
// A server that is already there can be used instead: GREENROOM_TEST_POSTGRES
// is the URL of a database whose user may create others.
package pgtest

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// Variable names the URL of a server to use instead of a throw-away one.
const Variable = "GREENROOM_TEST_POSTGRES"

var (
	once    sync.Once
	running *cluster // nil if the server is another's
	admin   string   // URL of the database from which others are created
	failed  error
)

// Main runs the tests, then stops the cluster if there is one. It returns the
// process' exit code.
func Main(m *testing.M) int {
	code := m.Run()
	if running != nil {
		running.stop()
	}
	return code
}

// URL returns the URL of an empty database, dropped when the test ends. The
// test fails if there is no PostgreSQL, saying what to install.
func URL(tb testing.TB) string {
	tb.Helper()
	once.Do(begin)
	if failed != nil {
		tb.Fatal(failed)
	}
	name := "greenroom_test_" + strings.ToLower(rand.Text())
	if err := execute("create database " + name); err != nil {
		tb.Fatalf("create a database for the test: %v", err)
	}
	tb.Cleanup(func() {
		if err := execute("drop database " + name + " with (force)"); err != nil {
			tb.Errorf("drop the test's database: %v", err)
		}
	})
	u, err := url.Parse(admin)
	if err != nil {
		tb.Fatalf("%s: %v", Variable, err)
	}
	u.Path = "/" + name
	return u.String()
}

func begin() {
	if admin = os.Getenv(Variable); admin != "" {
		return
	}
	if running, failed = start(careless); failed == nil {
		admin = running.url()
	}
}

func execute(statement string) error {
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return err
	}
	if _, err = conn.Exec(ctx, statement); err != nil {
		err = fmt.Errorf("%s: %w", statement, err)
	}
	if closed := conn.Close(ctx); err == nil {
		err = closed
	}
	return err
}
