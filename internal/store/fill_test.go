package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Tables returns the tables of a SQLite store, by name.
func Tables(ctx context.Context, s *Store) ([]string, error) { return sqliteTables(ctx, s.read) }

// Fill puts n rows into every table of a SQLite store, whatever tables there
// are: row i of each refers to row i of those that it refers to. PostgreSQL is
// asked which numbers are truth values, and in which order tables come.
func Fill(ctx context.Context, s, like *Store, n int) error {
	plan, err := planOf(ctx, s, like)
	if err != nil {
		return err
	}
	for _, table := range plan {
		for i := range n {
			if err := fillRow(ctx, s, table, i); err != nil {
				return fmt.Errorf("fill %s: %w", table.name, err)
			}
		}
	}
	return nil
}

func planOf(ctx context.Context, s, like *Store) (plan []moving, err error) {
	source, err := s.read.BeginTx(ctx, nil)
	if err != nil {
		return nil, err
	}
	defer func() { _ = source.Rollback() }()
	conn, err := like.write.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	err = conn.Raw(func(c any) error {
		return pgx.BeginFunc(ctx, c.(*stdlib.Conn).Conn(), func(tx pgx.Tx) error {
			plan, err = planMove(ctx, source, tx)
			return err
		})
	})
	return plan, err
}

func fillRow(ctx context.Context, s *Store, t moving, i int) error {
	marks, values := make([]string, len(t.columns)), make([]any, len(t.columns))
	for c, column := range t.columns {
		var err error
		if marks[c] = fmt.Sprint("$", c+1); err == nil {
			values[c], err = fillValue(ctx, s, t, c, column, i)
		}
		if err != nil {
			return err
		}
	}
	_, err := s.write.ExecContext(ctx, "insert into "+quote(t.name)+" ("+quoteAll(t.columns)+") values ("+strings.Join(marks, ", ")+")", values...)
	return err
}

func fillValue(ctx context.Context, s *Store, t moving, at int, column string, i int) (any, error) {
	parent, parentColumn, err := refersTo(ctx, s, t.name, column)
	if err != nil {
		return nil, err
	}
	var kind string
	var notNull, key bool
	err = s.read.QueryRowContext(ctx, "select lower(type), \"notnull\", pk > 0 from pragma_table_info($1) where name = $2", t.name, column).Scan(&kind, &notNull, &key)
	switch {
	case err != nil:
		return nil, err
	case !notNull && !key && i%2 == 1:
		return nil, nil
	case parent == t.name: // the row before; the first is its own
		return max(i-1, 0), nil
	case parent != "":
		return fillValue(ctx, s, moving{name: parent, bools: []bool{false}}, 0, parentColumn, i)
	case t.bools[at]:
		return i % 2, nil
	}
	switch kind {
	case "integer":
		return i, nil
	case "real":
		return float64(i) / 3, nil
	case "blob":
		return []byte{0, 255, '\\', byte(i)}, nil
	}
	return fmt.Sprintf("%s.%s %d 'é\"\\N\t\n😀", t.name, column, i), nil
}

// refersTo returns what a column refers to, as far as it is in another table's
// key.
func refersTo(ctx context.Context, s *Store, table, column string) (parent, parentColumn string, err error) {
	rows, err := s.read.QueryContext(ctx, "select \"table\", \"to\" from pragma_foreign_key_list($1) where \"from\" = $2", table, column)
	if err != nil {
		return "", "", err
	}
	defer rows.Close()
	for rows.Next() {
		if err := rows.Scan(&parent, &parentColumn); err != nil {
			return "", "", err
		}
	}
	return parent, parentColumn, rows.Err()
}
