package pgtest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
)

// A cluster is a PostgreSQL server that belongs to this process.
type cluster struct {
	folder string   // holds data/, the socket and the owner's lock
	owner  *os.File // locked as long as this process lives

	bin      string              // where PostgreSQL's programs are
	who      *syscall.Credential // the server's user, nil for ourselves
	settings []string
	process  *os.Process
	halt     func(syscall.Signal) // returns when the server is gone
}

// careless keeps nothing safe, and is fast. Its log is small, for it may lie in
// memory.
var careless = []string{
	"fsync=off", "synchronous_commit=off", "full_page_writes=off", "autovacuum=off", "shared_buffers=32MB",
	"wal_level=minimal", "max_wal_senders=0", "max_wal_size=64MB", "min_wal_size=32MB",
}

// start makes and starts a cluster in a place.
func start(place string, settings []string) (*cluster, error) {
	bin, err := programs()
	if err != nil {
		return nil, err
	}
	who, err := serverUser()
	if err != nil {
		return nil, err
	}
	sweep()
	c, err := newFolder(place, who)
	if err != nil {
		return nil, fmt.Errorf("folder for PostgreSQL: %w", err)
	}
	c.bin, c.who, c.settings = bin, who, settings
	if err := c.prepare(); err != nil {
		return nil, errors.Join(err, os.RemoveAll(c.folder), c.owner.Close())
	}
	return c, nil
}

// prepare makes the cluster's files and starts its server.
func (c *cluster) prepare() error {
	initdb := exec.Command(filepath.Join(c.bin, "initdb"), "--pgdata", c.data(), "--username", "postgres",
		"--auth", "trust", "--encoding", "UTF8", "--no-locale", "--no-sync", "--no-instructions")
	initdb.Dir = c.folder
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: c.who}
	if out, err := initdb.CombinedOutput(); err != nil {
		return fmt.Errorf("initdb: %w\n%s", err, out)
	}
	return c.run()
}

func (c *cluster) data() string { return filepath.Join(c.folder, "data") }

// run starts the server on the files that are there.
func (c *cluster) run() error {
	args := []string{"-D", c.data(), "-k", c.folder, "-c", "listen_addresses=", "-c", "max_connections=200"}
	for _, setting := range c.settings {
		args = append(args, "-c", setting)
	}
	server := exec.Command(filepath.Join(c.bin, "postgres"), args...)
	server.Dir = c.folder
	server.SysProcAttr = dieWithParent(&syscall.SysProcAttr{Credential: c.who})
	return c.serve(server)
}

// serve starts the server and returns when it answers. The thread that starts
// it is kept: on Linux the server lives only as long as its parent thread.
func (c *cluster) serve(server *exec.Cmd) error {
	log, err := server.StderrPipe()
	if err != nil {
		return err
	}
	gone := make(chan struct{})
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(gone)
		err := server.Start()
		if err == nil {
			err = untilReady(log, started)
			_ = server.Wait() // how a server ends that was told to end does not matter
		}
		started <- err
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start PostgreSQL: %w", err)
	}
	c.process = server.Process
	var once sync.Once
	c.halt = func(how syscall.Signal) {
		once.Do(func() {
			_ = server.Process.Signal(how)
			<-gone
		})
	}
	return nil
}

// untilReady reads the server's log to its end. It tells ready as soon as the
// server takes connections, and returns what it said if it never did.
func untilReady(log io.Reader, ready chan<- error) error {
	var said strings.Builder
	lines := bufio.NewScanner(log)
	told := false
	for lines.Scan() {
		if told {
			continue
		}
		fmt.Fprintln(&said, lines.Text())
		if strings.Contains(lines.Text(), "ready to accept ") { // a replica: read-only connections
			told = true
			ready <- nil
		}
	}
	if told {
		return nil
	}
	return errors.New(said.String())
}

func (c *cluster) stop() {
	c.halt(syscall.SIGQUIT)    // at once: there is nothing to save
	_ = os.RemoveAll(c.folder) // the next cluster sweeps what is left
	_ = c.owner.Close()
}

func (c *cluster) url() string {
	params := url.Values{"host": {c.folder}, "user": {"postgres"}}
	u := url.URL{Scheme: "postgres", Path: "/postgres", RawQuery: params.Encode()}
	return u.String()
}
