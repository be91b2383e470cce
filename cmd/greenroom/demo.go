package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"

	"github.com/greenroom-lti/greenroom/internal/app"
)

type demoCmd struct {
	Connected bool `help:"Begin after the connection is made, with an activity in the course."`
	ToolPort  int  `help:"Port of Greenroom on 127.0.0.1; 0 takes any." default:"8080" placeholder:"N"`
	LMSPort   int  `help:"Port of the demo LMS on localhost; 0 takes any." name:"lms-port" default:"8081" placeholder:"N"`
	Verbose   bool `help:"Print the server's log." short:"v"`
}

func (c demoCmd) Run(ctx context.Context, s streams) error {
	for flag, port := range map[string]int{"--tool-port": c.ToolPort, "--lms-port": c.LMSPort} {
		if port < 0 || port > 65535 {
			return errUsage{fmt.Errorf("%s: %d is no port; ports are 1 to 65535, and 0 takes any", flag, port)}
		}
	}
	level := slog.LevelError
	if c.Verbose {
		level = slog.LevelInfo
	}
	fmt.Fprintln(s.out, "Starting. The three scenarios are played through first, which takes a few seconds.")
	d, err := app.OpenDemo(ctx, app.DemoOptions{
		Config: app.Config{
			Version:        version,
			SupportContact: "the person who started this demo",
			Log:            slog.New(slog.NewTextHandler(s.err, &slog.HandlerOptions{Level: level})),
		},
		ToolPort: c.ToolPort, LMSPort: c.LMSPort, Connected: c.Connected,
	})
	if err != nil {
		return err
	}
	defer d.Close()
	c.welcome(s.out, d)
	if err := d.Run(ctx); err != nil {
		return err
	}
	fmt.Fprintln(s.out, "\nStopped. Nothing was kept.")
	return nil
}

// welcome prints the addresses, the sign-ins and what to click.
func (c demoCmd) welcome(w io.Writer, d *app.Demo) {
	fmt.Fprintf(w, "\nGreenroom  %s\n    sign in as %s, password %s\n", d.ToolURL, app.DemoEmail, app.DemoPassword)
	fmt.Fprintf(w, "Demo LMS   %s\n", d.LMSURL)
	for _, a := range d.LMS.Accounts() {
		fmt.Fprintf(w, "    %-8s %s, password %s\n", a.Role, a.Username, a.Password)
	}
	fmt.Fprintln(w, "\nFive clicks to try:")
	for i, step := range c.steps(d) {
		fmt.Fprintf(w, "  %d. %s\n", i+1, step)
	}
	fmt.Fprintln(w, "\nMore in the demo LMS:")
	for _, text := range c.more() {
		fmt.Fprintf(w, "  - %s\n", text)
	}
	fmt.Fprintln(w, "\nPress Ctrl-C to stop. Nothing is kept.")
}

func (c demoCmd) steps(d *app.Demo) []string {
	tail := []string{
		"As a student: open one of the activities and practise to the end.",
		"As the teacher again: the gradebook has the score, and a click on it opens the conversation.",
	}
	if c.Connected {
		return append([]string{
			"The demo LMS is connected already: see it in Greenroom under Workspace settings, Integrations, LTI 1.3.",
			"In the demo LMS, as the teacher: open the course, Add from Greenroom, pick two scenarios, Continue, Add to the course.",
		}, append(tail, "In Greenroom, open Passbacks: the same score, with the LMS's answer.")...)
	}
	return append([]string{
		"In Greenroom: avatar menu, Workspace settings, Integrations, LTI 1.3, Generate registration URL.",
		"In the demo LMS, as admin: External tools, paste the URL under Add by registration URL.",
		"As the teacher: open the course, Add from Greenroom, pick two scenarios, Continue, Add to the course.",
	}, tail...)
}

// more is what else the demo LMS can do.
func (c demoCmd) more() []string {
	all := []string{
		"People enrols and removes students: Greenroom's page of the course hears of them by the roster.",
		"Copy course makes a copy, as for the next term: its activities open the same scenarios.",
		"Add activity works without the picker, by the custom parameter scenario_id=discovery-call.",
	}
	if c.Connected {
		return all // by hand: there is no registration to update
	}
	return append(all, "As admin: External tools, Greenroom, Update registration lets Greenroom ask for what has changed since.")
}
