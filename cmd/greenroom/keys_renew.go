package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

type keysRenew struct {
	database
	printed
	Yes bool `help:"Do it."`
}

// renewalJSON is what scripts read.
type renewalJSON struct {
	Renewed    bool                    `json:"renewed"`
	Workspaces []greenroom.WorkspaceID `json:"workspaces"`
	Instance   bool                    `json:"instance"`
}

func (c keysRenew) Run(ctx context.Context, s streams) error {
	h, unlock, err := c.openAlone(ctx, s)
	if err != nil {
		return err
	}
	defer unlock()
	do := h.Service.Lost
	if c.Yes {
		do = h.Service.Renew
	}
	lost, err := do(ctx)
	if err != nil {
		return err
	}
	nothing := len(lost.Workspaces) == 0 && !lost.Instance
	v := renewalJSON{c.Yes && !nothing, []greenroom.WorkspaceID{}, lost.Instance}
	for _, w := range lost.Workspaces {
		v.Workspaces = append(v.Workspaces, w.ID)
	}
	err = c.print(s, v, func(out io.Writer) { c.tell(out, lost, nothing) })
	if !c.Yes && !nothing {
		err = errors.Join(err, errors.New("nothing was changed; if the master key before is lost, or has leaked, and all servers are stopped, add --yes; else put the right one back"))
	}
	return err
}

func (c keysRenew) tell(out io.Writer, lost greenroom.Renewal, nothing bool) {
	if nothing {
		fmt.Fprintln(out, "There is nothing to renew: all signing keys open with this master key.")
		return
	}
	what := "would get a new signing key"
	if c.Yes {
		what = "has a new signing key, which signs from now on"
	}
	for _, w := range lost.Workspaces {
		fmt.Fprintf(out, "%s\t%s\n", w.Slug, what)
	}
	if lost.Instance {
		fmt.Fprintf(out, "(shared registrations)\t%s\n", what)
	}
}

// openAlone opens a house whose master key may be another one than the
// database's, while no server runs on its data directory.
func (c keysRenew) openAlone(ctx context.Context, s streams) (*app.House, func(), error) {
	h, err := c.open(ctx, s, func(a *app.Config) { a.OtherMasterKey = true })
	if err != nil {
		return nil, nil, err
	}
	unlock, err := h.Config.Lock()
	if err != nil {
		return nil, nil, errors.Join(err, h.Close())
	}
	return h, func() { unlock(); _ = h.Close() }, nil
}
