package greenroom_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

func subject(id, name string) func(*lti.Launch) {
	return func(l *lti.Launch) { l.Subject, l.User.Name = id, name }
}

// logged returns what the audit log has of an action, the newest first.
func (h *house) logged(action greenroom.AuditAction) []greenroom.AuditEntry {
	h.t.Helper()
	return must(h.Audit(h.t.Context(), h.admin, greenroom.AuditFilter{Action: action}))
}

func TestMergedLearnersHaveOneHistory(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx, c := t.Context(), h.connect()
		other := validForm()
		other.Platform, other.ClientID = "Other LMS", "elsewhere"
		c2 := must(h.SaveConnection(ctx, h.admin, other)).Connection
		old, young := h.visit(c, subject("6", "Stina Student")), h.visit(c2, subject("s-7", "STINA student"))
		h.attempt(old, kind)
		h.attempt(young, neutral)
		h.deliver()

		v := must(h.ViewLearner(ctx, h.admin, young.Launch.Learner))
		if len(v.Suggestions) != 1 || v.Suggestions[0].ID != old.Launch.Learner || v.Suggestions[0].PlatformName != "Internal LMS" {
			t.Fatalf("suggestions %+v", v.Suggestions)
		}
		preview := must(h.PreviewMerge(ctx, h.admin, young.Launch.Learner, old.Launch.Learner))
		if len(preview.From.Sessions) != 1 || len(preview.Into.Sessions) != 1 || len(preview.From.Passbacks) != 1 {
			t.Errorf("preview %+v", preview)
		}
		if err := h.MergeLearners(ctx, h.admin, young.Launch.Learner, old.Launch.Learner); err != nil {
			t.Fatal(err)
		}
		if err := h.MergeLearners(ctx, h.admin, old.Launch.Learner, young.Launch.Learner); !isInvalid(err, "other") {
			t.Errorf("merged twice: %v", err)
		}

		// A later launch of either is the same person.
		again := h.visit(c, subject("6", "Stina Student"))
		if list := must(h.Practice(ctx, again)); len(list) != 1 || len(list[0].Attempts) != 2 || len(list[0].Grades) != 2 || list[0].Best.PercentText() != "100" {
			t.Errorf("practice %+v", list)
		}
		// No grade moves: each LMS gets what was played under its own subject.
		h.attempt(h.visit(c2, subject("s-7", "")), neutral)
		h.deliver()
		var posted []string
		for _, p := range h.lms.posted {
			posted = append(posted, fmt.Sprint(p.Subject, " ", p.Given))
		}
		if want := []string{"6 10", "s-7 5"}; !slices.Equal(posted, want) {
			t.Errorf("posted %v, want %v", posted, want)
		}

		log := h.logged(greenroom.LearnersMerged)
		if len(log) != 1 || log[0].NounID != string(old.Launch.Learner) || log[0].Changes[0].To != string(young.Launch.Learner) || strings.Contains(fmt.Sprint(log), "Stina") {
			t.Errorf("audit %+v", log)
		}
	})
}

func TestAMergeIsUndone(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx, c := t.Context(), h.connect()
		a, b, d := h.visit(c, subject("a", "")).Launch.Learner, h.visit(c, subject("b", "")).Launch.Learner, h.visit(c, subject("d", "")).Launch.Learner
		if err := h.SeparateLearner(ctx, h.admin, a); !isInvalid(err, "learner") {
			t.Errorf("alone: %v", err)
		}
		together := func(id greenroom.LearnerID) (ids []greenroom.LearnerID) {
			for _, who := range must(h.ViewLearner(ctx, h.admin, id)).Identities {
				ids = append(ids, who.ID)
			}
			slices.Sort(ids)
			return ids
		}
		for _, from := range []greenroom.LearnerID{b, d} {
			if err := h.MergeLearners(ctx, h.admin, a, from); err != nil {
				t.Fatal(err)
			}
		}
		// The history is named after a, who leaves first.
		if err := h.SeparateLearner(ctx, h.admin, a); err != nil {
			t.Fatal(err)
		}
		if got := together(a); !slices.Equal(got, []greenroom.LearnerID{a}) {
			t.Errorf("with the first: %v", got)
		}
		if got := together(d); !slices.Equal(got, []greenroom.LearnerID{b, d}) {
			t.Errorf("the others: %v", got)
		}
		if err := h.SeparateLearner(ctx, h.admin, b); err != nil {
			t.Fatal(err)
		}
		if got := together(d); !slices.Equal(got, []greenroom.LearnerID{d}) {
			t.Errorf("the last: %v", got)
		}
		if n := len(h.logged(greenroom.LearnerSeparated)); n != 2 {
			t.Errorf("%d entries", n)
		}
	})
}

func TestAnExportHasEverything(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx, c := t.Context(), h.connect()
		v, other := h.visit(c, nil), h.visit(c, subject("7", "Somebody Else"))
		h.attempt(v, kind)
		h.attempt(other, rude)
		open := must(h.Begin(ctx, v))
		r := must(h.ExportLearner(ctx, h.admin, v.Launch.Learner))
		if len(r.Identities) != 1 || len(r.Launches) != 1 || len(r.Talks) != 2 || len(r.Passbacks) != 1 || len(r.Audit) != 1 || len(r.Memberships) != 1 {
			t.Fatalf("export %+v", r)
		}
		if r.Talks[0].ID != open.ID || r.Talks[0].Talk == nil || r.Talks[0].Items != nil {
			t.Errorf("open session %+v", r.Talks[0])
		}
		ended := r.Talks[1]
		if len(ended.Picks) != 1 || ended.Talk == nil || !ended.Talk.Ended || len(ended.Items) != 1 {
			t.Errorf("ended session %+v", ended)
		}
		if strings.Contains(fmt.Sprintf("%+v", r), "Somebody Else") {
			t.Error("somebody else is in it")
		}
		if log := h.logged(greenroom.LearnerExported); len(log) != 1 || log[0].NounID != string(v.Launch.Learner) {
			t.Errorf("audit %+v", log)
		}
	})
}

func TestAnErasedLearnerIsGone(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx, c := t.Context(), h.connect()
		v, twin := h.visit(c, nil), h.visit(c, subject("twin", ""))
		if err := h.MergeLearners(ctx, h.admin, v.Launch.Learner, twin.Launch.Learner); err != nil {
			t.Fatal(err)
		}
		h.attempt(v, kind)
		store := h.Store.Workspace(h.workspace.ID)
		held := must(store.ClaimPassbacks(ctx, c.ID, h.now(), h.now().Add(time.Minute), 10))
		if err := h.EraseLearner(ctx, h.admin, twin.Launch.Learner, "stina student"); !isInvalid(err, "name") {
			t.Errorf("another name: %v", err)
		}
		if err := h.EraseLearner(ctx, h.admin, twin.Launch.Learner, " Stina  Student "); err != nil {
			t.Fatal(err)
		}
		for _, id := range []greenroom.LearnerID{v.Launch.Learner, twin.Launch.Learner} {
			if _, err := h.ViewLearner(ctx, h.admin, id); !isNotFound(err) {
				t.Errorf("view: %v", err)
			}
		}
		// Whoever is still on the stage is shown out, and what a worker holds
		// does not bring anything back.
		if _, err := h.Begin(ctx, v); !isNotFound(err) {
			t.Errorf("begin: %v", err)
		}
		if len(held) != 1 {
			t.Fatalf("%d passbacks held", len(held))
		}
		if err := h.Settle(ctx, held[0], h.Deliver(ctx, held[0])); !isNotFound(err) {
			t.Errorf("settled: %v", err)
		}
		h.pass(time.Hour)
		if n := h.deliver(); n != 0 {
			t.Errorf("%d passbacks are due", n)
		}
		log := h.logged(greenroom.LearnerErased)
		if len(log) != 1 || strings.Contains(fmt.Sprint(log), "Stina") || !slices.Contains(log[0].Changes, greenroom.Change{Field: "sessions", From: "1", To: "0"}) {
			t.Errorf("audit %+v", log)
		}
		if again := h.visit(c, nil); again.Launch.Learner == v.Launch.Learner || len(must(h.Practice(ctx, again))) != 0 {
			t.Errorf("after another launch: %+v", again.Launch.Learner)
		}
	})
}

func TestPracticeIsErasedByAge(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx, c := t.Context(), h.connect()
		for months, valid := range map[string]bool{"0": true, " 12 ": true, "120": true, "121": false, "-1": false, "": false, "1.5": false, "soon": false} {
			if _, err := h.PreviewRetention(ctx, h.admin, months); isInvalid(err, "months") == valid {
				t.Errorf("%q: %v", months, err)
			}
		}
		gone, stays := h.visit(c, subject("gone", "")), h.visit(c, subject("stays", ""))
		h.attempt(gone, kind)
		old := h.attempt(stays, kind).Session
		h.deliver()
		h.pass(100 * 24 * time.Hour)
		young := h.attempt(h.visit(c, subject("stays", "")), rude).Session
		must(0, h.EraseExpired(ctx))
		if r := must(h.PreviewRetention(ctx, h.admin, "2")); r.Aged != (greenroom.Aged{Sessions: 2, Learners: 1}) {
			t.Errorf("preview %+v", r)
		}
		must(h.SetRetention(ctx, h.admin, "2"))
		must(h.SetRetention(ctx, h.admin, "2"))
		if log := h.logged(greenroom.RetentionChanged); len(log) != 1 || log[0].Changes[0] != (greenroom.Change{Field: "practice is kept", From: "for ever", To: "2 months"}) {
			t.Errorf("audit %+v", log)
		}
		must(0, h.EraseExpired(ctx))
		store := h.Store.Workspace(h.workspace.ID)
		_, err1 := store.Learner(ctx, gone.Launch.Learner)
		_, err2 := store.Session(ctx, old.ID)
		if _, err := store.Session(ctx, young.ID); err != nil || !isNotFound(err1) || !isNotFound(err2) {
			t.Errorf("learner %v, old session %v, young session %v", err1, err2, err)
		}
		// The best that the gradebook has stays: rude words do not replace it.
		p := must(store.PassbackFor(ctx, young.LineItem, stays.Launch.Learner))
		if p.Wanted.PercentText() != "100" {
			t.Errorf("passback %+v", p)
		}
	})
}

func TestLearnersAreForAdministrators(t *testing.T) {
	h := onSQLite(t)
	ctx := t.Context()
	id := h.visit(h.connect(), nil).Launch.Learner
	for _, a := range []greenroom.Actor{{Workspace: h.workspace.ID, Role: greenroom.MemberRole}, {Workspace: "elsewhere", Role: greenroom.Owner}} {
		_, err1 := h.ViewLearner(ctx, a, id)
		_, err2 := h.PreviewMerge(ctx, a, id, id)
		_, err3 := h.ExportLearner(ctx, a, id)
		all := errors.Join(h.MergeLearners(ctx, a, id, id), h.SeparateLearner(ctx, a, id), h.EraseLearner(ctx, a, id, "Stina Student"))
		if !isNotFound(err1) || !isNotFound(err2) || !isNotFound(err3) || strings.Count(all.Error(), "not found") != 3 {
			t.Errorf("%+v: %v, %v, %v, %v", a, err1, err2, err3, all)
		}
	}
}
