package store

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Scenarios implements greenroom.Reader.
func (r reader) Scenarios(ctx context.Context) ([]greenroom.Scenario, error) {
	list, err := many(ctx, r, "scenarios", (*q.Queries).Scenarios, r.workspace, toScenario)
	sortByName(list, func(s greenroom.Scenario) string { return s.Title })
	return list, err
}

// Scenario implements greenroom.Reader.
func (r reader) Scenario(ctx context.Context, id greenroom.ScenarioID) (greenroom.Scenario, error) {
	path := "scenario " + string(id)
	if err := r.lockRow(ctx, "scenarios", string(id)); err != nil {
		return greenroom.Scenario{}, r.fail(path, err)
	}
	return one(ctx, r, path, (*q.Queries).Scenario, q.ScenarioParams{WorkspaceID: r.workspace, ID: id}, toScenario)
}

// ScenarioBySlug implements greenroom.Reader.
func (r reader) ScenarioBySlug(ctx context.Context, slug string) (greenroom.Scenario, error) {
	path := "scenario " + slug
	if err := r.lock(ctx, "scenarios where workspace_id = $1 and slug = $2", string(r.workspace), slug); err != nil {
		return greenroom.Scenario{}, r.fail(path, err)
	}
	arg := q.ScenarioBySlugParams{WorkspaceID: r.workspace, Slug: slug}
	return one(ctx, r, path, (*q.Queries).ScenarioBySlug, arg, toScenario)
}

// ScenarioVersion implements greenroom.Reader.
func (r reader) ScenarioVersion(ctx context.Context, id greenroom.ScenarioID, version int) (greenroom.ScenarioVersion, error) {
	path := fmt.Sprintf("scenario %s: version %d", id, version)
	arg := q.ScenarioVersionParams{WorkspaceID: r.workspace, ScenarioID: id, Version: version}
	return one(ctx, r, path, (*q.Queries).ScenarioVersion, arg, func(v q.ScenarioVersion) greenroom.ScenarioVersion {
		return greenroom.ScenarioVersion{
			Scenario: v.ScenarioID, Version: v.Version, Source: v.Source, Compiled: v.Compiled, SavedAt: time.Time(v.SavedAt),
		}
	})
}

// SaveScenario implements greenroom.Tx. A version that is there already stays
// as it is: ErrTaken if it is another text.
func (t *workspaceTx) SaveScenario(ctx context.Context, s greenroom.Scenario, v greenroom.ScenarioVersion) error {
	path := "scenario " + s.Slug
	t.txn.changeSettings(t.workspace)
	err := t.txn.attempt(ctx, func() error {
		if err := t.txn.db.SaveScenario(ctx, fromScenario(t.workspace, s)); err != nil {
			return err
		}
		return t.addVersion(ctx, s.ID, v)
	})
	return t.fail(path, err)
}

func (t *workspaceTx) addVersion(ctx context.Context, id greenroom.ScenarioID, v greenroom.ScenarioVersion) error {
	n, err := t.txn.db.AddScenarioVersion(ctx, q.AddScenarioVersionParams{
		WorkspaceID: t.workspace, ScenarioID: id, Version: v.Version,
		Source: v.Source, Compiled: v.Compiled, SavedAt: column.Time(v.SavedAt),
	})
	if err != nil || n > 0 {
		return err
	}
	kept, err := t.ScenarioVersion(ctx, id, v.Version)
	if err != nil {
		return err
	}
	if !bytes.Equal(kept.Source, v.Source) {
		return fmt.Errorf("version %d: %w", v.Version, greenroom.ErrTaken)
	}
	return nil
}

func toScenario(r q.Scenario) greenroom.Scenario {
	return greenroom.Scenario{
		ID:          r.ID,
		Slug:        r.Slug,
		Title:       r.Title,
		Description: r.Description,
		Objective:   r.Objective,
		Difficulty:  r.Difficulty,
		Version:     r.Version,
		CreatedAt:   time.Time(r.CreatedAt),
		UpdatedAt:   time.Time(r.UpdatedAt),
		Archived:    r.Archived,
		Rule:        r.Rule,
		Completion:  r.Completion,
	}
}

func fromScenario(w greenroom.WorkspaceID, s greenroom.Scenario) q.SaveScenarioParams {
	return q.SaveScenarioParams{
		WorkspaceID: w,
		ID:          s.ID,
		Slug:        s.Slug,
		Title:       s.Title,
		Description: s.Description,
		Objective:   s.Objective,
		Difficulty:  s.Difficulty,
		Version:     s.Version,
		CreatedAt:   column.Time(s.CreatedAt),
		UpdatedAt:   column.Time(s.UpdatedAt),
		Archived:    s.Archived,
		Rule:        rule(s), Completion: s.Completion,
	}
}

// rule is the usual one where none was set.
func rule(s greenroom.Scenario) greenroom.GradingRule {
	if s.Rule == "" {
		return greenroom.GradeBest
	}
	return s.Rule
}

// SaveGrading implements greenroom.Tx.
func (t *workspaceTx) SaveGrading(ctx context.Context, id greenroom.ScenarioID, r greenroom.GradingRule, completion bool) error {
	return t.fail("scenario "+string(id), wrote(t.txn.db.SaveGrading(ctx, q.SaveGradingParams{
		WorkspaceID: t.workspace, ID: id, Rule: r, Completion: completion,
	})))
}
