package soak

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/store"
)

// Copies are made while learners come in and end their sessions. Each can be
// restored where there is nothing, and holds whoever was let in, and whatever
// was told, before it was begun.
func TestBackupsWhileLearnersPractise(t *testing.T) {
	x := begin(t, "", 1)
	c := x.proxy.nodes[0].told.config()
	folder := t.TempDir()
	x.work()
	for round := range *rounds {
		x.soon()
		before := x.school.record.Events()
		file := filepath.Join(folder, fmt.Sprint(round, ".db"))
		if _, err := c.Backup(t.Context(), file, false); err != nil {
			t.Fatal(err)
		}
		empty := c
		empty.DataDir = filepath.Join(folder, fmt.Sprint(round))
		restored, err := empty.Restore(t.Context(), file, false)
		if err != nil || restored.Warning != "" {
			t.Fatal(err, restored.Warning)
		}
		if got, want := rows(restored.Tables, "launches"), count(before, LetIn); got < want {
			t.Errorf("copy %d: %d launches, and %d were let in before it", round, got, want)
		}
		if got, want := rows(restored.Tables, "sessions"), count(before, Told); got < want {
			t.Errorf("copy %d: %d sessions, and %d learners were told of their results before it", round, got, want)
		}
		if err := errors.Join(os.Remove(file), os.RemoveAll(empty.DataDir)); err != nil { // a long soak makes many
			t.Fatal(err)
		}
	}
	x.finish()
}

// rows is how many a table has; -1 if there is no such table.
func rows(tables []store.Table, name string) int {
	for _, t := range tables {
		if t.Name == name {
			return int(t.Rows)
		}
	}
	return -1
}
