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
// socket in a folder of its own, in memory where there is room, keeps nothing
// safe (no fsync), and goes away with the tests: Main stops it; if the process is killed, the kernel stops it
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

// templates are databases that stay until the process ends.
var templates struct {
	sync.Mutex
	names []string
}

// Main runs the tests, then stops the cluster if there is one. It returns the
// process' exit code.
func Main(m *testing.M) int {
	code := m.Run()
	if running != nil {
		running.stop()
		return code
	}
	for _, name := range templates.names {
		if err := drop(name); err != nil {
			fmt.Fprintln(os.Stderr, err)
			code = 1
		}
	}
	return code
}

// URL returns the URL of an empty database, dropped when the test ends. The
// test fails if there is no PostgreSQL, saying what to install.
func URL(tb testing.TB) string {
	tb.Helper()
	return create(tb, "")
}

// Copies returns a function like URL whose databases are copies of one, which
// fill fills when the first is asked for: a copy is made many times faster than
// its tables are.
func Copies(fill func(url string) error) func(tb testing.TB) string {
	template := sync.OnceValues(func() (string, error) {
		name := newName()
		if err := execute("create database " + name); err != nil {
			return "", err
		}
		templates.Lock()
		templates.names = append(templates.names, name)
		templates.Unlock()
		u, err := urlOf(name)
		if err != nil {
			return "", err
		}
		return name, fill(u)
	})
	return func(tb testing.TB) string {
		tb.Helper()
		begin(tb)
		name, err := template()
		if err != nil {
			tb.Fatalf("make the database that tests copy: %v", err)
		}
		// Files are copied as they are. Through the log, which is the usual way,
		// each page is written twice.
		return create(tb, " template "+name+" strategy file_copy")
	}
}

// create makes a database that goes with the test.
func create(tb testing.TB, how string) (url string) {
	tb.Helper()
	begin(tb)
	name := newName()
	if err := execute("create database " + name + how); err != nil {
		tb.Fatalf("create a database for the test: %v", err)
	}
	tb.Cleanup(func() {
		if err := drop(name); err != nil {
			tb.Errorf("drop the test's database: %v", err)
		}
	})
	url, err := urlOf(name)
	if err != nil {
		tb.Fatal(err)
	}
	return url
}

func newName() string { return "greenroom_test_" + strings.ToLower(rand.Text()) }

func drop(name string) error { return execute("drop database " + name + " with (force)") }

func urlOf(name string) (string, error) {
	u, err := url.Parse(admin)
	if err != nil {
		return "", fmt.Errorf("%s: %w", Variable, err)
	}
	u.Path = "/" + name
	return u.String(), nil
}

// begin sees to it that there is a server.
func begin(tb testing.TB) {
	tb.Helper()
	if once.Do(find); failed != nil {
		tb.Fatal(failed)
	}
}

func find() {
	if admin = os.Getenv(Variable); admin != "" {
		return
	}
	if running, failed = start(quickPlace(), careless); failed == nil {
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
