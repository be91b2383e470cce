package storetest

import (
	"bytes"
	"context"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testScenarios(t *testing.T, s greenroom.Store) {
	saving := func(sc greenroom.Scenario, v greenroom.ScenarioVersion) func(context.Context, greenroom.Tx) error {
		return func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveScenario(ctx, sc, v) }
	}
	t.Run("one is found by ID and by slug", func(t *testing.T) {
		w := connected(t, s, "alpha")
		equal(t, "by ID", must(w.Scenario(t.Context(), w.scenario.ID))(t), w.scenario)
		equal(t, "by slug", must(w.ScenarioBySlug(t.Context(), slug))(t), w.scenario)
		equal(t, "version", must(w.ScenarioVersion(t.Context(), w.scenario.ID, 1))(t), w.version)
		_, err := w.Scenario(t.Context(), "other")
		refused(t, err, greenroom.ErrNotFound)
		_, err = w.ScenarioBySlug(t.Context(), "other\x00")
		refused(t, err, greenroom.ErrNotFound)
		_, err = w.ScenarioVersion(t.Context(), w.scenario.ID, 2)
		refused(t, err, greenroom.ErrNotFound)
	})
	t.Run("saving it again adds a version and keeps the old one", func(t *testing.T) {
		w := connected(t, s, "alpha")
		second, v2 := w.newScenario("scenario", "renamed")
		second.Version, v2.Version, v2.Source = 2, 2, bytes.Repeat([]byte("ä\x00"), 1<<19)
		update(t, w, saving(second, v2))
		equal(t, "scenario", must(w.Scenario(t.Context(), w.scenario.ID))(t), second)
		equal(t, "old version", must(w.ScenarioVersion(t.Context(), w.scenario.ID, 1))(t), w.version)
		if found := must(w.ScenarioVersion(t.Context(), w.scenario.ID, 2))(t); !bytes.Equal(found.Source, v2.Source) {
			t.Error("a big source came back changed")
		}
	})
	t.Run("a version never changes", func(t *testing.T) {
		w := connected(t, s, "alpha")
		changed, v := w.scenario, w.version
		changed.Title, v.Source = "Another", []byte("another")
		refused(t, w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
			return tx.SaveScenario(ctx, changed, v)
		}), greenroom.ErrTaken)
		equal(t, "version", must(w.ScenarioVersion(t.Context(), w.scenario.ID, 1))(t), w.version)
		equal(t, "scenario", must(w.Scenario(t.Context(), w.scenario.ID))(t), w.scenario)
	})
	t.Run("a slug is used once in a workspace, and the transaction goes on", func(t *testing.T) {
		w := connected(t, s, "alpha")
		second, v := w.newScenario("second", slug)
		update(t, w, func(ctx context.Context, tx greenroom.Tx) error {
			refused(t, tx.SaveScenario(ctx, second, v), greenroom.ErrTaken)
			second.Slug = "second"
			return tx.SaveScenario(ctx, second, v)
		})
		equal(t, "second", must(w.ScenarioBySlug(t.Context(), "second"))(t), second)
	})
	t.Run("all come by title, and the archived do not", func(t *testing.T) {
		w := newWorld(t, s, "alpha")
		for _, title := range []string{"Zeal", "anger", "Bad news", "gone"} {
			sc, v := w.newScenario(title, title)
			sc.Title, sc.Archived = title, title == "gone"
			update(t, w, saving(sc, v))
		}
		titles := list(must(w.Scenarios(t.Context()))(t), func(s greenroom.Scenario) string { return s.Title })
		equal(t, "titles", titles, []string{"anger", "Bad news", "Zeal"})
	})
	t.Run("an archived one is still there, with the version it had", func(t *testing.T) {
		w := connected(t, s, "alpha")
		w.scenario.Archived = true
		update(t, w, saving(w.scenario, w.version))
		equal(t, "scenario", must(w.ScenarioBySlug(t.Context(), slug))(t), w.scenario)
	})
}
