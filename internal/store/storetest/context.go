package storetest

import (
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func testContexts(t *testing.T, s greenroom.Store) {
	t.Run("blanks erase nothing, and scopes come with their URL", func(t *testing.T) {
		w := launched(t, s, "alpha")
		r := w.record(2)
		r.Context.Label, r.Context.Title, r.Context.MembershipsURL, r.Context.LineItemsURL = "", "", "", ""
		r.Context.Scopes = []string{}
		must(w.RecordLaunch(t.Context(), r))(t)
		want := w.context
		want.SeenAt = minutes(2)
		equal(t, "context", must(w.Context(t.Context(), w.context.ID))(t), want)

		r = w.record(3)
		r.Context.Title, r.Context.LineItemsURL, r.Context.Scopes = "New title", issuer+"/elsewhere", []string{}
		must(w.RecordLaunch(t.Context(), r))(t)
		want.SeenAt, want.Title, want.LineItemsURL, want.Scopes = minutes(3), "New title", issuer+"/elsewhere", []string{}
		equal(t, "context", must(w.Context(t.Context(), w.context.ID))(t), want)
	})
	t.Run("contexts are apart by deployment, platform ID and link", func(t *testing.T) {
		w := launched(t, s, "alpha")
		for n, change := range []func(*greenroom.LaunchRecord){
			func(r *greenroom.LaunchRecord) { r.Context.Deployment, r.Link.Deployment = "other", "other" },
			func(r *greenroom.LaunchRecord) { r.Context.PlatformID = "COURSE-1" },
			func(r *greenroom.LaunchRecord) { r.Context.PlatformID, r.Context.LinkPlatformID = "", "course-1" },
		} {
			r := w.record(2 + n)
			change(&r)
			got := must(w.RecordLaunch(t.Context(), r))(t)
			equal(t, "context", got.Context, r.Context.ID)
		}
		all := must(w.Contexts(t.Context()))(t)
		equal(t, "contexts", len(all), 4)
		equal(t, "the last one that was launched from", all[0].ID, w.record(4).Context.ID)
	})
	t.Run("links are listed by title with the context they were last launched from", func(t *testing.T) {
		w := launched(t, s, "alpha")
		r := w.record(2)
		r.Link.PlatformID, r.Link.Title = "activity-2", "A first call"
		must(w.RecordLaunch(t.Context(), r))(t)
		var titles []string
		for _, l := range must(w.LinksIn(t.Context(), w.context.ID))(t) {
			titles = append(titles, l.Title)
		}
		equal(t, "titles", titles, []string{"A first call", w.link.Title})

		r = w.record(3)
		r.Context.PlatformID = "moved"
		must(w.RecordLaunch(t.Context(), r))(t)
		equal(t, "links left behind", len(must(w.LinksIn(t.Context(), w.context.ID))(t)), 1)
		equal(t, "links that moved", len(must(w.LinksIn(t.Context(), r.Context.ID))(t)), 1)
	})
	t.Run("a launch may bring no context, and no link", func(t *testing.T) {
		w := launched(t, s, "alpha")
		r := w.record(2)
		r.Context, r.Link, r.LineItem = nil, nil, nil
		r.Launch.DeepLinking, r.Launch.ForLearner = `{"a":1}`, w.learner.ID
		want := r.Launch
		want.Learner = w.learner.ID
		equal(t, "launch", must(w.RecordLaunch(t.Context(), r))(t), want)
		equal(t, "read back", must(w.Launch(t.Context(), want.ID))(t), want)

		r = w.record(3)
		r.Context = nil
		must(w.RecordLaunch(t.Context(), r))(t)
		equal(t, "the link's context", must(w.ResourceLink(t.Context(), w.link.ID))(t).Context, w.context.ID)
	})
}
