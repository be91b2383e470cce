package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/metrics"
	"github.com/greenroom-lti/greenroom/internal/outbound"
	"github.com/greenroom-lti/greenroom/internal/platforms"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/store"
)

// A House is store and service, ready for use, without a server.
type House struct {
	Config    Config
	Store     *store.Store
	Service   *greenroom.Service
	Platforms *platforms.Platforms
	Outbound  *outbound.Client

	metrics *metrics.Metrics
}

// OpenService opens the database (bringing its schema up to date) and builds
// the use cases over it.
func OpenService(ctx context.Context, c Config) (*House, error) {
	c = c.withDefaults()
	if err := c.keyPolicy().Check(); err != nil {
		return nil, err
	}
	if err := c.lookForData(); err != nil {
		return nil, err
	}
	figures := metrics.New(c.Version, c.dialect())
	out, err := outbound.New(outbound.Options{
		AllowNetworks: c.AllowNetworks, AllowPorts: c.AllowPorts, CAFile: c.CAFile,
		Development: c.Development, Version: c.Version, Log: c.Log,
		Observe: func(o outbound.CallOutcome, took time.Duration) { figures.Call(string(o), took) },
	})
	if err != nil {
		return nil, err
	}
	options := c.StoreOptions(!c.Existing)
	options.Observer = figures.Query
	db, err := store.Open(ctx, options)
	if old, ok := errors.AsType[*store.SchemaError](err); ok && old.Have == 0 {
		return nil, fmt.Errorf("there is nothing of Greenroom in this %s database: see that it is the right one; \"greenroom serve\" or \"greenroom migrate\" makes the tables", c.dialect())
	}
	if err != nil {
		return nil, err
	}
	h := &House{Config: c, Store: db, Outbound: out, metrics: figures}
	if err := h.assemble(ctx); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	return h, nil
}

// lookForData makes the data directory, unless a database is to be there.
func (c Config) lookForData() error {
	if !c.Existing {
		return makeFolder(c.DataDir)
	}
	if c.DatabaseURL != "" {
		return nil
	}
	_, err := os.Stat(c.path(databaseFile))
	if errors.Is(err, fs.ErrNotExist) {
		return c.noDatabase(err)
	}
	if err != nil {
		return unusable(c.DataDir, err)
	}
	return nil
}

func (c Config) noDatabase(err error) error {
	return fmt.Errorf("there is no database in %q: --data names the server's data directory (%w)", c.DataDir, err)
}

func (h *House) assemble(ctx context.Context) error {
	c := h.Config
	if err := c.guardLostKey(ctx, h.Store); err != nil {
		return err
	}
	master, fresh, err := c.masterKey()
	if err != nil {
		return err
	}
	if fresh {
		c.Log.Info("master key made; keep a copy of it apart from the database", "file", c.path(masterKeyFile))
	}
	vault := greenroom.NewVault(master)
	recent := greenroom.NewRecent(h.Store, c.Now)
	h.Store.OnChange(recent.Forget)
	h.Platforms = platforms.New(platforms.Options{
		Store: h.Store, Recent: recent, Vault: vault, Client: h.Outbound, Now: c.Now, Random: c.Random,
		Log: c.Log, Development: c.Development,
	})
	h.Service = &greenroom.Service{
		Store: h.Store, Recent: recent, Vault: vault, Platforms: h.Platforms,
		Engine: roleplay.NewEngine(roleplay.Limits{}),
		Now:    c.Now, Random: c.Random, Log: c.Log, AllowHTTP: c.Development,
		KeyPolicy: c.keyPolicy(), Observer: h.metrics, MainHost: c.mainHost(),
	}
	if c.OtherMasterKey {
		return nil
	}
	return checkMasterKey(ctx, h.Service, c.masterKeyPlace())
}

// guardLostKey refuses to make a new master key for a database that already
// holds sealed values.
func (c Config) guardLostKey(ctx context.Context, db greenroom.Store) error {
	if c.MasterKey != "" {
		return nil
	}
	if _, err := os.Stat(c.path(masterKeyFile)); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	all, err := db.Instance().Workspaces(ctx)
	if err != nil || len(all) == 0 {
		return err
	}
	return fmt.Errorf("the master key is missing: %s is gone, but the database holds values sealed under it; put the file back or set GREENROOM_MASTER_KEY (if it is lost for good, put a new one there and run \"greenroom keys renew\")", c.path(masterKeyFile))
}

// Close closes the database.
func (h *House) Close() error { return h.Store.Close() }

// StoreOptions are those of the configured database.
func (c Config) StoreOptions(migrate bool) store.Options {
	return store.Options{
		Path: c.path(databaseFile), DatabaseURL: c.DatabaseURL, Migrate: migrate, Logger: c.Log, Slow: c.SlowQuery,
	}
}

// dialect names the database before it is open.
func (c Config) dialect() string {
	if c.DatabaseURL == "" {
		return "SQLite"
	}
	return "PostgreSQL"
}

func (c Config) withDefaults() Config {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	c.Log = slog.New(greenroom.TrailHandler(c.Log.Handler()))
	if c.DiskFree == nil {
		c.DiskFree = diskFree
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Random == nil {
		c.Random = rand.Reader
	}
	if c.LaunchLogKeep == 0 {
		c.LaunchLogKeep = usualLaunchLogKeep
	}
	return c
}
