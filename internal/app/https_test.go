package app_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
)

// certificateFiles makes a certificate that signs itself.
func certificateFiles(t *testing.T, name string) (cert, key string, roots *x509.CertPool) {
	t.Helper()
	private, err1 := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{name}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err2 := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	pkcs8, err3 := x509.MarshalPKCS8PrivateKey(private)
	folder := t.TempDir()
	cert, key = filepath.Join(folder, "cert.pem"), filepath.Join(folder, "key.pem")
	err4 := os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600)
	err5 := os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: pkcs8}), 0o600)
	parsed, err6 := x509.ParseCertificate(der)
	if err := errors.Join(err1, err2, err3, err4, err5, err6); err != nil {
		t.Fatal(err)
	}
	roots = x509.NewCertPool()
	roots.AddCert(parsed)
	return cert, key, roots
}

// A server without a proxy speaks https, sends plain http there, and drains as
// behind a proxy.
func TestServingHTTPS(t *testing.T) {
	cert, key, roots := certificateFiles(t, "practice.example.com")
	a, err := app.Open(t.Context(), app.Config{
		DataDir: t.TempDir(), PublicURL: "https://practice.example.com:8443", TLSCert: cert, TLSKey: key,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	secure, plain := listen(t), listen(t)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- a.Run(ctx, secure) }()
	go func() { ended <- a.ServeRedirects(ctx, plain) }()

	client := &http.Client{
		Transport: &http.Transport{
			ForceAttemptHTTP2: true, TLSClientConfig: &tls.Config{RootCAs: roots},
			DialContext: func(ctx context.Context, _, address string) (net.Conn, error) {
				to := secure
				if strings.HasSuffix(address, ":80") {
					to = plain
				}
				return (&net.Dialer{}).DialContext(ctx, "tcp", to.Addr().String())
			},
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	answer, err := client.Get("https://practice.example.com:8443/livez")
	if err != nil {
		t.Fatal(err)
	}
	text, _ := io.ReadAll(answer.Body)
	_ = answer.Body.Close()
	if answer.ProtoMajor != 2 || string(text) != "ok\n" || answer.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s %q %v", answer.Proto, text, answer.Header)
	}
	answer, err = client.Get("http://practice.example.com/sign-in")
	if err != nil {
		t.Fatal(err)
	}
	_ = answer.Body.Close()
	if got := answer.Header.Get("Location"); answer.StatusCode != 301 || got != "https://practice.example.com:8443/sign-in" {
		t.Errorf("%d %s", answer.StatusCode, got)
	}
	client.CloseIdleConnections()
	stop()
	for range cap(ended) {
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	return l
}
