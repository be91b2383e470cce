package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

type scenarioCmd struct {
	Import scenarioImport `cmd:"" help:"Bring scenario files in. A file whose slug exists becomes its next version."`
	List   scenarioList   `cmd:"" help:"List the scenarios."`
}

type scenarioImport struct {
	database
	printed
	inWorkspace
	Files []string `arg:"" name:"file" help:"Scenario files, see docs/scenario-format.md."`
}

type scenarioJSON struct {
	ID    greenroom.ScenarioID `json:"id"`
	Slug  string               `json:"slug"`
	Title string               `json:"title"`
}

func (c scenarioImport) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	w, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	sources, err := c.check(ctx, s)
	if err != nil {
		return err
	}
	var list []scenarioJSON
	for i, file := range c.Files {
		sc, err := h.Service.ImportScenario(ctx, w.ID, file, sources[i])
		if err != nil {
			return err
		}
		list = append(list, scenarioJSON{sc.ID, sc.Slug, sc.Title})
	}
	return printScenarios(c.printed, s, list)
}

// check reads and checks all files before any is saved, so that a mistake in
// the last one leaves nothing half done.
func (c scenarioImport) check(ctx context.Context, s streams) ([][]byte, error) {
	sources := make([][]byte, len(c.Files))
	wrong := 0
	for i, file := range c.Files {
		raw, err := os.ReadFile(file)
		if err != nil {
			return nil, err
		}
		sources[i] = raw
		parsed, err := roleplay.Parse(ctx, file, raw)
		problems, ok := errors.AsType[roleplay.Problems](err)
		if err != nil && !ok {
			return nil, err
		}
		for _, p := range problems {
			fmt.Fprintf(s.err, "%s: %s\n", file, p)
		}
		wrong += len(problems)
		if parsed != nil {
			for _, w := range parsed.Warnings {
				fmt.Fprintf(s.err, "%s: warning: %s\n", file, w)
			}
		}
	}
	if wrong > 0 {
		return nil, errors.New("nothing was imported; mend the lines above and try again")
	}
	return sources, nil
}

func printScenarios(p printed, s streams, list []scenarioJSON) error {
	if list == nil {
		list = []scenarioJSON{}
	}
	return p.print(s, map[string]any{"scenarios": list}, func(out io.Writer) {
		fmt.Fprintln(out, "SLUG\tTITLE\tID")
		for _, x := range list {
			fmt.Fprintf(out, "%s\t%s\t%s\n", x.Slug, x.Title, x.ID)
		}
	})
}

type scenarioList struct {
	database
	printed
	inWorkspace
}

func (c scenarioList) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	w, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	all, err := h.Service.Scenarios(ctx, greenroom.Operator(w.ID))
	if err != nil {
		return err
	}
	var list []scenarioJSON
	for _, x := range all {
		list = append(list, scenarioJSON{x.ID, x.Slug, x.Title})
	}
	return printScenarios(c.printed, s, list)
}
