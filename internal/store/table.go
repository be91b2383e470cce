package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strings"
)

// A Table is what was counted of one table.
type Table struct {
	Name string `json:"name"`
	Rows int64  `json:"rows"`
	// Sum is the same for the same rows, in whatever order and database; empty
	// where rows were only counted.
	Sum string `json:"sum,omitempty"`
}

// countSQLite counts the rows of every table, migrations' own aside.
func countSQLite(ctx context.Context, db *sql.DB) ([]Table, error) {
	names, err := sqliteTables(ctx, db)
	if err != nil {
		return nil, err
	}
	tables := make([]Table, len(names))
	for i, name := range names {
		tables[i].Name = name
		err := db.QueryRowContext(ctx, "select count(*) from "+quote(name)).Scan(&tables[i].Rows)
		if err != nil {
			return nil, fmt.Errorf("table %s: %w", name, err)
		}
	}
	return tables, nil
}

// gooseTable is the migrations' own.
const gooseTable = "goose_db_version"

// A queryer is a database or a transaction.
type queryer interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func sqliteTables(ctx context.Context, db queryer) ([]string, error) {
	return texts(ctx, db, "select name from sqlite_master where type = 'table' and name not like 'sqlite\\_%' escape '\\' and name <> $1 order by name", gooseTable)
}

func sqliteColumns(ctx context.Context, db queryer, table string) ([]string, error) {
	names, err := texts(ctx, db, "select name from pragma_table_info($1)", table)
	slices.Sort(names)
	return names, err
}

func texts(ctx context.Context, db queryer, query string, args ...any) ([]string, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		all = append(all, text)
	}
	return all, rows.Err()
}

// quote makes a name of the schema safe to stand in a query.
func quote(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

func quoteAll(names []string) string {
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = quote(name)
	}
	return strings.Join(quoted, ", ")
}

// A tally counts rows and sums them up: the SHA-256 of each row, added as four
// numbers, so that the order does not matter.
type tally struct {
	rows  int64
	lanes [4]uint64
	row   []byte // as the sum sees it
}

func (t *tally) add(values []any) error {
	t.row = t.row[:0]
	for i, v := range values {
		if err := t.value(v); err != nil {
			return fmt.Errorf("value %d: %w", i+1, err)
		}
	}
	sum := sha256.Sum256(t.row)
	for i := range t.lanes {
		t.lanes[i] += binary.BigEndian.Uint64(sum[8*i:])
	}
	t.rows++
	return nil
}

// value adds one value with its kind and length, so that no two rows read the
// same.
func (t *tally) value(v any) error {
	var raw []byte
	kind := byte('t')
	switch v := v.(type) {
	case nil:
		kind = '0'
	case bool:
		kind, raw = 'i', binary.BigEndian.AppendUint64(nil, map[bool]uint64{true: 1}[v])
	case int32:
		return t.value(int64(v))
	case int16:
		return t.value(int64(v))
	case int64:
		kind, raw = 'i', binary.BigEndian.AppendUint64(nil, uint64(v))
	case float64:
		kind, raw = 'f', binary.BigEndian.AppendUint64(nil, math.Float64bits(v))
	case string:
		raw = []byte(v)
	case []byte:
		kind, raw = 'b', v
	default:
		return fmt.Errorf("a %T cannot be summed up", v)
	}
	t.row = binary.BigEndian.AppendUint64(append(t.row, kind), uint64(len(raw)))
	t.row = append(t.row, raw...)
	return nil
}

func (t *tally) table(name string) Table {
	var sum []byte
	for _, lane := range t.lanes {
		sum = binary.BigEndian.AppendUint64(sum, lane)
	}
	return Table{Name: name, Rows: t.rows, Sum: hex.EncodeToString(sum)}
}
