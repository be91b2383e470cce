package deploy

import (
	"encoding/json"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/promql/parser"
)

var promQL = parser.NewParser(parser.Options{})

// The alert rules are what Prometheus takes: form, expressions, templates.
func TestRules(t *testing.T) {
	groups, errs := rulefmt.ParseFile("../../deploy/prometheus/greenroom.rules.yml", false, model.UTF8Validation, promQL, slog.New(slog.NewTextHandler(t.Output(), nil)))
	for _, err := range errs {
		t.Error(err)
	}
	if len(errs) == 0 && len(groups.Groups) == 0 {
		t.Error("there are none")
	}
}

// Each alert fires when it should, and is silent when it should be: promtool,
// which is Prometheus' own, reads both files.
func TestRulesFire(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		promtool, err = filepath.Abs("../../bin/promtool")
	}
	if _, missing := os.Stat(promtool); err != nil || missing != nil {
		t.Fatal("promtool is not here; ./tools/needs promtool brings it")
	}
	for _, args := range [][]string{{"check", "rules", "greenroom.rules.yml"}, {"test", "rules", "greenroom.rules_test.yml"}} {
		c := exec.Command(promtool, args...)
		c.Dir = "../../deploy/prometheus"
		if out, err := c.CombinedOutput(); err != nil {
			t.Errorf("promtool %s: %v\n%s", strings.Join(args, " "), err, out)
		}
	}
}

// Each expression of the dashboard is one of Prometheus', once Grafana has put
// in what was chosen.
func TestDashboard(t *testing.T) {
	raw, err := os.ReadFile("../../deploy/grafana/greenroom.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(raw, &file); err != nil {
		t.Fatal(err)
	}
	for _, p := range file.Panels {
		for _, target := range p.Targets {
			if _, err := promQL.ParseExpr(strings.ReplaceAll(target.Expr, "$job", "greenroom")); err != nil {
				t.Errorf("%s: %v", p.Title, err)
			}
		}
	}
}
