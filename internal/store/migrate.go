package store

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"slices"

	"github.com/pressly/goose/v3"
)

//go:embed migrations
var migrations embed.FS

// A Schema compares the tables in the database with those of this program.
type Schema struct {
	Dialect string
	Have    int64 // version of the tables, 0 for an empty database
	Want    int64 // version that this program knows
	pending int
}

// Pending is the number of migrations still to be applied, those included that
// are older than the newest that was.
func (s Schema) Pending() int { return s.pending }

// Newer tells whether a newer program has been at the tables.
func (s Schema) Newer() bool { return s.Have > s.Want }

// A SchemaError says that the tables are older or newer than the program.
type SchemaError struct{ Schema }

func (e *SchemaError) Error() string {
	if e.Newer() {
		return fmt.Sprintf("the tables in %s are at version %d, made by a newer Greenroom; this program knows %d: install the newer program, or restore a backup that is as old as this one", e.Dialect, e.Have, e.Want)
	}
	if e.Have == e.Want {
		return fmt.Sprintf("the tables in %s are at version %d, but %d of the steps before it are missing: run greenroom migrate", e.Dialect, e.Have, e.Pending())
	}
	return fmt.Sprintf("the tables in %s are at version %d and this program needs %d: run greenroom migrate", e.Dialect, e.Have, e.Want)
}

// Migrate brings the tables up to date and tells how many migrations that
// took. Of many nodes that start at once, one does it and the others wait.
func Migrate(ctx context.Context, o Options) (applied int, err error) {
	s, err := connect(ctx, o)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.migrate(ctx, o.Logger)
}

// Status tells how the tables compare with this program. It changes nothing;
// SQLite's file not being there is fs.ErrNotExist.
func Status(ctx context.Context, o Options) (_ Schema, err error) {
	if o.DatabaseURL == "" {
		if _, err := os.Stat(o.Path); err != nil {
			return Schema{}, fmt.Errorf("database: %w", err)
		}
	}
	s, err := connect(ctx, o)
	if err != nil {
		return Schema{}, err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return s.Schema(ctx)
}

// Schema does what Status does, for a store that is open.
func (s *Store) Schema(ctx context.Context) (Schema, error) {
	applied, err := s.dialect.applied(ctx, s.read)
	if err != nil {
		return Schema{}, explainRights(fmt.Errorf("schema version: %w", err))
	}
	p, err := s.provider()
	if err != nil {
		return Schema{}, err
	}
	schema := Schema{Dialect: s.Dialect(), Have: slices.Max(append(applied, 0))}
	for _, m := range p.ListSources() {
		schema.Want = max(schema.Want, m.Version)
		if !slices.Contains(applied, m.Version) {
			schema.pending++
		}
	}
	return schema, nil
}

func (s *Store) migrate(ctx context.Context, log *slog.Logger) (applied int, err error) {
	if schema, err := s.Schema(ctx); err == nil && schema.Have == schema.Want && schema.Pending() == 0 {
		return 0, nil // and no need to wait for anybody
	}
	unlock, err := s.lockMigrations(ctx)
	if err != nil {
		return 0, fmt.Errorf("migrate: %w", err)
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if schema, err := s.Schema(ctx); err != nil {
		return 0, err
	} else if schema.Newer() {
		return 0, &SchemaError{schema}
	}
	p, err := s.provider()
	if err != nil {
		return 0, err
	}
	results, err := p.Up(ctx)
	if err != nil {
		return len(results), explainRights(fmt.Errorf("migrate: %w", err))
	}
	for _, r := range results {
		if log != nil {
			log.InfoContext(ctx, "migrated", "database", s.Dialect(), "version", r.Source.Version, "took", r.Duration)
		}
	}
	return len(results), nil
}

// provider migrates. What was left out is applied late: a program made between
// two versions may have been at the tables.
func (s *Store) provider() (*goose.Provider, error) {
	folder, err := fs.Sub(migrations, "migrations/"+s.dialect.folder())
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(s.dialect.goose(), s.write, folder, goose.WithDisableGlobalRegistry(true), goose.WithAllowOutofOrder(true))
	if err != nil {
		return nil, fmt.Errorf("migrations: %w", err)
	}
	return p, nil
}
