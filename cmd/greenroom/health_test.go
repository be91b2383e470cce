package main

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestWhereHealthAsks(t *testing.T) {
	for want, c := range map[string]healthCmd{
		"http://127.0.0.1:8080/readyz":        {},
		"http://127.0.0.1:9000/readyz":        {Listen: ":9000"},
		"http://127.0.0.1:9001/readyz":        {Listen: "0.0.0.0:9001"},
		"http://127.0.0.1:9002/readyz":        {Listen: "[::]:9002"},
		"http://[::1]:9003/readyz":            {Listen: "[::1]:9003"},
		"https://127.0.0.1:443/readyz":        {HTTPS: true},
		"https://127.0.0.1:8443/readyz":       {Listen: ":8443", TLSCert: "c.pem"},
		"http://127.0.0.1:9090/readyz":        {HTTPS: true, MetricsListen: ":9090"},
		"http://greenroom.internal:80/readyz": {Listen: "greenroom.internal:80"},
	} {
		if got := c.url(); got != want {
			t.Errorf("%+v: %s, want %s", c, got, want)
		}
	}
}

func TestHealth(t *testing.T) {
	status, text := 200, "ok\n"
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/readyz" {
			t.Error(r.URL)
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(text))
	})
	plain, secure := httptest.NewServer(answer), httptest.NewTLSServer(answer)
	defer plain.Close()
	defer secure.Close()
	for _, c := range []healthCmd{
		{Listen: strings.TrimPrefix(plain.URL, "http://")}, {Listen: strings.TrimPrefix(secure.URL, "https://"), HTTPS: true},
	} {
		status, text = 200, "ok\n"
		var out bytes.Buffer
		if err := c.Run(t.Context(), streams{out: &out}); err != nil || out.String() != "ok\n" {
			t.Errorf("%q, %v", out.String(), err)
		}
		status, text = 503, "not ready: disk\n"
		if err := c.Run(t.Context(), streams{out: &out}); err == nil || err.Error() != "503: not ready: disk" {
			t.Errorf("error = %v", err)
		}
	}
	plain.Close()
	if err := (healthCmd{Listen: strings.TrimPrefix(plain.URL, "http://")}).Run(t.Context(), streams{}); err == nil || !strings.Contains(err.Error(), "no answer") {
		t.Errorf("error = %v", err)
	}
}
