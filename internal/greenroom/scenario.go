package greenroom

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// A Scenario is one practice piece in its newest version.
type Scenario struct {
	ID          ScenarioID
	Slug        string // unique in the workspace
	Title       string
	Description string
	Objective   string
	Difficulty  string
	Version     int // from 1; saving makes the next
	CreatedAt   time.Time
	UpdatedAt   time.Time
	Archived    bool
	// Rule says which of a learner's scores counts in the gradebook.
	Rule GradingRule
	// Completion gives full marks to whoever comes to the end, whatever the
	// score.
	Completion bool
}

// A ScenarioVersion is what a session is pinned to: it never changes.
type ScenarioVersion struct {
	Scenario ScenarioID
	Version  int
	Source   []byte // the scenario file
	Compiled []byte // ink JSON
	SavedAt  time.Time
}

// A Play is a version with its file read: what stage and pages need.
type Play struct {
	Scenario Scenario
	Version  ScenarioVersion
	File     *roleplay.Scenario
}

// Scenarios returns the workspace's scenarios for any of its people.
func (s *Service) Scenarios(ctx context.Context, a Actor) ([]Scenario, error) {
	return s.Store.Workspace(a.Workspace).Scenarios(ctx)
}

// ShowScenario returns a scenario by slug or ID in its newest version.
func (s *Service) ShowScenario(ctx context.Context, a Actor, ref string) (Play, error) {
	sc, err := s.ResolveScenario(ctx, a.Workspace, ref)
	if err != nil {
		return Play{}, err
	}
	return s.play(ctx, a.Workspace, sc, sc.Version)
}

// ResolveScenario finds a scenario by what an activity's scenario_id says: an
// ID or a slug; an ID wins. ErrNotFound.
func (s *Service) ResolveScenario(ctx context.Context, w WorkspaceID, value string) (Scenario, error) {
	if _, err := uuid.Parse(value); err == nil {
		sc, err := s.Known().Scenario(ctx, w, ScenarioID(value))
		if !errors.Is(err, ErrNotFound) {
			return unarchived(sc, err)
		}
	}
	return unarchived(s.Known().ScenarioBySlug(ctx, w, value))
}

func unarchived(sc Scenario, err error) (Scenario, error) {
	if err == nil && sc.Archived {
		return Scenario{}, ErrNotFound
	}
	return sc, err
}

// A SavedScenario is a scenario with what its author should look at, although
// it can be played.
type SavedScenario struct {
	Scenario
	Warnings roleplay.Problems
}

// SaveScenario checks a scenario file for an administrator and saves it as
// ImportScenario does. A workspace has one file checked at a time.
func (s *Service) SaveScenario(ctx context.Context, a Actor, name string, source []byte) (SavedScenario, error) {
	if _, err := s.settings(a); err != nil {
		return SavedScenario{}, err
	}
	leave, ok := s.checking.enter(a.Workspace)
	if !ok {
		return SavedScenario{}, errChecking
	}
	defer leave()
	return s.importScenario(ctx, a, name, source)
}

// errChecking is for whoever has to wait.
var errChecking = roleplay.Problems{{Text: "another file of this workspace is being checked at the moment; send this one again when that is done"}}

// checking is which workspaces have a file checked: that may take a minute of a
// processor, and nobody takes them all. The zero value is ready to use.
type checking struct {
	mu  sync.Mutex
	now map[WorkspaceID]bool
}

func (c *checking) enter(w WorkspaceID) (leave func(), ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now[w] {
		return nil, false
	}
	if c.now == nil {
		c.now = map[WorkspaceID]bool{}
	}
	c.now[w] = true
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		delete(c.now, w)
	}, true
}

// ImportScenario compiles a scenario file and saves it under its slug: a new
// scenario, or the next version of the one that has the slug. The same file
// again changes nothing. It is the operator's: see SaveScenario for others.
// Errors are roleplay.Problems.
func (s *Service) ImportScenario(ctx context.Context, w WorkspaceID, name string, source []byte) (Scenario, error) {
	saved, err := s.importScenario(ctx, Operator(w), name, source)
	return saved.Scenario, err
}

func (s *Service) importScenario(ctx context.Context, a Actor, name string, source []byte) (SavedScenario, error) {
	file, err := roleplay.Parse(ctx, name, source)
	if err != nil {
		return SavedScenario{}, err
	}
	sc, err := s.keepScenario(ctx, a, file)
	return SavedScenario{sc, file.Warnings}, err
}

// keepScenario saves a file that was parsed.
func (s *Service) keepScenario(ctx context.Context, a Actor, file *roleplay.Scenario) (sc Scenario, err error) {
	err = s.Store.Workspace(a.Workspace).Update(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Workspace(ctx); err != nil {
			return err
		}
		sc, err = s.saveScenario(ctx, tx, a, file)
		return err
	})
	return sc, err
}

func (s *Service) saveScenario(ctx context.Context, tx Tx, a Actor, file *roleplay.Scenario) (Scenario, error) {
	now := s.Now()
	sc, err := tx.ScenarioBySlug(ctx, file.Slug)
	switch {
	case errors.Is(err, ErrNotFound):
		id, err := newID[ScenarioID](s.Random)
		if err != nil {
			return Scenario{}, err
		}
		sc = Scenario{ID: id, Slug: file.Slug, CreatedAt: now, Rule: GradeBest}
	case err != nil:
		return Scenario{}, err
	default:
		last, err := tx.ScenarioVersion(ctx, sc.ID, sc.Version)
		if err != nil {
			return Scenario{}, err
		}
		if string(last.Source) == string(file.Source) && !sc.Archived {
			return sc, nil
		}
	}
	old := sc
	sc.Title, sc.Description, sc.Objective = file.Title, file.Description, file.Objective
	sc.Difficulty, sc.Archived = file.Difficulty, false
	sc.Version++
	sc.UpdatedAt = now
	err = tx.SaveScenario(ctx, sc, ScenarioVersion{
		Scenario: sc.ID, Version: sc.Version, Source: file.Source, Compiled: file.Compiled, SavedAt: now,
	})
	if err != nil {
		return Scenario{}, err
	}
	return sc, s.audit(ctx, tx, a, scenarioEntry(old, sc))
}

// scenarioEntry tells what an import did: old is without a version if the
// scenario is new.
func scenarioEntry(old, sc Scenario) AuditEntry {
	e := AuditEntry{Action: ScenarioChanged, Noun: NounScenario, NounID: string(sc.ID), Label: sc.Title}
	from := strconv.Itoa(old.Version)
	if old.Version == 0 {
		e.Action, from = ScenarioImported, ""
	}
	e.Changes = changes(
		Change{"version", from, strconv.Itoa(sc.Version)},
		Change{"title", old.Title, sc.Title},
		Change{"archived", yesNo(old.Archived), yesNo(sc.Archived)},
	)
	return e
}

// addSamples saves the scenarios that come with the binary.
func (s *Service) addSamples(ctx context.Context, a Actor) error {
	for _, sample := range roleplay.Samples() {
		file, err := sample.Scenario()
		if err == nil {
			_, err = s.keepScenario(ctx, a, file)
		}
		if err != nil {
			return fmt.Errorf("sample scenario %s: %w", sample.Name, err)
		}
	}
	return nil
}

// play returns one version of a scenario, read.
func (s *Service) play(ctx context.Context, w WorkspaceID, sc Scenario, version int) (Play, error) {
	key := playKey{w, sc.ID, version}
	if p, ok := s.plays.get(key); ok {
		p.Scenario = sc
		return p, nil
	}
	v, err := s.Store.Workspace(w).ScenarioVersion(ctx, sc.ID, version)
	if err != nil {
		return Play{}, err
	}
	file, err := roleplay.Load(v.Source, v.Compiled)
	if err != nil {
		return Play{}, fmt.Errorf("scenario %s, version %d: %w", sc.ID, version, err)
	}
	p := Play{Scenario: sc, Version: v, File: file}
	s.plays.put(key, p)
	return p, nil
}

// A playCache keeps versions that were read lately: they never change. The
// zero value is ready to use.
type playCache struct {
	mu   sync.Mutex
	kept map[playKey]Play
}

type playKey struct {
	workspace WorkspaceID
	scenario  ScenarioID
	version   int
}

const maxPlays = 64

func (c *playCache) get(k playKey) (Play, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := c.kept[k]
	return p, ok
}

func (c *playCache) put(k playKey, p Play) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.kept == nil || len(c.kept) >= maxPlays {
		c.kept = map[playKey]Play{}
	}
	c.kept[k] = p
}
