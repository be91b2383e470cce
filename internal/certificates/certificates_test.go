package certificates

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/caddyserver/certmagic"
)

// An authority signs whatever it is asked to, and remembers for whom.
type authority struct {
	cert   *x509.Certificate
	key    *ecdsa.PrivateKey
	mu     sync.Mutex
	signed []string
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	fine(t, err)
	a := &authority{key: key}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	fine(t, err)
	a.cert, err = x509.ParseCertificate(der)
	fine(t, err)
	return a
}

func (a *authority) sign(names []string, public any) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.signed = append(a.signed, names...)
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(int64(len(a.signed) + 1)), DNSNames: names,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(90 * 24 * time.Hour),
	}, a.cert, public, a.key)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), err
}

// Issue implements certmagic.Issuer.
func (a *authority) Issue(_ context.Context, r *x509.CertificateRequest) (*certmagic.IssuedCertificate, error) {
	chain, err := a.sign(r.DNSNames, r.PublicKey)
	return &certmagic.IssuedCertificate{Certificate: chain}, err
}

// IssuerKey implements certmagic.Issuer.
func (*authority) IssuerKey() string { return "test" }

func (a *authority) roots() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

func fine(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// serve answers on TLS, by both protocols, and returns the address.
func serve(t *testing.T, config *tls.Config) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	fine(t, err)
	s := &http.Server{TLSConfig: config, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, r.Proto)
	})}
	go func() { _ = s.ServeTLS(l, "", "") }()
	t.Cleanup(func() { _ = s.Close() })
	return l.Addr().String()
}

// visit asks for a name at an address and returns what was answered.
func visit(at, name string, roots *x509.CertPool) (string, error) {
	transport := &http.Transport{
		ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots},
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "tcp", at)
		},
	}
	defer transport.CloseIdleConnections()
	answer, err := (&http.Client{Transport: transport, Timeout: 20 * time.Second}).Get("https://" + name + "/")
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	return string(text), err
}

// The host of the public URL has a certificate, hosts of workspaces get one
// when somebody comes, and nobody else can make the server order any.
func TestCertificatesAreOrdered(t *testing.T) {
	ca := newAuthority(t)
	folder := filepath.Join(t.TempDir(), "certificates")
	unknown := errors.New("nobody's host")
	open := func() string {
		a, err := New(Options{
			Host: "practice.example.com", Folder: folder, Log: slog.New(slog.DiscardHandler), issuer: ca,
			Allowed: func(_ context.Context, host string) error {
				if host == "team.example.org" {
					return nil
				}
				return unknown
			},
		})
		fine(t, err)
		t.Cleanup(a.Stop)
		fine(t, a.main.ManageSync(t.Context(), []string{a.host})) // what Start does beside the requests
		return serve(t, a.TLS())
	}
	at := open()
	for name, allowed := range map[string]bool{
		"practice.example.com": true, "Practice.Example.COM": true, "team.example.org": true,
		"evil.example.net": false, "sub.practice.example.com": false,
	} {
		text, err := visit(at, name, ca.roots())
		if (err == nil) != allowed || allowed && text != "HTTP/2.0" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	if len(ca.signed) != 2 {
		t.Errorf("ordered for %q", ca.signed)
	}
	at = open() // a restart orders nothing that is there
	if _, err := visit(at, "practice.example.com", ca.roots()); err != nil || len(ca.signed) != 2 {
		t.Errorf("after a restart: %v, ordered for %q", err, ca.signed)
	}
}

func TestACMEAsConfigured(t *testing.T) {
	for name, tc := range map[string]struct {
		options Options
		want    string // in the error; empty: none
		asked   string // where it is asked: host, port of TLS, port of http, not by http
	}{
		"a name":                       {Options{Host: "practice.example.com", Email: "ops@example.com"}, "", ""},
		"ports that are passed on":     {Options{Host: "practice.example.com", Listen: "127.0.0.1:8443", HTTPListen: "127.0.0.1:8080"}, "", "127.0.0.1:8443 8080 false"},
		"ports by name":                {Options{Host: "practice.example.com", Listen: ":https", HTTPListen: ":http"}, "", ":443 80 false"},
		"no plain http":                {Options{Host: "practice.example.com", Listen: ":443"}, "", ":443 0 true"},
		"an authority of one's own":    {Options{Host: "practice.example.com", Directory: "https://ca.example.com/acme/directory"}, "", ""},
		"no host":                      {Options{}, "no host", ""},
		"an address":                   {Options{Host: "192.0.2.7"}, "use --tls-cert", ""},
		"an IPv6 address":              {Options{Host: "[2001:db8::1]"}, "use --tls-cert", ""},
		"this machine":                 {Options{Host: "localhost"}, "no authority gives a certificate for \"localhost\"", ""},
		"a name inside the house":      {Options{Host: "intranet"}, "the whole internet can look up", ""},
		"a directory that is no URL":   {Options{Host: "practice.example.com", Directory: "letsencrypt"}, "must be an https:// address", ""},
		"a directory that is no https": {Options{Host: "practice.example.com", Directory: "http://ca.example.com"}, "must be an https:// address", ""},
	} {
		t.Run(name, func(t *testing.T) {
			tc.options.Folder, tc.options.Log = t.TempDir(), slog.New(slog.DiscardHandler)
			a, err := New(tc.options)
			if tc.want != "" {
				if err == nil || !strings.Contains(err.Error(), tc.want) {
					t.Errorf("error = %v, want %q", err, tc.want)
				}
				return
			}
			fine(t, err)
			defer a.Stop()
			directory := tc.options.Directory
			if directory == "" {
				directory = "https://acme-v02.api.letsencrypt.org/directory"
			}
			for _, c := range []*certmagic.Config{a.main, a.others} {
				acme := c.Issuers[0].(*certmagic.ACMEIssuer)
				if acme.CA != directory || acme.Email != tc.options.Email || !acme.Agreed {
					t.Errorf("%s, %s, agreed %v", acme.CA, acme.Email, acme.Agreed)
				}
				if got := fmt.Sprintf("%s:%d %d %v", acme.ListenHost, acme.AltTLSALPNPort, acme.AltHTTPPort, acme.DisableHTTPChallenge); got != cmp.Or(tc.asked, ":0 0 true") {
					t.Errorf("it is asked at %s, want %s", got, tc.asked)
				}
			}
			if got := a.TLS().NextProtos; strings.Join(got, " ") != "h2 http/1.1 acme-tls/1" {
				t.Errorf("protocols %q", got)
			}
			w := httptest.NewRecorder()
			a.Challenges(Redirect("")).ServeHTTP(w, httptest.NewRequest("GET", "http://practice.example.com/lti/x?y=1", nil))
			if w.Code != 301 || w.Header().Get("Location") != "https://practice.example.com/lti/x?y=1" {
				t.Errorf("%d %s", w.Code, w.Header().Get("Location"))
			}
		})
	}
}

func TestRedirect(t *testing.T) {
	for name, tc := range map[string]struct{ method, port, url, want string }{
		"a page":            {"GET", "443", "http://a.example.com/x%2Fy?z=1", "https://a.example.com/x%2Fy?z=1"},
		"another port":      {"HEAD", "8443", "http://a.example.com:80/", "https://a.example.com:8443/"},
		"what was sent":     {"POST", "443", "http://a.example.com/sign-in", ""},
		"a path to nowhere": {"GET", "443", "http://a.example.com//evil.example.net", "https://a.example.com//evil.example.net"},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			Redirect(tc.port).ServeHTTP(w, httptest.NewRequest(tc.method, tc.url, nil))
			if got := w.Header().Get("Location"); got != tc.want || (w.Code == 301) != (tc.want != "") {
				t.Errorf("%d %q, want %q", w.Code, got, tc.want)
			}
		})
	}
}

// Files that are renewed by somebody else are read again; what is half renewed
// waits.
func TestFilesAreReadAgain(t *testing.T) {
	ca := newAuthority(t)
	folder := t.TempDir()
	cert, key := filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	write := func(name string, stamp time.Time) {
		private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		fine(t, err)
		chain, err := ca.sign([]string{name}, private.Public())
		fine(t, err)
		der, err := x509.MarshalPKCS8PrivateKey(private)
		fine(t, err)
		fine(t, os.WriteFile(cert, chain, 0o600))
		fine(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), 0o600))
		fine(t, errors.Join(os.Chtimes(cert, stamp, stamp), os.Chtimes(key, stamp, stamp)))
	}
	now := time.Now()
	if _, err := NewFiles(cert, key, time.Now, nil); err == nil || !strings.Contains(err.Error(), "cert.pem") {
		t.Errorf("without files: %v", err)
	}
	write("a.example.com", now)
	var out bytes.Buffer
	f, err := NewFiles(cert, key, func() time.Time { return now }, slog.New(slog.NewTextHandler(&out, nil)))
	fine(t, err)
	at := serve(t, f.TLS())
	answers := func(name string, want bool) {
		t.Helper()
		text, err := visit(at, name, ca.roots())
		if (err == nil) != want || want && text != "HTTP/2.0" {
			t.Errorf("%s: %q, %v", name, text, err)
		}
	}
	answers("a.example.com", true)

	write("b.example.com", now.Add(time.Minute))
	answers("a.example.com", true) // nobody has looked yet
	now = now.Add(lookEvery)
	answers("b.example.com", true)
	answers("a.example.com", false)

	fine(t, os.WriteFile(key, []byte("half"), 0o600))
	now = now.Add(lookEvery)
	answers("b.example.com", true)
	if !strings.Contains(out.String(), "changed certificate not used") {
		t.Error(out.String())
	}
	if _, err := NewFiles(cert, key, time.Now, nil); err == nil || !strings.Contains(err.Error(), "key.pem") {
		t.Errorf("with half a key: %v", err)
	}
}
