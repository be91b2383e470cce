package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

type connectionCmd struct {
	RegistrationURL registrationURL `cmd:"" name:"registration-url" help:"Make a registration URL for an LMS that can register tools by itself."`
	Add             connectionAdd   `cmd:"" help:"Connect an LMS by the values that it shows. The same issuer and client ID again changes the connection."`
	List            connectionList  `cmd:"" help:"List the connected LMSes."`
}

type registrationURL struct {
	database
	printed
	publicURL
	inWorkspace
}

func (c registrationURL) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
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
	i, token, err := h.Service.NewInvite(ctx, greenroom.Operator(w.ID))
	if err != nil {
		return err
	}
	v := map[string]any{"url": urls.For(w).Registration(w.ID, token), "expires_at": stamp(i.ExpiresAt)}
	return c.print(s, v, func(out io.Writer) {
		fmt.Fprintln(out, v["url"])
		fmt.Fprintf(s.err, "Good for one registration until %s.\n", v["expires_at"])
	})
}

type connectionAdd struct {
	database
	outgoing
	printed
	inWorkspace
	Name         string   `help:"Platform name: a label for this LMS." required:""`
	Issuer       string   `help:"Issuer / platform ID." required:""`
	ClientID     string   `help:"Client ID that the LMS made." required:""`
	DeploymentID []string `help:"Deployment ID; several by commas or by giving the flag again." required:""`
	AuthURL      string   `help:"Authentication request URL." required:""`
	TokenURL     string   `help:"Access token URL." required:""`
	JWKSURL      string   `help:"Public keyset URL." required:"" name:"jwks-url"`
}

// flagOf names the flag behind a field of the form.
var flagOf = map[string]string{
	"platform": "--name", "issuer": "--issuer", "client_id": "--client-id",
	"deployment_ids": "--deployment-id", "auth_url": "--auth-url",
	"token_url": "--token-url", "jwks_url": "--jwks-url", "audience": "--audience", "product": "--product", "claimants": "--claimants",
}

func (c connectionAdd) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s, func(a *app.Config) { c.apply(a) })
	if err != nil {
		return err
	}
	defer h.Close()
	w, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	saved, err := h.Service.SaveConnection(ctx, greenroom.Operator(w.ID), greenroom.ConnectionForm{
		Platform: c.Name, Issuer: c.Issuer, ClientID: c.ClientID,
		Deployments: strings.Join(c.DeploymentID, " "),
		AuthURL:     c.AuthURL, TokenURL: c.TokenURL, KeySetURL: c.JWKSURL,
	})
	if err != nil {
		return byFlag(err, flagOf)
	}
	for _, text := range saved.Warnings {
		fmt.Fprintln(s.err, "greenroom: warning:", text)
	}
	return c.print(s, map[string]any{"id": saved.Connection.ID}, func(out io.Writer) {
		fmt.Fprintf(out, "%s is connected to %s.\n", saved.Connection.Platform, w.Name)
	})
}

type connectionList struct {
	database
	printed
	inWorkspace
}

type connectionJSON struct {
	ID          greenroom.ConnectionID `json:"id"`
	Platform    string                 `json:"platform"`
	Issuer      string                 `json:"issuer"`
	ClientID    string                 `json:"client_id"`
	Deployments []string               `json:"deployment_ids"`
	ConnectedAt string                 `json:"connected_at"`
}

func (c connectionList) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	w, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	all, err := h.Service.Connections(ctx, greenroom.Operator(w.ID))
	if err != nil {
		return err
	}
	list := make([]connectionJSON, 0, len(all))
	for _, x := range all {
		deployments := x.Deployments
		if deployments == nil {
			deployments = []string{}
		}
		list = append(list, connectionJSON{x.ID, x.Platform, x.Issuer, x.ClientID, deployments, stamp(x.ConnectedAt)})
	}
	return c.print(s, map[string]any{"connections": list}, func(out io.Writer) {
		fmt.Fprintln(out, "PLATFORM\tISSUER\tCLIENT ID\tDEPLOYMENT IDS\tCONNECTED")
		for _, x := range list {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\n", x.Platform, x.Issuer, x.ClientID, strings.Join(x.Deployments, ", "), x.ConnectedAt)
		}
	})
}

// stamp is how the commands print a time.
func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
