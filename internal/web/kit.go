package web

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// Options is what a Kit is made of.
type Options struct {
	// PublicURL is where people and LMSes reach this server: scheme and host,
	// with no path.
	PublicURL string
	Service   *greenroom.Service
	Log       *slog.Logger
	// Development lets pages be framed from loopback hosts over http.
	Development bool
	// SupportContact is whom people are told to ask, an e-mail address, a URL
	// or a sentence; empty if the operator named nobody.
	SupportContact string
	// TrustedProxies may say in X-Forwarded-For whom they speak for, beside
	// proxies on this machine.
	TrustedProxies []netip.Prefix
	Now            func() time.Time
	Random         io.Reader
	Version        string
}

// A Kit holds what all pages share.
type Kit struct {
	URLs        URLs
	Service     *greenroom.Service
	Log         *slog.Logger
	Development bool
	Support     string
	Version     string
	Now         func() time.Time
	Sessions    *scs.SessionManager

	random  io.Reader
	proxies []netip.Prefix
	secure  bool // served over https
	assets  *assets
	pages   *Templates // of this package: sign-in, set-up, errors

	limits limits
	watch  originWatch
}

// New returns a Kit. It fails if the public URL is none.
func New(o Options) (*Kit, error) {
	urls, err := NewURLs(o.PublicURL)
	if err != nil {
		return nil, err
	}
	k := &Kit{
		Service: o.Service, Log: o.Log, Development: o.Development,
		Support: o.SupportContact, Version: o.Version, Now: o.Now,
		random: o.Random, proxies: o.TrustedProxies, secure: strings.HasPrefix(urls.origin, "https:"),
	}
	if k.assets, err = loadAssets(); err != nil {
		return nil, err
	}
	k.URLs = urls
	k.Sessions = k.newSessions()
	k.pages = k.Templates(templateFiles, "templates/pages/*.html")
	return k, nil
}

// Mount adds the assets, sign-in, sign-out, set-up, and the pages for addresses
// that lead nowhere.
func (k *Kit) Mount(mux Router) {
	mux.Handle("GET /assets/{file...}", k.assets)
	k.mountSignIn(mux)
	nowhere := func(w http.ResponseWriter, r *http.Request) error { return noRoute(mux, w, r) }
	mux.Handle("/", k.FramelessPage(nowhere))
	for _, below := range framed {
		mux.Handle(below, k.FramePage(nowhere))
	}
}

// contextKey keeps this package's context values apart from others.
type contextKey int

const (
	requestKey contextKey = iota
	visitorKey
)

// Arrived returns when the request came. It is the zero time outside of
// Kit.Wrap.
func Arrived(ctx context.Context) time.Time {
	if r := requestOf(ctx); r != nil {
		return r.begun
	}
	return time.Time{}
}

// Reference returns the 12 characters by which a person can name this request
// to an administrator. It is empty outside of Kit.Wrap.
func Reference(ctx context.Context) string {
	if r := requestOf(ctx); r != nil {
		return r.reference
	}
	return ""
}
