package main

import (
	"context"
	"fmt"
	"io"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

type passbackCmd struct {
	List passbackList `cmd:"" help:"List waiting, sent and failed scores, the one that changed last first."`
}

type passbackList struct {
	database
	printed
	inWorkspace
}

type passbackJSON struct {
	LineItem string                  `json:"line_item"`
	Learner  string                  `json:"learner"`
	Wanted   float64                 `json:"wanted"`
	Posted   *float64                `json:"posted"`
	State    greenroom.PassbackState `json:"state"`
	Answer   string                  `json:"answer"`
}

func (c passbackList) Run(ctx context.Context, s streams) error {
	h, err := c.open(ctx, s)
	if err != nil {
		return err
	}
	defer h.Close()
	w, err := c.find(ctx, h)
	if err != nil {
		return err
	}
	page, err := h.Service.Passbacks(ctx, greenroom.Operator(w.ID), greenroom.PassbackFilter{})
	if err != nil {
		return err
	}
	list := make([]passbackJSON, 0, len(page.Rows))
	for _, r := range page.Rows {
		x := passbackJSON{LineItem: r.LineItemURL, Learner: r.LearnerName, Wanted: r.Wanted.Of(100), State: r.State, Answer: r.Answer}
		if r.Posted != nil {
			posted := r.Posted.Of(100)
			x.Posted = &posted
		}
		list = append(list, x)
	}
	return c.print(s, map[string]any{"passbacks": list}, func(out io.Writer) {
		fmt.Fprintln(out, "LEARNER\tWANTED %\tPOSTED %\tSTATE\tANSWER\tLINE ITEM")
		for _, x := range list {
			posted := "-"
			if x.Posted != nil {
				posted = fmt.Sprintf("%.4g", *x.Posted)
			}
			fmt.Fprintf(out, "%s\t%.4g\t%s\t%s\t%s\t%s\n", x.Learner, x.Wanted, posted, x.State, x.Answer, x.LineItem)
		}
	})
}
