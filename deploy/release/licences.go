package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A module is what go list tells of one.
type module struct {
	Path, Version, Dir string
	Main               bool
}

// licences returns the licence texts of everything in the binary for one
// system: Go, the modules that are linked, and what is vendored here. A part
// without a licence is an error.
func (r release) licences(t target) ([]byte, error) {
	modules, err := r.linked(t)
	if err != nil {
		return nil, err
	}
	root, err := r.goCommand(t, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	modules = append([]module{{Path: "The Go programming language", Dir: strings.TrimSpace(string(root))}}, modules...)
	var out bytes.Buffer
	out.WriteString("Greenroom is under the Apache License 2.0 (LICENSE). These parts keep their own licences.\n")
	for _, m := range modules {
		texts, err := licenceFiles(m.Dir)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", m.Path, err)
		}
		for _, text := range texts {
			section(&out, strings.TrimSpace(m.Path+" "+m.Version), text)
		}
	}
	err = r.vendored(&out)
	return out.Bytes(), err
}

func section(out *bytes.Buffer, title string, text []byte) {
	fmt.Fprintf(out, "\n%s\n%s\n\n%s\n", strings.Repeat("=", 78), title, bytes.TrimSpace(bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))))
}

// linked returns the modules that the binary is made of.
func (r release) linked(t target) ([]module, error) {
	raw, err := r.goCommand(t, "list", "-deps", "-json=Module", "./cmd/greenroom")
	if err != nil {
		return nil, err
	}
	known := map[string]module{}
	for d := json.NewDecoder(bytes.NewReader(raw)); ; {
		var p struct{ Module *module }
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, err
		}
		if p.Module != nil && !p.Module.Main {
			known[p.Module.Path] = *p.Module
		}
	}
	var list []module
	for _, m := range known {
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return list, nil
}

var isLicence = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice)`)

func licenceFiles(folder string) (texts [][]byte, err error) {
	entries, err := os.ReadDir(folder) // sorted by name
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		if e.IsDir() || !isLicence.MatchString(e.Name()) {
			continue
		}
		raw, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, raw)
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("no licence in %s", folder)
	}
	return texts, nil
}

// vendored adds the licences that stand beside files of others in the source,
// those that tests alone use left out.
func (r release) vendored(out *bytes.Buffer) error {
	return filepath.WalkDir(filepath.Join(r.root, "internal"), func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if err == nil && d.Name() == "testdata" {
				return fs.SkipDir
			}
			return err
		}
		if !strings.Contains(d.Name(), "LICENSE") {
			return nil
		}
		raw, err := os.ReadFile(at)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(r.root, at)
		section(out, filepath.ToSlash(name), raw)
		return err
	})
}
