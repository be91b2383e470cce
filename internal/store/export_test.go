package store

import (
	"context"
	"database/sql"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
)

// MigrateDown takes all migrations back.
func MigrateDown(ctx context.Context, s *Store) error {
	p, err := s.provider()
	if err == nil {
		_, err = p.DownTo(ctx, 0)
	}
	return err
}

// MigrateUp applies all migrations.
func MigrateUp(ctx context.Context, s *Store) error {
	_, err := s.migrate(ctx, nil)
	return err
}

// OwnTables are the tables that a deleted workspace is removed from.
func OwnTables() []string { return slices.Sorted(slices.Values(ownTables)) }

// WorkspaceTables returns the tables that have a column workspace_id.
func WorkspaceTables(ctx context.Context, s *Store) (tables []string, err error) {
	query := "select table_name from information_schema.columns where table_schema = current_schema() and column_name = 'workspace_id'"
	if s.Dialect() == "SQLite" {
		query = "select m.name from sqlite_master m join pragma_table_info(m.name) c on c.name = 'workspace_id' where m.type = 'table'"
	}
	rows, err := s.read.QueryContext(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var table string
		if err := rows.Scan(&table); err != nil {
			return nil, err
		}
		tables = append(tables, table)
	}
	slices.Sort(tables)
	return tables, rows.Err()
}

// MigrateDownTo takes back the migrations after a version.
func MigrateDownTo(ctx context.Context, s *Store, version int64) error {
	p, err := s.provider()
	if err == nil {
		_, err = p.DownTo(ctx, version)
	}
	return err
}

// Unmigrate takes back one migration alone, whatever came after it.
func Unmigrate(ctx context.Context, s *Store, version int64) error {
	p, err := s.provider()
	if err == nil {
		_, err = p.ApplyVersion(ctx, version, false)
	}
	return err
}

// Exec runs a statement as it is.
func Exec(ctx context.Context, s *Store, statement string) error {
	_, err := s.write.ExecContext(ctx, statement)
	return err
}

// Count counts rows, named as a table and its condition.
func Count(ctx context.Context, s *Store, rows string) (n int, err error) {
	err = s.read.QueryRowContext(ctx, "select count(*) from "+rows).Scan(&n)
	return n, err
}

// ExecFile runs statements on a SQLite file that is no store of this program,
// and leaves no log beside it.
func ExecFile(ctx context.Context, path string, statements ...string) error {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		return err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// AskOften has Listen ask all the time, where it has to ask.
func AskOften(s *Store) { s.polls = time.Millisecond }

// ListenElsewhere has Listen hear nothing of what is notified, as behind a
// pooler that lends a connection for a transaction: PostgreSQL keeps the
// channels of databases apart.
func ListenElsewhere(s *Store, databaseURL string) error {
	config, err := pgx.ParseConfig(databaseURL)
	s.changes.config, s.changes.echo = config, 200*time.Millisecond
	return err
}

// CutListeners ends the connections that listen.
func CutListeners(ctx context.Context, s *Store) (cut int, err error) {
	err = s.read.QueryRowContext(ctx, "select count(pg_terminate_backend(pid)) from pg_stat_activity where query = 'listen "+channel+"' or query = '-- ping'").Scan(&cut)
	return cut, err
}

// DB is the database itself, for what another program says to it.
func DB(s *Store) *sql.DB { return s.write }

// Migrations returns the migrations of a dialect by their file names.
func Migrations(folder string) (map[string]string, error) {
	files, err := migrations.ReadDir("migrations/" + folder)
	found := map[string]string{}
	for _, f := range files {
		text, err := migrations.ReadFile("migrations/" + folder + "/" + f.Name())
		if err != nil {
			return nil, err
		}
		found[f.Name()] = string(text)
	}
	return found, err
}
