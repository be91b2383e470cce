package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"text/tabwriter"
	"unicode"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// database says where the data is. Every command takes it.
type database struct {
	Data        folder  `help:"Directory of the database and the master key." env:"GREENROOM_DATA" default:"${data}" placeholder:"DIR"`
	DatabaseURL address `help:"PostgreSQL to use in place of SQLite." env:"GREENROOM_DATABASE_URL" placeholder:"postgres://…"`
	MasterKey   string  `help:"Master key in place of the file master.key." env:"GREENROOM_MASTER_KEY" hidden:""`
}

func (d database) config(log *slog.Logger) app.Config {
	return app.Config{
		DataDir: string(d.Data), DatabaseURL: string(d.DatabaseURL), MasterKey: d.MasterKey,
		Version: version, Log: log,
	}
}

// outgoing says which LMSes may be called.
type outgoing struct {
	AllowNetwork []network `help:"Private network on which LMSes may be, for example 10.1.0.0/16." env:"GREENROOM_ALLOW_NETWORK" placeholder:"CIDR"`
	AllowPort    []port    `help:"Port that LMSes may use beside 443." env:"GREENROOM_ALLOW_PORT" placeholder:"N"`
	CAFile       string    `help:"Certificates to trust beside the system's, PEM." name:"ca-file" env:"GREENROOM_CA_FILE" placeholder:"FILE"`
	Dev          bool      `help:"Development: allow http and LMSes on this machine." env:"GREENROOM_DEV"`
}

func (o outgoing) apply(c *app.Config) {
	c.AllowNetworks, c.CAFile, c.Development = prefixes(o.AllowNetwork), o.CAFile, o.Dev
	for _, p := range o.AllowPort {
		c.AllowPorts = append(c.AllowPorts, uint16(p))
	}
}

// printed says how a command answers.
type printed struct {
	JSON bool `help:"Print one JSON object." name:"json"`
}

// print writes v as JSON if that was asked for, and otherwise calls text.
func (p printed) print(s streams, v any, text func(w io.Writer)) error {
	if p.JSON {
		e := json.NewEncoder(s.out)
		e.SetEscapeHTML(false)
		return e.Encode(v)
	}
	w := tabwriter.NewWriter(s.out, 0, 4, 2, ' ', 0)
	text(visible{w})
	return w.Flush()
}

// visible takes out of a text what steers a terminal: much of what commands
// list was said by an LMS.
type visible struct{ to io.Writer }

func (v visible) Write(p []byte) (int, error) {
	shown := bytes.Map(func(r rune) rune {
		if unicode.IsControl(r) && r != '\n' && r != '\t' || unicode.Is(unicode.Bidi_Control, r) {
			return -1
		}
		return r
	}, p)
	if _, err := v.to.Write(shown); err != nil {
		return 0, err
	}
	return len(p), nil
}

// inWorkspace names the workspace a command is about.
type inWorkspace struct {
	Workspace string `help:"Workspace, by ID or slug." required:"" placeholder:"W"`
}

// find returns the workspace, with a sentence if there is none.
func (i inWorkspace) find(ctx context.Context, h *app.House) (greenroom.Workspace, error) {
	w, err := h.Store.Instance().FindWorkspace(ctx, i.Workspace)
	if isNotFound(err) {
		return w, fmt.Errorf("there is no workspace %q; see \"greenroom workspace list\"", i.Workspace)
	}
	return w, err
}

// byFlag names the flags and arguments where a form names its fields. It was
// mistyped unless other things stand against it, or something else than they.
func byFlag(err error, flags map[string]string) error {
	bad, ok := errors.AsType[*greenroom.Invalid](err)
	if !ok {
		return err
	}
	named, mistyped := &greenroom.Invalid{Today: bad.Today}, !bad.Today
	for _, f := range bad.Fields {
		flag, is := flags[f.Field]
		named.Add(cmp.Or(flag, f.Field), f.Text)
		mistyped = mistyped && is
	}
	if mistyped {
		return errUsage{named}
	}
	return named
}

// open opens the house for one command, which finds a database and makes none:
// a mistyped --data is told, not obeyed. Warnings go to standard error.
func (d database) open(ctx context.Context, s streams, more ...func(*app.Config)) (*app.House, error) {
	c := d.config(slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: slog.LevelWarn})))
	c.Existing = true
	for _, f := range more {
		f(&c)
	}
	return app.OpenService(ctx, c)
}
