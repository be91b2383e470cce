package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// aWorkspace names the workspace that a command changes.
type aWorkspace struct {
	Workspace string `arg:"" help:"Workspace, by ID or slug."`
}

func (a aWorkspace) find(ctx context.Context, h *app.House) (greenroom.Workspace, error) {
	return inWorkspace(a).find(ctx, h)
}

type workspaceRename struct {
	database
	printed
	publicURL
	aWorkspace
	Name string `help:"The new name." placeholder:"NAME"`
	Slug string `help:"The new address of its pages: the part after /w/." placeholder:"SLUG"`
}

func (c workspaceRename) Run(ctx context.Context, s streams) error {
	if c.Name == "" && c.Slug == "" {
		return errUsage{errors.New("give --name, --slug or both")}
	}
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	urls, err := c.urls(h.Config, s)
	if err != nil {
		return err
	}
	old, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	w, err := h.Service.RenameWorkspace(ctx, greenroom.Operator(old.ID), greenroom.WorkspaceForm{
		Name: cmp.Or(c.Name, old.Name), Slug: cmp.Or(c.Slug, old.Slug),
	})
	if err != nil {
		return byFlag(err, map[string]string{"name": "--name", "slug": "--slug"})
	}
	return c.print(s, workspaceOut(urls, w), func(out io.Writer) {
		fmt.Fprintf(out, "%s is now called %s; its pages are at /w/%s/.\n", old.Name, w.Name, w.Slug)
	})
}

type workspaceDelete struct {
	database
	printed
	aWorkspace
	Yes string `help:"Delete it. NAME is the workspace's name, as a check that it is the right one." placeholder:"NAME"`
}

// deletionJSON is what scripts read of a workspace that goes or would go.
type deletionJSON struct {
	ID          greenroom.WorkspaceID `json:"id"`
	Name        string                `json:"name"`
	Deleted     bool                  `json:"deleted"`
	Connections int                   `json:"connections"`
	Members     int                   `json:"members"`
	Stranded    int                   `json:"members_without_another_workspace"`
	Learners    int                   `json:"learners"`
	Scenarios   int                   `json:"scenarios"`
	Sessions    int                   `json:"sessions"`
	Scores      int                   `json:"scores"`
	Waiting     int                   `json:"passbacks_waiting"`
	Launches    int                   `json:"launches"`
}

func deletionOut(d greenroom.Deletion, deleted bool) deletionJSON {
	c := d.Contents
	return deletionJSON{
		d.Workspace.ID, d.Workspace.Name, deleted, c.Connections, c.Members, len(d.Stranded), c.Learners,
		c.Scenarios, c.Sessions, c.Scores, c.Waiting, c.Launches,
	}
}

// deletionTime is how long a large workspace may take to go.
const deletionTime = 6 * time.Hour

func (c workspaceDelete) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	w, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	operator := greenroom.Operator(w.ID)
	d, err := h.Service.PreviewDeletion(ctx, operator)
	if err != nil {
		return err
	}
	if c.Yes == "" {
		err := c.print(s, deletionOut(d, false), func(out io.Writer) { printDeletion(out, d, "would go") })
		return errors.Join(err, fmt.Errorf("nothing was deleted; to delete %q for good, add --yes %q", w.Name, w.Name))
	}
	deleting, cancel := context.WithTimeout(ctx, deletionTime)
	defer cancel()
	if _, err := h.Service.DeleteWorkspace(deleting, operator, c.Yes); err != nil {
		if _, wrong := errors.AsType[*greenroom.Invalid](err); wrong {
			return fmt.Errorf("nothing was deleted: --yes %q is not the workspace's name, which is %q", c.Yes, w.Name)
		}
		return err
	}
	return c.print(s, deletionOut(d, true), func(out io.Writer) { printDeletion(out, d, "is gone") })
}

func printDeletion(out io.Writer, d greenroom.Deletion, what string) {
	c := d.Contents
	fmt.Fprintf(out, "%s %s, and with it:\n", d.Workspace.Name, what)
	for _, line := range []struct {
		what string
		n    int
	}{
		{"connections", c.Connections}, {"scenarios", c.Scenarios}, {"learners", c.Learners}, {"sessions", c.Sessions},
		{"scores", c.Scores}, {"scores on their way to a gradebook", c.Waiting}, {"launches", c.Launches},
	} {
		fmt.Fprintf(out, "%d\t%s\n", line.n, line.what)
	}
	fmt.Fprintf(out, "%d\tmembers lose access, %d of them to their only workspace; they can still sign in\n", c.Members, len(d.Stranded))
}

type deletedJSON struct {
	ID        string             `json:"id"`
	Name      string             `json:"name"`
	DeletedAt string             `json:"deleted_at"`
	DeletedBy string             `json:"deleted_by"`
	Contents  []greenroom.Change `json:"contents"`
}

func (c workspaceList) deleted(ctx context.Context, s streams, h *app.House) error {
	all, err := h.Service.InstanceAudit(ctx)
	if err != nil {
		return err
	}
	list := []deletedJSON{}
	for _, e := range all {
		if e.Action == greenroom.WorkspaceDeleted {
			list = append(list, deletedJSON{e.NounID, e.Label, stamp(e.At), e.ActorName, e.Changes})
		}
	}
	return c.print(s, map[string]any{"deleted_workspaces": list}, func(out io.Writer) {
		fmt.Fprintln(out, "NAME\tDELETED\tBY\tID")
		for _, x := range list {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", x.Name, x.DeletedAt, x.DeletedBy, x.ID)
		}
	})
}
