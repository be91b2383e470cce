package pgtest

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// errNoPrograms is what a developer reads who has no PostgreSQL.
var errNoPrograms = errors.New(`PostgreSQL is not installed: its programs initdb and postgres are neither in PATH nor in the usual places.
Install the package "postgresql" (Debian and Ubuntu: sudo apt-get install postgresql; macOS: brew install postgresql),
or set ` + Variable + ` to the URL of a server on which these tests may create databases`)

// usualPlaces are where packages put the programs, one folder per version.
var usualPlaces = []string{
	"/usr/lib/postgresql/*/bin",
	"/usr/pgsql-*/bin",
	"/opt/homebrew/opt/postgresql*/bin",
	"/usr/local/opt/postgresql*/bin",
}

// programs returns the folder of initdb and postgres: that of PATH, or else
// the newest of the usual places.
func programs() (string, error) {
	if initdb, err := exec.LookPath("initdb"); err == nil {
		if resolved, err := filepath.EvalSymlinks(initdb); err == nil && complete(filepath.Dir(resolved)) {
			return filepath.Dir(resolved), nil
		}
	}
	var found []string
	for _, place := range usualPlaces {
		folders, err := filepath.Glob(place)
		if err != nil {
			return "", err
		}
		found = append(found, folders...)
	}
	found = slices.DeleteFunc(found, func(folder string) bool { return !complete(folder) })
	if len(found) == 0 {
		return "", errNoPrograms
	}
	return slices.MaxFunc(found, func(a, b string) int { return version(a) - version(b) }), nil
}

func complete(folder string) bool {
	for _, program := range []string{"initdb", "postgres"} {
		if info, err := os.Stat(filepath.Join(folder, program)); err != nil || info.IsDir() {
			return false
		}
	}
	return true
}

// version reads the number in /usr/lib/postgresql/15/bin, 0 if there is none.
func version(folder string) int {
	name := filepath.Base(filepath.Dir(folder))
	n, err := strconv.Atoi(name[strings.LastIndexAny(name, "-@")+1:])
	if err != nil {
		return 0
	}
	return n
}
