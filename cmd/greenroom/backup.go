package main

import (
	"context"
	"fmt"
	"io"

	"github.com/greenroom-lti/greenroom/internal/store"
)

type backupCmd struct {
	database
	printed
	File  string `arg:"" help:"File to write; its folder must exist."`
	Force bool   `help:"Overwrite the file."`
}

// copyJSON is what scripts read of a backup.
type copyJSON struct {
	File   string        `json:"file"`
	Bytes  int64         `json:"bytes"`
	Schema int64         `json:"schema"`
	Tables []store.Table `json:"tables"`
}

func copyOut(c store.Copy) copyJSON { return copyJSON{c.Path, c.Bytes, c.Schema.Have, c.Tables} }

func (c backupCmd) Run(ctx context.Context, s streams) error {
	config := c.config(nil)
	made, err := config.Backup(ctx, c.File, c.Force)
	if err != nil {
		return err
	}
	key := config.MasterKeyFile()
	if c.MasterKey != "" {
		key = "GREENROOM_MASTER_KEY"
	}
	return c.print(s, copyOut(made), func(out io.Writer) {
		fmt.Fprintf(out, "Written and examined: %s, %d rows in %d tables, schema %d, %d bytes.\n", made.Path, made.Rows(), len(made.Tables), made.Schema.Have, made.Bytes)
		fmt.Fprintf(out, "It does not hold the master key (%s), without which it cannot be used. Keep a copy of that in another place.\n", key)
	})
}

type restoreCmd struct {
	database
	printed
	File  string `arg:"" help:"File that \"greenroom backup\" wrote."`
	Force bool   `help:"Also if there is a database; it is kept beside the restored one."`
}

func (c restoreCmd) Run(ctx context.Context, s streams) error {
	if c.DatabaseURL == "" {
		if err := checkFile("the backup", c.File); err != nil {
			return err
		}
	}
	r, err := c.config(nil).Restore(ctx, c.File, c.Force)
	if err != nil {
		return err
	}
	if r.Warning != "" {
		fmt.Fprintln(s.err, "greenroom: the server will not start yet:", r.Warning)
	}
	answer := struct {
		copyJSON
		Replaced string `json:"replaced,omitempty"`
		Warning  string `json:"warning,omitempty"`
	}{copyOut(r.Copy), r.Aside, r.Warning}
	return c.print(s, answer, func(out io.Writer) {
		fmt.Fprintf(out, "Restored: %d rows in %d tables, schema %d.\n", r.Rows(), len(r.Tables), r.Schema.Have)
		if n := r.Schema.Pending(); n > 0 {
			fmt.Fprintf(out, "It is from an older Greenroom: the next start applies %d migrations.\n", n)
		}
		if r.Aside != "" {
			fmt.Fprintf(out, "What was there is %s; remove it when it is not needed any more.\n", r.Aside)
		}
	})
}
