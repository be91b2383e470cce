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

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

type userCmd struct {
	Create userCreate `cmd:"" help:"Make a person, or give one who exists a role. The password comes from standard input."`
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
	p, err := h.Service.CreateUser(ctx, w.ID, greenroom.NewUser{
		Email: c.Email, Name: c.Name, Password: password, Role: greenroom.Role(c.Role),
	})
	if err != nil {
		return err
	}
	v := map[string]any{"id": p.ID, "email": p.Email}
	return c.print(s, v, func(out io.Writer) {
		fmt.Fprintf(out, "%s can sign in to %s as %s.\n", p.Email, w.Name, c.Role)
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
