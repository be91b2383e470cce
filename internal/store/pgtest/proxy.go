package pgtest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// A Proxy stands between a program and its PostgreSQL, as a network does: it
// cuts connections, and is slow. It knows enough of the protocol to cut one
// exactly when the server has committed and the program has not heard of it.
type Proxy struct {
	listener         net.Listener
	network, address string // of the server
	url              string

	mu    sync.Mutex
	lose  []string      // whoever sends all of these hears nothing of the commit
	lost  chan struct{} // closed then
	delay time.Duration // of each answer
	away  bool
	conns map[*proxied]bool
	busy  sync.WaitGroup
}

// NewProxy returns one in front of a server, closed when the test ends.
func NewProxy(tb testing.TB, databaseURL string) *Proxy {
	tb.Helper()
	c, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		tb.Fatal(err)
	}
	p := &Proxy{network: "tcp", conns: map[*proxied]bool{}}
	p.address = net.JoinHostPort(c.Host, strconv.Itoa(int(c.Port)))
	if strings.HasPrefix(c.Host, "/") {
		p.network, p.address = "unix", c.Host+"/.s.PGSQL."+strconv.Itoa(int(c.Port))
	}
	if p.listener, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		tb.Fatal(err)
	}
	u := url.URL{
		Scheme: "postgres", User: url.UserPassword(c.User, c.Password), Host: p.listener.Addr().String(),
		Path: "/" + c.Database, RawQuery: "sslmode=disable",
	}
	p.url = u.String()
	p.busy.Go(p.serve)
	tb.Cleanup(func() {
		_ = p.listener.Close()
		p.Cut(true)
		p.busy.Wait()
	})
	return p
}

// URL returns the URL of the database by way of the proxy.
func (p *Proxy) URL() string { return p.url }

// LoseCommit cuts the next connection that sends all of these texts in one
// transaction, or in a statement outside of one, when the server has answered
// that it is committed. That answer is not passed on. The channel is closed
// then.
func (p *Proxy) LoseCommit(of ...string) (lost <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lose, p.lost = of, make(chan struct{})
	return p.lost
}

// Slow holds each answer up for so long; zero ends it.
func (p *Proxy) Slow(delay time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.delay = delay
}

// Cut cuts all connections. While the server is away there are no new ones.
func (p *Proxy) Cut(away bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.away = away
	for c := range p.conns {
		c.close()
	}
}

func (p *Proxy) serve() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return // closed
		}
		server, err := net.Dial(p.network, p.address)
		if err != nil {
			_ = client.Close() // the server is away
			continue
		}
		p.busy.Go(func() { p.join(&proxied{proxy: p, client: client, server: server}) })
	}
}

// join keeps a connection until one of its ends hangs up.
func (p *Proxy) join(c *proxied) {
	defer c.close()
	p.mu.Lock()
	if p.away {
		p.mu.Unlock()
		return
	}
	p.conns[c] = true
	p.mu.Unlock()
	p.busy.Go(c.ask)
	c.answer()
	p.mu.Lock()
	delete(p.conns, c)
	p.mu.Unlock()
}

// A proxied is one connection.
type proxied struct {
	proxy          *Proxy
	client, server net.Conn
	asked          []byte // in this transaction
}

func (c *proxied) close() {
	_ = c.client.Close()
	_ = c.server.Close()
}

// ask passes on what the program says.
func (c *proxied) ask() {
	defer c.close()
	for piece := make([]byte, 64<<10); ; {
		n, err := c.client.Read(piece)
		c.proxy.mu.Lock()
		c.asked = append(c.asked, piece[:n]...)
		c.proxy.mu.Unlock()
		if _, failed := c.server.Write(piece[:n]); err != nil || failed != nil {
			return
		}
	}
}

// answer passes on what the server says. From what is to be lost on it keeps
// messages back until it is known whether they tell of a commit.
func (c *proxied) answer() {
	var kept []byte
	for {
		message, err := readMessage(c.server)
		if err != nil {
			return
		}
		kept = append(kept, message...)
		ready := message[0] == 'Z'               // ReadyForQuery
		over := ready && message[5] == 'I'       // and not within a transaction
		switch losing, delay := c.heard(over); { // one lock for each
		case losing && over:
			return
		case losing && !ready:
			continue
		case ready && delay > 0:
			time.Sleep(delay) // this is the slowness, not a wait for something
		}
		if _, err := c.client.Write(kept); err != nil {
			return
		}
		kept = nil
	}
}

// heard tells whether what was asked is to be lost, and how long answers take.
func (c *proxied) heard(over bool) (losing bool, delay time.Duration) {
	p := c.proxy
	p.mu.Lock()
	defer p.mu.Unlock()
	losing = p.lose != nil
	for _, text := range p.lose {
		losing = losing && bytes.Contains(c.asked, []byte(text))
	}
	if over {
		c.asked = nil
	}
	if over && losing {
		p.lose = nil
		close(p.lost)
	}
	return losing, p.delay
}

// readMessage reads one message of the server: its kind, its length, the rest.
func readMessage(from io.Reader) ([]byte, error) {
	head := make([]byte, 5)
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, err
	}
	rest := int64(binary.BigEndian.Uint32(head[1:])) - 4
	if rest < 0 {
		return nil, errors.New("no message of PostgreSQL's")
	}
	message := append(head, make([]byte, rest)...)
	_, err := io.ReadFull(from, message[5:])
	return message, err
}
