package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"runtime/pprof"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// Settings are what a server is started with, in JSON in settingsVariable.
type settings struct {
	Part     string // what it is measured for
	Kind     string // greenroom or floor
	Database string // URL; empty: SQLite in Folder
	Folder   string
	LMS      string // where the LMS of all platforms listens
	Key      []byte // PKCS #8: signs for all platforms

	Connections int // platforms that are connected
	Active      int // of them, those that launch
}

const settingsVariable = "GREENROOM_BENCH_SERVER"

const (
	clientID   = "bench"
	deployment = "1"
	keyID      = "platform-key"
)

// issuer is the n-th platform's.
func issuer(n int) string { return fmt.Sprintf("https://lms-%d.example.com", n) }

// This process is a server, or measures some.
var here settings

// benchKey signs for every platform. It is one of this run only.
func benchKey() lti.PrivateKey {
	key, err := lti.ParsePrivateKey(keyID, here.Key)
	if err != nil {
		panic(err)
	}
	return key
}

// An engine is a server under measurement, within its process.
type engine interface {
	handler() http.Handler
	// grow adds old launches, with their spent states.
	grow(ctx context.Context, rows int) error
	// rehearse has the talks of sessions that were begun known.
	rehearse(ctx context.Context, sessions int) error
	// owe makes scores that wait to be brought to the LMS.
	owe(ctx context.Context, scores int) error
	// deliver sets workers to bringing them, so many for each LMS.
	deliver(ctx context.Context, workers int)
	// paths of the login, the launch
	paths() (login, launch string)
}

// An announcement is what a server tells the process that has started it.
type announcement struct {
	URL, Control  string
	Login, Launch string // paths
	Ready         time.Duration
}

// serve is the server's process: it announces itself on standard output and
// ends with its standard input.
func serve(ctx context.Context) error {
	begun := time.Now()
	web, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	control, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	var e engine
	if here.Kind == "floor" {
		e, err = newFloor(ctx, here)
	} else {
		e, err = newHouse(ctx, here, "http://"+web.Addr().String())
	}
	if err != nil {
		return err
	}
	login, launch := e.paths()
	go func() { _ = http.Serve(web, e.handler()) }()
	go func() { _ = http.Serve(control, controls(ctx, e)) }()
	err = json.NewEncoder(os.Stdout).Encode(announcement{
		"http://" + web.Addr().String(), "http://" + control.Addr().String(), login, launch, time.Since(begun),
	})
	if err != nil {
		return err
	}
	_, _ = os.Stdin.Read(make([]byte, 1)) // until whoever started us lets go
	return nil
}

// controls are what is asked of a server while no clock runs.
func controls(ctx context.Context, e engine) http.Handler {
	mux := http.NewServeMux()
	var profile bytes.Buffer // asked for by one, in turn
	mux.HandleFunc("GET /cpu", func(w http.ResponseWriter, _ *http.Request) {
		var u syscall.Rusage
		if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(time.Duration(u.Utime.Nano() + u.Stime.Nano()))
	})
	do := func(what func(ctx context.Context, n int) error) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			n, err := strconv.Atoi(r.URL.Query().Get("n"))
			if err == nil {
				err = what(ctx, n)
			}
			if err != nil {
				http.Error(w, err.Error(), http.StatusInternalServerError)
			}
		}
	}
	mux.HandleFunc("POST /profile/begin", func(w http.ResponseWriter, _ *http.Request) {
		profile.Reset()
		if err := pprof.StartCPUProfile(&profile); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
		}
	})
	mux.HandleFunc("POST /profile/end", func(w http.ResponseWriter, _ *http.Request) {
		pprof.StopCPUProfile()
		_, _ = w.Write(profile.Bytes())
	})
	mux.HandleFunc("GET /allocs", func(w http.ResponseWriter, _ *http.Request) { _ = pprof.Lookup("allocs").WriteTo(w, 0) })
	mux.HandleFunc("POST /grow", do(e.grow))
	mux.HandleFunc("POST /rehearse", do(e.rehearse))
	mux.HandleFunc("POST /owe", do(e.owe))
	mux.HandleFunc("POST /deliver", do(func(ctx context.Context, n int) error { e.deliver(ctx, n); return nil }))
	return mux
}

// A server is one that this process has started.
type server struct {
	announcement
	settings
	process  *exec.Cmd
	stdin    interface{ Close() error }
	database int // process ID of PostgreSQL, 0 for SQLite
}

func start(ctx context.Context, s settings, database int) (*server, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self)
	cmd.Env = append(os.Environ(), settingsVariable+"="+string(raw))
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	started := &server{settings: s, process: cmd, stdin: in, database: database}
	if err := json.NewDecoder(out).Decode(&started.announcement); err != nil {
		return nil, errors.Join(fmt.Errorf("%s did not start: %w", s.Kind, err), started.stop())
	}
	return started, nil
}

func (s *server) stop() error {
	_ = s.stdin.Close()
	err := s.process.Wait()
	if _, ended := errors.AsType[*exec.ExitError](err); ended {
		return nil
	}
	return err
}

// ask has the server do something while no clock runs.
func (s *server) ask(what string, n int) error {
	resp, err := http.Post(fmt.Sprintf("%s/%s?n=%d", s.Control, what, n), "", nil)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s %s: %s", s.Kind, what, resp.Status, firstLine(resp))
	}
	return nil
}

func firstLine(resp *http.Response) string {
	raw := make([]byte, 300)
	n, _ := resp.Body.Read(raw)
	return strings.TrimSpace(string(raw[:n]))
}

// cpu is what the server, and its database, have used so far.
func (s *server) cpu() (time.Duration, error) {
	resp, err := http.Get(s.Control + "/cpu")
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	var own time.Duration
	if err := json.NewDecoder(resp.Body).Decode(&own); err != nil || s.database == 0 {
		return own, err
	}
	theirs, err := treeCPU(s.database)
	return own + theirs, err
}

// memory returns a figure of /proc/…/status in KiB, such as VmHWM, the peak.
func (s *server) memory(figure string) int {
	raw, _ := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.process.Process.Pid))
	for line := range strings.Lines(string(raw)) {
		if rest, ok := strings.CutPrefix(line, figure+":"); ok {
			n, _ := strconv.Atoi(strings.Fields(rest)[0])
			return n
		}
	}
	return 0
}
