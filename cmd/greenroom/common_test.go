package main

import (
	"bytes"
	"fmt"
	"io"
	"testing"
)

// What an LMS has said steers nobody's terminal, and keeps its place in a table.
func TestWhatCommandsPrintIsVisible(t *testing.T) {
	var out bytes.Buffer
	err := printed{}.print(streams{out: &out}, nil, func(w io.Writer) {
		fmt.Fprintln(w, "PLATFORM\tCLIENT ID")
		fmt.Fprintf(w, "%s\t%s\n", "Moodle\x1b]0;mine\a \u009b31mÄ\u202e", "a\rb\x7f")
	})
	want := "PLATFORM            CLIENT ID\nMoodle]0;mine 31mÄ  ab\n"
	if err != nil || out.String() != want {
		t.Errorf("%v: %q, want %q", err, out.String(), want)
	}
}
