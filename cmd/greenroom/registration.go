package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

type registrationCmd struct {
	Add     registrationAdd     `cmd:"" help:"Register Greenroom once for all customers of a vendor. The same issuer and client ID again changes the registration."`
	List    registrationList    `cmd:"" help:"List the shared registrations, with the deployments that workspaces have claimed."`
	Urls    registrationURLs    `cmd:"" name:"urls" help:"Print the addresses that the vendor asks for. Makes the instance's signing key."`
	Disable registrationDisable `cmd:"" help:"Let nobody in by a shared registration for now."`
	Enable  registrationEnable  `cmd:"" help:"Undo disable."`
	Release registrationRelease `cmd:"" help:"Take a deployment from the workspace that has it."`
	Remove  registrationRemove  `cmd:"" help:"Remove a shared registration."`
	Keys    registrationKeys    `cmd:"" help:"List the instance's signing keys, or rotate them."`
}

type registrationAdd struct {
	database
	outgoing
	printed
	Name      string `help:"Name of the LMS. What is known of --product need not be given: name, issuer and addresses."`
	Issuer    string `help:"Issuer / platform ID."`
	ClientID  string `help:"Client ID that the vendor gave." required:""`
	AuthURL   string `help:"Authentication request URL."`
	TokenURL  string `help:"Access token URL."`
	JWKSURL   string `help:"Public keyset URL." name:"jwks-url"`
	Audience  string `help:"Audience of token requests, if it is not the access token URL."`
	Product   string `help:"Which LMS it is, for its ways: blackboard, schoology, itslearning …"`
	Claimants string `help:"Who in the LMS may bring a deployment to a workspace: administrator or instructor." default:"administrator"`
}

func (c registrationAdd) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s, func(a *app.Config) { c.apply(a) })
	if err != nil {
		return err
	}
	defer h.Close()
	saved, err := h.Service.SaveShared(ctx, greenroom.SharedForm{
		Platform: c.Name, Issuer: c.Issuer, ClientID: c.ClientID, AuthURL: c.AuthURL, TokenURL: c.TokenURL, KeySetURL: c.JWKSURL,
		Audience: c.Audience, Product: c.Product, Claimants: c.Claimants,
	})
	if err != nil {
		return byFlag(err, flagOf)
	}
	for _, text := range saved.Warnings {
		fmt.Fprintln(s.err, "greenroom: warning:", text)
	}
	return c.print(s, map[string]any{"id": saved.Registration.ID}, func(out io.Writer) {
		fmt.Fprintf(out, "%s is registered for all workspaces.\n", saved.Registration.Platform)
	})
}

// A sharedRef names a shared registration.
type sharedRef struct {
	Registration string `arg:"" help:"Shared registration, by ID or client ID."`
}

func (c sharedRef) find(ctx context.Context, h *app.House) (greenroom.SharedRegistration, error) {
	all, err := h.Store.Instance().SharedRegistrations(ctx)
	if err != nil {
		return greenroom.SharedRegistration{}, err
	}
	var found []greenroom.SharedRegistration
	for _, r := range all {
		if string(r.ID) == c.Registration || r.ClientID == c.Registration {
			found = append(found, r)
		}
	}
	switch len(found) {
	case 1:
		return found[0], nil
	case 0:
		return greenroom.SharedRegistration{}, fmt.Errorf("there is no shared registration %q; greenroom registration list names them", c.Registration)
	}
	return greenroom.SharedRegistration{}, fmt.Errorf("several registrations have the client ID %q; name one by its ID", c.Registration)
}

type registrationList struct {
	database
	printed
}

// registrationJSON is what scripts read.
type registrationJSON struct {
	ID        greenroom.SharedID  `json:"id"`
	Platform  string              `json:"platform"`
	Issuer    string              `json:"issuer"`
	ClientID  string              `json:"client_id"`
	Claimants greenroom.Claimants `json:"claimants"`
	Disabled  bool                `json:"disabled"`
	Claims    []claimJSON         `json:"claims"`
}

type claimJSON struct {
	Deployment string                `json:"deployment_id"`
	Workspace  greenroom.WorkspaceID `json:"workspace"`
	Site       string                `json:"site,omitempty"`
	ClaimedAt  string                `json:"claimed_at"`
}

func (c registrationList) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	all, err := h.Store.Instance().SharedRegistrations(ctx)
	if err != nil {
		return err
	}
	list := make([]registrationJSON, 0, len(all))
	for _, r := range all {
		claims, err := h.Store.Instance().Claims(ctx, r.ID)
		if err != nil {
			return err
		}
		row := registrationJSON{r.ID, r.Platform, r.Issuer, r.ClientID, r.Claimants, r.Disabled, []claimJSON{}}
		for _, claim := range claims {
			row.Claims = append(row.Claims, claimJSON{claim.Deployment, claim.Workspace, claim.SiteName, stamp(claim.ClaimedAt)})
		}
		list = append(list, row)
	}
	return c.print(s, map[string]any{"registrations": list}, func(out io.Writer) {
		fmt.Fprintln(out, "ID\tLMS\tISSUER\tCLIENT ID\tDEPLOYMENTS")
		for _, r := range list {
			var deployments []string
			for _, claim := range r.Claims {
				deployments = append(deployments, claim.Deployment+" ("+string(claim.Workspace)+")")
			}
			state := ""
			if r.Disabled {
				state = " (disabled)"
			}
			fmt.Fprintf(out, "%s\t%s%s\t%s\t%s\t%s\n", r.ID, r.Platform, state, r.Issuer, r.ClientID, strings.Join(deployments, ", "))
		}
	})
}

type registrationURLs struct {
	database
	printed
	publicURL
}

func (c registrationURLs) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	urls, err := c.urls(h.Config, s)
	if err != nil {
		return err
	}
	if _, err := h.Service.EnsureInstanceKey(ctx); err != nil { // the vendor reads the key set
		return err
	}
	e := urls.SharedEndpoints("Greenroom")
	v := map[string]any{"login": e.Login, "launch": e.Launch, "jwks": e.KeySet, "openid_configuration": e.OpenID}
	return c.print(s, v, func(out io.Writer) {
		fmt.Fprintf(out, "OIDC login initiation\t%s\nLaunch (redirect URI)\t%s\nJWKS\t%s\nOpenID configuration\t%s\n", e.Login, e.Launch, e.KeySet, e.OpenID)
	})
}

type registrationSwitch struct {
	database
	printed
	sharedRef
}

type registrationDisable struct{ registrationSwitch }

func (c registrationDisable) Run(ctx context.Context, s streams) error { return c.set(ctx, s, false) }

type registrationEnable struct{ registrationSwitch }

func (c registrationEnable) Run(ctx context.Context, s streams) error { return c.set(ctx, s, true) }

func (c registrationSwitch) set(ctx context.Context, s streams, on bool) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	r, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	if r, err = h.Service.SwitchShared(ctx, r.ID, on); err != nil {
		return err
	}
	return c.print(s, map[string]any{"id": r.ID, "disabled": r.Disabled}, func(out io.Writer) {
		if on {
			fmt.Fprintf(out, "%s lets people in.\n", r.Platform)
			return
		}
		fmt.Fprintf(out, "Nobody comes in by %s for now.\n", r.Platform)
	})
}

type registrationRelease struct {
	database
	printed
	sharedRef
	Deployment string `arg:"" help:"Deployment ID."`
}

func (c registrationRelease) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	r, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	claim, err := h.Service.ClaimOf(ctx, r.ID, c.Deployment)
	if err == nil {
		err = h.Service.ReleaseDeployment(ctx, greenroom.Operator(claim.Workspace), r.ID, c.Deployment)
	}
	if isNotFound(err) {
		return fmt.Errorf("no workspace has the deployment %q of %s", c.Deployment, r.Platform)
	}
	if err != nil {
		return err
	}
	return c.print(s, map[string]any{"id": r.ID, "deployment_id": c.Deployment, "workspace": claim.Workspace}, func(out io.Writer) {
		fmt.Fprintf(out, "%s of %s is nobody's again.\n", c.Deployment, r.Platform)
	})
}

type registrationRemove struct {
	database
	printed
	sharedRef
	Release bool `help:"Release the deployments that workspaces have claimed first."`
}

func (c registrationRemove) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	r, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	if r, err = h.Service.RemoveShared(ctx, r.ID, c.Release); errors.Is(err, greenroom.ErrClaimed) {
		return fmt.Errorf("%w; nothing was changed (give --release to release them)", err)
	} else if err != nil {
		return err
	}
	return c.print(s, map[string]any{"id": r.ID}, func(out io.Writer) { fmt.Fprintf(out, "%s is gone.\n", r.Platform) })
}

type registrationKeys struct {
	database
	printed
	Rotate bool `help:"Make a new key. It is published now and signs when LMSes know it."`
	AtOnce bool `help:"With --rotate: a key has leaked; the new one signs from now on and all others are withdrawn."`
}

func (c registrationKeys) Run(ctx context.Context, s streams) error {
	if c.AtOnce && !c.Rotate {
		return errUsage{errors.New("--at-once goes with --rotate; nothing was changed")}
	}
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	if c.Rotate {
		if _, err := h.Service.RotateInstanceKey(ctx, c.AtOnce); err != nil {
			if busy, ok := errors.AsType[*greenroom.RotationError](err); ok {
				return underWay(busy)
			}
			return err
		}
	}
	report, err := h.Service.InstanceKeys(ctx)
	if err != nil {
		return err
	}
	return printKeys(c.printed, s, report)
}
