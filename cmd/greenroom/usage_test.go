package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// asTyped is each command as somebody types it who makes no mistake: the words
// behind greenroom. W stands for a workspace, FILE for a file that is there.
var asTyped = map[string]string{
	"serve":                       "--public-url https://practice.example.com",
	"demo":                        "",
	"workspace create":            "Support",
	"workspace list":              "",
	"workspace rename":            "W --name Support",
	"workspace host":              "W",
	"workspace delete":            "W",
	"user create":                 "--workspace W --email ada@example.com --role owner",
	"user list":                   "W",
	"user role":                   "ada@example.com owner --workspace W",
	"user remove":                 "ada@example.com --workspace W",
	"user reset-link":             "ada@example.com",
	"connection registration-url": "--workspace W",
	"connection add": "--workspace W --name LMS --issuer https://lms.example.com --client-id a --deployment-id 1" +
		" --auth-url https://lms.example.com/a --token-url https://lms.example.com/t --jwks-url https://lms.example.com/k",
	"connection list":      "--workspace W",
	"registration add":     "--product blackboard --client-id a",
	"registration list":    "",
	"registration urls":    "",
	"registration disable": "a",
	"registration enable":  "a",
	"registration release": "a 1",
	"registration remove":  "a",
	"registration keys":    "",
	"keys list":            "W",
	"keys rotate":          "W",
	"keys renew":           "",
	"scenario import":      "--workspace W FILE",
	"scenario list":        "--workspace W",
	"passback list":        "--workspace W",
	"backup":               "copy.db",
	"restore":              "FILE",
	"migrate":              "",
	"conformance":          "--list",
	"doctor":               "",
	"health":               "",
	"version":              "",
	"reference":            "",
}

// An outcome is what somebody sees who has typed a command.
type outcome struct {
	code      int
	out, errs string
}

// entered runs a command on a data directory.
func entered(t *testing.T, data string, words ...string) outcome {
	t.Helper()
	t.Setenv("GREENROOM_DATA", data)
	t.Setenv("GREENROOM_PUBLIC_URL", "")
	if err := os.Unsetenv("GREENROOM_PUBLIC_URL"); err != nil { // Setenv brings back what was there
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	code := run(context.Background(), words, strings.NewReader("correct horse battery\n"), &out, &errs)
	return outcome{code, out.String(), errs.String()}
}

// wants holds an outcome to its exit code and to what it says.
func (o outcome) wants(t *testing.T, code int, says string) {
	t.Helper()
	if o.code != code || !strings.Contains(o.errs, says) {
		t.Errorf("exit %d, want %d, and %q to say %q", o.code, code, o.errs, says)
	}
	if hint := strings.Contains(o.errs, `Try "greenroom --help"`); hint != (code == 2) {
		t.Errorf("exit %d and a hint to --help: %v", o.code, hint)
	}
	if code == 2 && o.out != "" {
		t.Errorf("it was mistyped, and printed %q", o.out)
	}
}

// Start from each command as it is typed and spoil one thing.
func TestEveryCommandMistyped(t *testing.T) {
	parser, err := kong.New(&cli{}, kong.Vars{"data": "data"})
	if err != nil {
		t.Fatal(err)
	}
	leaves := parser.Model.Leaves(false)
	if len(leaves) != len(asTyped) {
		t.Errorf("%d commands, and %d are tried", len(leaves), len(asTyped))
	}
	for _, command := range leaves {
		name := strings.TrimPrefix(command.FullPath(), parser.Model.Name+" ")
		line, known := asTyped[name]
		if !known {
			t.Errorf("%s is not tried", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			none := filepath.Join(t.TempDir(), "none")
			words := slices.Concat(strings.Fields(name), strings.Fields(line))
			help := entered(t, none, slices.Concat(strings.Fields(name), []string{"--help"})...)
			if help.code != 0 || help.errs != "" || !strings.Contains(help.out, "Usage: greenroom "+name) {
				t.Errorf("--help: %+v", help)
			}
			entered(t, none, append(slices.Clone(words), "--nonsense")...).wants(t, 2, "unknown flag --nonsense")
			if name != "scenario import" { // takes any number
				entered(t, none, append(slices.Clone(words), "a", "b")...).wants(t, 2, "unexpected argument")
			}
			for i := range command.Positional {
				if command.Positional[i].Required {
					entered(t, none, strings.Fields(name)...).wants(t, 2, "")
				}
			}
			for _, f := range command.Flags {
				switch {
				case f.Name == "data":
					entered(t, none, append(slices.Clone(words), "--data=")...).wants(t, 2, "--data: no data directory: give --data DIR")
				case f.Name == "database-url":
					entered(t, none, append(slices.Clone(words), "--database-url=mysql://a:hunter2@b/c")...).wants(t, 2, "must begin with postgres://")
				case f.IsBool():
					entered(t, none, append(slices.Clone(words), "--"+f.Name+"=perhaps")...).wants(t, 2, "--"+f.Name)
				default:
					entered(t, none, append(slices.Clone(words), "--"+f.Name)...).wants(t, 2, "--"+f.Name+" needs a value")
				}
			}
			if _, err := os.Stat(none); err == nil {
				t.Errorf("%s was made", none)
			}
		})
	}
}

// Where there is no database, commands say so and make none. Those that do
// without one, or make it, are named.
func TestEveryCommandWithoutADatabase(t *testing.T) {
	without := map[string]bool{
		"serve": true, "demo": true, "workspace create": true, "migrate": true, "restore": true,
		"conformance": true, "doctor": true, "health": true, "version": true, "reference": true,
	}
	for name, line := range asTyped {
		if without[name] {
			continue
		}
		t.Run(name, func(t *testing.T) {
			none := filepath.Join(t.TempDir(), "none")
			words := slices.Concat(strings.Fields(name), strings.Fields(line))
			entered(t, none, words...).wants(t, 1, "there is no database in \""+none+"\": --data names the server's data directory")
			if _, err := os.Stat(none); err == nil {
				t.Errorf("%s was made", none)
			}
		})
	}
}

// What cannot be right is mistyped, 2; what the instance has against it, or
// what is not there, is refused, 1.
func TestMistypedOrRefused(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	garbled := filepath.Join(t.TempDir(), "garbled")
	if err := os.WriteFile(garbled, []byte("nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, words := range [][]string{
		{"workspace", "create", "Sales team"}, {"workspace", "create", "Support"},
		{"workspace", "host", "support", "support.example.com"},
		{"user", "create", "--workspace", "sales-team", "--email", "ada@example.com", "--role", "owner"},
	} {
		if o := entered(t, data, words...); o.code != 0 {
			t.Fatal(words, o)
		}
	}
	connection := []string{
		"connection", "add", "--workspace", "sales-team", "--name", "LMS", "--issuer", "https://lms.example.com", "--client-id", "a",
		"--deployment-id", "1", "--auth-url", "https://lms.example.com/a", "--token-url", "https://lms.example.com/t",
	}
	with := func(all []string, more ...string) []string { return slices.Concat(all, more) }
	for name, tc := range map[string]struct {
		words []string
		code  int
		says  string
	}{
		"no name for a workspace":        {[]string{"workspace", "create", ""}, 2, "<name>: Enter a name"},
		"a public URL that is none":      {[]string{"workspace", "list", "--public-url", "practice.example.com"}, 2, `--public-url "practice.example.com" is not a URL`},
		"a slug that is none":            {[]string{"workspace", "rename", "sales-team", "--slug", "A B"}, 2, "--slug: Use lower-case letters"},
		"a slug that is taken":           {[]string{"workspace", "rename", "sales-team", "--slug", "support"}, 1, "--slug: Another workspace"},
		"nothing to rename":              {[]string{"workspace", "rename", "sales-team"}, 2, "give --name, --slug or both"},
		"a host that is none":            {[]string{"workspace", "host", "sales-team", "https://a.example.com"}, 2, "nothing was changed: <host>: Give the name alone"},
		"a host that is taken":           {[]string{"workspace", "host", "sales-team", "support.example.com"}, 1, "<host>: Another workspace has this host"},
		"a host and none":                {[]string{"workspace", "host", "sales-team", "a.example.com", "--shared"}, 2, "one of them"},
		"a host that is not there":       {[]string{"workspace", "host", "sales-team", "--forget", "a.example.com"}, 1, "has no host"},
		"a workspace that is not there":  {[]string{"keys", "list", "marketing"}, 1, `see "greenroom workspace list"`},
		"a deletion without its word":    {[]string{"workspace", "delete", "support"}, 1, `add --yes "Support"`},
		"another workspace's name":       {[]string{"workspace", "delete", "support", "--yes", "Sales team"}, 1, "nothing was deleted"},
		"an e-mail address that is none": {[]string{"user", "create", "--workspace", "sales-team", "--email", "ada", "--role", "owner"}, 2, "--email: This is no e-mail address"},
		"a role that is none":            {[]string{"user", "role", "ada@example.com", "king", "--workspace", "sales-team"}, 2, "<role> must be one of"},
		"the only owner":                 {[]string{"user", "role", "ada@example.com", "member", "--workspace", "sales-team"}, 1, "only owner"},
		"the only owner, made again":     {[]string{"user", "create", "--workspace", "sales-team", "--email", "ada@example.com", "--role", "member"}, 1, "only owner"},
		"somebody who is not there":      {[]string{"user", "reset-link", "bob@example.com"}, 1, `see "greenroom user list"`},
		"an LMS without its address":     {with(connection, "--jwks-url", "keys"), 2, "--jwks-url: This is not a URL"},
		"a network that is none":         {with(connection, "--jwks-url", "https://lms.example.com/k", "--allow-network", "office"), 2, "is no network"},
		"a CA file that is not there":    {with(connection, "--jwks-url", "https://lms.example.com/k", "--ca-file", "nowhere.pem"), 1, "nowhere.pem"},
		"a CA file without certificates": {with(connection, "--jwks-url", "https://lms.example.com/k", "--ca-file", garbled), 1, "holds no certificate"},
		"a vendor without its address":   {[]string{"registration", "add", "--client-id", "a"}, 2, "--issuer: "},
		"claimants that are none":        {[]string{"registration", "add", "--product", "blackboard", "--client-id", "a", "--claimants", "kings"}, 2, "--claimants: Say administrator or instructor"},
		"at once without a rotation":     {[]string{"registration", "keys", "--at-once"}, 2, "--at-once goes with --rotate"},
		"a scenario that is not there":   {[]string{"scenario", "import", "--workspace", "sales-team", "nowhere.md"}, 1, "nowhere.md"},
		"a scenario that is none":        {[]string{"scenario", "import", "--workspace", "sales-team", garbled}, 1, "nothing was imported"},
		"a backup in no directory":       {[]string{"backup", filepath.Join(data, "nowhere", "copy.db")}, 1, "there is no directory"},
		"a backup over the database":     {[]string{"backup", filepath.Join(data, "greenroom.db"), "--force"}, 1, "left alone"},
		"a restore over a database":      {[]string{"restore", garbled}, 1, "add --force"},
		"a restore of something else":    {[]string{"restore", garbled, "--force"}, 1, "cannot be read as a database"},
		"a restore of a directory":       {[]string{"restore", data, "--force"}, 1, "is a directory; name a file"},
		"a restore of nothing":           {[]string{"restore", "nowhere.db"}, 1, "the backup: "},
		"a move to nowhere":              {[]string{"migrate", "--from-sqlite", garbled}, 2, "give --database-url"},
		"a move of nothing":              {[]string{"migrate", "--from-sqlite", "nowhere.db", "--database-url", "postgres://127.0.0.1:1/a"}, 1, "nothing was moved: --from-sqlite: "},
		"a PostgreSQL that is away":      {[]string{"workspace", "list", "--database-url", "postgres://ada:hunter2@127.0.0.1:1/a"}, 1, "cannot be reached: see that it runs"},
		"a port that is none":            {[]string{"workspace", "list", "--database-url", "postgres://ada:hunter2@127.0.0.1:port/a"}, 2, "invalid port"},
		"nobody who answers":             {[]string{"health", "--listen", "127.0.0.1:1"}, 1, "see that the server runs"},
		"an address that is none":        {[]string{"health", "--listen", "practice"}, 2, "is no address"},
		"a tool's CA file not there":     {[]string{"conformance", "--now", "--login-url", "https://a.example.com", "--launch-url", "https://a.example.com", "--ca-file", "nowhere.pem"}, 1, "--ca-file: "},
		"a data directory that is none":  {[]string{"workspace", "list", "--data", garbled}, 1, "data directory"},
		"no command of a group":          {[]string{"keys"}, 2, "expected one of"},
	} {
		t.Run(name, func(t *testing.T) {
			o := entered(t, data, tc.words...)
			o.wants(t, tc.code, tc.says)
			if strings.Contains(o.errs, "hunter2") {
				t.Errorf("it repeats a password: %s", o.errs)
			}
		})
	}
	t.Run("a master key that is none", func(t *testing.T) {
		t.Setenv("GREENROOM_MASTER_KEY", "short")
		entered(t, data, "workspace", "list").wants(t, 1, "the master key must be 32 bytes")
	})
	t.Run("another master key", func(t *testing.T) {
		t.Setenv("GREENROOM_MASTER_KEY", strings.Repeat("ab", 32))
		entered(t, data, "workspace", "list").wants(t, 1, "put the right one back")
	})
}
