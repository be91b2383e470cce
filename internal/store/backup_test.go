package store_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// A backup that is taken while rows are written holds what one moment held:
// everything from before it began, and of each transaction all or nothing. What
// is restored from it is the same.
func TestBackupWhileWritesGoOn(t *testing.T) {
	o := store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db")}
	s := open(t, o)
	const before, backups = 50, 4
	for n := range before {
		makeWorkspace(t, s, n)
	}
	stop, written := make(chan struct{}), make(chan int)
	go func() {
		n := before
		for ; ; n++ {
			select {
			case <-stop:
				written <- n
				return
			default:
				makeWorkspace(t, s, n)
			}
		}
	}()
	files := make([]string, backups)
	for i := range files {
		files[i] = filepath.Join(t.TempDir(), "backup.db")
		if _, err := store.Backup(t.Context(), o, files[i], false); err != nil {
			t.Error(err)
		}
	}
	close(stop)
	after := <-written

	last := before
	for _, file := range files {
		restored := store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db")}
		found, aside, err := store.Restore(t.Context(), restored, file, false, noon)
		if err != nil || aside != "" {
			t.Fatal(err, aside)
		}
		rows := map[string]int64{}
		for _, table := range found.Tables {
			rows[table.Name] = table.Rows
		}
		n := int(rows["workspaces"])
		if n < last || n > after || rows["keys"] != rows["workspaces"] || rows["audit"] != rows["workspaces"] {
			t.Errorf("the backup has %v; %d to %d workspaces were there, each with a key and an entry", rows, last, after)
		}
		last = n
		compare(t, s, open(t, restored), n)
	}
}

func makeWorkspace(t *testing.T, s *store.Store, n int) {
	w := greenroom.Workspace{ID: greenroom.WorkspaceID(fmt.Sprintf("w%04d", n)), Slug: fmt.Sprint("team-", n), Name: "Team", CreatedAt: noon}
	k := greenroom.Key{ID: "k", Public: []byte{0, byte(n)}, Sealed: []byte{255, byte(n)}, CreatedAt: noon}
	if err := s.Instance().CreateWorkspace(t.Context(), w, k, "", greenroom.AuditEntry{ID: "a", At: noon}); err != nil {
		t.Error(err)
	}
}

// compare holds the first n workspaces of two stores to each other.
func compare(t *testing.T, a, b *store.Store, n int) {
	t.Helper()
	for i := range n {
		id := greenroom.WorkspaceID(fmt.Sprintf("w%04d", i))
		want, err := a.Workspace(id).Keys(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Workspace(id).Keys(t.Context())
		if err != nil || fmt.Sprint(got) != fmt.Sprint(want) || len(got) != 1 {
			t.Fatalf("%s: keys %v, want %v (%v)", id, got, want, err)
		}
	}
}

func TestBackupOverwritesNothingUnlessTold(t *testing.T) {
	o := store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db")}
	s := open(t, o)
	makeWorkspace(t, s, 1)
	folder := t.TempDir()
	file := filepath.Join(folder, "it's a \"copy\" %41?x=y.db")
	write(t, file, "precious")
	if _, err := store.Backup(t.Context(), o, file, false); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error = %v, want fs.ErrExist", err)
	}
	if read(t, file) != "precious" {
		t.Error("it was overwritten")
	}
	made, err := store.Backup(t.Context(), o, file, true)
	if err != nil || made.Rows() == 0 || made.Path != file {
		t.Fatalf("%+v, %v", made, err)
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || info.Size() != made.Bytes {
		t.Errorf("%v, %v", info, err)
	}
	onlyThere(t, folder, filepath.Base(file))
}

func TestBackupsThatCannotBe(t *testing.T) {
	o := store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db")}
	nowhere := filepath.Join(t.TempDir(), "nowhere", "x.db")
	if _, err := store.Backup(t.Context(), o, filepath.Join(t.TempDir(), "x.db"), false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("of no database: %v", err)
	}
	if _, err := os.Stat(o.Path); err == nil {
		t.Error("a database was made")
	}
	open(t, o)
	if _, err := store.Backup(t.Context(), o, nowhere, false); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("to nowhere: %v", err)
	}
	if _, err := store.Backup(t.Context(), store.Options{DatabaseURL: "postgres://x"}, nowhere, false); !errors.Is(err, store.ErrNoBackup) {
		t.Errorf("of PostgreSQL: %v", err)
	}
}

// Start from a good backup and spoil one thing: nothing is moved.
func TestRestoreRefuses(t *testing.T) {
	source := store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db")}
	s := open(t, source)
	for n := range 200 {
		makeWorkspace(t, s, n)
	}
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, file string)
		want  string
	}{
		"a file that is not there": {func(t *testing.T, file string) { fine(t, os.Remove(file)) }, "no such file"},
		"an empty file":            {func(t *testing.T, file string) { write(t, file, "") }, "no database of Greenroom"},
		"text":                     {func(t *testing.T, file string) { write(t, file, strings.Repeat("text\n", 999)) }, "cannot be read as a database"},
		"half a file": {func(t *testing.T, file string) {
			write(t, file, read(t, file)[:len(read(t, file))/2])
		}, "backup.db cannot be read as a database"},
		"a page of zeros": {func(t *testing.T, file string) {
			whole := read(t, file)
			write(t, file, whole[:8192]+strings.Repeat("\x00", 8192)+whole[16384:])
		}, "is damaged"},
		"a reference to nothing": {func(t *testing.T, file string) {
			execFile(t, file, "pragma foreign_keys = 0", "delete from workspaces where id = 'w0001'")
		}, "rows refer to nothing in"},
		"another program's database": {func(t *testing.T, file string) {
			fine(t, os.Remove(file))
			execFile(t, file, "create table notes (text)")
		}, "no database of Greenroom"},
		"a newer schema": {func(t *testing.T, file string) {
			execFile(t, file, "insert into goose_db_version (version_id, is_applied) values (99999, 1)")
		}, "made by a newer Greenroom"},
		"a server's file with its log": {func(t *testing.T, file string) { write(t, file+"-wal", "frames") }, "make one with \"greenroom backup\""},
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "backup.db")
			if _, err := store.Backup(t.Context(), source, file, false); err != nil {
				t.Fatal(err)
			}
			tc.spoil(t, file)
			folder := t.TempDir()
			o := store.Options{Path: filepath.Join(folder, "greenroom.db")}
			write(t, o.Path, "what was there")
			_, _, err := store.Restore(t.Context(), o, file, true, noon)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error = %v, want %q", err, tc.want)
			}
			if read(t, o.Path) != "what was there" {
				t.Error("what was there is gone")
			}
			onlyThere(t, folder, "greenroom.db")
		})
	}
}

func TestRestoreKeepsWhatItReplaces(t *testing.T) {
	source := store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db")}
	makeWorkspace(t, open(t, source), 1)
	file := filepath.Join(t.TempDir(), "backup.db")
	if _, err := store.Backup(t.Context(), source, file, false); err != nil {
		t.Fatal(err)
	}
	o := store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db"), Migrate: true}
	old, err := store.Open(t.Context(), o)
	fine(t, err)
	makeWorkspace(t, old, 2)
	fine(t, old.Close())

	if _, _, err := store.Restore(t.Context(), o, file, false, noon); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error = %v, want fs.ErrExist", err)
	}
	_, aside, err := store.Restore(t.Context(), o, file, true, noon)
	if err != nil || filepath.Base(aside) != "greenroom.db.replaced-20261125T120000.000Z" {
		t.Fatal(aside, err)
	}
	for path, want := range map[string]string{o.Path: "team-1", aside: "team-2"} {
		if _, err := open(t, store.Options{Path: path}).Instance().FindWorkspace(t.Context(), want); err != nil {
			t.Errorf("%s: %v", filepath.Base(path), err)
		}
	}
}

// The log of a server that was killed outlives its file, where somebody deletes
// that alone: the database that comes into its place must not take it for its
// own.
func TestRestoreLeavesNoLogToTheCopy(t *testing.T) {
	source := store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db")}
	s := open(t, source)
	makeWorkspace(t, s, 1)
	file := filepath.Join(t.TempDir(), "backup.db")
	if _, err := store.Backup(t.Context(), source, file, false); err != nil {
		t.Fatal(err)
	}
	makeWorkspace(t, s, 2)
	o := store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db")}
	write(t, o.Path+"-wal", read(t, source.Path+"-wal"))

	if _, _, err := store.Restore(t.Context(), o, file, false, noon); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error = %v, want fs.ErrExist", err)
	}
	_, aside, err := store.Restore(t.Context(), o, file, true, noon)
	fine(t, err)
	if read(t, aside+"-wal") != read(t, source.Path+"-wal") {
		t.Error("the log was not kept")
	}
	restored := open(t, o)
	if _, err := restored.Instance().FindWorkspace(t.Context(), "team-2"); !errors.Is(err, greenroom.ErrNotFound) {
		t.Errorf("what was written after the backup is there: %v", err)
	}
	if _, err := restored.Instance().FindWorkspace(t.Context(), "team-1"); err != nil {
		t.Error(err)
	}
}

func TestARestoreThatFailsPutsEverythingBack(t *testing.T) {
	source := store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db")}
	makeWorkspace(t, open(t, source), 1)
	file := filepath.Join(t.TempDir(), "backup.db")
	if _, err := store.Backup(t.Context(), source, file, false); err != nil {
		t.Fatal(err)
	}
	o := store.Options{Path: filepath.Join(t.TempDir(), "greenroom.db")}
	write(t, o.Path+"-wal", "log")
	write(t, o.Path+"-shm", "memory")
	inTheWay := o.Path + ".replaced-20261125T120000.000Z-shm"
	fine(t, os.MkdirAll(filepath.Join(inTheWay, "folder"), 0o700))

	if _, _, err := store.Restore(t.Context(), o, file, true, noon); err == nil {
		t.Fatal("it was put where a folder is")
	}
	if read(t, o.Path+"-wal") != "log" || read(t, o.Path+"-shm") != "memory" {
		t.Error("not all is where it was")
	}
}

func execFile(t *testing.T, path string, statements ...string) {
	t.Helper()
	fine(t, store.ExecFile(t.Context(), path, statements...))
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path, text string) {
	t.Helper()
	fine(t, os.WriteFile(path, []byte(text), 0o600))
}

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	fine(t, err)
	return string(raw)
}

// onlyThere fails if anything else is in a folder.
func onlyThere(t *testing.T, folder string, names ...string) {
	t.Helper()
	entries, err := os.ReadDir(folder)
	fine(t, err)
	var have []string
	for _, e := range entries {
		have = append(have, e.Name())
	}
	if strings.Join(have, "|") != strings.Join(names, "|") {
		t.Errorf("the folder has %v, want %v", have, names)
	}
}
