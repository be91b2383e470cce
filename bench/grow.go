package main

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"
)

// growBatch is how many rows are added in one transaction.
const growBatch = 250_000

// A grower adds old rows to a server's database, from beside the server.
type grower struct {
	db      *sql.DB
	series  string // rows of the numbers x, from 1 to $1
	number  string // twelve digits of x + $2
	indexes string // names and definitions of those of launches that no constraint needs
	after   []string
}

// grow copies a launch that is there, with times long past, identifiers of its
// own, and without its claims, for ten million of which there is no room: the
// tables are the server's, whatever their columns. Indexes are made anew
// behind it.
func (h *house) grow(ctx context.Context, rows int) error {
	g, err := h.grower()
	if err != nil {
		return err
	}
	defer g.db.Close()
	columns, values, err := g.columns(ctx)
	if err != nil {
		return err
	}
	again, err := g.dropIndexes(ctx)
	if err != nil {
		return err
	}
	statement := "insert into launches (" + columns + ") select " + values + " from " + g.series +
		" series, (select * from launches where state_id not like '0-old-%' order by at desc limit 1) l"
	for done := 0; done < rows; done += growBatch {
		if _, err := g.db.ExecContext(ctx, statement, min(rows-done, growBatch), done); err != nil {
			return fmt.Errorf("after %d rows: %w", done, err)
		}
	}
	for _, statement := range append(again, g.after...) {
		if _, err := g.db.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("%s: %w", statement, err)
		}
	}
	return nil
}

func (h *house) grower() (*grower, error) {
	if h.settings.Database != "" {
		db, err := sql.Open("pgx", h.settings.Database)
		return &grower{
			db: db, series: "(select generate_series(1, $1::bigint) as x)", number: "lpad((x + $2::bigint)::text, 12, '0')",
			indexes: `select i.indexname, i.indexdef from pg_indexes i where i.tablename = 'launches'
				and not exists (select 1 from pg_constraint c where c.conname = i.indexname)`,
			after: []string{"vacuum analyze launches"},
		}, err
	}
	file := filepath.Join(h.settings.Folder, "greenroom.db")
	db, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(600000)&_pragma=synchronous(OFF)&_pragma=cache_size(-400000)&_txlock=immediate")
	if err == nil {
		db.SetMaxOpenConns(1)
	}
	return &grower{
		db: db, series: "(with recursive n(x) as (select 1 union all select x + 1 from n where x < $1) select x from n)",
		number:  "printf('%012d', x + $2)",
		indexes: "select name, sql from sqlite_master where type = 'index' and tbl_name = 'launches' and sql is not null",
		after:   []string{"pragma wal_checkpoint(truncate)"},
	}, err
}

// columns returns those of launches, and what an old row has in them.
func (g *grower) columns(ctx context.Context) (columns, values string, err error) {
	rows, err := g.db.QueryContext(ctx, "select * from launches limit 0")
	if err != nil {
		return "", "", err
	}
	defer rows.Close()
	names, err := rows.Columns()
	list := make([]string, len(names))
	for i, column := range names {
		switch column {
		case "id", "state_id":
			list[i] = "'0-old-' || " + g.number
		case "reference":
			list[i] = g.number
		case "claims":
			list[i] = "''"
		case "at", "sign_in_until":
			list[i] = "l." + column + " - 86400000 - x - $2"
		default:
			list[i] = "l." + column
		}
	}
	return strings.Join(names, ", "), strings.Join(list, ", "), err
}

// dropIndexes returns the statements that make them again.
func (g *grower) dropIndexes(ctx context.Context) (again []string, err error) {
	rows, err := g.db.QueryContext(ctx, g.indexes)
	if err != nil {
		return nil, err
	}
	var names []string
	for rows.Next() {
		var name, definition string
		if err := rows.Scan(&name, &definition); err != nil {
			return nil, err
		}
		names, again = append(names, name), append(again, definition)
	}
	if err := rows.Close(); err != nil {
		return nil, err
	}
	for _, name := range names {
		if _, err := g.db.ExecContext(ctx, "drop index "+name); err != nil {
			return nil, err
		}
	}
	return again, rows.Err()
}
