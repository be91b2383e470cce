// Command greenroom is the server and its operator's commands.
//
// Exit codes: 0 done, 1 refused or broken (the reason is on standard error), 2
// mistyped: a flag, an argument or a value that cannot be right, whatever is in
// the database.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"syscall"

	"github.com/alecthomas/kong"
)

// version is set by the linker.
var version = "development"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// A cli is the whole command line.
type cli struct {
	Serve        serveCmd        `cmd:"" help:"Run the server."`
	Demo         demoCmd         `cmd:"" help:"Run Greenroom beside a small demo LMS on this machine. Nothing is kept."`
	Workspace    workspaceCmd    `cmd:"" help:"Make, list, rename and delete workspaces."`
	User         userCmd         `cmd:"" help:"Make and manage people who can sign in."`
	Connection   connectionCmd   `cmd:"" help:"Connect LMSes to a workspace."`
	Registration registrationCmd `cmd:"" help:"Register once with a vendor whose customers all have one client ID, for all workspaces."`
	Keys         keysCmd         `cmd:"" help:"See and rotate the signing keys of a workspace."`
	Scenario     scenarioCmd     `cmd:"" help:"Bring scenarios into a workspace."`
	Passback     passbackCmd     `cmd:"" help:"See which scores are on their way to an LMS."`
	Backup       backupCmd       `cmd:"" help:"Copy the SQLite database to a file, while the server runs."`
	Restore      restoreCmd      `cmd:"" help:"Put a backup in the place of the SQLite database."`
	Migrate      migrateCmd      `cmd:"" help:"Bring the database's schema up to date, or move everything from SQLite to PostgreSQL."`
	Conformance  conformanceCmd  `cmd:"" help:"Examine an LTI tool, this one or another, as a platform."`
	Doctor       doctorCmd       `cmd:"" help:"Check what a deployment needs and say what is wrong."`
	Health       healthCmd       `cmd:"" help:"Ask the server on this machine whether it is ready."`
	Version      versionCmd      `cmd:"" help:"Print the version."`
	Reference    referenceCmd    `cmd:"" help:"Print the configuration reference." hidden:""`
}

// streams are what a command reads and writes.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// errUsage marks errors that are about how the command was typed.
type errUsage struct{ error }

func run(ctx context.Context, args []string, in io.Reader, out, errs io.Writer) int {
	var c cli
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("greenroom"),
		kong.Description("A practice room for training teams that plugs into any LMS by LTI 1.3."),
		kong.Writers(out, errs),
		kong.Exit(func(code int) { exit = code }),
		kong.UsageOnError(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: false}),
		kong.Vars{"data": "data"},
	)
	if err != nil {
		fmt.Fprintln(errs, "greenroom:", err)
		return 1
	}
	args = asked(args)
	if args[0] == "" {
		return mistyped(errors.New("the name of the command is empty"), errs)
	}
	parsed, err := parser.Parse(args)
	if exit >= 0 { // --help has been printed
		return exit
	}
	if err != nil {
		return mistyped(err, errs)
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	err = parsed.Run(streams{in, out, errs})
	if _, ok := errors.AsType[errUsage](err); ok {
		return mistyped(err, errs)
	}
	if err != nil {
		fmt.Fprintln(errs, "greenroom:", err)
		return 1
	}
	return 0
}

// asked takes what people type elsewhere: no argument at all, help COMMAND, and
// --version.
func asked(args []string) []string {
	switch {
	case len(args) == 0:
		return []string{"--help"}
	case args[0] == "help":
		return append(slices.Clone(args[1:]), "--help")
	case len(args) == 1 && args[0] == "--version":
		return []string{"version"}
	}
	return args
}

// said puts what the parser says into words that say what to do.
var said = []struct {
	pattern *regexp.Regexp
	text    string
}{
	{regexp.MustCompile(`^(--[a-z-]+): expected .* but got "EOL" \(<EOL>\)$`), "$1 needs a value"},
	{regexp.MustCompile(`^(--[a-z-]+): missing value, expecting .*$`), "$1 needs a value"},
	{regexp.MustCompile(`^(--[a-z-]+): expected .* but got "(-.*)" \(.* flag\); perhaps try .*$`), `$1 needs a value, and "$2" looks like another flag; if it is meant, write $1=$2`},
	{regexp.MustCompile(`^(--[a-z-]+): expected a valid .* int but got (".*?")(.*)$`), "$1: $2 is no whole number$3"},
	{regexp.MustCompile(`^expected "<(.*)>( \.\.\.)?"$`), `<$1> is missing: expected "<$1>"$2`},
	{regexp.MustCompile(`^unexpected argument $`), "unexpected argument: it is empty"},
}

func mistyped(err error, errs io.Writer) int {
	text := err.Error()
	for _, s := range said {
		text = s.pattern.ReplaceAllString(text, s.text)
	}
	fmt.Fprintln(errs, "greenroom:", text)
	fmt.Fprintln(errs, "Try \"greenroom --help\", or --help behind a command.")
	return 2
}

type versionCmd struct{}

func (versionCmd) Run(s streams) error {
	_, err := fmt.Fprintln(s.out, "greenroom", version)
	return err
}
