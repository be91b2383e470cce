package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// ErrNotEmpty says that there are rows where a whole instance was to be put.
var ErrNotEmpty = errors.New("not empty")

// Move copies everything from a SQLite database that nobody writes to an empty
// PostgreSQL, in one transaction, and proves it: PostgreSQL's rows are read
// back, and have the number and the sum of those that were read from SQLite.
// Otherwise nothing is kept. The schemas must be those of this program; a
// PostgreSQL without tables gets them. SQLite stays as it is.
func Move(ctx context.Context, sqlitePath, databaseURL string) (_ []Table, err error) {
	if _, err := os.Stat(sqlitePath); err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	from, err := Open(ctx, Options{Path: sqlitePath})
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, from.Close()) }()
	if err := readyToReceive(ctx, databaseURL); err != nil {
		return nil, err
	}
	source, err := from.read.BeginTx(ctx, nil) // one moment of SQLite
	if err != nil {
		return nil, err
	}
	defer func() { _ = source.Rollback() }()
	config, err := pgx.ParseConfig(databaseURL)
	if err != nil {
		return nil, fmt.Errorf("database URL: %w", err)
	}
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("PostgreSQL: %w", err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	return moveAll(ctx, source, conn)
}

// readyToReceive makes the tables if there are none, and refuses those of
// another version.
func readyToReceive(ctx context.Context, databaseURL string) (err error) {
	to, err := connect(ctx, Options{DatabaseURL: databaseURL})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	schema, err := to.Schema(ctx)
	switch {
	case err != nil:
		return err
	case schema.Have == 0:
		if err := isBare(ctx, to); err != nil {
			return err
		}
		_, err = to.migrate(ctx, nil)
		return err
	case schema.Have != schema.Want, schema.Pending() > 0:
		return &SchemaError{schema}
	}
	return nil
}

// isBare refuses a database with tables that are somebody else's.
func isBare(ctx context.Context, s *Store) error {
	var found sql.NullString
	err := s.read.QueryRowContext(ctx, `
		select min(relname::text) from pg_class
		where relnamespace = current_schema()::regnamespace and relkind in ('r', 'p') and relname <> $1`, gooseTable).Scan(&found)
	if err == nil && found.Valid {
		err = fmt.Errorf("the PostgreSQL database is %w: it has the table %s, which is none of Greenroom's; make a database for Greenroom alone with createdb", ErrNotEmpty, found.String)
	}
	return err
}

func moveAll(ctx context.Context, source *sql.Tx, conn *pgx.Conn) ([]Table, error) {
	tx, err := conn.Begin(ctx)
	if err != nil {
		return nil, err
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	plan, err := planMove(ctx, source, tx)
	if err != nil {
		return nil, err
	}
	if err := holdEmpty(ctx, tx, plan); err != nil {
		return nil, err
	}
	moved := make([]Table, len(plan))
	for i, t := range plan {
		if moved[i], err = t.move(ctx, source, tx); err != nil {
			return nil, fmt.Errorf("table %s: %w", t.name, err)
		}
	}
	if err := setSequences(ctx, tx); err != nil {
		return nil, fmt.Errorf("sequences: %w", err)
	}
	if err := tx.Commit(ctx); err != nil {
		return nil, fmt.Errorf("commit: %w", err)
	}
	slices.SortFunc(moved, func(a, b Table) int { return strings.Compare(a.Name, b.Name) })
	return moved, nil
}

// A moving is one table on its way.
type moving struct {
	name    string
	columns []string
	bools   []bool // which columns PostgreSQL has as boolean
}

// planMove lists the tables, each behind those that it refers to. What is in
// the databases decides, not a list.
func planMove(ctx context.Context, source *sql.Tx, tx pgx.Tx) ([]moving, error) {
	have, err := sqliteTables(ctx, source)
	if err != nil {
		return nil, err
	}
	want, refers, err := postgresTables(ctx, tx)
	if err != nil {
		return nil, err
	}
	if sorted := slices.Sorted(slices.Values(want)); !slices.Equal(have, sorted) {
		return nil, fmt.Errorf("the databases have different tables: SQLite %v, PostgreSQL %v", have, sorted)
	}
	order, err := parentsFirst(want, refers)
	if err != nil {
		return nil, err
	}
	plan := make([]moving, len(order))
	for i, name := range order {
		if plan[i], err = planTable(ctx, source, tx, name); err != nil {
			return nil, err
		}
	}
	return plan, nil
}

// postgresTables returns the tables and which of them refer to which.
func postgresTables(ctx context.Context, tx pgx.Tx) (names []string, refers map[string][]string, err error) {
	names, err = column1[string](ctx, tx, `
		select c.relname::text from pg_class c
		where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
		and c.relname <> $1 order by c.relname::text`, gooseTable)
	if err != nil {
		return nil, nil, err
	}
	rows, err := tx.Query(ctx, `
		select distinct f.relname::text, t.relname::text from pg_constraint k
		join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
		where k.contype = 'f' and f.oid <> t.oid and f.relnamespace = current_schema()::regnamespace`)
	if err != nil {
		return nil, nil, err
	}
	refers = map[string][]string{}
	var from, to string
	_, err = pgx.ForEachRow(rows, []any{&from, &to}, func() error {
		refers[from] = append(refers[from], to)
		return nil
	})
	return names, refers, err
}

func column1[T any](ctx context.Context, tx pgx.Tx, query string, args ...any) ([]T, error) {
	rows, err := tx.Query(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[T])
}

// parentsFirst sorts names so that each stands behind all that it refers to.
func parentsFirst(names []string, refers map[string][]string) ([]string, error) {
	var order []string
	for len(order) < len(names) {
		before := len(order)
		for _, name := range names {
			waits := func(parent string) bool { return !slices.Contains(order, parent) }
			if !slices.Contains(order, name) && !slices.ContainsFunc(refers[name], waits) {
				order = append(order, name)
			}
		}
		if len(order) == before {
			return nil, fmt.Errorf("tables refer to each other in a circle: none of the others than %v can be first", order)
		}
	}
	return order, nil
}

func planTable(ctx context.Context, source *sql.Tx, tx pgx.Tx, name string) (moving, error) {
	m := moving{name: name}
	have, err := sqliteColumns(ctx, source, name)
	if err != nil {
		return m, err
	}
	rows, err := tx.Query(ctx, `
		select column_name::text, data_type = 'boolean' from information_schema.columns
		where table_schema = current_schema() and table_name = $1 order by column_name collate "C"`, name)
	if err != nil {
		return m, err
	}
	var column string
	var isBool bool
	_, err = pgx.ForEachRow(rows, []any{&column, &isBool}, func() error {
		m.columns, m.bools = append(m.columns, column), append(m.bools, isBool)
		return nil
	})
	if err == nil && !slices.Equal(have, m.columns) {
		err = fmt.Errorf("table %s has different columns: SQLite %v, PostgreSQL %v", name, have, m.columns)
	}
	return m, err
}

// holdEmpty keeps everybody else from the tables until the transaction ends,
// and sees to it that there is nothing in them.
func holdEmpty(ctx context.Context, tx pgx.Tx, plan []moving) error {
	for _, t := range plan {
		if _, err := tx.Exec(ctx, "lock table "+quote(t.name)+" in exclusive mode"); err != nil {
			return err
		}
		var any bool
		if err := tx.QueryRow(ctx, "select exists (select 1 from "+quote(t.name)+")").Scan(&any); err != nil {
			return err
		}
		if any {
			return fmt.Errorf("the PostgreSQL database is %w: there are rows in %s", ErrNotEmpty, t.name)
		}
	}
	return nil
}

// move copies the rows, reads them back, and compares.
func (m moving) move(ctx context.Context, source *sql.Tx, tx pgx.Tx) (Table, error) {
	rows, err := source.QueryContext(ctx, "select "+quoteAll(m.columns)+" from "+quote(m.name))
	if err != nil {
		return Table{}, err
	}
	defer rows.Close()
	from := &sqliteRows{moving: m, rows: rows, sum: &tally{}}
	if _, err := tx.CopyFrom(ctx, pgx.Identifier{m.name}, m.columns, from); err != nil {
		return Table{}, err
	}
	read, arrived := from.sum.table(m.name), Table{}
	if arrived, err = m.tally(ctx, tx); err != nil {
		return Table{}, err
	}
	if read != arrived {
		return Table{}, fmt.Errorf("%d rows (sum %s) were read, and %d (sum %s) arrived", read.Rows, read.Sum, arrived.Rows, arrived.Sum)
	}
	return arrived, nil
}

// tally sums up what PostgreSQL has.
func (m moving) tally(ctx context.Context, tx pgx.Tx) (Table, error) {
	rows, err := tx.Query(ctx, "select "+quoteAll(m.columns)+" from "+quote(m.name))
	if err != nil {
		return Table{}, err
	}
	defer rows.Close()
	sum := &tally{}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return Table{}, err
		}
		if err := sum.add(values); err != nil {
			return Table{}, err
		}
	}
	return sum.table(m.name), rows.Err()
}

// sqliteRows are rows of SQLite in PostgreSQL's types, summed up as they pass.
type sqliteRows struct {
	moving
	rows   *sql.Rows
	sum    *tally
	values []any
	err    error
}

// Next implements pgx.CopyFromSource.
func (r *sqliteRows) Next() bool {
	if r.err != nil || !r.rows.Next() {
		return false
	}
	r.values = make([]any, len(r.columns))
	into := make([]any, len(r.columns))
	for i := range into {
		into[i] = &r.values[i]
	}
	if r.err = r.rows.Scan(into...); r.err != nil {
		return false
	}
	for i, v := range r.values {
		if n, ok := v.(int64); ok && r.bools[i] {
			r.values[i] = n != 0
		}
	}
	r.err = r.sum.add(r.values)
	return r.err == nil
}

// Values implements pgx.CopyFromSource.
func (r *sqliteRows) Values() ([]any, error) { return r.values, nil }

// Err implements pgx.CopyFromSource.
func (r *sqliteRows) Err() error { return errors.Join(r.err, r.rows.Err()) }

// setSequences lets numbers that PostgreSQL gives out go on behind those that
// were copied.
func setSequences(ctx context.Context, tx pgx.Tx) error {
	statements, err := column1[string](ctx, tx, `
		select format('select setval(%L, coalesce(max(%I), 1), max(%I) is not null) from %I',
			pg_get_serial_sequence(quote_ident(table_name), column_name), column_name, column_name, table_name)
		from information_schema.columns
		where table_schema = current_schema() and pg_get_serial_sequence(quote_ident(table_name), column_name) is not null
		and table_name <> $1`, gooseTable)
	if err != nil {
		return err
	}
	for _, s := range statements {
		if _, err := tx.Exec(ctx, s); err != nil {
			return err
		}
	}
	return nil
}
