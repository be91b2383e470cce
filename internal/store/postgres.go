package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
)

// openPostgres opens one pool for reading and writing. Errors name no password.
func openPostgres(ctx context.Context, databaseURL string) (*Store, error) {
	if err := checkDatabaseURL(databaseURL); err != nil {
		return nil, err
	}
	config, err := pgxpool.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	if config.ConnConfig.RuntimeParams["application_name"] == "" {
		config.ConnConfig.RuntimeParams["application_name"] = "greenroom"
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL: %w", err)
	}
	db := stdlib.OpenDBFromPool(pool)
	closeBoth := func() error {
		err := db.Close()
		pool.Close()
		return err
	}
	if err := db.PingContext(ctx); err != nil {
		return nil, errors.Join(explain(err, config.ConnConfig), closeBoth())
	}
	if err := checkEncoding(ctx, db); err != nil {
		return nil, errors.Join(err, closeBoth())
	}
	s := &Store{
		dialect: postgresDialect{}, write: db, read: db, reading: db, gather: gatherOnPostgres(db),
		close: closeBoth, lockMigrations: gooseLocks, polls: pollEvery, patience: answerTime, writeTime: writeTime,
	}
	s.changes = newChanges(s, config.ConnConfig)
	return s, nil
}

// gooseLocks leaves it to goose's advisory lock.
func gooseLocks(context.Context) (func() error, error) {
	return func() error { return nil }, nil
}
