package soak

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

// serverVariable makes this test's program a server.
const serverVariable = "GREENROOM_SOAK_SERVER"

func TestMain(m *testing.M) {
	if raw := os.Getenv(serverVariable); raw != "" {
		if err := serve(raw); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(pgtest.Main(m))
}

// A told is what a server is started with. Its clock is ahead of this
// machine's.
type told struct {
	DataDir, DatabaseURL, MasterKey, PublicURL, CAFile string

	Ahead time.Duration
}

func (c told) config() app.Config {
	return app.Config{
		DataDir: c.DataDir, DatabaseURL: c.DatabaseURL, MasterKey: c.MasterKey, PublicURL: c.PublicURL, CAFile: c.CAFile,
		Development: true, Now: func() time.Time { return time.Now().Add(c.Ahead) },
	}
}

func serve(raw string) error {
	var c told
	if err := json.Unmarshal([]byte(raw), &c); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	a, err := app.Open(ctx, c.config())
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, a.Close())
	}
	fmt.Println(l.Addr())
	return errors.Join(a.Run(ctx, l), a.Close())
}

// A node is one server's process, and the next one in its place.
type node struct {
	t       *testing.T
	told    told
	mu      sync.Mutex
	process *exec.Cmd
	address string // empty while there is none
}

// start returns when the server listens.
func (n *node) start() {
	n.t.Helper()
	raw, err := json.Marshal(n.told)
	if err != nil {
		n.t.Fatal(err)
	}
	p := exec.Command(os.Args[0], "-test.run=^$")
	p.Env = append(os.Environ(), serverVariable+"="+string(raw))
	p.Stderr = n.t.Output()
	out, err := p.StdoutPipe()
	if err != nil {
		n.t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		n.t.Fatal(err)
	}
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		n.t.Fatal("a server did not start: ", err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.process, n.address = p, strings.TrimSpace(line)
}

// end ends the server by a signal: SIGKILL, as a machine does that fails, or
// SIGTERM.
func (n *node) end(how syscall.Signal) {
	n.mu.Lock()
	p := n.process
	n.process, n.address = nil, ""
	n.mu.Unlock()
	if p == nil {
		return
	}
	_ = p.Process.Signal(how)
	if err := p.Wait(); err != nil && how != syscall.SIGKILL {
		n.t.Errorf("a server ended with %v", err)
	}
}

func (n *node) where() string {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.address
}

// A proxy sends each request to the next server that runs.
type proxy struct {
	mu    sync.Mutex
	nodes []*node
	turn  int
}

func (p *proxy) next() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range p.nodes {
		p.turn++
		if to := p.nodes[p.turn%len(p.nodes)].where(); to != "" {
			return to
		}
	}
	return ""
}

func (p *proxy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	to := p.next()
	if to == "" {
		http.Error(w, "nobody there", http.StatusBadGateway)
		return
	}
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host, r.Out.Host = "http", to, r.In.Host
			r.Out.Header["X-Forwarded-For"] = r.In.Header["X-Forwarded-For"]
			r.SetXForwarded()
		},
		ErrorHandler: func(w http.ResponseWriter, _ *http.Request, _ error) {
			http.Error(w, "gone", http.StatusBadGateway)
		},
	}
	forward.ServeHTTP(w, r)
}
