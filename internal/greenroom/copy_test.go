package greenroom_test

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// at makes a launch one of a link in a course.
func at(course, link, title string) func(*lti.Launch) {
	return func(l *lti.Launch) {
		l.Context = &lti.Context{ID: course, Title: course}
		l.ResourceLink = &lti.ResourceLink{ID: link, Title: title}
	}
}

// try launches without naming a scenario; the error is a *ScenarioError if none
// was found.
func (h *house) try(c greenroom.Connection, spoil ...func(*lti.Launch)) (greenroom.Launch, error) {
	h.t.Helper()
	launches++
	l := launchOf(c, "6", launches)
	l.Custom, l.Grades = map[string]string{}, nil
	for _, f := range spoil {
		f(l)
	}
	launch, _, err := h.RecordLaunch(h.t.Context(), h.workspace.ID, l, greenroom.Arrival{Reference: must(greenroom.NewReference(rand.Reader))})
	return launch, err
}

func custom(name, value string) func(*lti.Launch) {
	return func(l *lti.Launch) { l.Custom[name] = value }
}

func deployment(id string) func(*lti.Launch) {
	return func(l *lti.Launch) { l.DeploymentID = id }
}

func isMissing(err error) bool {
	missing, ok := errors.AsType[*greenroom.ScenarioError](err)
	return ok && missing.Missing
}

// A course with an activity was launched; the copy of it has lost the name of
// its scenario. Each row is another way in which the LMS tells of the copy.
func TestACopiedActivityFindsItsScenario(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		original := h.visit(c, at("course 1", "link 1", "Practice"))
		if _, err := h.try(c, at("course 2", "link 2", "Practice")); !isMissing(err) {
			t.Fatalf("a launch that tells nothing: %v", err)
		}
		h.lms.resources = map[string]string{
			"https://lms.example.com/items/2": "tiny", "https://lms.example.com/items/3": string(original.Scenario.ID) + ".abcdefghij",
			"https://lms.example.com/items/4": "", "https://lms.example.com/items/5": "another",
		}
		item := func(url string, scopes ...string) func(*lti.Launch) {
			return func(l *lti.Launch) { l.Grades = &lti.GradeService{LineItem: url, Scopes: scopes} }
		}
		n := 10
		for name, row := range map[string]struct {
			how  func(*lti.Launch)
			note string // empty: it is not found
			link bool   // known as a copy of the link
			from bool   // the course is known as a copy
		}{
			"the link's history":                 {custom(greenroom.LinkHistoryParameter, "link+1"), "history of the activity", true, false},
			"the history of a copy of a copy":    {custom(greenroom.LinkHistoryParameter, "unknown,%20,link%201"), "history of the activity", true, false},
			"the history of a link of elsewhere": {custom(greenroom.LinkHistoryParameter, "link 9"), "", false, false},
			"its own ID as history":              {custom(greenroom.LinkHistoryParameter, "new"), "", false, false},
			"the course's history":               {custom(greenroom.ContextHistoryParameter, "course%201"), "course that this one is a copy of", true, true},
			"the history of a course elsewhere":  {custom(greenroom.ContextHistoryParameter, "course 9"), "", false, false},
			"a resource ID that is a slug":       {item("https://lms.example.com/items/2", lti.ScopeLineItem), "resource ID", false, false},
			"a resource ID of a pick":            {item("https://lms.example.com/items/3", lti.ScopeLineItemReadOnly), "resource ID", false, false},
			"a line item that may not be read":   {item("https://lms.example.com/items/2", lti.ScopeScore), "", false, false},
			"a line item without resource ID":    {item("https://lms.example.com/items/4", lti.ScopeLineItem), "", false, false},
			"a resource ID of somebody else":     {item("https://lms.example.com/items/5", lti.ScopeLineItem), "", false, false},
			"an LMS that does not answer":        {item("https://lms.example.com/items/9", lti.ScopeLineItem), "", false, false},
		} {
			n++
			launch, err := h.try(c, at(fmt.Sprint("course ", n), "new", "Practice"), func(l *lti.Launch) {
				row.how(l)
				if name != "its own ID as history" {
					l.ResourceLink.ID = fmt.Sprint("link ", n)
				}
			})
			if row.note == "" {
				if !isMissing(err) {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s: %v", name, err)
				continue
			}
			store := h.Store.Workspace(h.workspace.ID)
			link, course := must(store.ResourceLink(t.Context(), launch.Link)), must(store.Context(t.Context(), launch.Context))
			if launch.Scenario != original.Scenario.ID || !strings.Contains(launch.Detail, row.note) {
				t.Errorf("%s: scenario %s, %q", name, launch.Scenario, launch.Detail)
			}
			if (link.CopiedFrom == original.Launch.Link) != row.link || (course.CopiedFrom == original.Launch.Context) != row.from {
				t.Errorf("%s: link of %q, course of %q", name, link.CopiedFrom, course.CopiedFrom)
			}
		}
	})
}

// IDs of one deployment mean nothing in another, whatever they are (OWN-P02).
func TestCopiesStayInTheirDeployment(t *testing.T) {
	h := onSQLite(t)
	c := h.connect()
	h.visit(c, at("course 1", "link 1", "Practice"))
	for _, how := range []func(*lti.Launch){
		custom(greenroom.LinkHistoryParameter, "link 1"), custom(greenroom.ContextHistoryParameter, "course 1"),
	} {
		if _, err := h.try(c, at("course 2", "link 2", "Practice"), deployment("2"), how); !isMissing(err) {
			t.Errorf("error %v", err)
		}
	}
}

func TestACopiedCourseIsSearchedByTitle(t *testing.T) {
	h := onSQLite(t)
	c := h.connect()
	other := strings.NewReplacer("slug: tiny", "slug: other", "title: Tiny", "title: Other").Replace(tiny)
	must(h.ImportScenario(t.Context(), h.workspace.ID, "other.scenario.md", []byte(other)))
	h.visit(c, at("course 1", "a", "First"))
	h.visit(c, func(l *lti.Launch) { at("course 1", "b", "Second")(l); l.Custom["scenario_id"] = "other" })
	of := custom(greenroom.ContextHistoryParameter, "course 1")
	launch, err := h.try(c, at("course 2", "c", "Second"), of)
	if err != nil || must(h.Store.Workspace(h.workspace.ID).Scenario(t.Context(), launch.Scenario)).Slug != "other" {
		t.Errorf("by title: %+v, %v", launch, err)
	}
	if _, err := h.try(c, at("course 2", "d", "Third"), of); !isMissing(err) {
		t.Errorf("of two scenarios neither bears the title: %v", err)
	}
	past := must(h.ShowLineage(t.Context(), h.admin, launch.Context))
	if past.Context == nil || past.Context.Title != "course 1" || len(past.Links) != 1 || past.Links[0].From.Title != "Second" {
		t.Errorf("lineage %+v", past)
	}
	// A copy of the copy, in which nobody has launched yet.
	launch, err = h.try(c, at("course 3", "e", "First"), custom(greenroom.ContextHistoryParameter, "course 2"))
	if err != nil || must(h.Store.Workspace(h.workspace.ID).Scenario(t.Context(), launch.Scenario)).Slug != "tiny" {
		t.Errorf("a generation later: %+v, %v", launch, err)
	}
	// Its source can be forgotten: the copy knows what it opened.
	if _, err := h.try(c, at("course 2", "c", "Renamed")); err != nil {
		t.Errorf("once more, without a history: %v", err)
	}
}

// The notice and the first launch may come in either order, and twice (OWN-P03).
func TestANoticeOfACopy(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx, c := t.Context(), h.connect()
		original := h.visit(c, at("course 1", "link 1", "Practice"))
		tell := func(id, deployment, course string, origins ...string) {
			t.Helper()
			n := greenroom.Notice{Connection: c.ID, Deployment: deployment, ID: id, Nonce: "nonce " + id, Type: greenroom.CopyNotice, At: h.now()}
			if err := h.TakeNotice(ctx, h.workspace.ID, n, &greenroom.ContextCopy{PlatformID: course, Title: course, Origins: origins}); err != nil {
				t.Fatal(err)
			}
		}
		contexts := func() int { return len(must(h.Store.Workspace(h.workspace.ID).Contexts(ctx))) }

		tell("1", "1", "course 2", "unknown", "course 1")
		tell("1", "1", "course 2", "unknown", "course 1")
		tell("1b", "1", "course 2", "course 1")
		if n := contexts(); n != 2 {
			t.Errorf("%d contexts after a notice that came three times", n)
		}
		launch, err := h.try(c, at("course 2", "link 2", "Practice"))
		if err != nil || launch.Scenario != original.Scenario.ID {
			t.Fatalf("notice, then launch: %+v, %v", launch, err)
		}

		if _, err := h.try(c, at("course 3", "link 3", "Practice"), custom("scenario_id", "tiny")); err != nil {
			t.Fatal(err)
		}
		tell("2", "1", "course 3", "course 1")
		if _, err := h.try(c, at("course 3", "link 4", "Practice")); err != nil {
			t.Errorf("launch, then notice: %v", err)
		}
		if n := contexts(); n != 3 {
			t.Errorf("%d contexts", n)
		}

		// Of another deployment, and of a course that nobody knows: nothing.
		tell("3", "2", "course 4", "course 1")
		tell("4", "1", "course 5", "course 99")
		tell("5", "1", "course 1", "course 1")
		if n := contexts(); n != 3 {
			t.Errorf("%d contexts after notices about nothing", n)
		}
		if n := len(must(h.Store.Workspace(h.workspace.ID).Notices(ctx, c.ID, 0))); n != 6 {
			t.Errorf("%d notices are known", n)
		}
		h.pass(31 * 24 * time.Hour)
		must(0, h.ForgetNotices(ctx))
		if n := len(must(h.Store.Workspace(h.workspace.ID).Notices(ctx, c.ID, 0))); n != 0 {
			t.Errorf("%d notices are known after a month", n)
		}
	})
}

func TestNoticesAreSubscribedToOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx, c, woken := t.Context(), h.connect(), 0
		address := "https://practice.example.com/notices"
		h.NoticesURL = func(greenroom.Workspace) string { return address }
		h.WakeNotices = func() { woken++ }
		offer := func(l *lti.Launch) {
			l.Notices = &lti.NoticeService{URL: "https://lms.example.com/pns", Types: []string{greenroom.CopyNotice}}
		}
		rounds := func(n int, want ...string) {
			t.Helper()
			for range n {
				if err := h.Subscribe(ctx); err != nil {
					t.Fatal(err)
				}
			}
			if !slices.Equal(h.lms.handlers, want) {
				t.Errorf("handlers %q, want %q", h.lms.handlers, want)
			}
			h.lms.handlers = nil
		}
		h.visit(c, nil)
		rounds(1)
		h.visit(c, offer)
		h.visit(c, offer)
		if woken != 1 {
			t.Errorf("woken %d times", woken)
		}
		h.lms.noNotices = errDown
		rounds(2)
		service := must(h.Store.Workspace(h.workspace.ID).NoticeService(ctx, c.ID, "1"))
		if service.Answer != "503 down for maintenance" || service.Attempts != 1 {
			t.Errorf("service %+v", service)
		}
		h.lms.noNotices = nil
		h.pass(time.Hour)
		rounds(2, "1 "+address)
		address = "https://new.example.com/notices"
		rounds(2, "1 "+address)
		set := func(disabled bool) {
			t.Helper()
			must(0, h.Store.Workspace(h.workspace.ID).Update(ctx, func(ctx context.Context, tx greenroom.Tx) error {
				c, err := tx.Connection(ctx, c.ID)
				if err != nil {
					return err
				}
				c.Disabled = disabled
				return tx.SaveConnection(ctx, c)
			}))
		}
		set(true)
		rounds(2, "1 ")
		set(false)
		rounds(2, "1 "+address)
		h.visit(c, func(l *lti.Launch) { l.Notices = &lti.NoticeService{URL: "https://lms.example.com/pns"} })
		rounds(2, "1 ")
		h.visit(c, func(l *lti.Launch) { offer(l); l.Notices.URL = "file:///etc/passwd" })
		rounds(1)
	})
}

// Two servers on one database look at the same moment, and one asks. If it dies
// over it, the other does.
func TestOfTwoServersOneSubscribes(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx, c := t.Context(), h.connect()
		h.NoticesURL = func(greenroom.Workspace) string { return "https://practice.example.com/notices" }
		other := h.Service // nothing of it is in memory
		h.visit(c, func(l *lti.Launch) {
			l.Notices = &lti.NoticeService{URL: "https://lms.example.com/pns", Types: []string{greenroom.CopyNotice}}
		})
		asked := 0
		h.lms.asking = func() {
			if asked++; asked == 1 {
				must(0, other.Subscribe(ctx)) // the other looks while this one asks
			}
		}
		dying, die := context.WithCancel(ctx)
		first := h.lms.asking
		h.lms.asking = func() { first(); die() }
		if err := h.Subscribe(dying); !errors.Is(err, context.Canceled) {
			t.Errorf("the one that dies: %v", err)
		}
		h.lms.asking = first
		must(0, other.Subscribe(ctx))
		if asked != 1 {
			t.Errorf("asked %d times by two servers", asked)
		}
		h.pass(2 * time.Minute)
		must(0, other.Subscribe(ctx))
		must(0, h.Subscribe(ctx))
		if asked != 2 {
			t.Errorf("asked %d times, once the lease of the one that died has run out", asked)
		}
	})
}

// legacy adds a migration claim, signed with a secret.
func legacy(secret, key, user, link string) func(*lti.Launch) {
	return func(l *lti.Launch) {
		l.Nonce, l.Claims = "n", json.RawMessage(`{"exp":1750000000}`)
		mac := hmac.New(sha256.New, []byte(secret))
		fmt.Fprintf(mac, "%s&%s&%s&%s&1750000000&n", key, l.DeploymentID, l.Registration.Issuer, l.Registration.ClientID)
		l.Migration = &lti.Migration{
			ConsumerKey: key, Sign: base64.StdEncoding.EncodeToString(mac.Sum(nil)), UserID: user, ResourceLinkID: link,
		}
	}
}

func TestAnOlderToolsActivitiesFindTheirScenarios(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx, c := t.Context(), h.connect()
		if err := h.SaveLegacyKey(ctx, h.admin, c.ID, "key", "s3cret"); err != nil {
			t.Fatal(err)
		}
		if n, err := h.ImportLegacyLinks(ctx, h.admin, c.ID, "resource_link_id,scenario\nold 1, tiny\n\"old, 2\",tiny\n"); n != 2 || err != nil {
			t.Fatalf("%d, %v", n, err)
		}
		launch, err := h.try(c, legacy("s3cret", "key", "user 1", "old, 2"))
		if err != nil || !strings.Contains(launch.Detail, "older tool") {
			t.Fatalf("%+v, %v", launch, err)
		}
		store := h.Store.Workspace(h.workspace.ID)
		if who, link := must(store.Learner(ctx, launch.Learner)), must(store.ResourceLink(ctx, launch.Link)); who.LegacyID != "user 1" || link.LegacyID != "old, 2" {
			t.Errorf("learner %+v, link %+v", who, link)
		}
		// What does not hold is noted, and is no reason to turn anybody away.
		for name, claim := range map[string]func(*lti.Launch){
			"a guess":       legacy("guess", "key", "user 2", "old 1"),
			"another key":   legacy("s3cret", "other", "user 2", "old 1"),
			"an ID of none": legacy("s3cret", "key", "", "old 3"),
		} {
			if _, err := h.try(c, claim); !isMissing(err) {
				t.Errorf("%s: %v", name, err)
			}
			launch, err := h.try(c, custom("scenario_id", "tiny"), claim)
			if noted := strings.Contains(launch.Detail, "migration claim was ignored"); err != nil || noted == (name == "an ID of none") {
				t.Errorf("%s, with a scenario: %q, %v", name, launch.Detail, err)
			}
			if who := must(store.Learner(ctx, launch.Learner)); who.LegacyID != "user 1" {
				t.Errorf("%s: learner %+v", name, who)
			}
		}
		view := must(h.Legacy(ctx, h.admin, c.ID))
		if view.Links != 2 || len(view.Keys) != 1 || strings.Contains(string(view.Keys[0].Sealed), "s3cret") {
			t.Errorf("view %+v", view)
		}
		must(0, h.DeleteLegacyKey(ctx, h.admin, c.ID, "key"))
		if _, err := h.try(c, legacy("s3cret", "key", "user 1", "old 1")); !isMissing(err) {
			t.Errorf("after the key is gone: %v", err)
		}
		for _, action := range []greenroom.AuditAction{greenroom.LegacyKeySaved, greenroom.LegacyKeyDeleted, greenroom.LegacyLinksImported} {
			if log := h.logged(action); len(log) != 1 || strings.Contains(fmt.Sprint(log), "s3cret") {
				t.Errorf("%s: %+v", action, log)
			}
		}
	})
}

func TestATableOfAnOlderToolIsReadWholeOrNotAtAll(t *testing.T) {
	h := onSQLite(t)
	ctx, c := t.Context(), h.connect()
	must(h.ImportLegacyLinks(ctx, h.admin, c.ID, "a,tiny"))
	for name, row := range map[string]struct{ table, says string }{
		"one cell":        {"a,tiny\nb", "Line 2: there must be two cells"},
		"three cells":     {"a,tiny,x", "Line 1: there must be two cells"},
		"no ID":           {"resource_link_id,scenario\n,tiny", "Line 2: the resource_link_id is empty"},
		"a long ID":       {strings.Repeat("x", 256) + ",tiny", "Line 1: the resource_link_id is empty or longer"},
		"twice":           {"a,tiny\nb,tiny\na,tiny", "Line 3: this resource_link_id stands further up"},
		"no scenario":     {"a,none", "Line 1: no scenario of this workspace"},
		"an open quote":   {"a,tiny\n\"b,tiny", "is no line of a table"},
		"another's words": {"a,<b>", "Line 1: no scenario of this workspace has this address: <b>."},
	} {
		_, err := h.ImportLegacyLinks(ctx, h.admin, c.ID, row.table)
		if bad, ok := errors.AsType[*greenroom.Invalid](err); !ok || !strings.Contains(bad.Of("table"), row.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if n := must(h.Legacy(ctx, h.admin, c.ID)).Links; n != 1 {
		t.Errorf("%d links after tables that were refused", n)
	}
	if err := h.SaveLegacyKey(ctx, h.admin, c.ID, " ", ""); !isInvalid(err, "consumer_key") || !isInvalid(err, "secret") {
		t.Errorf("no key: %v", err)
	}
	if err := h.SaveLegacyKey(ctx, h.admin, "other", "k", "s"); !isNotFound(err) {
		t.Errorf("no connection: %v", err)
	}
}
