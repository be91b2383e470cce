package app_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti/ltitest"
)

// A row of the table of features: three columns, of which the last names tests.
var featureRow = regexp.MustCompile(`(?m)^\| ([^|-][^|]*) \| ([^|]+) \| ([^|]*) \|$`)

// The table of features names tests and cases that exist, and one for every
// feature.
func TestTheFeaturesAreTested(t *testing.T) {
	raw, err := os.ReadFile("../../docs/features.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(raw)
	for _, m := range namedTests.FindAllStringSubmatch(text, -1) {
		if !exists(t, m[1], m[2]) {
			t.Errorf("%s has no %s", m[1], m[2])
		}
	}
	var cases []string
	for _, c := range ltitest.Cases() {
		cases = append(cases, c.ID)
	}
	for _, id := range namedCases.FindAllString(text, -1) {
		if !slices.Contains(cases, id) {
			t.Errorf("there is no case %s", id)
		}
	}
	rows := featureRow.FindAllStringSubmatch(text, -1)
	features := 0
	for _, row := range rows {
		if row[3] == "test" {
			continue
		}
		features++
		if !namedTests.MatchString(row[3]) && !namedCases.MatchString(row[3]) {
			t.Errorf("no test in: %s", row[0])
		}
	}
	lines := 0
	for line := range strings.Lines(text) {
		if strings.HasPrefix(line, "| ") && !strings.HasPrefix(line, "| capability ") {
			lines++
		}
	}
	if features < 40 || features != lines {
		t.Errorf("%d features in %d lines: a row is no row", features, lines)
	}
}
