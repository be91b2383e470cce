package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/jobs"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/lti"
)

// A house is Greenroom itself, whole, but for workers that are set to work when
// the measurement says so.
type house struct {
	*app.App
	workspace greenroom.WorkspaceID
	settings  settings
}

// shortScenario is played to its end with one reply: what scripts cost has its
// own benchmarks.
const shortScenario = `---
title: First call
slug: first-call
description: A call.
objective: Find out what the buyer needs.
difficulty: Easy
character:
  name: Robin
  role: Buyer
rubric:
  - name: Discovery
    items:
      - {id: needs, name: Asks for needs, good: Asks, fair: Hints, poor: Tells}
---
Hi.
* What do you need?
  A pen. # good: needs
* Buy this pen!
  No. # poor: needs
- Bye.
-> END
`

func newHouse(ctx context.Context, s settings, url string) (*house, error) {
	app.CollectSeldom()
	a, err := app.Open(ctx, app.Config{DataDir: s.Folder, DatabaseURL: s.Database, PublicURL: url, Development: true})
	if err != nil {
		return nil, err
	}
	h := &house{App: a, settings: s}
	all, err := a.Store.Instance().Workspaces(ctx)
	if err != nil {
		return nil, err
	}
	if len(all) > 0 { // started again on what is there
		h.workspace = all[0].ID
		return h, nil
	}
	w, err := a.Service.CreateWorkspace(ctx, "Bench", "", false)
	if err != nil {
		return nil, err
	}
	h.workspace = w.ID
	if _, err := a.Service.ImportScenario(ctx, w.ID, "first-call", []byte(shortScenario)); err != nil {
		return nil, err
	}
	return h, h.connect(ctx, s.Connections)
}

func (h *house) handler() http.Handler { return h.Handler() }

func (h *house) paths() (login, launch string) {
	base := "/lti/" + string(h.workspace)
	return base + "/login", base + "/launch"
}

// connect adds platforms, many in a transaction.
func (h *house) connect(ctx context.Context, connections int) error {
	const batch = 500
	document := lti.KeySetDocument(benchKey().Public())
	now := time.Now()
	for from := 0; from < connections; from += batch {
		err := h.Store.Workspace(h.workspace).Update(ctx, func(ctx context.Context, tx greenroom.Tx) error {
			for n := from; n < min(from+batch, connections); n++ {
				err := tx.SaveConnection(ctx, greenroom.Connection{
					ID: greenroom.ConnectionID(fmt.Sprintf("connection-%09d", n)), Platform: fmt.Sprint("LMS ", n),
					Issuer: issuer(n), ClientID: clientID, Deployments: []string{deployment},
					AuthURL: issuer(n) + "/auth", TokenURL: h.settings.LMS + "/token", KeySetURL: h.settings.LMS + "/jwks",
					How: greenroom.ByHand, KeySet: document, KeySetAt: now, ConnectedAt: now, UpdatedAt: now,
				})
				if err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// launched returns as many launches.
func (h *house) launched(ctx context.Context, launches int) ([]greenroom.LaunchRow, error) {
	rows, err := h.Store.Workspace(h.workspace).Launches(ctx, greenroom.LaunchFilter{Outcome: greenroom.LaunchOK, Limit: launches})
	if err == nil && len(rows) < launches {
		err = fmt.Errorf("only %d have launched", len(rows))
	}
	return rows, err
}

// rehearse plays the sessions that were begun to their end beforehand, so that
// the engine remembers them.
func (h *house) rehearse(ctx context.Context, sessions int) error {
	rows, err := h.launched(ctx, sessions)
	if err != nil {
		return err
	}
	store := h.Store.Workspace(h.workspace)
	for _, r := range rows {
		session, err := store.OpenSession(ctx, r.Learner, r.Link, r.Scenario)
		if err != nil {
			return err
		}
		version, err := store.ScenarioVersion(ctx, session.Scenario, session.Version)
		if err != nil {
			return err
		}
		for _, picks := range [][]int{nil, {0}} {
			if _, err := h.Service.Engine.Play(ctx, version.Compiled, session.Seed, picks); err != nil {
				return err
			}
		}
	}
	return nil
}

// owe gives learners who have launched a score that waits.
func (h *house) owe(ctx context.Context, scores int) error {
	rows, err := h.launched(ctx, scores)
	if err != nil {
		return err
	}
	eighty, err := roleplay.ParseScore("4/5")
	if err != nil {
		return err
	}
	return h.Store.Workspace(h.workspace).Update(ctx, func(ctx context.Context, tx greenroom.Tx) error {
		for i, r := range rows {
			now := time.Now().Add(-time.Duration(i) * time.Millisecond) // no two sessions end at once
			err := tx.SavePassback(ctx, greenroom.Passback{
				ID: greenroom.PassbackID(rand.Text()), Connection: r.Connection, LineItem: r.LineItem, Learner: r.Learner,
				Wanted: eighty, WantedAt: now, State: greenroom.PassbackWaiting, Since: now, NextTry: now,
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

func (h *house) deliver(ctx context.Context, workers int) {
	p := jobs.New(jobs.Options{Service: h.Service, PerLane: workers})
	h.Service.Wake = p.Wake
	go p.Run(ctx)
	p.Wake()
}
