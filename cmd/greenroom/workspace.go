package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

type workspaceCmd struct {
	Create workspaceCreate `cmd:"" help:"Make a workspace with its own signing key."`
	List   workspaceList   `cmd:"" help:"List workspaces, or those that were deleted."`
	Rename workspaceRename `cmd:"" help:"Change a workspace's name or address. LMSes are not affected."`
	Host   workspaceHost   `cmd:"" help:"Give a workspace a host of its own, or show its hosts."`
	Delete workspaceDelete `cmd:"" help:"Delete a workspace with everything in it, for good. Without --yes it shows what would go."`
}

// defaultPublicURL matches the default of serve's --listen.
const defaultPublicURL = "http://127.0.0.1:8080"

// publicURL lets a command print absolute URLs before a server ever ran.
type publicURL struct {
	PublicURL string `help:"What browsers and LMSes call. Default: what the server on this data directory was last started with." env:"GREENROOM_PUBLIC_URL" placeholder:"URL"`
}

// urls builds the URLs of workspaces. Without a server's own word it takes the
// default, and says so.
func (p publicURL) urls(c app.Config, s streams) (web.URLs, error) {
	c.PublicURL = p.PublicURL
	public := c.KnownPublicURL()
	if public == "" {
		public = defaultPublicURL
		fmt.Fprintln(s.err, "greenroom: no server has run here yet; the URLs begin with "+public+". Give --public-url for others.")
	}
	urls, err := web.NewURLs(public)
	if err != nil {
		return urls, errUsage{fmt.Errorf("--public-url %q is not a URL; it looks like https://practice.example.com (%w)", public, err)}
	}
	return urls, nil
}

type workspaceCreate struct {
	database
	printed
	publicURL
	Name    string `arg:"" help:"Name of the workspace."`
	Samples bool   `help:"Put the three sample scenarios into it."`
}

// workspaceJSON is what scripts read.
type workspaceJSON struct {
	ID     greenroom.WorkspaceID `json:"id"`
	Slug   string                `json:"slug"`
	Name   string                `json:"name"`
	Login  string                `json:"login_url"`
	Launch string                `json:"launch_url"`
	KeySet string                `json:"jwks_url"`
	OpenID string                `json:"openid_configuration_url"`
	Host   string                `json:"host"`
}

func workspaceOut(u web.URLs, w greenroom.Workspace) workspaceJSON {
	u = u.For(w)
	return workspaceJSON{
		w.ID, w.Slug, w.Name,
		u.Login(w.ID), u.Launch(w.ID), u.KeySet(w.ID), u.OpenIDConfiguration(w.ID), u.Host(),
	}
}

func (c workspaceCreate) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s, func(a *app.Config) { a.Existing = false })
	if err != nil {
		return err
	}
	defer h.Close()
	urls, err := c.urls(h.Config, s)
	if err != nil {
		return err
	}
	w, err := h.Service.CreateWorkspace(ctx, c.Name, "", c.Samples)
	if err != nil {
		return byFlag(err, map[string]string{"name": "<name>"})
	}
	v := workspaceOut(urls, w)
	return c.print(s, v, func(out io.Writer) {
		fmt.Fprintf(out, "ID\t%s\nSlug\t%s\nName\t%s\n", v.ID, v.Slug, v.Name)
		fmt.Fprintf(out, "OIDC login initiation\t%s\nLaunch (redirect URI)\t%s\n", v.Login, v.Launch)
		fmt.Fprintf(out, "JWKS\t%s\nOpenID configuration\t%s\n", v.KeySet, v.OpenID)
	})
}

type workspaceList struct {
	database
	printed
	publicURL
	Deleted bool `help:"List what is remembered of deleted workspaces instead."`
}

func (c workspaceList) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	if c.Deleted {
		return c.deleted(ctx, s, h)
	}
	urls, err := c.urls(h.Config, s)
	if err != nil {
		return err
	}
	all, err := h.Store.Instance().Workspaces(ctx)
	if err != nil {
		return err
	}
	list := make([]workspaceJSON, 0, len(all))
	for _, w := range all {
		list = append(list, workspaceOut(urls, w))
	}
	return c.print(s, map[string]any{"workspaces": list}, func(out io.Writer) {
		fmt.Fprintln(out, "SLUG\tNAME\tID")
		for _, w := range list {
			fmt.Fprintf(out, "%s\t%s\t%s\n", w.Slug, w.Name, w.ID)
		}
	})
}

func isNotFound(err error) bool { return errors.Is(err, greenroom.ErrNotFound) }
