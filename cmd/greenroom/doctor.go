package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
)

type doctorCmd struct {
	database
	outgoing
	printed
	publicURL
}

// A finding is one thing that a deployment needs, and how it stands.
type finding struct {
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Text string `json:"text"`
}

var errUnwell = errors.New("something needs mending, see above")

func (c doctorCmd) Run(ctx context.Context, s streams) error {
	found := c.examine(ctx, s)
	well := true
	for _, f := range found {
		well = well && f.OK
	}
	err := c.print(s, map[string]any{"ok": well, "checks": found}, func(out io.Writer) {
		for _, f := range found {
			sign := "ok"
			if !f.OK {
				sign = "MEND"
			}
			fmt.Fprintf(out, "%s\t%s\t%s\n", sign, f.Name, f.Text)
		}
	})
	if err == nil && !well {
		err = errUnwell
	}
	return err
}

// examine looks without changing anything: it makes no directory, no key and
// no table.
func (c doctorCmd) examine(ctx context.Context, s streams) []finding {
	found := []finding{c.directory(), c.disk(), c.masterKey(), c.public()}
	schema, ready := c.schema(ctx)
	found = append(found, schema)
	if !ready {
		return found
	}
	h, err := c.open(ctx, s, func(a *app.Config) { c.apply(a) })
	if err != nil {
		return append(found, finding{"keys", false, err.Error()})
	}
	defer h.Close()
	found = append(found, finding{"keys", true, "the master key opens the workspaces' signing keys"}, people(ctx, h))
	return append(found, platforms(ctx, h)...)
}

func (c doctorCmd) directory() finding {
	data := string(c.Data)
	info, err := os.Stat(data)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return finding{"data directory", false, data + " does not exist; the first \"greenroom serve\" makes it"}
	case err != nil:
		return finding{"data directory", false, err.Error()}
	case !info.IsDir():
		return finding{"data directory", false, data + " is no directory"}
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return finding{"data directory", false, fmt.Sprintf("%s can be read by others (mode %04o); chmod 700 it", data, info.Mode().Perm())}
	}
	return finding{"data directory", true, data}
}

func (c doctorCmd) disk() finding {
	text, ok := c.config(nil).Disk()
	return finding{"disk", ok, text}
}

func (c doctorCmd) masterKey() finding {
	if c.MasterKey != "" {
		return finding{"master key", true, "from GREENROOM_MASTER_KEY"}
	}
	path := c.config(nil).MasterKeyFile()
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, os.ErrNotExist):
		return finding{"master key", false, path + " does not exist; the first \"greenroom serve\" makes it"}
	case err != nil:
		return finding{"master key", false, err.Error()}
	case runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0:
		return finding{"master key", false, fmt.Sprintf("%s can be read by others (mode %04o); chmod 600 it", path, info.Mode().Perm())}
	}
	return finding{"master key", true, path + "; keep a copy apart from the database"}
}

func (c doctorCmd) public() finding {
	config := c.config(nil)
	config.PublicURL = c.PublicURL
	public := config.KnownPublicURL()
	if public == "" {
		return finding{"public URL", false, "unknown: no server has run here yet; give --public-url"}
	}
	if _, err := checkPublicURL(public, c.Dev); err != nil {
		return finding{"public URL", false, err.Error()}
	}
	return finding{"public URL", true, public}
}

// schema tells whether the database answers and is up to date, and whether it
// is worth looking further.
func (c doctorCmd) schema(ctx context.Context) (finding, bool) {
	schema, err := store.Status(ctx, c.config(nil).StoreOptions(false))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return finding{"database", false, "there is no database yet; the first \"greenroom serve\" makes it"}, false
	case err != nil:
		return finding{"database", false, err.Error()}, false
	case schema.Newer():
		return finding{"database", false, (&store.SchemaError{Schema: schema}).Error()}, false
	case schema.Pending() > 0:
		return finding{"database", false, fmt.Sprintf("%d migrations are to be applied: run \"greenroom migrate\"", schema.Pending())}, false
	}
	return finding{"database", true, "answers, schema up to date"}, true
}

func people(ctx context.Context, h *app.House) finding {
	any, err := h.Store.Instance().HasPeople(ctx)
	switch {
	case err != nil:
		return finding{"people", false, err.Error()}
	case !any:
		return finding{"people", false, "nobody can sign in: open the set-up link that \"greenroom serve\" prints, or use \"greenroom user create\""}
	}
	return finding{"people", true, "somebody can sign in"}
}

// platforms fetches the key set of every connected LMS.
func platforms(ctx context.Context, h *app.House) []finding {
	all, err := h.Store.Instance().Workspaces(ctx)
	if err != nil {
		return []finding{{"LMSes", false, err.Error()}}
	}
	var found []finding
	for _, w := range all {
		connections, err := h.Service.Connections(ctx, greenroom.Operator(w.ID))
		if err != nil {
			return append(found, finding{"LMSes of " + w.Slug, false, err.Error()})
		}
		for _, c := range connections {
			f := finding{Name: w.Slug + ": " + c.Platform}
			report, err := h.Platforms.FetchKeySet(ctx, c.KeySetURL)
			switch {
			case err != nil:
				f.Text = "its keyset cannot be fetched: " + err.Error()
			case report.Keys == 0:
				f.Text = "its keyset holds no key that Greenroom can use"
			default:
				f.OK, f.Text = true, fmt.Sprintf("its keyset answers, %d usable keys", report.Keys)
			}
			found = append(found, f)
		}
	}
	return found
}
