package greenroom_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestEditingAConnectionKeepsWhatCameByIt(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		h.attempt(h.visit(c, nil), 0)
		f := greenroom.EditOf(c)
		f.Platform, f.ClientID, f.Deployments, f.Audience = "Renamed", "new-client", "1\n7", "https://as.example.com"
		f.AcceptDeployments, f.AllowAnonymous, f.MakeLineItems = true, true, true
		saved := must(h.EditConnection(t.Context(), h.admin, c.ID, f))
		if saved.KeySet != nil {
			t.Error("the key set was fetched though its URL is the same")
		}
		r := must(h.ShowConnection(t.Context(), h.admin, c.ID))
		if r.Platform != "Renamed" || r.ClientID != "new-client" || !slices.Equal(r.Deployments, []string{"1", "7"}) ||
			r.Audience != "https://as.example.com" || !r.AcceptDeployments || !r.AllowAnonymous || !r.MakeLineItems {
			t.Errorf("saved %+v", r.Connection)
		}
		if !r.ConnectedAt.Equal(c.ConnectedAt) || r.KeySet == nil || r.Contents.Learners != 1 || r.Contents.Scores != 1 {
			t.Errorf("lost something: %+v, %+v", r.Connection, r.Contents)
		}
		if len(r.History) != 2 || r.History[0].Action != greenroom.ConnectionChanged ||
			!slices.Contains(r.History[0].Changes, greenroom.Change{Field: "anonymous launches", From: "no", To: "yes"}) {
			t.Errorf("history %+v", r.History)
		}
		must(h.EditConnection(t.Context(), h.admin, c.ID, f))
		if n := len(must(h.ShowConnection(t.Context(), h.admin, c.ID)).History); n != 2 {
			t.Errorf("the same form again makes %d entries", n)
		}
	})
}

func TestANewKeySetURLIsFetched(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		f := greenroom.EditOf(c)
		f.KeySetURL = "https://lms.example.com/moved"
		if saved := must(h.EditConnection(t.Context(), h.admin, c.ID, f)); saved.KeySet == nil || saved.Connection.KeySet == nil {
			t.Errorf("saved %+v", saved)
		}
		h.lms.keySet = errors.New("dial tcp: connection refused")
		f.KeySetURL = "https://lms.example.com/moved-again"
		saved := must(h.EditConnection(t.Context(), h.admin, c.ID, f))
		if len(saved.Warnings) != 1 || saved.Connection.KeySet != nil {
			t.Errorf("keys of another address are kept: %+v", saved)
		}
	})
}

func TestAConnectionIsNotEditedIntoAnother(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		first := h.connect()
		other := validForm()
		other.ClientID, other.Platform = "other", "The other LMS"
		must(h.SaveConnection(t.Context(), h.admin, other))
		f := greenroom.EditOf(first)
		f.ClientID = "other"
		_, err := h.EditConnection(t.Context(), h.admin, first.ID, f)
		if !isInvalid(err, "client_id") || !strings.Contains(err.Error(), "The other LMS") {
			t.Errorf("got %v", err)
		}
		for field, spoil := range map[string]func(*greenroom.ConnectionEdit){
			"deployment_ids": func(f *greenroom.ConnectionEdit) { f.Deployments = " " },
			"audience":       func(f *greenroom.ConnectionEdit) { f.Audience = "two\nlines" },
			"token_url":      func(f *greenroom.ConnectionEdit) { f.TokenURL = "http://lms.example.com/token" },
		} {
			f := greenroom.EditOf(first)
			spoil(&f)
			if _, err := h.EditConnection(t.Context(), h.admin, first.ID, f); !isInvalid(err, field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		if now := must(h.ShowConnection(t.Context(), h.admin, first.ID)); now.ClientID != first.ClientID || len(now.History) != 1 {
			t.Errorf("a refused edit changed %+v", now)
		}
		if _, err := h.EditConnection(t.Context(), greenroom.Actor{Workspace: h.workspace.ID, Role: greenroom.MemberRole}, first.ID, f); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("a member edits: %v", err)
		}
	})
}

func TestDeploymentsMayBeLeftToTheLaunches(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		f := greenroom.EditOf(c)
		f.Deployments, f.AcceptDeployments = "", true
		if saved := must(h.EditConnection(t.Context(), h.admin, c.ID, f)); len(saved.Connection.Deployments) != 0 || !saved.Connection.AcceptDeployments {
			t.Errorf("saved %+v", saved.Connection)
		}
	})
}

func TestSwitchingAConnectionOffRestsItsPassbacks(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		h.attempt(h.visit(c, nil), 0)
		if off := must(h.SwitchConnection(t.Context(), h.admin, c.ID, false)); !off.Disabled {
			t.Error("it is on")
		}
		if due := must(h.Store.Instance().DueLanes(t.Context(), h.now())); len(due) != 0 {
			t.Errorf("due: %+v", due)
		}
		woken := false
		h.Wake = func() { woken = true }
		must(h.SwitchConnection(t.Context(), h.admin, c.ID, false)) // again: nothing
		must(h.SwitchConnection(t.Context(), h.admin, c.ID, true))
		if due := must(h.Store.Instance().DueLanes(t.Context(), h.now())); len(due) != 1 || !woken {
			t.Errorf("due: %+v, woken %v", due, woken)
		}
		var actions []greenroom.AuditAction
		for _, e := range must(h.ShowConnection(t.Context(), h.admin, c.ID)).History {
			actions = append(actions, e.Action)
		}
		if !slices.Equal(actions, []greenroom.AuditAction{greenroom.ConnectionEnabled, greenroom.ConnectionDisabled, greenroom.ConnectionCreated}) {
			t.Errorf("history %v", actions)
		}
	})
}

func TestDeletingAConnectionCountsFirst(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		h.attempt(h.visit(c, nil), 0)
		_, held, err := h.PreviewConnectionDeletion(t.Context(), h.admin, c.ID)
		want := greenroom.ConnectionContents{Learners: 1, Activities: 1, Sessions: 1, Scores: 1, Waiting: 1, Launches: 1}
		if err != nil || held != want {
			t.Errorf("preview %+v, %v", held, err)
		}
		if _, err := h.DeleteConnection(t.Context(), h.admin, c.ID, "internal lms"); !isInvalid(err, "name") {
			t.Errorf("another name: %v", err)
		}
		must(h.DeleteConnection(t.Context(), h.admin, c.ID, " Internal LMS "))
		if n := len(must(h.Connections(t.Context(), h.admin))); n != 0 {
			t.Errorf("%d connections", n)
		}
		log := must(h.Audit(t.Context(), h.admin, greenroom.AuditFilter{Action: greenroom.ConnectionDeleted}))
		if len(log) != 1 || !slices.Contains(log[0].Changes, greenroom.Change{Field: "scores", From: "1", To: "0"}) {
			t.Errorf("log %+v", log)
		}
	})
}

// Two anonymous launches are two people, whom nothing connects; and neither is
// a learner that the platform could name.
func TestAnonymousLaunchesPlayAndAreNobody(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		anonymous := func(l *lti.Launch) { l.Subject, l.StateID = "", l.StateID+"anonymous" }
		first, second := h.visit(c, anonymous), h.visit(c, anonymous)
		who := must(h.Store.Workspace(h.workspace.ID).Learner(t.Context(), first.Launch.Learner))
		if second.Launch.Learner == who.ID || !who.Anonymous() || who.Name != "" ||
			who.DisplayName() != "Anonymous learner" || who.LogName() != "Anonymous learner" {
			t.Errorf("learners %+v, %s", who, second.Launch.Learner)
		}
		scene := h.attempt(first, 0)
		if scene.Session.Standing != greenroom.Anonymous || scene.Session.Score == nil {
			t.Errorf("session %+v", scene.Session)
		}
		if n := len(must(h.Passbacks(t.Context(), h.admin, greenroom.PassbackFilter{})).Rows); n != 0 {
			t.Errorf("%d passbacks", n)
		}
		named := must(h.Store.Workspace(h.workspace.ID).Learner(t.Context(), h.visit(c, nil).Launch.Learner))
		if named.Anonymous() || named.Name != "Stina Student" {
			t.Errorf("learner %+v", named)
		}
	})
}

func TestPassbacksOfOneConnection(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		h.attempt(h.visit(c, nil), 0)
		other := validForm()
		other.ClientID = "other"
		o := must(h.SaveConnection(t.Context(), h.admin, other)).Connection
		h.attempt(h.visit(o, func(l *lti.Launch) { l.Grades = nil }), 0)
		mine := must(h.Passbacks(t.Context(), h.admin, greenroom.PassbackFilter{Connection: c.ID}))
		if len(mine.Rows) != 1 || mine.Counts[greenroom.PassbackWaiting] != 1 || len(mine.NotSent) != 0 {
			t.Errorf("of the first: %+v", mine)
		}
		theirs := must(h.Passbacks(t.Context(), h.admin, greenroom.PassbackFilter{Connection: o.ID}))
		if len(theirs.Rows) != 0 || theirs.Counts[greenroom.PassbackWaiting] != 0 || len(theirs.NotSent) != 1 {
			t.Errorf("of the other: %+v", theirs)
		}
	})
}
