package pgtest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// A Server is a PostgreSQL whose commits last, and that can be made to fail:
// for figures, and for tests of what happens when the database goes away.
type Server struct{ cluster *cluster }

// NewServer makes and starts one. Settings are those of postgresql.conf, as
// name=value.
func NewServer(settings ...string) (*Server, error) {
	c, err := start(disk, append([]string{"fsync=on", "synchronous_commit=on"}, settings...))
	if err != nil {
		return nil, err
	}
	return &Server{c}, nil
}

// NewReplica makes and starts a server that follows this one, and can be read.
func (s *Server) NewReplica() (*Server, error) {
	c, err := newFolder(disk, s.cluster.who)
	if err != nil {
		return nil, fmt.Errorf("folder for a replica: %w", err)
	}
	c.bin, c.who, c.settings = s.cluster.bin, s.cluster.who, s.cluster.settings
	backup := exec.Command(filepath.Join(c.bin, "pg_basebackup"), "--pgdata", c.data(), "--host", s.cluster.folder,
		"--username", "postgres", "--write-recovery-conf", "--checkpoint", "fast", "--no-sync")
	backup.Dir = c.folder
	backup.SysProcAttr = &syscall.SysProcAttr{Credential: c.who}
	out, err := backup.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("pg_basebackup: %w\n%s", err, out)
	} else {
		err = c.run()
	}
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.folder), c.owner.Close())
	}
	return &Server{c}, nil
}

// URL returns the URL of its database.
func (s *Server) URL() string { return s.cluster.url() }

// PID returns the process ID of the server; its connections are processes
// below it.
func (s *Server) PID() int { return s.cluster.process.Pid }

// Crash ends the server at once, as if it had failed: nothing is tidied up.
func (s *Server) Crash() { s.cluster.halt(syscall.SIGQUIT) }

// Restart starts a server that has crashed; it recovers what was committed.
func (s *Server) Restart() error {
	if err := s.cluster.run(); err != nil {
		return fmt.Errorf("restart: %w", err)
	}
	return nil
}

// Freeze has the server do nothing until it is thawed, and answer nobody.
func (s *Server) Freeze() error { return s.signal(syscall.SIGSTOP) }

// Thaw ends a freeze.
func (s *Server) Thaw() error { return s.signal(syscall.SIGCONT) }

// signal reaches the processes of the connections as well.
func (s *Server) signal(what syscall.Signal) error {
	for _, pid := range append(children(s.PID()), s.PID()) {
		if err := syscall.Kill(pid, what); err != nil {
			return fmt.Errorf("signal %d: %w", pid, err)
		}
	}
	return nil
}

// Stop ends the server and removes its files.
func (s *Server) Stop() { s.cluster.stop() }
