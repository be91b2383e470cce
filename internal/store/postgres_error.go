package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"
)

// CheckURL says what is wrong with a database URL, before anybody is asked.
func CheckURL(databaseURL string) error {
	if err := checkDatabaseURL(databaseURL); err != nil {
		return err
	}
	if _, err := pgxpool.ParseConfig(databaseURL); err != nil {
		return fmt.Errorf("database URL: %w", err)
	}
	return nil
}

// checkDatabaseURL says what is wrong with something that is no address of a
// PostgreSQL. What is behind the scheme may be a password and is not repeated.
func checkDatabaseURL(s string) error {
	scheme, _, isURL := strings.Cut(s, "://")
	switch {
	case isURL && scheme != "postgres" && scheme != "postgresql":
		return fmt.Errorf("the database URL must begin with postgres://; it begins with %.20s://", scheme)
	case !isURL && !strings.Contains(s, "="):
		return errors.New("the database URL is none: it looks like postgres://user:password@host:5432/greenroom")
	}
	return nil
}

// explain adds to an error of the first connection what to do about it.
func explain(err error, c *pgx.ConnConfig) error {
	at := net.JoinHostPort(c.Host, fmt.Sprint(c.Port))
	says, answered := errors.AsType[*pgconn.PgError](err)
	var what string
	switch {
	case answered && says.Code == "3D000":
		what = fmt.Sprintf("PostgreSQL at %s has no database %q: make it with createdb, or mend the database URL", at, c.Database)
	case answered && (says.Code == "28P01" || says.Code == "28000"):
		what = fmt.Sprintf("PostgreSQL at %s does not let user %q in: mend user and password in the database URL", at, c.User)
	case answered && says.Code == "53300":
		what = fmt.Sprintf("PostgreSQL at %s has no connection left: raise its max_connections, or lower pool_max_conns in the database URL", at)
	case answered:
		what = fmt.Sprintf("PostgreSQL at %s refuses", at)
	case strings.Contains(err.Error(), "server refused TLS connection"):
		what = fmt.Sprintf("PostgreSQL at %s speaks no TLS, and the database URL asks for it: switch ssl on there, or leave out sslmode", at)
	default:
		what = fmt.Sprintf("PostgreSQL at %s cannot be reached: see that it runs, and that host and port in the database URL are right", at)
	}
	return &startError{what, err}
}

// checkDatabase refuses a database that does not keep all texts as they are,
// and one that keeps nothing of what it is told.
func checkDatabase(ctx context.Context, db *sql.DB) error {
	var name string
	var follows bool
	if err := db.QueryRowContext(ctx, "select current_setting('server_encoding'), pg_is_in_recovery()").Scan(&name, &follows); err != nil {
		return fmt.Errorf("encoding of the database: %w", err)
	}
	if follows {
		return errors.New("the database URL is that of a replica, which takes no writes: name the server that it follows")
	}
	if name != "UTF8" {
		return fmt.Errorf("the database has the encoding %s: make one that has UTF8, by createdb --encoding=UTF8 --template=template0", name)
	}
	return nil
}

// explainRights adds to an error of reading or making tables what to do about
// it, if the user of the database URL may not do so.
func explainRights(err error) error {
	if err == nil || !postgresCode(err, "42501") {
		return err
	}
	return &startError{"the user of the database URL may not read or make tables in this database: make that user its owner, or name the user who made them", err}
}

// A startError is an error of the first connection with what to do about it, in
// one line.
type startError struct {
	what  string
	cause error
}

func (e *startError) Error() string {
	return e.what + " (" + strings.Join(strings.Fields(e.cause.Error()), " ") + ")"
}

func (e *startError) Unwrap() error { return e.cause }
