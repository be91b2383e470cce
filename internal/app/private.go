package app

import (
	"context"
	"net"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/greenroom-lti/greenroom/internal/metrics"
)

// watch lets the metrics hear of everything.
func (a *App) watch() {
	a.metrics.Watch(metrics.Standing{
		Database: a.Store.Instance(), Resting: a.Outbound.Resting, KeyMaxAge: a.Config.KeyMaxAge,
		Turned: func() map[string]time.Time {
			return map[string]time.Time{
				"passback": a.passbacks.Turned(), "roster": a.rosters.Turned(), "line_item": a.lineItems.Turned(),
			}
		},
		DiskFree: func() (uint64, error) { return a.Config.DiskFree(a.Config.DataDir) },
		Now:      a.Config.Now, Log: a.Config.Log,
	})
}

// Private returns what operators and their programs see: figures, health in
// detail, profiles. It asks nobody who they are, and is for an address that
// nobody else reaches.
func (a *App) Private() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", a.metrics.Handler())
	mux.HandleFunc("GET /livez", a.aliveDetail)
	mux.HandleFunc("GET /readyz", a.readyDetail)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}

// ServePrivate serves Private until ctx ends.
func (a *App) ServePrivate(ctx context.Context, l net.Listener) error {
	return serveUntil(ctx, l, &http.Server{
		Handler: a.Private(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second,
		WriteTimeout: 2 * time.Minute, // a profile takes its time
		ErrorLog:     a.errorLog(),
	})
}
