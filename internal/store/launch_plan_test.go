package store_test

import (
	"database/sql"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/store"
)

// Each way of reading the launch log has an index, so that a page costs as much
// after a year as on the first day.
func TestTheLaunchLogIsReadAlongAnIndex(t *testing.T) {
	path := filepath.Join(t.TempDir(), "greenroom.db")
	open(t, store.Options{Path: path, Migrate: true})
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	source, err := os.ReadFile("q/launch.sql.go")
	if err != nil {
		t.Fatal(err)
	}
	for name, index := range map[string]string{
		"Launches":         "launches_at (workspace_id=? AND at<?)",
		"LaunchesOf":       "launches_of (workspace_id=? AND connection_id=? AND at<?)",
		"LaunchesReferred": "launches_reference (workspace_id=? AND reference>? AND reference<?)",
		"SweepLaunches":    "launches_at (workspace_id=? AND at<?)",
	} {
		query := regexp.MustCompile("(?s)`-- name: " + name + ` :[a-z]+\n(.*?)` + "`").FindSubmatch(source)
		if query == nil {
			t.Fatalf("no query %s", name)
		}
		plan := explained(t, db, string(query[1]))
		if !strings.Contains(plan, "SEARCH l USING INDEX "+index) {
			t.Errorf("%s does not go along %s:\n%s", name, index, plan)
		}
	}
}

func explained(t *testing.T, db *sql.DB, query string) string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), "explain query plan "+regexp.MustCompile(`\$\d+`).ReplaceAllString(query, "'1'"))
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var plan strings.Builder
	for rows.Next() {
		var id, parent, unused int
		var step string
		if err := rows.Scan(&id, &parent, &unused, &step); err != nil {
			t.Fatal(err)
		}
		plan.WriteString(step + "\n")
	}
	return plan.String()
}

// That a connection works is told by its last success, which every page about it
// asks for: one step along its launches, unless refusals came after.
func TestAConnectionsLastSuccessIsReadFromAnIndexAlone(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			plan := wholePlanOf(t, open(t, database(t)), "ConnectionByID")
			if !slices.ContainsFunc(plan, func(step string) bool { return lastSuccess.MatchString(step) }) {
				t.Errorf("it does not go along launches_of alone:\n%s", strings.Join(plan, "\n"))
			}
		})
	}
}

var lastSuccess = regexp.MustCompile(`COVERING INDEX launches_of|Index Only Scan Backward using launches_of`)
