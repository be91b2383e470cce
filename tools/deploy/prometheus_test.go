package deploy

import (
	"encoding/json"
	"log/slog"
	"os"
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
