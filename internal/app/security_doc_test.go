package app_test

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti/ltitest"
)

var (
	namedTests = regexp.MustCompile("`([a-z/]+)\\.((?:Test|Fuzz)[A-Za-z]+)`")
	namedCases = regexp.MustCompile(`\b(?:CERT|OWN)-[A-Z][0-9]+\b`)
	guardRow   = regexp.MustCompile(`(?m)^\| [^|-][^|]* \| [^|]+ \| ([^|]*) \|$`)
)

// The report of threats and guards names tests and cases that exist, and one
// for every guard.
func TestTheSecurityReportIsTrue(t *testing.T) {
	raw, err := os.ReadFile("../../docs/security.md")
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
	rows := guardRow.FindAllStringSubmatch(text, -1)
	if len(rows) < 40 {
		t.Errorf("%d guards were found", len(rows))
	}
	for _, row := range rows {
		if row[1] != "test" && !namedTests.MatchString(row[1]) && !namedCases.MatchString(row[1]) {
			t.Errorf("no test in: %s", row[0])
		}
	}
}

func exists(t *testing.T, folder, name string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("..", "..", filepath.FromSlash(folder), "*_test.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(string(raw), "\nfunc "+name+"(") {
			return true
		}
	}
	return false
}
