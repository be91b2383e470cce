package app_test

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/letsencrypt/pebble/v2/ca"
	"github.com/letsencrypt/pebble/v2/db"
	"github.com/letsencrypt/pebble/v2/va"
	"github.com/letsencrypt/pebble/v2/wfe"
	"github.com/miekg/dns"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// An acme is a whole certificate authority on loopback: Pebble, with which
// Let's Encrypt lets clients be tried. It looks up each name and asks there,
// as authorities do, but on the ports of this test.
type acme struct {
	directory string // its address
	caFile    string // who vouches for that address
	roots     *x509.CertPool
	names     *lookedUp

	memory *db.MemoryStore
	issuer *ca.CAImpl
	dns    string
	door   atomic.Pointer[http.Handler]
}

func openACME(t *testing.T) *acme {
	t.Helper()
	for name, value := range map[string]string{
		"PEBBLE_VA_NOSLEEP": "1", "PEBBLE_AUTHZREUSE": "0", // each order is asked about
	} {
		t.Setenv(name, value)
	}
	own := newAuthority(t)
	a := &acme{caFile: own.file(t), roots: x509.NewCertPool(), names: &lookedUp{}, memory: db.NewMemoryStore()}
	a.issuer = ca.New(quiet, a.memory, "", "ecdsa", 0, 1, map[string]ca.Profile{"default": {}})
	a.roots.AddCert(a.issuer.GetRootCert(0).Cert)
	a.dns = a.names.serve(t)

	l := listenTLS(t, own.issue(t, "localhost"))
	server := &http.Server{ReadHeaderTimeout: 10 * time.Second, ErrorLog: quiet, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		(*a.door.Load()).ServeHTTP(w, r)
	})}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	a.directory = fmt.Sprintf("https://localhost:%d%s", port(l), wfe.DirectoryPath)
	return a
}

var quiet = log.New(io.Discard, "", 0)

// nowhere is a port on which nobody answers.
const nowhere = 1

// askOn has the authority ask on these ports from now on.
func (a *acme) askOn(plain, secure int) {
	front := wfe.New(quiet, a.memory, va.New(quiet, plain, secure, true, a.dns, a.memory), a.issuer, []string{"authority.example"}, true, false, 0, 0)
	door := front.Handler()
	a.door.Store(&door)
}

// lookedUp is a name server to which every name is on this machine, and that
// knows which it was asked for.
type lookedUp struct {
	mu    sync.Mutex
	names []string
}

func (l *lookedUp) serve(t *testing.T) (address string) {
	socket := listen(t)
	server := &dns.Server{Listener: socket, Handler: dns.HandlerFunc(l.answer)}
	go func() { _ = server.ActivateAndServe() }()
	t.Cleanup(func() { _ = server.Shutdown() })
	return socket.Addr().String()
}

func (l *lookedUp) answer(w dns.ResponseWriter, query *dns.Msg) {
	answer := new(dns.Msg).SetReply(query)
	q := query.Question[0]
	if q.Qtype == dns.TypeA {
		header := dns.RR_Header{Name: q.Name, Rrtype: dns.TypeA, Class: dns.ClassINET}
		answer.Answer = []dns.RR{&dns.A{Hdr: header, A: net.IPv4(127, 0, 0, 1)}}
	}
	l.mu.Lock()
	l.names = append(l.names, q.Name)
	l.mu.Unlock()
	_ = w.WriteMsg(answer)
}

func (l *lookedUp) has(name string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.Contains(l.names, name+".")
}

// certificateOf returns what a browser that trusts roots is shown under a name.
func certificateOf(at net.Addr, name string, roots *x509.CertPool) (*x509.Certificate, error) {
	d := tls.Dialer{NetDialer: &net.Dialer{Timeout: 20 * time.Second}, Config: &tls.Config{RootCAs: roots, ServerName: name}}
	conn, err := d.Dial("tcp", at.String())
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	return conn.(*tls.Conn).ConnectionState().PeerCertificates[0], nil
}

// await asks for a certificate until there is one that is not old.
func await(t *testing.T, at net.Addr, name string, roots *x509.CertPool, old *x509.Certificate) *x509.Certificate {
	t.Helper()
	for again := time.NewTicker(50 * time.Millisecond); ; {
		got, err := certificateOf(at, name, roots)
		if err == nil && (old == nil || !got.Equal(old)) {
			return got
		}
		select {
		case <-again.C:
		case <-t.Context().Done():
			t.Fatalf("%s: %v", name, err)
		}
	}
}

// withACME serves with a configuration until the test, or stop, ends it. There
// need not be a listener for plain http.
func withACME(t *testing.T, c app.Config, secure, plain net.Listener) (a *app.App, stop func()) {
	t.Helper()
	a, err := app.Open(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	served := make(chan error, 2)
	go func() { served <- a.Run(ctx, secure) }()
	go func() {
		if plain == nil {
			served <- nil
			return
		}
		served <- a.ServeRedirects(ctx, plain)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := errors.Join(<-served, <-served, a.Close()); err != nil {
			t.Error(err)
		}
	})
	t.Cleanup(stop)
	return a, stop
}

// A server that speaks https itself orders the certificate of the public URL's
// host when it starts and that of a workspace's host when somebody comes, and
// lets nobody make it order any other. What is near its end it renews. It is
// asked by plain http where it answers that, and by TLS where it does not.
func TestCertificatesByACME(t *testing.T) {
	const public, own, foreign = "practice.example.com", "sales.example.org", "evil.example.net"
	authority := openACME(t)
	secure, plain := listen(t), listen(t)
	authority.askOn(port(plain), nowhere)
	c := app.Config{
		DataDir: t.TempDir(), PublicURL: "https://" + public, HTTPS: true, ACMEEmail: "ops@example.com",
		ACMEDirectory: authority.directory, CAFile: authority.caFile, Listen: secure.Addr().String(), HTTPListen: plain.Addr().String(),
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	}
	a, stop := withACME(t, c, secure, plain)
	w, err := a.Service.CreateWorkspace(t.Context(), "Sales team", "", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := a.Service.SetHost(t.Context(), greenroom.Operator(w.ID), own); err != nil {
		t.Fatal(err)
	}
	first := map[string]*x509.Certificate{}
	for _, name := range []string{own, public} {
		first[name] = await(t, secure.Addr(), name, authority.roots, nil)
	}
	if _, err := certificateOf(secure.Addr(), foreign, authority.roots); err == nil || authority.names.has(foreign) {
		t.Errorf("%s: %v, and the authority asked for %q", foreign, err, authority.names.names)
	}
	stop()

	for name, certificate := range first {
		age(t, c.DataDir, name, certificate)
	}
	secure, plain = again(t, secure), nil
	authority.askOn(nowhere, port(secure))
	c.HTTPListen = ""
	withACME(t, c, secure, plain)
	for name, certificate := range first {
		await(t, secure.Addr(), name, authority.roots, certificate)
	}
}

// again listens where a listener did that was closed.
func again(t *testing.T, l net.Listener) net.Listener {
	t.Helper()
	again, err := net.Listen("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return again
}

// age puts in the place of a certificate that was kept one that is the same for
// its authority, but ends tomorrow.
func age(t *testing.T, folder, name string, c *x509.Certificate) {
	t.Helper()
	found, err := filepath.Glob(filepath.Join(folder, "certificates/certificates/*", name, name+".crt"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	signer := newAuthority(t)
	raw, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: c.SerialNumber, AuthorityKeyId: c.AuthorityKeyId, DNSNames: c.DNSNames, KeyUsage: c.KeyUsage, ExtKeyUsage: c.ExtKeyUsage,
		NotBefore: time.Now().Add(-89 * 24 * time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}, signer.certificate, c.PublicKey, signer.key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(found[0], pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: raw}), 0o600); err != nil {
		t.Fatal(err)
	}
}
