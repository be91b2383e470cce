package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
	"github.com/greenroom-lti/greenroom/lti"
)

// Options of a run.
type options struct {
	Load        load
	Rounds      int
	Databases   []string
	What        []string
	Connections int
	Rows        int
	Flat        int
	Scores      int
	Active      int
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	run := measure
	if raw := os.Getenv(settingsVariable); raw != "" {
		if err := json.Unmarshal([]byte(raw), &here); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		run = serve
	}
	if err := run(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// parts of a run, in the order in which they are measured.
var parts = []struct {
	name string
	run  func(context.Context, *bench) error
}{
	{"launches", launches},
	{"page", firstPage},
	{"score", scores},
	{"connections", connections},
	{"rows", oldRows},
	{"workers", workers},
	{"busy", busy},
	{"rest", rest},
	{"flat", flat},
}

func measure(ctx context.Context) error {
	o, err := readOptions(os.Args[1:])
	if err != nil {
		return err
	}
	key, err := lti.NewPrivateKey(rand.Reader, keyID)
	if err != nil {
		return err
	}
	if here.Key, err = key.MarshalPKCS8(); err != nil {
		return err
	}
	b := &bench{options: o, lms: newLMS(key), out: os.Stdout}
	defer b.lms.Close()
	for _, database := range o.Databases {
		if err := b.on(ctx, database); err != nil {
			return fmt.Errorf("%s: %w", database, err)
		}
	}
	return nil
}

// on measures everything that was asked for on one database.
func (b *bench) on(ctx context.Context, database string) error {
	b.postgres = nil
	if database == "postgres" {
		var err error
		if b.postgres, err = pgtest.NewServer("shared_buffers=256MB", "max_wal_size=4GB"); err != nil {
			return err
		}
		defer b.postgres.Stop()
	}
	for _, part := range parts {
		if !slices.Contains(b.What, part.name) {
			continue
		}
		b.title("%s: %s", database, part.name)
		b.part = database + "-" + part.name
		if err := part.run(ctx, b); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

func readOptions(args []string) (options, error) {
	var names []string
	for _, part := range parts {
		names = append(names, part.name)
	}
	var o options
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	databases := flags.String("databases", "sqlite,postgres", "which, with commas between: sqlite, postgres")
	what := flags.String("what", "launches,page,score,rest", "what to measure, with commas between: "+strings.Join(names, ", "))
	flags.IntVar(&o.Rounds, "rounds", 5, "rounds, of which the median counts")
	flags.IntVar(&o.Load.Launches, "launches", 1500, "launches of a round")
	flags.IntVar(&o.Load.AtOnce, "at-once", 16, "requests under way at once")
	flags.BoolVar(&o.Load.Fresh, "fresh", false, "a connection for every request")
	flags.Float64Var(&o.Load.Rate, "rate", 0, "launches a second, each timed from when it was due; 0: as fast as they are taken")
	flags.IntVar(&o.Active, "platforms", 8, "platforms that launch")
	flags.IntVar(&o.Rows, "rows", 1_000_000, "old launches, for what rows")
	flags.IntVar(&o.Flat, "flat", 1_000_000, "launches, for what flat")
	flags.IntVar(&o.Scores, "scores", 1500, "scores of a round")
	flags.StringVar(&profiles, "profile", "", "a folder for CPU profiles of what is measured")
	many := flags.Int("connections", 100_000, "connected platforms, for what connections")
	if err := flags.Parse(args); err != nil {
		return o, err
	}
	o.Databases, o.What, o.Connections = strings.Split(*databases, ","), strings.Split(*what, ","), *many
	for _, name := range o.What {
		if !slices.Contains(names, name) {
			return o, fmt.Errorf("-what %s: there is %s", name, strings.Join(names, ", "))
		}
	}
	if bad := slices.DeleteFunc(slices.Clone(o.Databases), func(d string) bool { return d == "sqlite" || d == "postgres" }); len(bad) > 0 {
		return o, fmt.Errorf("-databases %s: there is sqlite and postgres", bad[0])
	}
	if profiles != "" {
		if err := os.MkdirAll(profiles, 0o755); err != nil {
			return o, err
		}
	}
	if flags.NArg() > 0 {
		return o, errors.New("there are flags only; see -help")
	}
	return o, nil
}
