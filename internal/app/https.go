package app

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/greenroom-lti/greenroom/internal/certificates"
	"github.com/greenroom-lti/greenroom/internal/outbound"
)

// certificateFolder is in the data directory.
const certificateFolder = "certificates"

// A secured server answers TLS itself; nil leaves that to a proxy.
type secured struct {
	tls  *tls.Config
	acme *certificates.ACME // nil: the certificate comes from files
}

// secure prepares what TLS takes, if the operator wants it.
func (a *App) secure() error {
	c := a.Config
	switch {
	case c.TLSCert != "":
		files, err := certificates.NewFiles(c.TLSCert, c.TLSKey, c.Now, c.Log)
		if err != nil {
			return err
		}
		a.secured = &secured{tls: files.TLS()}
	case c.HTTPS:
		roots, err := outbound.Options{CAFile: c.CAFile}.Roots()
		if err != nil {
			return err
		}
		acme, err := certificates.New(certificates.Options{
			Host: c.mainHost(), Allowed: a.Service.HostKnown, Folder: c.path(certificateFolder),
			Email: c.ACMEEmail, Directory: c.ACMEDirectory, Roots: roots, Log: c.Log,
			Listen: c.Listen, HTTPListen: c.HTTPListen,
		})
		if err != nil {
			return err
		}
		a.secured = &secured{tls: acme.TLS(), acme: acme}
	}
	return nil
}

// serve answers on a listener, by TLS if this server does that itself.
func (a *App) serve(ctx context.Context, server *http.Server, l net.Listener) error {
	if a.secured == nil {
		return server.Serve(l)
	}
	if acme := a.secured.acme; acme != nil {
		if err := acme.Start(ctx); err != nil {
			return errors.Join(err, l.Close())
		}
		defer acme.Stop()
	}
	server.TLSConfig = a.secured.tls
	return server.ServeTLS(l, "", "")
}

// ServeRedirects answers plain http until ctx ends: it sends browsers to https,
// and answers the certificate authority.
func (a *App) ServeRedirects(ctx context.Context, l net.Listener) error {
	port := ""
	if u, err := url.Parse(a.Config.PublicURL); err == nil {
		port = u.Port()
	}
	handler := certificates.Redirect(port)
	if a.secured != nil && a.secured.acme != nil {
		handler = a.secured.acme.Challenges(handler)
	}
	return serveUntil(ctx, l, &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, WriteTimeout: 10 * time.Second,
		MaxHeaderBytes: 16 << 10, ErrorLog: a.errorLog(),
	})
}

// serveUntil serves until ctx ends.
func serveUntil(ctx context.Context, l net.Listener, server *http.Server) error {
	stop := context.AfterFunc(ctx, func() { _ = server.Close() })
	defer stop()
	if err := server.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
