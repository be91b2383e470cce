package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/alecthomas/kong"
)

//go:generate sh -c "go run . reference > ../../docs/operate/configuration.md"

// referenceCmd prints docs/operate/configuration.md.
type referenceCmd struct{}

// Run reads the commands as they are declared: what is written is what is
// parsed.
func (referenceCmd) Run(k *kong.Kong, s streams) error { return writeReference(s.out, k.Model) }

const referenceHead = `# Configuration

Made from the program by ` + "`go generate ./cmd/greenroom`" + `; do not edit. Every flag can be given in the environment as well; a flag wins.
Lists are separated by commas. Durations are written as in 90s, 15m, 48h.

`

func writeReference(out io.Writer, m *kong.Application) error {
	var b strings.Builder
	b.WriteString(referenceHead)
	commands := m.Leaves(true)
	for _, c := range commands { // the server first: that is what is looked up
		if c.Name == "serve" {
			describeCommand(&b, c, nil)
		}
	}
	serve := map[string]bool{}
	for _, c := range commands {
		if c.Name == "serve" {
			for _, f := range flagsOf(c) {
				serve[f.Name+f.Help] = true
			}
		}
	}
	b.WriteString("## Commands\n\nFlags that mean what they mean to `serve` are not repeated: `--data`, `--database-url` and the like.\n\n")
	for _, c := range commands {
		if c.Name != "serve" {
			describeCommand(&b, c, serve)
		}
	}
	_, err := io.WriteString(out, strings.TrimRight(b.String(), "\n")+"\n")
	return err
}

func describeCommand(b *strings.Builder, c *kong.Node, known map[string]bool) {
	heading := "###"
	if known == nil {
		heading = "##"
	}
	fmt.Fprintf(b, "%s %s\n\n%s\n\n", heading, title(c), c.Help)
	var rows []*kong.Flag
	for _, f := range flagsOf(c) {
		if !known[f.Name+f.Help] {
			rows = append(rows, f)
		}
	}
	if len(rows) == 0 {
		return
	}
	b.WriteString("| flag | environment | default | meaning |\n|---|---|---|---|\n")
	for _, f := range rows {
		fmt.Fprintf(b, "| %s | %s | %s | %s |\n", flagText(f), code(strings.Join(f.Envs, ", ")), code(f.Default), meaning(f))
	}
	b.WriteString("\n")
}

// title is the command as it is typed.
func title(c *kong.Node) string {
	words := []string{c.FullPath()}
	for _, p := range c.Positional {
		words = append(words, strings.ToUpper(p.Name))
	}
	return strings.Join(words, " ")
}

// flagsOf returns a command's own flags. Those that stand in the environment
// alone are hidden from --help, and are here.
func flagsOf(c *kong.Node) (flags []*kong.Flag) {
	for _, f := range c.Flags {
		if f.Name != "help" && (!f.Hidden || len(f.Envs) > 0) {
			flags = append(flags, f)
		}
	}
	return flags
}

func flagText(f *kong.Flag) string {
	if f.Hidden {
		return ""
	}
	text := "--" + f.Name
	if !f.IsBool() {
		text += " " + strings.ToUpper(f.FormatPlaceHolder())
		text = strings.TrimSuffix(text, ",...")
		if f.PlaceHolder != "" {
			text = "--" + f.Name + " " + f.PlaceHolder
		}
	}
	return code(text)
}

func meaning(f *kong.Flag) string {
	text := f.Help
	if f.Required {
		text += " Required."
	}
	if f.Enum != "" && !strings.Contains(text, f.EnumSlice()[0]) {
		text += " One of " + strings.Join(f.EnumSlice(), ", ") + "."
	}
	return strings.ReplaceAll(text, "|", `\|`)
}

func code(s string) string {
	if s == "" {
		return ""
	}
	return "`" + strings.ReplaceAll(s, "|", `\|`) + "`"
}
