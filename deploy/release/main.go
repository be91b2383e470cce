// Command release makes the archives that are handed out: one static binary for
// each system, with guides, licences and checksums. The same commit and the same
// Go make the same bytes, wherever and whenever.
//
//	go run ./deploy/release -version v1.2.3 -epoch 1764086400
//	go run ./deploy/release -check          # makes one twice and compares
package main

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// A target is a system to build for.
type target struct{ os, arch string }

func (t target) String() string { return t.os + "/" + t.arch }

var targets = []target{
	{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}, {"windows", "arm64"},
}

func main() {
	version := flag.String("version", "development", "version, as greenroom version prints it")
	epoch := flag.Int64("epoch", 0, "time of all files, in seconds since 1970 (SOURCE_DATE_EPOCH)")
	out := flag.String("out", "dist", "directory for the archives")
	only := flag.String("only", "", "one system, for example linux/arm64")
	check := flag.Bool("check", false, "make one archive twice, from copies in different places and without a cache, and compare")
	flag.Parse()
	r := release{root: ".", version: *version, at: time.Unix(*epoch, 0).UTC()}
	work := func() error { return r.run(*out, *only) }
	if *check {
		work = r.check
	}
	if err := work(); err != nil {
		fmt.Fprintln(os.Stderr, "release:", err)
		os.Exit(1)
	}
}

// A release is one version of the source in a directory.
type release struct {
	root    string
	version string
	at      time.Time
	env     []string // beside the usual
}

// run makes all archives, or one.
func (r release) run(out, only string) error {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	var sums bytes.Buffer
	for _, t := range targets {
		if only != "" && only != t.String() {
			continue
		}
		name, archive, err := r.archive(t)
		if err != nil {
			return fmt.Errorf("%s: %w", t, err)
		}
		if err := os.WriteFile(filepath.Join(out, name), archive, 0o644); err != nil {
			return err
		}
		fmt.Fprintf(&sums, "%x  %s\n", sha256.Sum256(archive), name)
		fmt.Println(name, len(archive)>>20, "MiB")
	}
	if sums.Len() == 0 {
		return fmt.Errorf("there is no system %q", only)
	}
	return os.WriteFile(filepath.Join(out, "SHA256SUMS"), sums.Bytes(), 0o644)
}

// archive returns the archive for one system, and its name.
func (r release) archive(t target) (string, []byte, error) {
	binary, err := r.build(t)
	if err != nil {
		return "", nil, err
	}
	files, err := r.files(t)
	if err != nil {
		return "", nil, err
	}
	base := strings.Join([]string{"greenroom", r.version, t.os, t.arch}, "_")
	if t.os == "windows" {
		files["greenroom.exe"] = file{binary, 0o755}
		packed, err := pack(zipped, base, files, r.at)
		return base + ".zip", packed, err
	}
	files["greenroom"] = file{binary, 0o755}
	packed, err := pack(tarred, base, files, r.at)
	return base + ".tar.gz", packed, err
}

// build makes the binary. What could differ from one machine to the next is
// left out or fixed.
func (r release) build(t target) ([]byte, error) {
	folder, err := os.MkdirTemp("", "greenroom-release-*")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	binary := filepath.Join(folder, "greenroom")
	_, err = r.goCommand(t, "build", "-trimpath", "-buildvcs=false", "-ldflags", "-s -w -buildid= -X main.version="+r.version, "-o", binary, "./cmd/greenroom")
	if err != nil {
		return nil, err
	}
	return os.ReadFile(binary)
}

func (r release) goCommand(t target, args ...string) ([]byte, error) {
	c := exec.Command("go", args...)
	c.Dir = r.root
	c.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS="+t.os, "GOARCH="+t.arch, "GOAMD64=v1", "GOARM64=v8.0", "GOFLAGS=-mod=readonly", "GOEXPERIMENT=")
	c.Env = append(c.Env, r.env...)
	var errs bytes.Buffer
	c.Stderr = &errs
	out, err := c.Output()
	if err != nil {
		err = fmt.Errorf("go %s: %w\n%s", args[0], err, errs.String())
	}
	return out, err
}

// files returns what goes with the binary, by its path in the archive.
func (r release) files(t target) (map[string]file, error) {
	licences, err := r.licences(t)
	if err != nil {
		return nil, err
	}
	files := map[string]file{"THIRD-PARTY-LICENSES.txt": {licences, 0o644}}
	for _, path := range []string{"LICENSE", "README.md", "CHANGELOG.md", "SECURITY.md", "docs/security.md", "docs/scenario-format.md", "docs/operate", "deploy"} {
		err := filepath.WalkDir(filepath.Join(r.root, path), func(at string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || strings.HasSuffix(at, ".go") {
				return err
			}
			raw, err := os.ReadFile(at)
			if err != nil {
				return err
			}
			name, err := filepath.Rel(r.root, at)
			files[filepath.ToSlash(name)] = file{raw, 0o644}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}

// check makes one archive from two copies of the source, each with a cache of
// its own, and compares them.
func (r release) check() error {
	var made [][]byte
	for _, place := range []string{"here", "somewhere/else entirely"} {
		folder, err := os.MkdirTemp("", "greenroom-check-*")
		if err != nil {
			return err
		}
		defer os.RemoveAll(folder)
		copied := r
		copied.root = filepath.Join(folder, place)
		copied.env = []string{"GOCACHE=" + filepath.Join(folder, "cache")}
		if err := r.copyTo(copied.root); err != nil {
			return err
		}
		name, archive, err := copied.archive(targets[0])
		if err != nil {
			return err
		}
		fmt.Printf("%x  %s, made in %s\n", sha256.Sum256(archive), name, copied.root)
		made = append(made, archive)
	}
	if !bytes.Equal(made[0], made[1]) {
		return errors.New("the two differ")
	}
	fmt.Println("the same, byte for byte")
	return nil
}

// copyTo copies the files that git knows.
func (r release) copyTo(folder string) error {
	c := exec.Command("git", "ls-files", "-z")
	c.Dir = r.root
	out, err := c.Output()
	if err != nil {
		return fmt.Errorf("git ls-files: %w", err)
	}
	names := strings.Split(strings.TrimRight(string(out), "\x00"), "\x00")
	slices.Sort(names)
	for _, name := range names {
		raw, err := os.ReadFile(filepath.Join(r.root, name))
		if err != nil {
			return err
		}
		to := filepath.Join(folder, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(to), 0o755), os.WriteFile(to, raw, 0o644)); err != nil {
			return err
		}
	}
	return nil
}
