package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/greenroom-lti/greenroom/internal/admin"
	"github.com/greenroom-lti/greenroom/internal/course"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/jobs"
	"github.com/greenroom-lti/greenroom/internal/launch"
	"github.com/greenroom-lti/greenroom/internal/stage"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// An App is a server that has not opened its socket yet.
type App struct {
	*House
	Kit     *web.Kit
	handler http.Handler
	routes  *web.Routes

	launches  *greenroom.LaunchLog
	passbacks *jobs.Passbacks
	rosters   *jobs.Rosters
	lineItems *jobs.LineItems
	sweeps    *jobs.Sweeps
	notices   *jobs.Notices
	nodes     *jobs.Nodes
	heard     func(store.Change) // tests: hears what hear has acted upon
	lock      *flock.Flock
	health    healthWatch
	secured   *secured // nil: a proxy in front speaks TLS
	begun     time.Time
}

// Open locks the data directory and puts the server together.
func Open(ctx context.Context, c Config) (*App, error) {
	c = c.withDefaults()
	if c.LaunchLogKeep < MinLaunchLogKeep {
		return nil, fmt.Errorf("the launch log must be kept for two days at least, not %v", c.LaunchLogKeep)
	}
	lock, err := lockFolder(c.DataDir)
	if err != nil {
		return nil, err
	}
	if err := c.checkDisk(); err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	h, err := OpenService(ctx, c)
	if err != nil {
		return nil, errors.Join(err, lock.Unlock())
	}
	a := &App{House: h, lock: lock, begun: c.Now()}
	if err := a.Store.CanWrite(ctx); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	if err := a.assemble(); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

func (a *App) assemble() error {
	c := a.Config
	kit, err := web.New(web.Options{
		PublicURL: c.PublicURL, Service: a.Service, Log: c.Log, Development: c.Development,
		SupportContact: c.SupportContact, TrustedProxies: c.TrustedProxies, Now: c.Now, Random: c.Random, Version: c.Version,
	})
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.path(publicURLFile), []byte(c.PublicURL+"\n"), 0o600); err != nil {
		return err
	}
	a.Kit = kit
	if err := a.secure(); err != nil {
		return err
	}
	a.watch()
	a.launches = greenroom.NewLaunchLog(a.Service)
	a.passbacks = jobs.New(jobs.Options{Service: a.Service, Now: c.Now, Log: c.Log})
	a.lineItems = jobs.NewLineItems(jobs.Options{Service: a.Service, Now: c.Now, Log: c.Log})
	a.rosters = jobs.NewRosters(jobs.Options{Service: a.Service, Now: c.Now, Log: c.Log})
	a.sweeps = jobs.NewSweeps(jobs.SweepOptions{
		Store: a.Store, Now: c.Now, Log: c.Log, LaunchLogKeep: c.LaunchLogKeep, RotateKeys: a.Service.RotateDue,
		EraseExpired: a.Service.EraseExpired, ForgetNotices: a.Service.ForgetNotices,
	})
	a.notices = jobs.NewNotices(a.Service.Subscribe, c.Log, 0)
	a.Service.WakeNotices, a.Service.InBackground = a.notices.Wake, a.notices.Do
	a.Service.NoticesURL = func(w greenroom.Workspace) string { return kit.URLs.For(w).Notices(w.ID) }
	a.nodes = jobs.NewNodes(jobs.NodeOptions{Store: a.Store, ID: rand.Text(), Tell: a.tellNodes, Now: c.Now, Log: c.Log})
	a.Service.Wake, a.Service.WakeRosters = a.passbacks.Wake, a.rosters.Wake
	a.Service.WakeLineItems = a.lineItems.Wake

	mux := &web.Routes{}
	a.routes = mux
	kit.Mount(mux)
	admin.New(kit).Mount(mux)
	launch.New(kit, a.Platforms, a.launches).Mount(mux)
	stage.New(kit).Mount(mux)
	course.New(kit).Mount(mux)
	mux.Handle("GET /livez", http.HandlerFunc(alive))
	mux.Handle("GET /readyz", http.HandlerFunc(a.ready))
	a.handler = kit.Wrap(mux)
	return nil
}

// Handler returns the whole server as a handler.
func (a *App) Handler() http.Handler { return a.handler }

// Routes returns the patterns of all addresses that the server answers, as
// http.ServeMux writes them.
func (a *App) Routes() []string { return a.routes.Patterns() }

// errorLog takes what net/http has to say: broken handshakes, mostly.
func (a *App) errorLog() *log.Logger {
	return slog.NewLogLogger(a.Config.Log.Handler(), slog.LevelDebug)
}

// drainTime is how long requests under way may take once the server is asked
// to stop.
const drainTime = 20 * time.Second

// Run serves on the listener and works the queues until ctx ends. Then it
// takes no new requests, finishes those under way, and lets the workers put
// down what they hold.
func (a *App) Run(ctx context.Context, l net.Listener) error {
	server := &http.Server{
		Handler:           a.handler,
		ReadHeaderTimeout: 10 * time.Second,
		ReadTimeout:       30 * time.Second,
		WriteTimeout:      60 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          a.errorLog(),
	}
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	var workers sync.WaitGroup
	workers.Go(func() { a.launches.Run(work) })
	workers.Go(func() { a.passbacks.Run(work) })
	workers.Go(func() { a.rosters.Run(work) })
	workers.Go(func() { a.notices.Run(work) })
	workers.Go(func() { a.lineItems.Run(work) })
	workers.Go(func() { a.sweeps.Run(work) })
	workers.Go(func() { a.Store.Listen(work, a.hear) })
	if c := a.Config; c.DatabaseURL != "" { // on SQLite there is one server
		workers.Go(func() { a.nodes.Run(work) })
	}
	defer workers.Wait()
	defer stopWork()

	served := make(chan error, 1)
	go func() { served <- a.serve(work, server, l) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := server.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		err = server.Close()
	}
	if serveErr := <-served; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}

// Close closes the database and gives the data directory free.
func (a *App) Close() error {
	return errors.Join(a.House.Close(), a.lock.Unlock())
}
