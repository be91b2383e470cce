package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/pressly/goose/v3"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// A dialect is all in which the two databases differ.
type dialect interface {
	name() string

	// goose names the dialect for migrations; folder is where they are.
	goose() goose.Dialect
	folder() string
	// applied returns the versions of the migrations that made the tables.
	applied(ctx context.Context, db *sql.DB) ([]int64, error)

	// writable tells why a transaction cannot write; nil if it can.
	writable(ctx context.Context, tx q.DBTX) error

	// isTaken tells whether err is about a value that has to be unique;
	// isDangling, about a reference to nothing.
	isTaken(err error) bool
	isDangling(err error) bool
	// isFull tells that the database can keep nothing more; isUnreachable, that
	// it is not there.
	isFull(err error) bool
	isUnreachable(err error) bool
	// isDeadlock tells that a transaction was ended so that others, who waited
	// for it as it did for them, can go on.
	isDeadlock(err error) bool

	// lock keeps rows as they are until the transaction ends. They are named
	// as a table and its condition; the key is the condition's arguments.
	// Whoever adds a row that refers to them is not kept waiting.
	lock(ctx context.Context, tx q.DBTX, rows string, key ...string) error
	// seize does what lock does, and keeps everybody waiting who adds a row
	// that refers to them.
	seize(ctx context.Context, tx q.DBTX, rows string, key ...string) error
	// share keeps a connection from being deleted until the transaction ends.
	share(ctx context.Context, tx q.DBTX, workspace, connection string) error
	// lockPeople keeps people from being added until the transaction ends.
	lockPeople(ctx context.Context, tx q.DBTX) error
	// lockInstanceKeys keeps keys of the instance from being added or changed
	// until the transaction ends.
	lockInstanceKeys(ctx context.Context, tx q.DBTX) error
	// due reads due passbacks that no other transaction is about to lease.
	due(ctx context.Context, db *q.Queries, arg q.DuePassbacksParams) ([]q.DuePassbacksRow, error)
	// dueRosters does the same with rosters.
	dueRosters(ctx context.Context, db *q.Queries, arg q.DueRostersParams) ([]q.Roster, error)
	// dueLineItems does it with line item duties.
	dueLineItems(ctx context.Context, db *q.Queries, arg q.DueLineItemsParams) ([]q.LineItemDuty, error)

	// written returns what is another text once another process has committed
	// something; on PostgreSQL, any process.
	written(ctx context.Context, s *Store) (string, error)
	// settings returns what is another text once any workspace's settings have
	// changed.
	settings(ctx context.Context, s *Store) (string, error)
}

// sqliteDialect needs no locks: a transaction that writes is the only one.
type sqliteDialect struct{}

func (sqliteDialect) name() string   { return "SQLite" }
func (sqliteDialect) folder() string { return "sqlite" }

func (sqliteDialect) goose() goose.Dialect { return goose.DialectSQLite3 }

func (sqliteDialect) applied(ctx context.Context, db *sql.DB) ([]int64, error) {
	return applied(ctx, db, "select exists (select 1 from sqlite_master where type = 'table' and name = 'goose_db_version')")
}

// writable begins to write, and writes nothing: a transaction alone begins on a
// file that can only be read as well.
func (sqliteDialect) writable(ctx context.Context, tx q.DBTX) error {
	_, err := tx.ExecContext(ctx, "delete from chores where false")
	return err
}

func (sqliteDialect) isTaken(err error) bool {
	return sqliteCode(err, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY)
}

func (sqliteDialect) isDangling(err error) bool {
	return sqliteCode(err, sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY)
}

// isDeadlock: nobody waits for a single writer and keeps it waiting.
func (sqliteDialect) isDeadlock(error) bool { return false }

// SQLite tells of a full disk as such, or as a write that came out short.
func (sqliteDialect) isFull(err error) bool {
	return sqliteCode(err, sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE, sqlite3.SQLITE_IOERR_SHMSIZE)
}

func (sqliteDialect) isUnreachable(error) bool { return false }

func (sqliteDialect) lock(context.Context, q.DBTX, string, ...string) error { return nil }

func (sqliteDialect) seize(context.Context, q.DBTX, string, ...string) error { return nil }

func (sqliteDialect) share(context.Context, q.DBTX, string, string) error { return nil }

func (sqliteDialect) lockPeople(context.Context, q.DBTX) error { return nil }

func (sqliteDialect) lockInstanceKeys(context.Context, q.DBTX) error { return nil }

func (sqliteDialect) due(ctx context.Context, db *q.Queries, arg q.DuePassbacksParams) ([]q.DuePassbacksRow, error) {
	return db.DuePassbacks(ctx, arg)
}

func (sqliteDialect) dueRosters(ctx context.Context, db *q.Queries, arg q.DueRostersParams) ([]q.Roster, error) {
	return db.DueRosters(ctx, arg)
}

func (sqliteDialect) dueLineItems(ctx context.Context, db *q.Queries, arg q.DueLineItemsParams) ([]q.LineItemDuty, error) {
	return db.DueLineItems(ctx, arg)
}

// written asks the connection that writes: what it wrote itself does not count.
func (sqliteDialect) written(ctx context.Context, s *Store) (version string, err error) {
	err = s.writer.update(ctx, func(db *turnDB) error {
		return db.QueryRowContext(ctx, "pragma data_version").Scan(&version)
	})
	return version, err
}

// settings are thought to change with everything: others write seldom.
func (d sqliteDialect) settings(ctx context.Context, s *Store) (string, error) {
	return d.written(ctx, s)
}

func sqliteCode(err error, codes ...int) bool {
	found, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if found.Code() == code {
			return true
		}
	}
	return false
}

type postgresDialect struct{}

func (postgresDialect) name() string   { return "PostgreSQL" }
func (postgresDialect) folder() string { return "postgres" }

func (postgresDialect) goose() goose.Dialect { return goose.DialectPostgres }

func (postgresDialect) applied(ctx context.Context, db *sql.DB) ([]int64, error) {
	return applied(ctx, db, "select to_regclass('goose_db_version') is not null")
}

func (postgresDialect) writable(ctx context.Context, tx q.DBTX) error {
	var readOnly bool
	err := tx.QueryRowContext(ctx, "select current_setting('transaction_read_only')::boolean").Scan(&readOnly)
	if err == nil && readOnly {
		err = errReadOnly
	}
	return err
}

func (postgresDialect) isTaken(err error) bool { return postgresCode(err, "23505") }

func (postgresDialect) isDangling(err error) bool { return postgresCode(err, "23503") }

func (postgresDialect) isDeadlock(err error) bool { return postgresCode(err, "40P01") }

func (postgresDialect) isFull(err error) bool { return postgresCode(err, "53100") }

// isUnreachable: no connection, or one that ended, was told to end, or may not
// write for now. One that ended before the answer came is said to be closed.
func (postgresDialect) isUnreachable(err error) bool {
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	for _, gone := range []error{driver.ErrBadConn, io.ErrUnexpectedEOF, pgconn.ErrConnClosed} {
		if errors.Is(err, gone) {
			return true
		}
	}
	if _, ok := errors.AsType[*net.OpError](err); ok {
		return true
	}
	found, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (strings.HasPrefix(found.Code, "08") || strings.HasPrefix(found.Code, "57P") || found.Code == "53300" || found.Code == "25006")
}

func (postgresDialect) lock(ctx context.Context, tx q.DBTX, rows string, key ...string) error {
	return lockRows(ctx, tx, "select 1 from "+rows+" for no key update", key...)
}

func (postgresDialect) seize(ctx context.Context, tx q.DBTX, rows string, key ...string) error {
	return lockRows(ctx, tx, "select 1 from "+rows+" for update", key...)
}

func (postgresDialect) share(ctx context.Context, tx q.DBTX, workspace, connection string) error {
	return lockRows(ctx, tx, "select 1 from connections"+byID+" for key share", workspace, connection)
}

func (postgresDialect) lockPeople(ctx context.Context, tx q.DBTX) error {
	return lockRows(ctx, tx, "lock table people in share row exclusive mode")
}

func (postgresDialect) lockInstanceKeys(ctx context.Context, tx q.DBTX) error {
	return lockRows(ctx, tx, "lock table instance_keys in share row exclusive mode")
}

func (postgresDialect) due(ctx context.Context, db *q.Queries, arg q.DuePassbacksParams) ([]q.DuePassbacksRow, error) {
	rows, err := db.DuePassbacksSkipLocked(ctx, q.DuePassbacksSkipLockedParams(arg))
	due := make([]q.DuePassbacksRow, len(rows))
	for i, r := range rows {
		due[i] = q.DuePassbacksRow(r)
	}
	return due, err
}

func (postgresDialect) dueRosters(ctx context.Context, db *q.Queries, arg q.DueRostersParams) ([]q.Roster, error) {
	return db.DueRostersSkipLocked(ctx, q.DueRostersSkipLockedParams(arg))
}

func (postgresDialect) dueLineItems(ctx context.Context, db *q.Queries, arg q.DueLineItemsParams) ([]q.LineItemDuty, error) {
	return db.DueLineItemsSkipLocked(ctx, q.DueLineItemsSkipLockedParams(arg))
}

// written names the transactions that have begun to write and those that have
// not ended yet.
func (postgresDialect) written(ctx context.Context, s *Store) (snapshot string, err error) {
	err = s.read.QueryRowContext(ctx, "select pg_current_snapshot()::text").Scan(&snapshot)
	return snapshot, err
}

// settings go by the workspaces' rows, each of which counts the changes to what
// belongs to it.
func (postgresDialect) settings(ctx context.Context, s *Store) (sum string, err error) {
	err = s.read.QueryRowContext(ctx, "select coalesce(sum(hashtextextended(w::text, 0)), 0)::text from workspaces w").Scan(&sum)
	return sum, err
}

func lockRows(ctx context.Context, tx q.DBTX, query string, key ...string) error {
	args := make([]any, len(key))
	for i, k := range key {
		args[i] = cleanText(k)
	}
	_, err := tx.ExecContext(ctx, query, args...)
	return err
}

func postgresCode(err error, code string) bool {
	found, ok := errors.AsType[*pgconn.PgError](err)
	return ok && found.Code == code
}

func applied(ctx context.Context, db *sql.DB, hasTable string) (versions []int64, err error) {
	var has bool
	if err := db.QueryRowContext(ctx, hasTable).Scan(&has); err != nil || !has {
		return nil, err
	}
	rows, err := db.QueryContext(ctx, "select version_id from goose_db_version where is_applied")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var version int64
		if err := rows.Scan(&version); err != nil {
			return nil, err
		}
		versions = append(versions, version)
	}
	return versions, rows.Err()
}
