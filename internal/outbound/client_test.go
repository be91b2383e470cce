package outbound

import (
	"bufio"
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

func open(t *testing.T, o Options) *Client {
	t.Helper()
	c, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.CloseIdleConnections)
	return c
}

func get(t *testing.T, c *Client, address string) (*http.Response, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := c.Do(r)
	if err == nil {
		t.Cleanup(func() { _ = answer.Body.Close() })
	}
	return answer, err
}

const notAHost = "its host is neither a name nor an address in its usual form"

const privately = "that address is on a private network; the operator can allow it with --allow-network"

func TestAddressesThatAreNotCalled(t *testing.T) {
	c := open(t, Options{Version: "1"})
	for name, tc := range map[string]struct{ url, want string }{
		"loopback":                     {"https://127.0.0.1/", privately},
		"loopback, another one":        {"https://127.1.2.3/", privately},
		"loopback by name":             {"https://localhost/", privately},
		"loopback in IPv6":             {"https://[::1]/", privately},
		"loopback mapped into IPv6":    {"https://[::ffff:127.0.0.1]/", privately},
		"loopback through NAT64":       {"https://[64:ff9b::7f00:1]/", privately},
		"loopback through 6to4":        {"https://[2002:7f00:1::]/", privately},
		"metadata service":             {"https://169.254.169.254/latest/meta-data/", privately},
		"metadata mapped into IPv6":    {"https://[::ffff:169.254.169.254]/", privately},
		"private network 10":           {"https://10.0.0.1/", privately},
		"private network 172.16":       {"https://172.16.0.1/", privately},
		"private network 192.168":      {"https://192.168.1.1/", privately},
		"carrier's NAT":                {"https://100.64.0.1/", privately},
		"this network":                 {"https://0.0.0.0/", privately},
		"link-local IPv6":              {"https://[fe80::1]/", privately},
		"unique local IPv6":            {"https://[fd00::1]/", privately},
		"multicast":                    {"https://224.0.0.1/", privately},
		"documentation network":        {"https://192.0.2.1/", privately},
		"loopback as one number":       {"https://2130706433/", notAHost},
		"loopback in octal":            {"https://0177.0.0.1/", notAHost},
		"loopback in hexadecimal":      {"https://0x7f.0.0.1/", notAHost},
		"loopback, shortened":          {"https://127.1/", notAHost},
		"loopback with a dot behind":   {"https://127.0.0.1./", notAHost},
		"loopback, IPv4-compatible":    {"https://[::7f00:1]/", privately},
		"nothing in IPv6":              {"https://[::]/", privately},
		"Teredo":                       {"https://[2001:0:7f00:1::1]/", privately},
		"link-local with a zone":       {"https://[fe80::1%25eth0]/", notAHost},
		"port 0":                       {"https://93.184.216.34:0/", "port 0 is not allowed; the operator can allow it with --allow-port"},
		"port of another service":      {"https://93.184.216.34:22/", "port 22 is not allowed; the operator can allow it with --allow-port"},
		"http":                         {"http://93.184.216.34/", "the address must begin with https://"},
		"http on loopback":             {"http://127.0.0.1:8080/", "the address must begin with https://"},
		"a file":                       {"file://localhost/etc/passwd", "the address must begin with https://"},
		"a user in front of the host":  {"https://user:secret@93.184.216.34/", "the address must not hold a user name or password"},
		"no host":                      {"https:///path", "the address names no host"},
		"no URL but a path on the way": {"/path", "the address names no host"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := get(t, c, tc.url)
			if err == nil {
				t.Fatal("it was called")
			}
			if got := Explain(err); got != tc.want {
				t.Errorf("explained as %q, want %q (%v)", got, tc.want, err)
			}
		})
	}
}

func TestAllowedNetworksAndPortsAreCalled(t *testing.T) {
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer server.Close()
	at := netip.MustParseAddrPort(server.Listener.Addr().String())
	roots := server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	network := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")}

	for name, tc := range map[string]struct {
		options Options
		want    string // explanation, empty if it must succeed
	}{
		"a certificate of our own": {Options{Development: true, CAFile: pemFile(t, server)}, ""},
		"network and port":         {Options{AllowNetworks: network, AllowPorts: []uint16{at.Port()}, RootCAs: roots}, ""},
		"the network only":         {Options{AllowNetworks: network, RootCAs: roots}, "port " + portOf(at) + " is not allowed; the operator can allow it with --allow-port"},
		"the port only":            {Options{AllowPorts: []uint16{at.Port()}, RootCAs: roots}, privately},
		"an unknown certificate":   {Options{AllowNetworks: network, AllowPorts: []uint16{at.Port()}}, "its certificate comes from an authority that this server does not know; the operator can add one with --ca-file"},
		"development, any port":    {Options{Development: true, RootCAs: roots}, ""},
		"another network and dev":  {Options{Development: true, AllowNetworks: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")}, RootCAs: roots}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := get(t, open(t, tc.options), server.URL)
			if tc.want == "" && err != nil {
				t.Fatal(err)
			}
			if tc.want != "" && (err == nil || Explain(err) != tc.want) {
				t.Errorf("got %v, want %q", err, tc.want)
			}
		})
	}
}

// pemFile writes the server's certificate down.
func pemFile(t *testing.T, server *httptest.Server) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "ca.pem")
	block := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	if err := os.WriteFile(path, block, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func portOf(at netip.AddrPort) string { _, port, _ := net.SplitHostPort(at.String()); return port }

func TestDevelopmentAllowsLoopbackAndNothingElse(t *testing.T) {
	c := open(t, Options{Development: true})
	for address, want := range map[string]string{
		"http://93.184.216.34/":    "the address must begin with https://",
		"http://10.0.0.1/":         "the address must begin with https://",
		"https://10.0.0.1/":        privately,
		"https://169.254.169.254/": privately,
		"https://93.184.216.34:22": "port 22 is not allowed; the operator can allow it with --allow-port",
	} {
		if _, err := get(t, c, address); err == nil || Explain(err) != want {
			t.Errorf("%s: got %v, want %q", address, err, want)
		}
	}
}

// A name that was public when somebody looked may mean loopback a moment
// later. What counts is the address of the connection.
func TestRebindingIsRefused(t *testing.T) {
	var called atomic.Bool
	secret := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { called.Store(true) }))
	defer secret.Close()
	at := netip.MustParseAddrPort(secret.Listener.Addr().String())

	resolver := fakeDNS(t, "93.184.216.34", "127.0.0.1")
	first, err := resolver.LookupNetIP(t.Context(), "ip4", "rebind.example.com")
	if err != nil || first[0].Unmap().String() != "93.184.216.34" {
		t.Fatalf("first look: %v, %v", first, err)
	}
	roots := secret.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	c := open(t, Options{resolver: resolver, AllowPorts: []uint16{at.Port()}, RootCAs: roots})
	_, err = get(t, c, "https://rebind.example.com:"+portOf(at))
	if err == nil || Explain(err) != privately {
		t.Errorf("got %v, want %q", err, privately)
	}
	if called.Load() {
		t.Error("the secret was reached")
	}
}

// A name under .localhost passes the look at the URL; where it leads to is
// judged all the same.
func TestHTTPStaysOnThisMachine(t *testing.T) {
	c := open(t, Options{Development: true, resolver: fakeDNS(t, "93.184.216.34")})
	_, err := get(t, c, "http://elsewhere.localhost:8080/")
	if err == nil || Explain(err) != "the address must begin with https://" {
		t.Errorf("got %v", err)
	}
}

func TestRedirects(t *testing.T) {
	var secret atomic.Bool
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { secret.Store(true) }))
	defer other.Close()
	mux := http.NewServeMux()
	mux.Handle("/away", http.RedirectHandler(other.URL, http.StatusFound))
	mux.Handle("/file", http.RedirectHandler("file:///etc/passwd", http.StatusFound))
	mux.Handle("/here", http.RedirectHandler("/end", http.StatusFound))
	mux.Handle("/round", http.RedirectHandler("/round", http.StatusFound))
	mux.HandleFunc("/end", func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "end") })
	server := httptest.NewServer(mux)
	defer server.Close()
	c := open(t, Options{Development: true})

	for path, want := range map[string]string{
		"/away":  "it redirects to another host, and Greenroom does not follow; use the final address",
		"/file":  "it redirects to another host, and Greenroom does not follow; use the final address",
		"/round": "127.0.0.1 could not be reached",
	} {
		if _, err := get(t, c, server.URL+path); err == nil || Explain(err) != want {
			t.Errorf("%s: got %v, want %q", path, err, want)
		}
	}
	if secret.Load() {
		t.Error("the other host was called")
	}
	answer, err := get(t, c, server.URL+"/here")
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := io.ReadAll(answer.Body); string(body) != "end" {
		t.Errorf("on the same host: %q", body)
	}
	posted, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/here", strings.NewReader("score"))
	if err != nil {
		t.Fatal(err)
	}
	answer, err = c.Do(posted)
	if err != nil || answer.StatusCode != http.StatusFound {
		t.Errorf("a redirected POST: %v, %v; want the 302 itself", answer, err)
	}
}

func TestOversizedAnswerIsCutWithAnError(t *testing.T) {
	for name, tc := range map[string]struct {
		size int
		want string
	}{
		"at the limit":    {maxBody, ""},
		"above the limit": {maxBody + 1, "its answer is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				_, _ = w.Write(make([]byte, tc.size))
			}))
			defer server.Close()
			answer, err := get(t, open(t, Options{Development: true}), server.URL)
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(answer.Body)
			if len(body) > maxBody {
				t.Errorf("%d bytes came through", len(body))
			}
			if tc.want == "" && (err != nil || len(body) != tc.size) || tc.want != "" && (err == nil || Explain(err) != tc.want) {
				t.Errorf("got %d bytes, %v; want %q", len(body), err, tc.want)
			}
		})
	}
}

// silent is a connection to a server that takes everything and says nothing.
func silent(context.Context, string, string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	go func() { _, _ = io.Copy(io.Discard, theirs) }()
	return ours, nil
}

func TestSilentServerIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Development: true})
		c.plain.DialContext = silent
		begun := time.Now()
		_, err := get(t, c, "http://localhost/")
		if err == nil || Explain(err) != "localhost did not answer in time" {
			t.Fatalf("got %v", err)
		}
		if waited := time.Since(begun); waited != headerTime {
			t.Errorf("given up after %s, want %s", waited, headerTime)
		}
	})
}

func TestAnswerThatNeverEndsIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := open(t, Options{Development: true})
		c.plain.DialContext = func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				// An answer before its question is another failure.
				if _, err := http.ReadRequest(bufio.NewReader(theirs)); err != nil {
					return
				}
				_, _ = io.WriteString(theirs, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf")
			}()
			return ours, nil
		}
		answer, err := get(t, c, "http://localhost/")
		if err != nil {
			t.Fatal(err)
		}
		_, err = io.ReadAll(answer.Body)
		if err == nil || Explain(err) != "localhost did not answer in time" {
			t.Errorf("got %v", err)
		}
	})
}

func TestSecretsStayOutOfErrorsAndLog(t *testing.T) {
	var lines bytes.Buffer
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	c := open(t, Options{Development: true, Version: "1.2", Log: slog.New(slog.NewTextHandler(&lines, nil))})
	call := func() error {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+"/token?registration_token=hush1", strings.NewReader("hush2"))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer hush3")
		answer, err := c.Do(r)
		if err == nil {
			_ = answer.Body.Close()
		}
		return err
	}
	if err := call(); err != nil {
		t.Fatal(err)
	}
	server.Close()
	c.CloseIdleConnections()
	err := call()
	if err == nil {
		t.Fatal("a closed server answered")
	}
	if text := lines.String() + err.Error(); strings.Contains(text, "hush") {
		t.Errorf("a secret got out: %s", text)
	}
	if !strings.Contains(lines.String(), "status=200") || !strings.Contains(lines.String(), "/token") {
		t.Errorf("log: %s", lines.String())
	}
	if got := Explain(err); got != "127.0.0.1 refused the connection" {
		t.Errorf("explained as %q", got)
	}
}

func TestUserAgent(t *testing.T) {
	agents := make(chan string, 1)
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { agents <- r.UserAgent() }))
	defer server.Close()
	if _, err := get(t, open(t, Options{Development: true, Version: "1.2"}), server.URL); err != nil {
		t.Fatal(err)
	}
	if got := <-agents; got != "Greenroom/1.2" {
		t.Errorf("User-Agent %q", got)
	}
}

func TestExplainKnowsOtherErrors(t *testing.T) {
	if got := Explain(errors.New("odd")); got != "it could not be reached" {
		t.Errorf("got %q", got)
	}
	timed := &Error{Host: "lms.example.com", Cause: context.DeadlineExceeded}
	if !timed.Timeout() || !timed.Temporary() {
		t.Error("a deadline is a timeout")
	}
	wrapped := newError(&http.Request{Method: "GET", URL: &url.URL{Scheme: "https", Host: "a", RawQuery: "x=1"}}, timed)
	if wrapped != timed {
		t.Error("an error that names its call is not wrapped again")
	}
}

func TestMissingCertificatesStopTheStart(t *testing.T) {
	for name, file := range map[string]string{"no such file": "testdata/none.pem", "no certificate": "client_test.go"} {
		if _, err := New(Options{CAFile: file}); err == nil || !strings.HasPrefix(err.Error(), "CA file: ") {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
