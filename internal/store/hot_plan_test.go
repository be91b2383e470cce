package store_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/store"
)

// hot are the queries behind launches, the stage and scores.
var hot = []string{
	"Workspace", "SettingsVersion", "ConnectionByID", "ConnectionsOf", "Scenario", "ScenarioBySlug", "ScenarioVersion",
	"Launch", "LaunchByState", "Learner", "ResourceLink", "LineItem",
	"Session", "OpenSession", "SessionsOf", "Picks", "SaveSession",
	"Passback", "PassbackFor", "NextChange", "DuePassbacks", "LeasePassback",
	"Keys", "Invite",
}

// ofInstance are the tables whose key does not begin with the workspace, and
// why. On a database that is split by workspace they are on every part, or on
// one.
var ofInstance = map[string]string{
	"workspaces":           "its ID is the workspace",
	"people":               "one person may belong to several workspaces",
	"sign_ins":             "a person signs in before any workspace is chosen",
	"instance_audit":       "it tells of workspaces that are gone",
	"nodes":                "servers serve all workspaces",
	"chores":               "one server does them for all workspaces",
	"instance_keys":        "a registration that workspaces share signs with them",
	"shared_registrations": "several workspaces share one",
	"arrivals":             "whoever comes by a shared registration may have no workspace yet",
}

// Each hot query finds its rows by an index that begins with the workspace, in
// every table that it reads.
func TestHotQueriesGoByTheWorkspace(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			s := open(t, database(t))
			for _, query := range hot {
				for _, step := range planOf(t, s, query) {
					if !strings.Contains(step, "workspace_id") && !strings.Contains(step, "workspaces") {
						t.Errorf("%s reads past the workspace: %s", query, step)
					}
				}
			}
		})
	}
}

// planOf returns how the tables of a query are read, one step each.
func planOf(t *testing.T, s *store.Store, name string) (steps []string) {
	t.Helper()
	whole := wholePlanOf(t, s, name)
	if s.Dialect() == "SQLite" {
		for _, step := range whole {
			if reads := strings.HasPrefix(step, "SEARCH ") || strings.HasPrefix(step, "SCAN "); reads && step != "SCAN CONSTANT ROW" {
				steps = append(steps, strings.Replace(step, "SEARCH workspaces USING INDEX", "SEARCH workspaces", 1))
			}
		}
	} else {
		steps = postgresSteps(whole)
	}
	if len(steps) == 0 {
		t.Errorf("%s reads no table", name)
	}
	return steps
}

// wholePlanOf returns the lines in which a database says how it would go about
// a query.
func wholePlanOf(t *testing.T, s *store.Store, name string) []string {
	t.Helper()
	text := queryText(t, name)
	if s.Dialect() == "SQLite" {
		return strings.Split(strings.TrimSpace(explained(t, store.DB(s), text)), "\n")
	}
	return postgresPlan(t, s, name, text)
}

// postgresPlan plans without values and, since the tables are empty, without
// leave to read them whole.
func postgresPlan(t *testing.T, s *store.Store, name, text string) (lines []string) {
	tx, err := store.DB(s).BeginTx(t.Context(), nil)
	ok(t, err)
	defer func() { _ = tx.Rollback() }()
	for _, setting := range []string{"enable_seqscan", "enable_bitmapscan"} {
		_, err := tx.ExecContext(t.Context(), "set local "+setting+" = off")
		ok(t, err)
	}
	_, err = tx.ExecContext(t.Context(), "set local plan_cache_mode = force_generic_plan")
	ok(t, err)
	_, err = tx.ExecContext(t.Context(), "prepare hot_"+name+" as "+text)
	ok(t, err)
	arguments := 0
	for _, n := range regexp.MustCompile(`\$(\d+)`).FindAllStringSubmatch(text, -1) {
		var i int
		_, _ = fmt.Sscan(n[1], &i)
		arguments = max(arguments, i)
	}
	nulls := strings.TrimSuffix(strings.Repeat("null,", arguments), ",")
	rows, err := tx.QueryContext(t.Context(), "explain execute hot_"+name+"("+nulls+")")
	ok(t, err)
	defer rows.Close()
	for rows.Next() {
		var line string
		ok(t, rows.Scan(&line))
		lines = append(lines, line)
	}
	ok(t, rows.Err())
	return lines
}

func postgresSteps(plan []string) (steps []string) {
	scan := regexp.MustCompile(`(Seq|Index|Index Only) Scan`)
	for _, line := range plan {
		if scan.MatchString(line) {
			steps = append(steps, line)
		} else if strings.Contains(line, "Index Cond:") {
			steps[len(steps)-1] += line
		}
	}
	return steps
}

// queryText is the query as it is sent.
func queryText(t *testing.T, name string) string {
	t.Helper()
	files, err := filepath.Glob("q/*.sql.go")
	ok(t, err)
	for _, file := range files {
		source, err := os.ReadFile(file)
		ok(t, err)
		if found := regexp.MustCompile("(?s)`-- name: " + name + ` :[a-z]+\n(.*?)` + "`").FindSubmatch(source); found != nil {
			return string(found[1])
		}
	}
	t.Fatalf("no query %s", name)
	return ""
}

// A database that is split by workspace needs it at the head of every key.
func TestKeysBeginWithTheWorkspace(t *testing.T) {
	s := open(t, databases["PostgreSQL"](t))
	rows, err := store.DB(s).QueryContext(t.Context(), `
		select c.relname::text, a.attname::text from pg_index i
		join pg_class c on c.oid = i.indrelid
		join pg_attribute a on a.attrelid = c.oid and a.attnum = i.indkey[0]
		where i.indisprimary and c.relnamespace = current_schema()::regnamespace and c.relname <> 'goose_db_version'`)
	ok(t, err)
	defer rows.Close()
	others := map[string]bool{}
	for rows.Next() {
		var table, leads string
		ok(t, rows.Scan(&table, &leads))
		if leads != "workspace_id" {
			others[table] = true
		}
	}
	ok(t, rows.Err())
	if want, got := slices.Sorted(maps.Keys(ofInstance)), slices.Sorted(maps.Keys(others)); !slices.Equal(want, got) {
		t.Errorf("tables whose key does not begin with the workspace: %v\nlisted with a reason: %v", got, want)
	}
}
