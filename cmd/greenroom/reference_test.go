package main

import (
	"bytes"
	"context"
	"os"
	"strings"
	"testing"
)

// The configuration reference is what the program takes, flag for flag.
func TestTheReferenceIsCurrent(t *testing.T) {
	var out, errs bytes.Buffer
	if code := run(context.Background(), []string{"reference"}, nil, &out, &errs); code != 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	file, err := os.ReadFile("../../docs/operate/configuration.md")
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(file) {
		t.Error("docs/operate/configuration.md is not what the program takes: run go generate ./cmd/greenroom")
	}
	for _, want := range []string{
		"| `--public-url URL` | `GREENROOM_PUBLIC_URL` |  | What browsers", " Required. |", "`GREENROOM_MASTER_KEY`", "| `--log-format", "`text`", "### greenroom backup FILE",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing", want)
		}
	}
	if strings.Contains(out.String(), "reference") && strings.Contains(out.String(), "### greenroom reference") {
		t.Error("it describes itself")
	}
}
