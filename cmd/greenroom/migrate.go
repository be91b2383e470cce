package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/greenroom-lti/greenroom/internal/store"
)

type migrateCmd struct {
	database
	printed
	FromSQLite string `help:"Move everything from this SQLite database to an empty PostgreSQL (--database-url), and prove that it arrived." name:"from-sqlite" placeholder:"FILE"`
}

func (c migrateCmd) Run(ctx context.Context, s streams) error {
	if c.FromSQLite != "" {
		return c.move(ctx, s)
	}
	if c.DatabaseURL == "" {
		if err := os.MkdirAll(string(c.Data), 0o700); err != nil {
			return fmt.Errorf("--data: %w", err)
		}
	}
	applied, err := store.Migrate(ctx, c.config(nil).StoreOptions(true))
	if err != nil {
		return err
	}
	return c.print(s, map[string]any{"applied": applied}, func(out io.Writer) {
		if applied == 0 {
			fmt.Fprintln(out, "The schema is up to date.")
			return
		}
		fmt.Fprintf(out, "Applied %d migrations.\n", applied)
	})
}

// move brings a whole instance to PostgreSQL.
func (c migrateCmd) move(ctx context.Context, s streams) error {
	if c.DatabaseURL == "" {
		return errUsage{errors.New("nothing was moved: to which PostgreSQL? give --database-url postgres://…")}
	}
	if err := checkFile("--from-sqlite", c.FromSQLite); err != nil {
		return fmt.Errorf("nothing was moved: %w", err)
	}
	moved, err := c.config(nil).Move(ctx, c.FromSQLite)
	if err != nil {
		return fmt.Errorf("nothing was moved: %w", err)
	}
	return c.print(s, map[string]any{"tables": moved}, func(out io.Writer) {
		fmt.Fprintln(out, "TABLE\tROWS\tSUM, THE SAME IN BOTH")
		var rows int64
		for _, t := range moved {
			rows += t.Rows
			fmt.Fprintf(out, "%s\t%d\t%s\n", t.Name, t.Rows, t.Sum[:16])
		}
		fmt.Fprintf(out, "Moved %d rows in %d tables. Start the server with the same --data (it holds the master key) and --database-url from now on.\n", rows, len(moved))
	})
}
