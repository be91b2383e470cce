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
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// A Pooler is a PgBouncer in front of a server. It lends connections for a
// transaction.
type Pooler struct {
	// Version is what it says of itself, as in 1.24.0.
	Version string
	url     string
}

// URL returns the URL of the database by way of the pooler.
func (p *Pooler) URL() string { return p.url }

// Prepares tells whether it keeps prepared statements across transactions, as
// PgBouncer does from 1.21 on.
func (p *Pooler) Prepares() bool {
	var major, minor int
	_, err := fmt.Sscanf(p.Version, "%d.%d", &major, &minor)
	return err == nil && (major > 1 || minor >= 21)
}

// NewPooler starts one that has so many connections to lend; it ends with the
// test. The test fails if there is no PgBouncer, saying what to install.
func NewPooler(tb testing.TB, databaseURL string, connections int) *Pooler {
	tb.Helper()
	program, err := poolerProgram()
	if err != nil {
		tb.Fatal(err)
	}
	said, err := exec.Command(program, "--version").Output()
	if err != nil {
		tb.Fatal(err)
	}
	p := &Pooler{}
	if fields := strings.Fields(string(said)); len(fields) > 1 {
		p.Version = fields[1]
	}
	c, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		tb.Fatal(err)
	}
	folder, err := poolerFolder(tb)
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "users.txt"), fmt.Appendf(nil, "%q %q\n", c.User, c.Password), 0o644)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(folder, "pgbouncer.ini"), []byte(p.settings(c, folder, connections)), 0o644)
	}
	if err == nil {
		err = runPooler(tb, program, folder)
	}
	if err != nil {
		tb.Fatalf("PgBouncer: %v", err)
	}
	u := url.URL{Scheme: "postgres", Path: "/" + c.Database, RawQuery: url.Values{"host": {folder}, "port": {"6432"}, "user": {c.User}}.Encode()}
	p.url = u.String()
	return p
}

func (p *Pooler) settings(c *pgx.ConnConfig, folder string, connections int) string {
	lines := []string{
		"[databases]",
		fmt.Sprintf("* = host=%s port=%d", c.Host, c.Port),
		"[pgbouncer]",
		"listen_port = 6432", // names the socket; there is no other listener
		"unix_socket_dir = " + folder,
		"auth_type = trust",
		"auth_file = " + filepath.Join(folder, "users.txt"),
		"pool_mode = transaction",
		"max_client_conn = 200",
		fmt.Sprintf("default_pool_size = %d", connections),
	}
	if p.Prepares() {
		lines = append(lines, "max_prepared_statements = 200")
	}
	return strings.Join(lines, "\n") + "\n"
}

func poolerProgram() (string, error) {
	for _, name := range []string{"pgbouncer", "/usr/sbin/pgbouncer"} {
		if found, err := exec.LookPath(name); err == nil {
			return found, nil
		}
	}
	return "", errors.New("there is no PgBouncer: install pgbouncer")
}

// poolerFolder is one that the server's user can use, with a short path.
func poolerFolder(tb testing.TB) (string, error) {
	folder, err := os.MkdirTemp(disk, "greenroom-pooler-*")
	if err != nil {
		return "", err
	}
	tb.Cleanup(func() { _ = os.RemoveAll(folder) })
	who, err := serverUser()
	if err == nil && who != nil {
		err = os.Chown(folder, int(who.Uid), int(who.Gid))
	}
	return folder, err
}

// runPooler returns when it takes connections. The thread that starts it is
// kept, as with PostgreSQL's.
func runPooler(tb testing.TB, program, folder string) error {
	who, err := serverUser()
	if err != nil {
		return err
	}
	pooler := exec.Command(program, filepath.Join(folder, "pgbouncer.ini"))
	pooler.Dir = folder
	pooler.SysProcAttr = dieWithParent(&syscall.SysProcAttr{Credential: who})
	log, err := pooler.StderrPipe()
	if err != nil {
		return err
	}
	started, gone := make(chan error, 2), make(chan struct{})
	go func() {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer close(gone)
		err := pooler.Start()
		if err == nil {
			err = untilUp(log, started)
			_ = pooler.Wait() // how it ends that was told to end does not matter
		}
		started <- err
	}()
	if err := <-started; err != nil {
		return err
	}
	tb.Cleanup(func() {
		_ = pooler.Process.Signal(syscall.SIGQUIT)
		<-gone
	})
	return nil
}

// untilUp reads the log to its end. It tells up when there are connections to
// be had, and returns what was said if there never were.
func untilUp(log io.Reader, up chan<- error) error {
	var said strings.Builder
	told := false
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if told {
			continue
		}
		fmt.Fprintln(&said, lines.Text())
		if strings.Contains(lines.Text(), "process up") {
			told = true
			up <- nil
		}
	}
	if told {
		return nil
	}
	return errors.New(said.String())
}
