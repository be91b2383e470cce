// Package deploy_test holds the files of this folder, which nothing here can
// run, to what can be seen by reading them.
package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

func read(t *testing.T, path string) string {
	t.Helper()
	raw, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(raw)
}

// A setting that is mistyped in a file here would be ignored by the program.
func TestSettingsExist(t *testing.T) {
	known := read(t, "../docs/operate/configuration.md")
	names := regexp.MustCompile(`GREENROOM_[A-Z_]+`)
	flags := regexp.MustCompile("--[a-z-]{3,}")
	for _, path := range []string{
		"systemd/greenroom.env", "systemd/greenroom.service", "docker/Dockerfile", "docker/compose.yaml",
		"../docs/operate/install.md", "../docs/operate/serve.md", "../docs/operate/watching.md",
	} {
		text := read(t, path)
		for _, name := range names.FindAllString(text, -1) {
			if !strings.Contains(known, "`"+name+"`") {
				t.Errorf("%s: there is no setting %s", path, name)
			}
		}
		for _, line := range strings.Split(text, "\n") {
			if _, command, ok := strings.Cut(line, "greenroom serve "); ok {
				for _, flag := range flags.FindAllString(command, -1) {
					if !strings.Contains(known, "`"+flag+"`") && !strings.Contains(known, "`"+flag+" ") {
						t.Errorf("%s: there is no flag %s", path, flag)
					}
				}
			}
		}
	}
}

func TestUnit(t *testing.T) {
	const path = "systemd/greenroom.service"
	text := read(t, path)
	section, settings := "", map[string]string{}
	for n, line := range strings.Split(text, "\n") {
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			section = line
		default:
			key, value, ok := strings.Cut(line, "=")
			if !ok || section == "" || key != strings.TrimSpace(key) {
				t.Errorf("line %d is no setting: %s", n+1, line)
			}
			settings[section+key] = value
		}
	}
	for key, want := range map[string]string{
		"[Service]ExecStart": "/usr/local/bin/greenroom serve", "[Service]User": "greenroom", "[Service]NoNewPrivileges": "yes",
		"[Service]ProtectSystem": "strict", "[Service]StateDirectory": "greenroom", "[Install]WantedBy": "multi-user.target",
		"[Service]CapabilityBoundingSet": "CAP_NET_BIND_SERVICE",
	} {
		if settings[key] != want {
			t.Errorf("%s=%q, want %q", key, settings[key], want)
		}
	}
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		if _, err := os.Stat("/etc/debian_version"); err == nil && os.Getenv("CI") != "" {
			t.Error("systemd-analyze is not here; ./tools/needs installs it")
		}
		t.Log("systemd-analyze is not here: read only")
		return
	}
	// A program that is there, in the place of the one that is to be installed.
	local := filepath.Join(t.TempDir(), "greenroom.service")
	if err := os.WriteFile(local, []byte(strings.ReplaceAll(text, "/usr/local/bin/greenroom", "/bin/true")), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(analyze, "verify", local).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("verify: %v\n%s", err, out)
	}
	if out, err := exec.Command(analyze, "security", "--offline=true", "--threshold=15", local).CombinedOutput(); err != nil {
		t.Errorf("more exposed than 1.5: %v\n%s", err, out)
	}
}

// An instruction is one of a Dockerfile, its lines joined.
type instruction struct{ word, rest string }

func dockerfile(t *testing.T) (all []instruction) {
	t.Helper()
	text := strings.ReplaceAll(read(t, "docker/Dockerfile"), "\\\n", " ")
	for n, line := range strings.Split(text, "\n") {
		if line == "" || line[0] == '#' {
			continue
		}
		word, rest, ok := strings.Cut(line, " ")
		if !ok || !slices.Contains(strings.Fields("FROM WORKDIR COPY RUN ARG ENV USER VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD"), word) {
			t.Errorf("line %d: %s", n+1, line)
		}
		all = append(all, instruction{word, rest})
	}
	return all
}

func TestDockerfile(t *testing.T) {
	all := dockerfile(t)
	stages, last := map[string]bool{}, 0
	for n, i := range all {
		switch i.word {
		case "FROM":
			last = n
			image, stage, named := strings.Cut(i.rest, " AS ")
			if !strings.Contains(image, ":") || strings.HasSuffix(image, ":latest") {
				t.Errorf("%s may be anything one day", image)
			}
			if named {
				stages[stage] = true
			}
		case "COPY":
			if from := regexp.MustCompile(`--from=(\S+)`).FindStringSubmatch(i.rest); from != nil && !stages[from[1]] {
				t.Errorf("there is no stage %s", from[1])
			}
		}
	}
	final := map[string]string{}
	for _, i := range all[last:] {
		if i.word == "RUN" {
			t.Errorf("there is no shell to run %s", i.rest)
		}
		final[i.word] = i.rest
	}
	for word, want := range map[string]string{
		"USER": "65532:65532", "VOLUME": "/data", "ENTRYPOINT": `["/usr/local/bin/greenroom"]`, "CMD": `["serve"]`, "STOPSIGNAL": "SIGTERM",
	} {
		if final[word] != want {
			t.Errorf("%s %s, want %s", word, final[word], want)
		}
	}
	if !strings.HasSuffix(final["HEALTHCHECK"], `CMD ["/usr/local/bin/greenroom", "health"]`) {
		t.Errorf("HEALTHCHECK %s", final["HEALTHCHECK"])
	}
	version := regexp.MustCompile(`(?m)^go (\d+\.\d+)`).FindStringSubmatch(read(t, "../go.mod"))
	if !strings.HasPrefix(all[0].rest, "golang:"+version[1]+" ") {
		t.Errorf("built by %s, and go.mod wants %s", all[0].rest, version[1])
	}
}

func TestCompose(t *testing.T) {
	var file struct {
		Name     string
		Services map[string]struct {
			Build struct{ Context, Dockerfile string }
			Image string

			Restart         string
			User            string
			Environment     map[string]string
			Volumes         []string
			Networks        []string
			Ports           []string
			ReadOnly        bool                                  `yaml:"read_only"`
			CapDrop         []string                              `yaml:"cap_drop"`
			SecurityOpt     []string                              `yaml:"security_opt"`
			StopGracePeriod string                                `yaml:"stop_grace_period"`
			DependsOn       map[string]struct{ Condition string } `yaml:"depends_on"`
		}
		Networks map[string]struct {
			IPAM struct{ Config []struct{ Subnet string } }
		}
		Volumes map[string]any
	}
	d := yaml.NewDecoder(strings.NewReader(read(t, "docker/compose.yaml")))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	g := file.Services["greenroom"]
	if !g.ReadOnly || !slices.Equal(g.CapDrop, []string{"ALL"}) || g.User != "65532:65532" || len(g.Ports) != 0 {
		t.Errorf("greenroom may do more than it has to: %+v", g)
	}
	if g.Environment["GREENROOM_TRUST_PROXY"] != file.Networks["inside"].IPAM.Config[0].Subnet {
		t.Errorf("the proxy's network is %v, and %s is trusted", file.Networks["inside"], g.Environment["GREENROOM_TRUST_PROXY"])
	}
	if _, err := os.Stat(filepath.Join("docker", g.Build.Context, g.Build.Dockerfile)); err != nil {
		t.Error(err)
	}
	for name, s := range file.Services {
		for _, v := range s.Volumes {
			source, _, _ := strings.Cut(v, ":")
			_, declared := file.Volumes[source]
			_, err := os.Stat(filepath.Join("docker", source))
			if !declared && (err != nil || !strings.HasPrefix(source, "./")) {
				t.Errorf("%s: there is no volume %s", name, source)
			}
		}
		for _, n := range s.Networks {
			if _, ok := file.Networks[n]; !ok {
				t.Errorf("%s: there is no network %s", name, n)
			}
		}
		for on, how := range s.DependsOn {
			if _, ok := file.Services[on]; !ok || how.Condition != "service_healthy" {
				t.Errorf("%s depends on %s %s", name, on, how.Condition)
			}
		}
	}
}

func TestProxies(t *testing.T) {
	nginx := read(t, "nginx/greenroom.conf")
	for _, want := range []string{
		"proxy_set_header Host $host;", "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
		"proxy_set_header X-Forwarded-Proto $scheme;", "proxy_pass http://greenroom;", "client_max_body_size 2m;",
	} {
		if !strings.Contains(nginx, want) {
			t.Errorf("nginx: %s is missing", want)
		}
	}
	caddy := read(t, "docker/Caddyfile")
	if !strings.Contains(caddy, "reverse_proxy greenroom:8080") {
		t.Error("Caddy asks somebody else")
	}
	for name, text := range map[string]string{"nginx": nginx, "Caddy": caddy} {
		if strings.Count(text, "{") != strings.Count(text, "}") {
			t.Errorf("%s: not closed", name)
		}
		if strings.Contains(text, "X-Frame-Options") {
			t.Errorf("%s: learners' pages are shown in frames", name)
		}
	}
	for n, line := range strings.Split(nginx, "\n") {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' && !strings.HasSuffix(line, ";") && !strings.HasSuffix(line, "{") && line != "}" {
			t.Errorf("nginx: line %d does not end: %s", n+1, line)
		}
	}
}
