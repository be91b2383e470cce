package roleplay

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// valid is a scenario file that is right in everything; tests spoil it.
const valid = `---
title: A first call
slug: first-call
description: Ten minutes on the telephone.
objective: Find out what she needs.
difficulty: Beginner
character:
  name: Mara Lind
  role: Purchasing, 40-person print shop
rubric:
  - name: Understanding
    items:
      - id: needs
        name: Open questions
        good: Asks openly.
        fair: Asks.
        poor: Tells.
      - id: tone
        name: Tone
        good: Warm.
        fair: Correct.
        poor: Curt.
        required: true
---
Hello. What is it about?
* I'd like to hear about you. # good: needs: You asked first.
  About us? Well. # good: tone
* Our new catalogue. # poor: needs
  I see. # fair: tone
- -> bye
=== bye
Goodbye.
-> END
`

// spoil replaces one thing in the valid file.
func spoil(t *testing.T, old, new string) []byte {
	t.Helper()
	if strings.Count(valid, old) == 0 {
		t.Fatalf("the valid file has no %q", old)
	}
	return []byte(strings.Replace(valid, old, new, 1))
}

// compiled returns a script's compiled form.
func compiled(t testing.TB, ink string) []byte {
	t.Helper()
	c, err := checker().Compile(t.Context(), ink)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func play(t testing.TB, e *Engine, story []byte, seed int64, picks ...int) Talk {
	t.Helper()
	talk, err := e.Play(t.Context(), story, seed, picks)
	if err != nil {
		t.Fatalf("picks %v: %v", picks, err)
	}
	return talk
}

// transcript writes a talk as "character: Hello." lines.
func transcript(t Talk) string {
	var b strings.Builder
	for _, turn := range t.Turns {
		fmt.Fprintf(&b, "%s: %s\n", turn.Speaker, turn.Text)
	}
	return strings.TrimSpace(b.String())
}

// problemsOf returns the problems of a file, one per line.
func problemsOf(t *testing.T, source []byte) string {
	t.Helper()
	_, err := Parse(t.Context(), "spoiled.scenario.md", source)
	if err == nil {
		return ""
	}
	problems, ok := errors.AsType[Problems](err)
	if !ok {
		t.Fatalf("an error that is no list of problems: %v", err)
	}
	return problems.Error()
}
