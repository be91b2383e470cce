package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3/lock"
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
	if err := checkPooler(ctx, pool); err != nil {
		return nil, errors.Join(err, closeBoth())
	}
	if err := checkDatabase(ctx, db); err != nil {
		return nil, errors.Join(err, closeBoth())
	}
	s := &Store{
		dialect: postgresDialect{}, write: db, read: db, reading: db, gather: gatherOnPostgres(db),
		close: closeBoth, lockMigrations: migrationLock(config.ConnConfig), polls: pollEvery, patience: answerTime, writeTime: writeTime,
	}
	s.changes = newChanges(s, config.ConnConfig)
	return s, nil
}

// migrationTurn is how long a node waits for another one that migrates.
const migrationTurn = 2 * time.Minute

// migrationLock returns what waits until no other node migrates, and lets none
// do so then. The lock is a transaction's and not a session's, so that it holds
// behind a pooler that lends connections for a transaction; a connection of its
// own keeps it. Its key is that of goose's, which nodes of older versions take.
func migrationLock(config *pgx.ConnConfig) func(context.Context) (func() error, error) {
	config = config.Copy()
	return func(ctx context.Context) (unlock func() error, err error) {
		conn, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return nil, fmt.Errorf("lock: %w", err)
		}
		unlock = func() error { // the transaction ends with its connection
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			defer cancel()
			return conn.Close(closing)
		}
		if err := takeTurn(ctx, conn); err != nil {
			return nil, errors.Join(fmt.Errorf("lock: %w", err), unlock())
		}
		return unlock, nil
	}
}

// takeTurn asks for the lock again and again. Whoever waits has no transaction:
// it would have others' indexes wait for it, and keep a pooler's connection.
func takeTurn(ctx context.Context, conn *pgx.Conn) error {
	tooLong := errors.New("another server migrates for minutes: see whether one hangs")
	ctx, cancel := context.WithTimeoutCause(ctx, migrationTurn, tooLong)
	defer cancel()
	again := time.NewTicker(250 * time.Millisecond)
	defer again.Stop()
	for {
		mine, err := isTurn(ctx, conn)
		switch {
		case mine:
			return nil
		case err != nil && ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-again.C:
		}
	}
}

// isTurn leaves the connection in a transaction that holds the lock, or in none.
func isTurn(ctx context.Context, conn *pgx.Conn) (mine bool, err error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return false, err
	}
	if err = tx.QueryRow(ctx, "select pg_try_advisory_xact_lock($1)", lock.DefaultLockID).Scan(&mine); err == nil && mine {
		_, err = tx.Exec(ctx, "set local idle_in_transaction_session_timeout = 0")
	}
	if err != nil || !mine {
		return false, errors.Join(err, tx.Rollback(ctx))
	}
	return true, nil
}
