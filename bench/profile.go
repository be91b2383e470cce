package main

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
)

// profiles is the folder for CPU profiles; empty for none. A profile costs
// time, and both servers pay it.
var (
	profiles string
	profiled atomic.Int64
)

// profiled begins a CPU profile of what a server does now, and returns what ends
// it. Several make one: go tool pprof FOLDER/sqlite-score-greenroom-scores-*.
func (s *server) profiled(what string) (end func()) {
	if profiles == "" {
		return func() {}
	}
	begun, err := http.Post(s.Control+"/profile/begin", "", nil)
	if err != nil {
		return func() {}
	}
	begun.Body.Close()
	return func() {
		name := fmt.Sprintf("%s-%s-%s-%04d.pprof", s.Part, s.Kind, what, profiled.Add(1))
		if err := save(s.Control+"/profile/end", filepath.Join(profiles, name)); err != nil {
			fmt.Fprintln(os.Stderr, "profile:", err)
		}
	}
}

func save(url, path string) error {
	answer, err := http.Post(url, "", nil)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	raw, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	return os.WriteFile(path, raw, 0o644)
}
