package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

type keysCmd struct {
	List   keysList   `cmd:"" help:"List a workspace's signing keys."`
	Renew  keysRenew  `cmd:"" help:"After the master key was lost, or has leaked: give all who need one a new signing key under the new master key. Without --yes it shows who they are."`
	Rotate keysRotate `cmd:"" help:"Give a workspace a new signing key. It is published now and signs when LMSes know it."`
}

// workspaceArg names the workspace a command is about, as its argument.
type workspaceArg struct {
	Workspace string `arg:"" help:"Workspace, by ID or slug."`
}

type keysList struct {
	database
	printed
	workspaceArg
}

// keyJSON is what scripts read. Times that are not known are left out.
type keyJSON struct {
	ID          greenroom.KeyID    `json:"kid"`
	State       greenroom.KeyState `json:"state"`
	CreatedAt   string             `json:"created_at"`
	SignsAt     string             `json:"signs_at,omitempty"`
	RetiresAt   string             `json:"retires_at,omitempty"`
	WithdrawnAt string             `json:"withdrawn_at,omitempty"`
	UsedAt      string             `json:"used_at,omitempty"`
}

func keyOut(k greenroom.Key, state greenroom.KeyState) keyJSON {
	return keyJSON{
		k.ID, state, stamp(k.CreatedAt),
		maybe(k.SignsAt), maybe(k.RetiresAt), maybe(k.WithdrawnAt), maybe(k.UsedAt),
	}
}

// maybe is a stamp, empty for the zero time.
func maybe(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return stamp(t)
}

func (c keysList) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	w, err := inWorkspace{c.Workspace}.find(ctx, h)
	if err != nil {
		return err
	}
	report, err := h.Service.Keys(ctx, greenroom.Operator(w.ID))
	if err != nil {
		return err
	}
	return printKeys(c.printed, s, report)
}

func printKeys(c printed, s streams, report greenroom.KeyReport) error {
	list := make([]keyJSON, 0, len(report.Rows))
	for _, row := range report.Rows {
		list = append(list, keyOut(row.Key, row.State))
	}
	return c.print(s, map[string]any{"keys": list}, func(out io.Writer) {
		fmt.Fprintln(out, "KID\tSTATE\tCREATED\tSIGNS FROM\tUNTIL\tWITHDRAWN\tLAST USED")
		dash := func(s string) string {
			if s == "" {
				return "-"
			}
			return s
		}
		for _, k := range list {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.State, k.CreatedAt,
				dash(k.SignsAt), dash(k.RetiresAt), dash(k.WithdrawnAt), dash(k.UsedAt))
		}
	})
}

type keysRotate struct {
	database
	printed
	workspaceArg
	AtOnce bool `help:"A key has leaked: the new one signs from now on and all others are withdrawn."`
}

func (c keysRotate) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	w, err := inWorkspace{c.Workspace}.find(ctx, h)
	if err != nil {
		return err
	}
	key, err := h.Service.RotateKey(ctx, greenroom.Operator(w.ID), c.AtOnce)
	if busy, ok := errors.AsType[*greenroom.RotationError](err); ok {
		return underWay(busy)
	}
	if err != nil {
		return err
	}
	v := keyOut(key, key.State(h.Service.Now()))
	return c.print(s, v, func(out io.Writer) {
		if c.AtOnce {
			fmt.Fprintf(out, "Key %s signs from now on. All others are withdrawn.\n", key.ID)
			return
		}
		fmt.Fprintf(out, "Key %s is published and signs from %s on.\n", key.ID, v.SignsAt)
	})
}

// underWay says why nothing was rotated, and what is left to do.
func underWay(e *greenroom.RotationError) error {
	if e.AtOnce {
		return fmt.Errorf("%w; nothing was changed", e)
	}
	return fmt.Errorf("%w; nothing was changed (if a key has leaked, give --at-once)", e)
}
