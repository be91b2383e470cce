package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/demolms"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// A tlsHouse is Greenroom on https://tool.localhost and the demo LMS on
// https://lms.localhost: two sites, as they are in the world.
type tlsHouse struct {
	app      *app.App
	lms      *demolms.LMS
	lmsURL   string
	toolURL  string
	spki     string // of the certificate, for the browser
	activity string
}

// openTLSHouse serves both, connected, with an activity that opens in a frame.
func openTLSHouse(t *testing.T, profile platform.Profile) *tlsHouse {
	t.Helper()
	authority := newAuthority(t)
	leaf := authority.issue(t, "lms.localhost", "tool.localhost")
	tool, lms := listenTLS(t, leaf), listenTLS(t, leaf)
	h := &tlsHouse{
		toolURL: fmt.Sprintf("https://tool.localhost:%d", port(tool)), lmsURL: fmt.Sprintf("https://lms.localhost:%d", port(lms)),
		spki: spki(t, leaf),
	}
	var err error
	h.lms, err = demolms.New(demolms.Options{
		BaseURL: h.lmsURL, Profile: profile,
		Client: &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: authority.pool()}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: h.lms.Handler(), ReadHeaderTimeout: 10 * time.Second, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, 0)}
	go func() { _ = server.Serve(lms) }()
	t.Cleanup(func() { _ = server.Close() })

	h.app, err = app.Open(t.Context(), app.Config{
		DataDir: t.TempDir(), PublicURL: h.toolURL, CAFile: authority.file(t),
		AllowNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}, AllowPorts: []uint16{uint16(port(lms))},
		Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn})),
	})
	if err != nil {
		t.Fatal(err)
	}
	h.run(t, tool)
	h.connect(t)
	return h
}

func (h *tlsHouse) run(t *testing.T, l net.Listener) {
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	stopped := make(chan error, 1)
	go func() { stopped <- h.app.Run(ctx, l) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if err := h.app.Close(); err != nil {
			t.Error(err)
		}
	})
}

func (h *tlsHouse) connect(t *testing.T) {
	t.Helper()
	w, err := h.app.Service.CreateWorkspace(t.Context(), "Sales team", "", true)
	if err != nil {
		t.Fatal(err)
	}
	u := h.app.Kit.URLs
	values, err := h.lms.ConnectManually(demolms.ToolSettings{
		Name: "Greenroom", ToolURL: u.Launch(w.ID), LoginURL: u.Login(w.ID),
		RedirectURIs: []string{u.Launch(w.ID)}, KeySetURL: u.KeySet(w.ID),
	})
	if err != nil {
		t.Fatal(err)
	}
	saved, err := h.app.Service.SaveConnection(t.Context(), greenroom.Operator(w.ID), greenroom.ConnectionForm{
		Platform: values.PlatformName, Issuer: values.Issuer, ClientID: values.ClientID, Deployments: values.DeploymentID,
		AuthURL: values.AuthURL, TokenURL: values.TokenURL, KeySetURL: values.KeySetURL,
	})
	if err != nil || len(saved.Warnings) > 0 {
		t.Fatal(err, saved.Warnings)
	}
	h.activity = "Practice: discovery call"
	err = h.lms.AddActivity(demolms.Activity{
		Tool: values.ClientID, Title: h.activity, Maximum: 100, Frame: true,
		Custom: map[string]string{greenroom.ScenarioParameter: "discovery-call"},
	})
	if err != nil {
		t.Fatal(err)
	}
}

func listenTLS(t *testing.T, leaf tls.Certificate) net.Listener {
	t.Helper()
	l, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{leaf}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func port(l net.Listener) int { return l.Addr().(*net.TCPAddr).Port }

// An authority signs the certificates of one test.
type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	t.Helper()
	key := newECKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(raw)
	if err != nil {
		t.Fatal(err)
	}
	return authority{made, key}
}

func newECKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

func (a authority) issue(t *testing.T, names ...string) tls.Certificate {
	t.Helper()
	key := newECKey(t)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		DNSNames: names, KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	raw, err := x509.CreateCertificate(rand.Reader, template, a.certificate, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{raw}, PrivateKey: key}
}

func (a authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

func (a authority) file(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: a.certificate.Raw})
	if err := os.WriteFile(path, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// spki is by what the browser is told to trust a certificate.
func spki(t *testing.T, leaf tls.Certificate) string {
	t.Helper()
	parsed, err := x509.ParseCertificate(leaf.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(parsed.RawSubjectPublicKeyInfo)
	return base64.StdEncoding.EncodeToString(sum[:])
}

// resolveLocalhost has this process find *.localhost on loopback, as browsers
// do by themselves, and no other name at all.
func resolveLocalhost() error {
	server, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		for query := make([]byte, 512); ; {
			n, from, err := server.ReadFrom(query)
			if err != nil {
				return
			}
			_, _ = server.WriteTo(loopbackAnswer(query[:n]), from)
		}
	}()
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", server.LocalAddr().String())
	}}
	return nil
}

// loopbackAnswer answers one question of the DNS (RFC 1035 §4): 127.0.0.1, or
// that there is no such name.
func loopbackAnswer(query []byte) []byte {
	end, last := 12, ""
	for query[end] != 0 {
		next := end + 1 + int(query[end])
		last = string(query[end+1 : next])
		end = next
	}
	end += 5 // the root's label, type, class
	answer := append([]byte(nil), query[:end]...)
	binary.BigEndian.PutUint16(answer[2:], 0x8180)
	binary.BigEndian.PutUint32(answer[8:], 0)
	switch {
	case last != "localhost":
		answer[3] |= 3 // no such name
	case binary.BigEndian.Uint16(query[end-4:]) == 1:
		binary.BigEndian.PutUint16(answer[6:], 1)
		answer = append(answer, 0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1)
	}
	return answer
}
