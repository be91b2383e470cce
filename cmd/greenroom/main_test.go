package main

import (
	databasesql "database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/gofrs/flock"
	"github.com/rogpeppe/go-internal/testscript"

	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

func TestMain(m *testing.M) {
	testscript.Main(tests{m}, map[string]func(){"greenroom": main})
}

// tests are run with PostgreSQL at hand.
type tests struct{ m *testing.M }

func (t tests) Run() int { return pgtest.Main(t.m) }

// Each script runs as typed, on both databases.
func TestCommands(t *testing.T) {
	for name, database := range map[string]func(t *testing.T, e *testscript.Env){
		"SQLite": func(*testing.T, *testscript.Env) {},
		"PostgreSQL": func(t *testing.T, e *testscript.Env) {
			e.Setenv("GREENROOM_DATABASE_URL", pgtest.URL(t))
		},
	} {
		t.Run(name, func(t *testing.T) {
			scripts, err := filepath.Glob("testdata/script/*.txtar")
			if err != nil || len(scripts) == 0 {
				t.Fatal("no scripts", err)
			}
			for _, script := range scripts {
				testscript.Run(t, testscript.Params{
					Files: []string{script},
					Condition: func(cond string) (bool, error) { // [sqlite] and [postgresql]
						if cond != "sqlite" && cond != "postgresql" {
							return false, fmt.Errorf("there is no condition %q", cond)
						}
						return strings.EqualFold(cond, name), nil
					},
					Cmds: map[string]func(*testscript.TestScript, bool, []string){"lock": lock, "sql": sql},
					Setup: func(e *testscript.Env) error {
						e.Setenv("GREENROOM_DATA", filepath.Join(e.WorkDir, "data"))
						database(t, e)
						return nil
					},
				})
			}
		})
	}
}

// lock FILE holds a lock as another server would, until the script ends.
func lock(ts *testscript.TestScript, _ bool, args []string) {
	l := flock.New(ts.MkAbs(args[0]))
	held, err := l.TryLock()
	ts.Check(err)
	if !held {
		ts.Fatalf("%s is locked already", args[0])
	}
	ts.Defer(func() { _ = l.Unlock() })
}

// sql STATEMENT does to the script's database what no command would.
func sql(ts *testscript.TestScript, _ bool, args []string) {
	driver, address := "pgx", ts.Getenv("GREENROOM_DATABASE_URL")
	if address == "" {
		driver, address = "sqlite", filepath.Join(ts.Getenv("GREENROOM_DATA"), "greenroom.db")
	}
	db, err := databasesql.Open(driver, address)
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(args[0])
	ts.Check(err)
}

func TestPublicURLs(t *testing.T) {
	for url, tc := range map[string]struct {
		dev bool
		ok  bool
	}{
		"https://practice.example.com":      {false, true},
		"https://practice.example.com/":     {false, true},
		"https://practice.example.com:8443": {false, true},
		"https://practice.example.com/sub":  {false, false},
		"https://practice.example.com?x=1":  {false, false},
		"https://u:p@practice.example.com":  {false, false},
		"http://practice.example.com":       {true, false},
		"http://127.0.0.1:8080":             {true, true},
		"http://localhost:8080":             {true, true},
		"ftp://practice.example.com":        {false, false},
		"practice.example.com":              {false, false},
		"":                                  {false, false},
	} {
		if _, err := checkPublicURL(url, tc.dev); (err == nil) != tc.ok {
			t.Errorf("%q: %v", url, err)
		}
	}
	if _, err := checkPublicURL("http://127.0.0.1:8080", false); err == nil {
		t.Error("http without --dev")
	}
}
