// Package deploy_test holds the files of this folder to what can be seen by
// reading them. tools/deploy reads them with the eyes of Docker, Compose and
// Prometheus.
package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
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

func TestProxies(t *testing.T) {
	nginx := read(t, "nginx/greenroom.conf")
	for _, want := range []string{
		"proxy_set_header Host $http_host;", "proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;",
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
