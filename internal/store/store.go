package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Options say where the data is.
type Options struct {
	// Path is SQLite's file; its folder must exist. Used if DatabaseURL is empty.
	Path string
	// DatabaseURL is postgres://… with whatever parameters pgx knows.
	DatabaseURL string
	// Migrate brings the tables up to date first. Without it Open refuses a
	// database whose tables are older than this program, with a *SchemaError;
	// those that are newer it refuses always.
	Migrate bool
	// Logger hears of migrations and slow queries; nil for none.
	Logger *slog.Logger
	// Observer hears of every query; nil for none.
	Observer Observer
	// Slow is from when on a query is worth a line of the log; 0: never.
	Slow time.Duration
}

// A Store keeps Greenroom's data in one database.
type Store struct {
	dialect dialect
	path    string // of SQLite's file; empty on PostgreSQL

	observer Observer
	slow     time.Duration
	log      *slog.Logger

	write   *sql.DB // SQLite: for migrations; writer has a connection of its own
	read    *sql.DB // PostgreSQL: the same pool
	writer  *writer // nil on PostgreSQL
	reading q.DBTX  // read, with what the dialect needs before it
	gather  *gather // launches that come together
	places  places
	// told hears of changed settings; nil until somebody wants to.
	told    atomic.Pointer[func(greenroom.WorkspaceID)]
	changes *changes      // PostgreSQL: tells other processes; else nil
	polls   time.Duration // how often Listen asks, where it has to ask
	// patience is how long one answer is waited for, and writeTime a write
	// without an end of its own.
	patience, writeTime time.Duration
	close               func() error

	// lockMigrations waits until no other process migrates this database.
	lockMigrations func(context.Context) (unlock func() error, err error)
}

var _ greenroom.Store = (*Store)(nil)

// Open opens the database, adding SQLite's file if there is none.
func Open(ctx context.Context, o Options) (*Store, error) {
	s, err := connect(ctx, o)
	if err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, o); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	s.observer, s.slow, s.log = o.Observer, o.Slow, o.Logger
	return s, nil
}

func connect(ctx context.Context, o Options) (*Store, error) {
	if o.DatabaseURL != "" {
		return openPostgres(ctx, o.DatabaseURL)
	}
	if o.Path == "" {
		return nil, errors.New("no database: neither a path nor a URL")
	}
	return openSQLite(ctx, o.Path)
}

// prepare sees to it that the tables are those of this program.
func (s *Store) prepare(ctx context.Context, o Options) error {
	if o.Migrate {
		_, err := s.migrate(ctx, o.Logger)
		return err
	}
	st, err := s.Schema(ctx)
	if err != nil {
		return err
	}
	if st.Pending() > 0 || st.Newer() {
		return &SchemaError{Schema: st}
	}
	return nil
}

// OnChange has told called after this process has changed a workspace's
// settings: what SettingsVersion counts. It must not wait for anything.
func (s *Store) OnChange(told func(greenroom.WorkspaceID)) { s.told.Store(&told) }

func (s *Store) tellChanged(w greenroom.WorkspaceID) {
	if told := s.told.Load(); told != nil {
		(*told)(w)
	}
}

// Dialect names the database: SQLite or PostgreSQL.
func (s *Store) Dialect() string { return s.dialect.name() }

// Workspace implements greenroom.Store.
func (s *Store) Workspace(w greenroom.WorkspaceID) greenroom.WorkspaceStore {
	return &workspaceStore{reader: reader{source: s, workspace: w}, store: s}
}

// Instance implements greenroom.Store.
func (s *Store) Instance() greenroom.InstanceStore { return &instanceStore{store: s} }

// Ping implements greenroom.Store.
func (s *Store) Ping(ctx context.Context) error {
	if err := s.free(ctx); err != nil {
		return err
	}
	var one int
	if err := s.read.QueryRowContext(ctx, "select 1").Scan(&one); err != nil {
		return fmt.Errorf("ping %s: %w", s.Dialect(), err)
	}
	return nil
}

// Close implements greenroom.Store.
func (s *Store) Close() error { return s.close() }

// insideOf marks the context of a transaction of one store.
type insideOf struct{ store *Store }

// free returns ErrNested if ctx comes from one of the store's transactions.
func (s *Store) free(ctx context.Context) error {
	if ctx.Value(insideOf{s}) != nil {
		return greenroom.ErrNested
	}
	return nil
}
