package main

import (
	"context"
	"crypto/tls"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"time"
)

type healthCmd struct {
	MetricsListen string `help:"Private address of the server; asked first, for it tells more." env:"GREENROOM_METRICS_LISTEN" placeholder:"HOST:PORT"`
	Listen        string `help:"Address of the server." env:"GREENROOM_LISTEN" placeholder:"HOST:PORT"`
	HTTPS         bool   `help:"The server speaks https." name:"https" env:"GREENROOM_HTTPS"`
	TLSCert       string `help:"The same, with this certificate." name:"tls-cert" env:"GREENROOM_TLS_CERT" placeholder:"FILE"`
}

// Run asks the server on this machine whether it is ready, with the settings
// that serve was given: for a container's health check.
func (c healthCmd) Run(ctx context.Context, s streams) error {
	if err := c.check(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, c.url(), nil)
	if err != nil {
		return err
	}
	// This machine's own server is asked by address, for which it has no
	// certificate.
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, DisableKeepAlives: true}}
	answer, err := client.Do(r)
	if err != nil {
		return fmt.Errorf("no answer: %w; see that the server runs, and that --metrics-listen or --listen is what it was given", err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(io.LimitReader(answer.Body, 64<<10))
	if err != nil {
		return err
	}
	if answer.StatusCode != http.StatusOK {
		return fmt.Errorf("%d: %s", answer.StatusCode, strings.TrimSpace(string(text)))
	}
	_, err = fmt.Fprintln(s.out, strings.TrimSpace(string(text)))
	return err
}

func (c healthCmd) check() error {
	if c.MetricsListen != "" {
		return checkAddress(metricsFlag, c.MetricsListen)
	}
	return checkAddress("--listen", serveCmd{Listen: c.Listen, HTTPS: c.HTTPS, TLSCert: c.TLSCert}.listen())
}

func (c healthCmd) url() string {
	serve := serveCmd{Listen: c.Listen, HTTPS: c.HTTPS, TLSCert: c.TLSCert}
	scheme, address := "http", serve.listen()
	switch {
	case c.MetricsListen != "":
		address = c.MetricsListen
	case serve.speaksTLS():
		scheme = "https"
	}
	host, port, err := net.SplitHostPort(address)
	if ip := net.ParseIP(host); err == nil && (host == "" || ip != nil && ip.IsUnspecified()) {
		address = net.JoinHostPort("127.0.0.1", port)
	}
	return scheme + "://" + address + "/readyz"
}
