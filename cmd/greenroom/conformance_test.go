package main

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
	"github.com/greenroom-lti/greenroom/lti/ltitest"
)

// An operator examines a server that runs: the tool registers itself by a URL
// that was made for it, and every case that applies passes.
func TestConformanceOfARunningServer(t *testing.T) {
	for name, database := range map[string]func(t *testing.T) []string{
		"SQLite":     func(*testing.T) []string { return nil },
		"PostgreSQL": func(t *testing.T) []string { return []string{"--database-url", pgtest.URL(t)} },
	} {
		t.Run(name, func(t *testing.T) {
			flags := append(database(t), "--data", filepath.Join(t.TempDir(), "data"))
			public := serving(t, flags)
			var made struct {
				ID  string
				URL string
			}
			typed(t, 0, &made, flags, "workspace", "create", "Sales team", "--samples", "--public-url", public, "--json")
			endpoint := fmt.Sprintf("%s/lti/%s/", public, made.ID)
			typed(t, 0, &made, flags, "connection", "registration-url", "--workspace", made.ID, "--public-url", public, "--json")

			junit := filepath.Join(t.TempDir(), "report.xml")
			var report ltitest.Report
			typed(t, 0, &report, nil, "conformance", "--listen", "127.0.0.1:0", "--login-url", endpoint+"login", "--launch-url", endpoint+"launch",
				"--jwks-url", endpoint+"jwks.json", "--custom", "scenario_id=discovery-call", "--registration-url", made.URL, "--junit", junit, "--json")
			if report.Failed != 0 || report.Passed < 60 || report.Passed+report.Skipped != len(ltitest.Cases()) {
				t.Errorf("%d passed, %d failed, %d skipped", report.Passed, report.Failed, report.Skipped)
			}
			for _, c := range report.Cases {
				if c.Outcome == ltitest.Skipped && c.Text == "" {
					t.Errorf("%s is skipped and does not say why", c.ID)
				}
			}
			var suite struct {
				Tests    int `xml:"tests,attr"`
				Failures int `xml:"failures,attr"`
				Cases    []struct {
					Name string `xml:"name,attr"`
				} `xml:"testcase"`
			}
			raw, err := os.ReadFile(junit)
			if err != nil || xml.Unmarshal(raw, &suite) != nil || suite.Tests != len(report.Cases) || len(suite.Cases) != suite.Tests {
				t.Errorf("JUnit report: %v, %+v", err, suite)
			}
		})
	}
}

// With a command that makes registration URLs, cases that need a registration
// of their own are made as well.
func TestConformanceWithFreshRegistrations(t *testing.T) {
	flags := []string{"--data", filepath.Join(t.TempDir(), "data")}
	public := serving(t, flags)
	var made struct {
		ID  string
		URL string
	}
	typed(t, 0, &made, flags, "workspace", "create", "Sales team", "--samples", "--public-url", public, "--json")
	id := made.ID
	var urls []string
	for range 4 {
		typed(t, 0, &made, flags, "connection", "registration-url", "--workspace", id, "--public-url", public, "--json")
		urls = append(urls, made.URL)
	}
	file := filepath.Join(t.TempDir(), "urls")
	if err := os.WriteFile(file, []byte(strings.Join(urls, "\n")+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	endpoint := fmt.Sprintf("%s/lti/%s/", public, id)
	var report ltitest.Report
	typed(t, 0, &report, nil, "conformance", "--listen", "127.0.0.1:0", "--login-url", endpoint+"login", "--launch-url", endpoint+"launch",
		"--custom", "scenario_id=discovery-call", "--only", "OWN-R06", "--only", "OWN-T11", "--json",
		"--registration-command", "head -n 1 '"+file+"' && sed -i 1d '"+file+"'")
	if report.Passed != 2 || len(report.Cases) != 2 {
		t.Errorf("%+v", report)
	}
}

// A tool that lets everybody in fails, and the command says so.
func TestConformanceOfAToolThatIsNone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { fmt.Fprintln(w, "welcome") }), ReadHeaderTimeout: time.Second}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { _ = server.Close() })
	tool := "http://" + l.Addr().String()
	var report ltitest.Report
	errs := typed(t, 1, &report, nil, "conformance", "--listen", "127.0.0.1:0", "--login-url", tool+"/login", "--launch-url", tool+"/launch",
		"--now", "--only", "CERT-B", "--only", "CERT-V", "--json")
	if report.Failed != len(report.Cases) || len(report.Cases) != 22 || !strings.Contains(errs, "22 of 22 cases failed") {
		t.Errorf("%d of %d failed: %s", report.Failed, len(report.Cases), errs)
	}
}

// serving runs the server until the test ends.
func serving(t *testing.T, flags []string) (public string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := l.Addr().String()
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	public = "http://" + address
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	stopped := make(chan int, 1)
	var errs bytes.Buffer
	go func() {
		stopped <- run(ctx, slices.Concat([]string{"serve", "--listen", address, "--public-url", public, "--dev"}, flags), strings.NewReader(""), &errs, &errs)
	}()
	t.Cleanup(func() {
		stop()
		if code := <-stopped; code != 0 {
			t.Errorf("serve ended with %d: %s", code, errs.String())
		}
	})
	for end := time.Now().Add(30 * time.Second); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if answer, err := http.Get(public + "/readyz"); err == nil {
			_ = answer.Body.Close()
			return public
		}
	}
	t.Fatal("the server did not start")
	return ""
}

// typed runs a command with flags behind it, reads its JSON, and returns its
// standard error.
func typed(t *testing.T, code int, v any, flags []string, args ...string) string {
	t.Helper()
	var out, errs bytes.Buffer
	if got := run(t.Context(), slices.Concat(args, flags), strings.NewReader(""), &out, &errs); got != code {
		t.Fatalf("%q ended with %d: %s", args, got, errs.String())
	}
	if err := json.Unmarshal(out.Bytes(), v); err != nil {
		t.Fatalf("%q printed %q: %v", args, out.String(), err)
	}
	return errs.String()
}
