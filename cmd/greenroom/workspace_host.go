package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

type workspaceHost struct {
	database
	printed
	publicURL
	aWorkspace
	Host   string `arg:"" optional:"" help:"Host name that the workspace's URLs will carry. It has to lead to this server. Without it the hosts are listed."`
	Shared bool   `help:"Let the URLs carry the host of the public URL again. Hosts that the workspace had go on answering." xor:"what"`
	Forget string `help:"End a host of the workspace: nothing answers there any more." placeholder:"HOST" xor:"what"`
}

// hostJSON is what scripts read.
type hostJSON struct {
	Name    string `json:"name"`
	InURLs  bool   `json:"in_urls"`
	AddedAt string `json:"added_at,omitempty"` // not of the public URL's
}

func (c workspaceHost) Run(ctx context.Context, s streams) error {
	if c.Host != "" && (c.Shared || c.Forget != "") {
		return errUsage{errors.New("give a host, --shared or --forget, one of them")}
	}
	h, err := c.open(ctx, s, func(a *app.Config) { a.PublicURL = c.PublicURL })
	if err != nil {
		return err
	}
	defer h.Close()
	urls, err := c.urls(h.Config, s)
	if err != nil {
		return err
	}
	w, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	if w, err = c.change(ctx, h, w); err != nil {
		return err
	}
	return c.show(ctx, s, h, urls, w)
}

// change does what the flags ask for, if they do.
func (c workspaceHost) change(ctx context.Context, h *app.House, w greenroom.Workspace) (greenroom.Workspace, error) {
	operator := greenroom.Operator(w.ID)
	if c.Forget != "" {
		changed, err := h.Service.ForgetHost(ctx, operator, c.Forget)
		if isNotFound(err) {
			err = fmt.Errorf("%s has no host %q", w.Name, c.Forget)
		}
		return changed, err
	}
	if c.Host == "" && !c.Shared {
		return w, nil
	}
	changed, err := h.Service.SetHost(ctx, operator, c.Host)
	if err != nil {
		err = fmt.Errorf("nothing was changed: %w", byFlag(err, map[string]string{"host": "<host>"}))
	}
	return changed, err
}

func (c workspaceHost) show(ctx context.Context, s streams, h *app.House, urls web.URLs, w greenroom.Workspace) error {
	own, err := h.Service.Hosts(ctx, greenroom.Operator(w.ID))
	if err != nil {
		return err
	}
	list := []hostJSON{{Name: urls.Host(), InURLs: w.Host == ""}}
	for _, host := range own {
		list = append(list, hostJSON{host.Name, host.Name == w.Host, stamp(host.AddedAt)})
	}
	v := map[string]any{"workspace": workspaceOut(urls, w), "hosts": list}
	return c.print(s, v, func(out io.Writer) {
		fmt.Fprintln(out, "HOST\tIN URLS\tSINCE")
		for _, x := range list {
			fmt.Fprintf(out, "%s\t%s\t%s\n", x.Name, yesNo(x.InURLs), cmp.Or(x.AddedAt, "-"))
		}
	})
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
