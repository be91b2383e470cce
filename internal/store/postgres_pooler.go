package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// checkPooler refuses a pooler that lends connections for a transaction and
// forgets what was prepared on them. It would do while one asks after the other,
// and fail as soon as many do.
func checkPooler(ctx context.Context, pool *pgxpool.Pool) error {
	config := pool.Config().ConnConfig
	if config.DefaultQueryExecMode != pgx.QueryExecModeCacheStatement {
		return nil
	}
	pooled, err := behindPooler(ctx, pool)
	if err == nil && pooled {
		err = tryPrepared(ctx, config)
	}
	return err
}

// behindPooler tells whether the process that answers is another one than that
// which was promised when the connection was made.
func behindPooler(ctx context.Context, pool *pgxpool.Pool) (bool, error) {
	conn, err := pool.Acquire(ctx)
	if err != nil {
		return false, err
	}
	defer conn.Release()
	var answers uint32
	err = conn.QueryRow(ctx, "select pg_backend_pid()", pgx.QueryExecModeExec).Scan(&answers)
	return answers != conn.Conn().PgConn().PID(), err
}

// tryPrepared prepares a statement, has another transaction take the
// connection that it was prepared on, and wants the statement.
func tryPrepared(ctx context.Context, config *pgx.ConnConfig) (err error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	var asks, takes *pgx.Conn
	for _, conn := range []**pgx.Conn{&asks, &takes} {
		if *conn, err = pgx.ConnectConfig(ctx, config.Copy()); err != nil {
			return fmt.Errorf("PostgreSQL: %w", err)
		}
		defer func() { err = errors.Join(err, (*conn).Close(context.WithoutCancel(ctx))) }()
	}
	name := "greenroom_" + rand.Text()[:8]
	if _, err := asks.Prepare(ctx, name, "select 1"); err != nil {
		return fmt.Errorf("PostgreSQL: prepare: %w", err)
	}
	tx, err := takes.Begin(ctx)
	if err != nil {
		return fmt.Errorf("PostgreSQL: begin: %w", err)
	}
	defer func() { err = errors.Join(err, tx.Rollback(context.WithoutCancel(ctx))) }()
	_, err = asks.Exec(ctx, name)
	if postgresCode(err, "26000") {
		return &startError{"the database URL is that of a pooler that forgets prepared statements: add default_query_exec_mode=exec to the URL, as in postgres://…/greenroom?default_query_exec_mode=exec, or set max_prepared_statements in PgBouncer 1.21 or newer", err}
	}
	return err
}
