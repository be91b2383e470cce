package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
)

var at = time.Unix(1_764_086_400, 0).UTC()

// Archives are the same whenever they are made, and hold what they should, as
// it should be.
func TestArchivesAreTheSame(t *testing.T) {
	files := map[string]file{"b/c.txt": {[]byte("text\n"), 0o644}, "a": {bytes.Repeat([]byte("x"), 1<<20), 0o755}, "z": {nil, 0o644}}
	for name, p := range map[string]packer{"tar": tarred, "zip": zipped} {
		first, err := pack(p, "greenroom_1", files, at)
		if err != nil {
			t.Fatal(err)
		}
		for range 5 { // maps have no order
			again, err := pack(p, "greenroom_1", files, at)
			if err != nil || !bytes.Equal(first, again) {
				t.Errorf("%s: another archive, %v", name, err)
			}
		}
	}
	raw, _ := pack(tarred, "greenroom_1", files, at)
	z, err := gzip.NewReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for r := tar.NewReader(z); ; {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.FileInfo().Mode().String()+" "+h.Name)
		if !h.ModTime.Equal(at) || h.Uid != 0 || h.Uname != "" {
			t.Errorf("%+v", h)
		}
	}
	if got := strings.Join(names, ", "); got != "-rwxr-xr-x greenroom_1/a, -rw-r--r-- greenroom_1/b/c.txt, -rw-r--r-- greenroom_1/z" {
		t.Error(got)
	}
	raw, _ = pack(zipped, "greenroom_1", files, at)
	archive, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil || len(archive.File) != 3 || archive.File[0].Name != "greenroom_1/a" || !archive.File[0].Modified.Equal(at) || archive.File[0].Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", archive, err)
	}
}

// Every part of the binary for every system brings its licence along.
func TestLicences(t *testing.T) {
	r := release{root: "../.."}
	for _, target := range targets {
		text, err := r.licences(target)
		if err != nil {
			t.Fatal(target, err)
		}
		for _, want := range []string{
			"\nThe Go programming language\n", "\nmodernc.org/sqlite v", "\ngithub.com/jackc/pgx/v5 v", "\ngithub.com/prometheus/client_golang v",
			"\ngithub.com/caddyserver/certmagic v", "internal/web/assets/vendor/inter-", "internal/web/assets/vendor/htmx-", "internal/roleplay/script/inkjs/LICENSE",
		} {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s: no licence of %q", target, want)
			}
		}
		if strings.Contains(string(text), "chromedp") {
			t.Errorf("%s: what tests use is no part of it", target)
		}
	}
	files, err := r.files(targets[0])
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"LICENSE", "THIRD-PARTY-LICENSES.txt", "README.md", "docs/operate/install.md", "deploy/systemd/greenroom.service"} {
		if len(files[want].content) == 0 {
			t.Errorf("%s is missing", want)
		}
	}
	for name := range files {
		if strings.HasSuffix(name, ".go") {
			t.Errorf("%s is in the archive", name)
		}
	}
}
