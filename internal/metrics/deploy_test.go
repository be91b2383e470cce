package metrics_test

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A dashboard and alert rules that name a figure which is not there stay empty
// and silent, and nobody notices.
var named = regexp.MustCompile(`\b(greenroom|go|process)_[a-z0-9_]+`)

func checkExpression(t *testing.T, names []string, where, expr string) {
	t.Helper()
	found := named.FindAllString(expr, -1)
	if len(found) == 0 && !strings.Contains(expr, "up{") {
		t.Errorf("%s: %q names no figure", where, expr)
	}
	for _, name := range found {
		base := name
		for _, suffix := range []string{"_bucket", "_sum", "_count"} {
			base = strings.TrimSuffix(base, suffix)
		}
		if !slices.Contains(names, name) && !slices.Contains(names, base) {
			t.Errorf("%s: there is no %s", where, name)
		}
	}
	if strings.Count(expr, "(") != strings.Count(expr, ")") || strings.Count(expr, "{") != strings.Count(expr, "}") {
		t.Errorf("%s: %q is not closed", where, expr)
	}
}

func TestAlertRulesNameWhatIsThere(t *testing.T) {
	raw, err := os.ReadFile("../../deploy/prometheus/greenroom.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string
			Rules []struct {
				Alert, Expr, For    string
				Labels, Annotations map[string]string
			}
		}
	}
	d := yaml.NewDecoder(strings.NewReader(string(raw)))
	d.KnownFields(true)
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	names := newHouse().Names()
	alerts := 0
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			alerts++
			checkExpression(t, names, r.Alert, r.Expr)
			if r.Alert == "" || r.Annotations["summary"] == "" || r.Annotations["description"] == "" || r.Labels["severity"] == "" {
				t.Errorf("%s says too little", r.Alert)
			}
		}
	}
	if alerts < 10 {
		t.Errorf("%d alerts", alerts)
	}
}

func TestDashboardNamesWhatIsThere(t *testing.T) {
	raw, err := os.ReadFile("../../deploy/grafana/greenroom.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		UID, Title string
		Panels     []struct {
			ID      int
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	names := newHouse().Names()
	shown := map[string]bool{}
	ids := map[int]bool{}
	for _, p := range file.Panels {
		if ids[p.ID] || p.Title == "" || len(p.Targets) == 0 {
			t.Errorf("panel %d %q is no panel of its own", p.ID, p.Title)
		}
		ids[p.ID] = true
		for _, target := range p.Targets {
			checkExpression(t, names, p.Title, target.Expr)
			for _, name := range named.FindAllString(target.Expr, -1) {
				shown[name] = true
			}
		}
	}
	for _, name := range names { // what nobody sees need not be counted
		if strings.HasPrefix(name, "greenroom_") && !slices.ContainsFunc([]string{"", "_bucket", "_sum"}, func(s string) bool { return shown[name+s] }) &&
			!strings.Contains(string(raw), name) && !elsewhere[name] {
			t.Errorf("%s is on no panel", name)
		}
	}
}

// A selector whose label or value is not exported chooses nothing, without a
// word.
func TestSelectorsChooseSomething(t *testing.T) {
	h := newHouse()
	h.Launch(greenroom.LaunchOK, "", time.Second)
	h.Launch(greenroom.LaunchRefused, "nonce", time.Second)
	h.Request("lti", 500, time.Second)
	page := h.read(t)
	selectors := regexp.MustCompile(`(greenroom_[a-z_]+)\{([^}]*)\}`)
	labels := regexp.MustCompile(`([a-z_]+)="([^"$]+)"`)
	found := 0
	for _, path := range []string{"../../deploy/prometheus/greenroom.rules.yml", "../../deploy/grafana/greenroom.json"} {
		raw, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		for _, selector := range selectors.FindAllStringSubmatch(strings.ReplaceAll(string(raw), `\"`, `"`), -1) {
			for _, label := range labels.FindAllStringSubmatch(selector[2], -1) {
				found++
				exported := regexp.MustCompile(`(?m)^` + selector[1] + `\{[^}]*\b` + regexp.QuoteMeta(label[0]))
				if !exported.MatchString(page) {
					t.Errorf("%s: no %s has %s", path, selector[1], label[0])
				}
			}
		}
	}
	if found < 8 {
		t.Errorf("%d labels were looked at", found)
	}
}

// Every alert is tried both ways, on series such as a server has: with a label
// more or less, a test would show nothing.
func TestAlertsAreTried(t *testing.T) {
	raw, err := os.ReadFile("../../deploy/prometheus/greenroom.rules_test.yml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Tests []struct {
			Name   string
			Series []struct{ Series string } `yaml:"input_series"`
			Cases  []struct {
				Alert string `yaml:"alertname"`
				Fires []any  `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	if err := yaml.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	exported := labelsOf(busy(t))
	fires, silent := map[string]bool{}, map[string]bool{}
	for _, test := range file.Tests {
		for _, s := range test.Series {
			name, labels, _ := strings.Cut(s.Series, "{")
			found := labelNames(labels)
			if name != "up" && !slices.Equal(found, slices.Sorted(slices.Values(append([]string{"instance", "job"}, exported[name]...)))) {
				t.Errorf("%s: %s has the labels %v, and a server's has %v", test.Name, name, found, exported[name])
			}
		}
		for _, c := range test.Cases {
			if len(c.Fires) > 0 {
				fires[c.Alert] = true
			} else {
				silent[c.Alert] = true
			}
		}
	}
	rules, err := os.ReadFile("../../deploy/prometheus/greenroom.rules.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, alert := range regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(rules), -1) {
		if !fires[alert[1]] || !silent[alert[1]] {
			t.Errorf("%s is not tried both ways", alert[1])
		}
	}
}

// busy is what a server exports to which everything has happened once.
func busy(t *testing.T) string {
	h := newHouse()
	h.Launch(greenroom.LaunchRefused, "nonce", time.Second)
	h.Request("lti", 500, time.Second)
	h.queue.Failing = []greenroom.FailingLane{{Lane: greenroom.Lane{Workspace: "w", Connection: "c"}}}
	h.turned = map[string]time.Time{"passback": noon}
	return h.read(t)
}

// labelsOf returns the names of the labels of each figure, sorted.
func labelsOf(page string) map[string][]string {
	found := map[string][]string{}
	for line := range strings.Lines(page) {
		if name, labels, ok := strings.Cut(line, "{"); ok && line[0] != '#' {
			found[name] = labelNames(labels)
		}
	}
	return found
}

func labelNames(labels string) []string {
	var names []string
	for _, l := range regexp.MustCompile(`(\w+)="`).FindAllStringSubmatch(labels, -1) {
		names = append(names, l[1])
	}
	slices.Sort(names)
	return names
}

// What is counted can be read about.
func TestFiguresAreDescribed(t *testing.T) {
	raw, err := os.ReadFile("../../docs/operate/watching.md")
	if err != nil {
		t.Fatal(err)
	}
	names := newHouse().Names()
	for _, name := range names {
		if own, ok := strings.CutPrefix(name, "greenroom_"); ok && !strings.Contains(string(raw), "`"+own+"`") {
			t.Errorf("docs/operate/watching.md does not tell of %s", own)
		}
	}
	for _, told := range regexp.MustCompile("`([a-z]+_[a-z_]+)`").FindAllStringSubmatch(string(raw), -1) {
		if !slices.Contains(names, "greenroom_"+told[1]) && told[1] != "line_item" {
			t.Errorf("docs/operate/watching.md tells of %s, which is not there", told[1])
		}
	}
}

// elsewhere are figures for alerts and for looking closer.
var elsewhere = map[string]bool{
	"greenroom_database_answers": true, "greenroom_failing_connection_age_seconds": true, "greenroom_signing_keys": true,
	"greenroom_duty_duration_seconds":  true,
	"greenroom_outbound_hosts_resting": true, "greenroom_passback_duration_seconds": true, "greenroom_http_request_duration_seconds": true,
}
