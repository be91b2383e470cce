package pgtest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

func TestPrograms(t *testing.T) {
	t.Setenv("PATH", "")
	kept := usualPlaces
	t.Cleanup(func() { usualPlaces = kept })
	root := t.TempDir()
	usualPlaces = []string{filepath.Join(root, "postgresql", "*", "bin")}

	if _, err := programs(); !errors.Is(err, errNoPrograms) {
		t.Errorf("error = %v, want what to install", err)
	}
	for version, programs := range map[string][]string{"9": {"initdb", "postgres"}, "15": {"initdb", "postgres"}, "17": {"initdb"}} {
		folder := filepath.Join(root, "postgresql", version, "bin")
		if err := os.MkdirAll(folder, 0o700); err != nil {
			t.Fatal(err)
		}
		for _, name := range programs {
			if err := os.WriteFile(filepath.Join(folder, name), nil, 0o700); err != nil {
				t.Fatal(err)
			}
		}
	}
	found, err := programs()
	if want := filepath.Join(root, "postgresql", "15", "bin"); err != nil || found != want {
		t.Errorf("programs() = %s, %v; want %s, the newest that is complete", found, err, want)
	}
}
