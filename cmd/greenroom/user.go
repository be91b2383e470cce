package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

type userCmd struct {
	Create    userCreate    `cmd:"" help:"Make a person, or give one who exists a role. The password comes from standard input."`
	List      userList      `cmd:"" help:"List who can sign in, in one workspace or in all."`
	Role      userRole      `cmd:"" help:"Give a member of a workspace another role."`
	Remove    userRemove    `cmd:"" help:"Take somebody out of a workspace. Their account stays."`
	ResetLink userResetLink `cmd:"" help:"Print a one-time link by which somebody chooses a new password. It is good for one day."`
}

type userCreate struct {
	database
	printed
	inWorkspace
	Email string `help:"E-mail address to sign in with." required:"" placeholder:"E"`
	Role  string `help:"owner, admin or member." required:"" enum:"owner,admin,member" placeholder:"ROLE"`
	Name  string `help:"Name to show. Default: the part of the address before the @."`
}

func (c userCreate) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	w, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	password, err := readPassword(s)
	if err != nil {
		return err
	}
	before, err := h.Service.Store.Instance().PersonByEmail(ctx, strings.ToLower(strings.TrimSpace(c.Email)))
	if err != nil && !errors.Is(err, greenroom.ErrNotFound) {
		return err
	}
	p, err := h.Service.CreateUser(ctx, w.ID, greenroom.NewUser{
		Email: c.Email, Name: c.Name, Password: password, Role: greenroom.Role(c.Role),
	})
	if err != nil {
		return byFlag(err, map[string]string{"email": "--email"})
	}
	if before.ID != "" { // perhaps made by whoever was handed an invitation to another workspace
		fmt.Fprintf(s.err, "greenroom: %s has an account already, which keeps its name and its password; the one that you gave is not used. "+
			"If you do not know who made the account, have its password set anew: greenroom user reset-link %s\n", p.Email, p.Email)
	}
	v := map[string]any{"id": p.ID, "email": p.Email}
	return c.print(s, v, func(out io.Writer) {
		fmt.Fprintf(out, "%s can sign in to %s as %s.\n", p.Email, w.Name, c.Role)
	})
}

type userList struct {
	database
	printed
	Workspace string `arg:"" optional:"" help:"Workspace, by ID or slug. Default: everybody."`
}

// userJSON is what scripts read.
type userJSON struct {
	ID         greenroom.PersonID `json:"id"`
	Email      string             `json:"email"`
	Name       string             `json:"name"`
	Workspaces []membershipJSON   `json:"workspaces"`
}

type membershipJSON struct {
	Slug string         `json:"slug"`
	Role greenroom.Role `json:"role"`
}

func (c userList) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	list := []userJSON{}
	if c.Workspace == "" {
		list, err = everybody(ctx, h, list)
	} else {
		list, err = membersOf(ctx, h, c.Workspace, list)
	}
	if err != nil {
		return err
	}
	return c.print(s, map[string]any{"users": list}, func(out io.Writer) {
		fmt.Fprintln(out, "E-MAIL\tNAME\tROLES")
		for _, u := range list {
			fmt.Fprintf(out, "%s\t%s\t%s\n", u.Email, u.Name, u.roles())
		}
	})
}

func (u userJSON) roles() string {
	if len(u.Workspaces) == 0 {
		return "in no workspace"
	}
	roles := make([]string, len(u.Workspaces))
	for i, m := range u.Workspaces {
		roles[i] = string(m.Role) + " of " + m.Slug
	}
	return strings.Join(roles, ", ")
}

func everybody(ctx context.Context, h *app.House, list []userJSON) ([]userJSON, error) {
	people, err := h.Store.Instance().People(ctx)
	if err != nil {
		return nil, err
	}
	for _, p := range people {
		all, err := h.Service.Memberships(ctx, p.ID)
		if err != nil {
			return nil, err
		}
		u := userJSON{p.ID, p.Email, p.Name, []membershipJSON{}}
		for _, m := range all {
			u.Workspaces = append(u.Workspaces, membershipJSON{m.Workspace.Slug, m.Role})
		}
		list = append(list, u)
	}
	return list, nil
}

func membersOf(ctx context.Context, h *app.House, workspace string, list []userJSON) ([]userJSON, error) {
	w, err := inWorkspace{workspace}.find(ctx, h)
	if err != nil {
		return nil, err
	}
	members, _, err := h.Service.Members(ctx, greenroom.Operator(w.ID))
	for _, m := range members {
		list = append(list, userJSON{m.Person.ID, m.Person.Email, m.Person.Name, []membershipJSON{{w.Slug, m.Role}}})
	}
	return list, err
}

// aMember names somebody in a workspace.
type aMember struct {
	inWorkspace
	Email string `arg:"" help:"E-mail address that the person signs in with."`
}

func (a aMember) find(ctx context.Context, h *app.House) (greenroom.Workspace, greenroom.Member, error) {
	w, err := a.inWorkspace.find(ctx, h)
	if err != nil {
		return w, greenroom.Member{}, err
	}
	m, err := h.Service.MemberByEmail(ctx, greenroom.Operator(w.ID), a.Email)
	if isNotFound(err) {
		err = fmt.Errorf("nobody in %s has the e-mail address %q; see \"greenroom user list %s\"", w.Name, a.Email, w.Slug)
	}
	return w, m, err
}

type userRole struct {
	database
	aMember
	Role string `arg:"" help:"owner, admin or member." enum:"owner,admin,member"`
}

func (c userRole) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	w, m, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	if _, err := h.Service.SetRole(ctx, greenroom.Operator(w.ID), m.Person.ID, greenroom.Role(c.Role)); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s is now %s of %s.\n", m.Person.Email, c.Role, w.Name)
	return err
}

type userRemove struct {
	database
	aMember
}

func (c userRemove) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	w, m, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	if err := h.Service.RemoveMember(ctx, greenroom.Operator(w.ID), m.Person.ID); err != nil {
		return err
	}
	_, err = fmt.Fprintf(s.out, "%s is no member of %s any more. The account stays.\n", m.Person.Email, w.Name)
	return err
}

type userResetLink struct {
	database
	printed
	publicURL
	Email string `arg:"" help:"E-mail address that the person signs in with."`
}

func (c userResetLink) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	urls, err := c.urls(h.Config, s)
	if err != nil {
		return err
	}
	l, token, err := h.Service.NewResetByOperator(ctx, c.Email)
	if isNotFound(err) {
		return fmt.Errorf("nobody has the e-mail address %q; see \"greenroom user list\"", c.Email)
	}
	if err != nil {
		return err
	}
	v := map[string]any{"url": urls.PersonLink(token), "expires_at": l.ExpiresAt.UTC()}
	return c.print(s, v, func(out io.Writer) {
		fmt.Fprintln(out, urls.PersonLink(token))
		fmt.Fprintf(out, "Good for one use until %s. Pass it on to that person alone.\n", l.ExpiresAt.UTC().Format("2 January 2006, 15:04 UTC"))
	})
}

// readPassword takes the first line of standard input, without echo where a
// person types it.
func readPassword(s streams) (string, error) {
	if f, ok := s.in.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		fmt.Fprint(s.err, "Password: ")
		raw, err := term.ReadPassword(int(f.Fd()))
		fmt.Fprintln(s.err)
		return string(raw), err
	}
	line, err := bufio.NewReader(io.LimitReader(s.in, 8<<10)).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}
