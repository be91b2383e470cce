package main

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/greenroom-lti/greenroom/internal/store"
)

type migrateCmd struct {
	database
	printed
}

func (c migrateCmd) Run(ctx context.Context, s streams) error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return err
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
