package deploy

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/linter"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// root is the folder from which an image is built.
const root = "../.."

// An image is what the Dockerfile says of the last stage, and how it is built.
type image struct {
	compiler string
	build    []string // commands of the first stage
	copied   []*instructions.CopyCommand
	env      map[string]string
	user     string
	volumes  []string
	ports    []string
	signal   string
	health   []string
	run      []string // entry point and command
	contexts []string // what is copied from the folder
}

// readImage reads the Dockerfile as Docker does. What its linter warns of is an
// error here.
func readImage(t *testing.T) image {
	t.Helper()
	raw, err := os.ReadFile("../../deploy/docker/Dockerfile")
	if err != nil {
		t.Fatal(err)
	}
	read, err := parser.Parse(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range read.Warnings {
		t.Errorf("warning: %s", w.Short)
	}
	lint := linter.New(&linter.Config{Warn: func(rule, _, _, text string, _ []parser.Range) { t.Errorf("%s: %s", rule, text) }})
	stages, _, err := instructions.Parse(read.AST, lint)
	if err != nil {
		t.Fatal(err)
	}
	if len(stages) != 2 {
		t.Fatalf("%d stages", len(stages))
	}
	for _, s := range stages {
		if _, tag, _ := strings.Cut(s.BaseName, ":"); tag == "" || tag == "latest" {
			t.Errorf("%s may be anything one day", s.BaseName)
		}
	}
	i := image{env: map[string]string{}, compiler: stages[0].BaseName}
	for _, c := range stages[0].Commands {
		switch c := c.(type) {
		case *instructions.RunCommand:
			i.build = append(i.build, strings.Join(c.CmdLine, " "))
		case *instructions.CopyCommand:
			i.contexts = append(i.contexts, c.SourcePaths...)
		}
	}
	for _, c := range stages[1].Commands {
		i.add(t, c, stages[0].Name)
	}
	return i
}

func (i *image) add(t *testing.T, c instructions.Command, built string) {
	switch c := c.(type) {
	case *instructions.CopyCommand:
		if c.From != built {
			t.Errorf("%s is not what was built", c)
		}
		i.copied = append(i.copied, c)
	case *instructions.EnvCommand:
		for _, pair := range c.Env {
			i.env[pair.Key] = pair.Value
		}
	case *instructions.UserCommand:
		i.user = c.User
	case *instructions.VolumeCommand:
		i.volumes = append(i.volumes, c.Volumes...)
	case *instructions.ExposeCommand:
		i.ports = append(i.ports, c.Ports...)
	case *instructions.StopSignalCommand:
		i.signal = c.Signal
	case *instructions.HealthCheckCommand:
		i.health = c.Health.Test
	case *instructions.EntrypointCommand:
		i.run = append(slices.Clone(c.CmdLine), i.run...)
	case *instructions.CmdCommand:
		i.run = append(i.run, c.CmdLine...)
	default:
		t.Errorf("%s: there is nobody in this image to do that", c.Name())
	}
}

// What is copied is there, and .dockerignore does not hide it.
func TestTheContextHoldsWhatIsCopied(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	patterns, err := ignorefile.ReadAll(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	// Beside what the Dockerfile names, what the build needs.
	for _, path := range append(readImage(t).contexts, "cmd/greenroom", "internal/web/assets", "internal/store/migrations") {
		if _, err := os.Stat(filepath.Join(root, path)); err != nil {
			t.Error(err)
		}
		hidden, err := patternmatcher.MatchesOrParentMatches(path, patterns)
		if err != nil || hidden && path != "." {
			t.Errorf("%s is hidden by .dockerignore (%v)", path, err)
		}
	}
}

func TestTheCompilerIsTheModules(t *testing.T) {
	raw, err := os.ReadFile(filepath.Join(root, "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	wanted := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(string(raw))
	if got := readImage(t).compiler; wanted == nil || got != "golang:"+wanted[1] {
		t.Errorf("built by %s, and go.mod wants %v", got, wanted)
	}
}

// The parts of the image, the composition and the proxy name each other.
func TestTheImageFitsTheComposition(t *testing.T) {
	i, service := readImage(t), readComposition(t).Services["greenroom"]
	data := i.env["GREENROOM_DATA"]
	if !slices.Equal(i.volumes, []string{data}) || len(service.Volumes) != 1 || service.Volumes[0].Target != data {
		t.Errorf("data is kept in %s, volumes are %v and %v", data, i.volumes, service.Volumes)
	}
	if service.User != i.user {
		t.Errorf("user %s, and %s", i.user, service.User)
	}
	caddy, err := os.ReadFile("../../deploy/docker/Caddyfile")
	if err != nil {
		t.Fatal(err)
	}
	port := strings.TrimPrefix(i.env["GREENROOM_LISTEN"], ":")
	if !slices.Equal(i.ports, []string{port}) || !strings.Contains(string(caddy), "reverse_proxy greenroom:"+port+"\n") {
		t.Errorf("it listens on %s, exposed are %v, and Caddy asks\n%s", port, i.ports, caddy)
	}
}

// The image is put together as the Dockerfile says and started as Docker would,
// in a root of its own without anything else: it gets well, writes to its
// volume alone, and stops when it is told.
func TestTheImageStarts(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root may give a process another root")
	}
	i, house := readImage(t), t.TempDir()
	i.make(t, house)
	before := files(t, house)
	env := i.environment(t)

	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	var log bytes.Buffer
	server := i.command(t, ctx, house, env, i.run)
	server.Stderr = &log
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- server.Wait() }()
	i.awaitHealth(t, ctx, house, env, ended, &log)
	stop := map[string]syscall.Signal{"SIGTERM": syscall.SIGTERM, "SIGINT": syscall.SIGINT}[i.signal]
	if err := server.Process.Signal(stop); err != nil {
		t.Error(err)
	}
	if err := <-ended; err != nil {
		t.Errorf("after %s: %v\n%s", i.signal, err, &log)
	}
	for _, path := range files(t, house) {
		if !slices.Contains(before, path) && !strings.HasPrefix(path, i.volumes[0]+"/") {
			t.Errorf("it wrote %s", path)
		}
	}
}

// make does what the build does, in a folder.
func (i image) make(t *testing.T, house string) {
	t.Helper()
	out := t.TempDir()
	for _, line := range i.build {
		if line == "go mod download" {
			continue
		}
		if os.Getenv("EXACT") == "" { // with it, nothing that tests have compiled can be used
			line = strings.ReplaceAll(line, " -trimpath", "")
		}
		build := exec.Command("sh", "-c", strings.ReplaceAll(line, "/out", out))
		build.Dir, build.Env = root, append(os.Environ(), "VERSION=of-the-image")
		if text, err := build.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, text)
		}
	}
	for _, c := range i.copied {
		from, to := filepath.Join(out, strings.TrimPrefix(c.SourcePaths[0], "/out")), filepath.Join(house, c.DestPath)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			t.Fatal(err)
		}
		if text, err := exec.Command("cp", "-a", from, to).CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", c, err, text)
		}
		if c.Chown != "" {
			if text, err := exec.Command("chown", c.Chown, to).CombinedOutput(); err != nil {
				t.Fatalf("%s: %v\n%s", c, err, text)
			}
		}
	}
	if err := os.Chmod(house, 0o755); err != nil {
		t.Fatal(err)
	}
}

// environment is that of the image with that of the composition, but for the
// port: it is this machine's.
func (i image) environment(t *testing.T) (env []string) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	i.env["GREENROOM_LISTEN"] = fmt.Sprint(":", l.Addr().(*net.TCPAddr).Port)
	for name, value := range readComposition(t).Services["greenroom"].Environment {
		i.env[name] = *value
	}
	for name, value := range i.env {
		env = append(env, name+"="+value)
	}
	return env
}

// command is one in the image, as its user.
func (i image) command(t *testing.T, ctx context.Context, house string, env, line []string) *exec.Cmd {
	t.Helper()
	user, group, _ := strings.Cut(i.user, ":")
	uid, err1 := strconv.ParseUint(user, 10, 32)
	gid, err2 := strconv.ParseUint(group, 10, 32)
	if err1 != nil || err2 != nil {
		t.Fatalf("user %q: names are not known in an empty image", i.user)
	}
	c := exec.CommandContext(ctx, line[0], line[1:]...)
	c.Path, c.Err = line[0], nil // within its own root
	c.Env, c.Dir = env, "/"
	c.SysProcAttr = &syscall.SysProcAttr{Chroot: house, Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	return c
}

// awaitHealth asks as Docker does until all is well.
func (i image) awaitHealth(t *testing.T, ctx context.Context, house string, env []string, ended <-chan error, log *bytes.Buffer) {
	t.Helper()
	if i.health[0] != "CMD" {
		t.Fatalf("HEALTHCHECK %v needs a shell", i.health)
	}
	again := time.NewTicker(50 * time.Millisecond)
	defer again.Stop()
	for {
		text, err := i.command(t, ctx, house, env, i.health[1:]).CombinedOutput()
		if err == nil {
			return
		}
		select {
		case err := <-ended:
			t.Fatalf("it ended: %v\n%s", err, log)
		case <-ctx.Done():
			t.Fatalf("it does not get well: %s", text)
		case <-again.C:
		}
	}
}

// files lists those of an image.
func files(t *testing.T, house string) (all []string) {
	t.Helper()
	err := filepath.WalkDir(house, func(path string, _ fs.DirEntry, err error) error {
		all = append(all, strings.TrimPrefix(path, house))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}
