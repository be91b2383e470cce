package greenroom_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

const membersURL = "https://lms.example.com/members"

// inCourse launches from a course with a roster.
func inCourse(subject string) func(*lti.Launch) {
	return func(l *lti.Launch) {
		l.Subject, l.User.Name = subject, "Launched "+subject
		l.Context = &lti.Context{ID: "course-1", Title: "Sales"}
		l.Names = &lti.NamesService{MembershipsURL: membersURL}
	}
}

func onRoster(subject, name string, roles ...lti.Role) greenroom.RosterMember {
	return greenroom.RosterMember{Subject: subject, Name: name, Status: greenroom.MemberActive, Roles: roles}
}

// readRosters does what a worker does, once for all that is due.
func (h *house) readRosters() (n int) {
	h.t.Helper()
	ctx := h.t.Context()
	for _, lane := range must(h.Store.Instance().RosterLanes(ctx, h.now())) {
		for _, r := range must(h.Store.Workspace(lane.Workspace).ClaimRosters(ctx, lane.Connection, h.now(), h.now().Add(time.Minute), 10)) {
			due := &greenroom.DueRoster{Roster: r}
			if err := h.SettleRoster(ctx, due, h.SyncRoster(ctx, due)); err != nil {
				h.t.Fatal(err)
			}
			n++
		}
	}
	return n
}

// class says who is in the course, as "name status roles".
func (h *house) class(id greenroom.ContextID) (said []string) {
	h.t.Helper()
	for _, m := range must(h.Store.Workspace(h.workspace.ID).ContextMembers(h.t.Context(), id)) {
		line := m.Person.Name + " " + string(m.Status)
		if m.Learns {
			line += " learns"
		}
		if m.Teaches {
			line += " teaches"
		}
		said = append(said, line)
	}
	return said
}

func (h *house) wantClass(id greenroom.ContextID, want ...string) {
	h.t.Helper()
	if got := h.class(id); !slices.Equal(got, want) {
		h.t.Errorf("class:\n got %s\nwant %s", strings.Join(got, "; "), strings.Join(want, "; "))
	}
}

func TestLaunchesFillTheCourse(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		v := h.visit(c, inCourse("ada"))
		h.visit(c, func(l *lti.Launch) { inCourse("teacher")(l); l.Roles = lti.Roles{instructor} })
		h.visit(c, func(l *lti.Launch) { inCourse("preview")(l); l.Roles = lti.Roles{learner, testUser} })
		h.visit(c, func(l *lti.Launch) { inCourse("worker")(l); l.Roles = nil })
		h.wantClass(v.Launch.Context, "Launched ada active learns", "Launched teacher active teaches", "Launched worker active learns")

		alone := h.visit(c, func(l *lti.Launch) { l.Roles, l.User.Name = nil, "Nobody's course" })
		h.wantClass(alone.Launch.Context, "Nobody's course active learns")
	})
}

func TestRosterBringsThoseWhoNeverLaunched(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		v := h.visit(c, inCourse("ada"))
		h.lms.roster = []greenroom.RosterMember{
			onRoster("ada", "", learner),
			onRoster("pat", "Pat O'Neil &amp; Co", learner),
			onRoster("tom", "Tom", instructor),
			onRoster("made up", "Test Student", learner, testUser),
			{Subject: "ina", Name: "Ina", Status: greenroom.MemberInactive, Roles: lti.Roles{learner}},
			onRoster("", "Nobody", learner),
			onRoster(strings.Repeat("s", 256), "Too long", learner),
		}
		if n := h.readRosters(); n != 0 {
			t.Fatalf("%d rosters are read at once, though others will launch", n)
		}
		h.pass(time.Minute)
		if n := h.readRosters(); n != 1 {
			t.Fatalf("%d rosters are due a minute after a launch, want 1", n)
		}
		h.wantClass(v.Launch.Context, "Ina inactive learns", "Launched ada active learns", "Pat O'Neil & Co active learns", "Tom active teaches")
		r := must(h.Store.Workspace(h.workspace.ID).Roster(t.Context(), v.Launch.Context))
		if r.State != greenroom.RosterRead || !r.SyncedAt.Equal(h.now()) || r.Members != 7 {
			t.Errorf("roster: %+v", r)
		}
	})
}

func TestARosterDoesNotBringBackWhoWasErased(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		ctx, c := t.Context(), h.connect()
		v := h.visit(c, inCourse("ada"))
		ben := onRoster("ben", "Ben", learner)
		h.lms.roster = []greenroom.RosterMember{onRoster("ada", "Ada", learner), ben}
		h.pass(time.Minute)
		h.readRosters()
		row := must(h.FindLearners(ctx, h.admin, greenroom.LearnerFilter{Query: "ben"})).Rows[0]
		if err := h.EraseLearner(ctx, h.admin, row.ID, "Ben"); err != nil {
			t.Fatal(err)
		}
		readAgain := func() {
			h.pass(48 * time.Hour)
			if n := h.readRosters(); n != 1 {
				t.Fatalf("%d rosters were read", n)
			}
		}
		readAgain()
		h.wantClass(v.Launch.Context, "Ada active learns")

		// They come of their own will, and are on the roster as anybody is.
		back := h.visit(c, inCourse("ben"))
		if back.Launch.Learner == row.ID {
			t.Error("ben is who was erased")
		}
		readAgain()
		h.wantClass(v.Launch.Context, "Ada active learns", "Ben active learns")
		// Retention takes them away once more: that is no erasure.
		if _, err := h.Store.Workspace(h.workspace.ID).SweepLearners(ctx, h.now().Add(time.Hour), 10); err != nil {
			t.Fatal(err)
		}
		readAgain()
		h.wantClass(v.Launch.Context, "Ada active learns", "Ben active learns")
	})
}

func TestWhoLeavesKeepsTheirHistory(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		v := h.visit(c, inCourse("ada"))
		h.attempt(v, 0)
		h.lms.roster = []greenroom.RosterMember{onRoster("ben", "Ben", learner)}
		h.pass(time.Minute)
		h.readRosters()
		h.wantClass(v.Launch.Context, "Ben active learns", "Launched ada left learns")
		if all := must(h.Store.Workspace(h.workspace.ID).SessionsIn(t.Context(), v.Launch.Context)); len(all) != 1 || all[0].Learner != v.Launch.Learner {
			t.Errorf("sessions of the one who left: %v", all)
		}
		h.visit(c, inCourse("ada"))
		h.wantClass(v.Launch.Context, "Ben active learns", "Launched ada active learns")
	})
}

func TestNobodyLeavesForAReadingThatWasNotWhole(t *testing.T) {
	for name, spoil := range map[string]func(h *house){
		"empty":   func(h *house) { h.lms.roster = nil },
		"refused": func(h *house) { h.lms.refuses = &lti.ServiceError{Op: "roster", Status: 403, Text: "no"} },
		"endless": func(h *house) {
			h.lms.roster = make([]greenroom.RosterMember, 20_001) // of nobody in particular
		},
		"launched meanwhile": func(h *house) {
			h.lms.midway = func() { h.pass(time.Second); h.visit(h.only(), inCourse("ada")) }
		},
	} {
		t.Run(name, func(t *testing.T) {
			onBoth(t, func(t *testing.T, h *house) {
				v := h.visit(h.connect(), inCourse("ada"))
				h.lms.roster = []greenroom.RosterMember{onRoster("ben", "Ben", learner)}
				spoil(h)
				h.pass(time.Minute)
				h.readRosters()
				if !slices.Contains(h.class(v.Launch.Context), "Launched ada active learns") {
					t.Errorf("class: %v", h.class(v.Launch.Context))
				}
			})
		})
	}
}

func (h *house) only() greenroom.Connection {
	return must(h.Store.Workspace(h.workspace.ID).Connections(h.t.Context()))[0]
}

func TestManyLaunchesReadOneRoster(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		h.lms.roster = []greenroom.RosterMember{onRoster("ada", "Ada", learner)}
		for n := range 30 { // two a minute
			h.visit(c, inCourse(fmt.Sprint("learner-", n)))
			h.pass(30 * time.Second)
			h.readRosters()
		}
		if n := len(h.lms.asked); n != 2 {
			t.Errorf("%d readings in a quarter of an hour, want one and one ten minutes later", n)
		}
		h.pass(36 * time.Hour)
		h.readRosters()
		if n := len(h.lms.asked); n != 3 {
			t.Errorf("%d readings after the night, want one more", n)
		}
	})
}

func TestRosterThatIsRefusedIsNotAskedForAgainByLaunches(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		v := h.visit(c, inCourse("ada"))
		h.lms.refuses = &lti.ServiceError{Op: "token", Status: 400, Code: "invalid_scope", Text: "invalid_scope: nothing for you"}
		for range 5 {
			h.pass(time.Minute)
			h.readRosters()
			h.visit(c, inCourse("ada"))
		}
		r := must(h.Store.Workspace(h.workspace.ID).Roster(t.Context(), v.Launch.Context))
		if len(h.lms.asked) != 1 || r.State != greenroom.RosterRefused || r.Answer != "400 invalid_scope: nothing for you" {
			t.Fatalf("asked %d times; %+v", len(h.lms.asked), r)
		}
		h.lms.refuses = nil
		if err := h.RefreshRoster(t.Context(), h.workspace.ID, v.Launch.Context); err != nil {
			t.Fatal(err)
		}
		h.readRosters()
		if r = must(h.Store.Workspace(h.workspace.ID).Roster(t.Context(), v.Launch.Context)); r.State != greenroom.RosterRead || r.Answer != "" {
			t.Errorf("after somebody asked: %+v", r)
		}
	})
}

func TestRosterOfPlatformThatIsDownComesAgainLaterAndLater(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		v := h.visit(h.connect(), inCourse("ada"))
		h.lms.refuses = errDown
		h.pass(time.Minute)
		var waits []time.Duration
		for range 5 {
			h.readRosters()
			r := must(h.Store.Workspace(h.workspace.ID).Roster(t.Context(), v.Launch.Context))
			if r.State != greenroom.RosterFailing || r.Answer != "503 down for maintenance" {
				t.Fatalf("%+v", r)
			}
			waits = append(waits, r.NextTry.Sub(h.now()))
			h.pass(r.NextTry.Sub(h.now()))
		}
		for i := range waits[1:] {
			if waits[i+1] <= waits[i] {
				t.Errorf("waits %v do not grow", waits)
			}
		}
	})
}

func TestChangesFollowUpAWholeReading(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		v := h.visit(h.connect(), inCourse("ada"))
		h.lms.roster = []greenroom.RosterMember{onRoster("ada", "", learner), onRoster("ben", "Ben", learner)}
		h.lms.changes = []greenroom.RosterMember{
			onRoster("eva", "Eva", learner),
			{Subject: "ben", Status: greenroom.MemberLeft, Roles: lti.Roles{learner}},
		}
		h.pass(time.Minute)
		h.readRosters()
		h.wantClass(v.Launch.Context, "Ben active learns", "Launched ada active learns")
		refresh := func() {
			h.pass(time.Minute)
			if err := h.RefreshRoster(t.Context(), h.workspace.ID, v.Launch.Context); err != nil {
				t.Fatal(err)
			}
			h.readRosters()
		}
		refresh()
		h.wantClass(v.Launch.Context, "Ben left learns", "Eva active learns", "Launched ada active learns")
		h.pass(20 * time.Hour)
		refresh()
		if want := []string{membersURL, changesURL, membersURL}; !slices.Equal(h.lms.asked[:3], want) {
			t.Errorf("asked %v, want %v first", h.lms.asked, want)
		}
	})
}

// LMSes give people fewer roles on a roster than in a launch.
func TestLaunchOutranksARosterInRoles(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		v := h.visit(h.connect(), func(l *lti.Launch) { inCourse("assistant")(l); l.Roles = lti.Roles{instructor} })
		h.lms.roster = []greenroom.RosterMember{onRoster("assistant", "", learner)}
		h.pass(time.Minute)
		h.readRosters()
		h.wantClass(v.Launch.Context, "Launched assistant active teaches")
	})
}

func TestCourseWithoutRosterHasNone(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		v := h.visit(h.connect(), nil)
		h.pass(time.Hour)
		h.readRosters()
		if len(h.lms.asked) != 0 {
			t.Errorf("asked %v", h.lms.asked)
		}
		if err := h.RefreshRoster(t.Context(), h.workspace.ID, v.Launch.Context); err == nil {
			t.Error("a roster that nobody offers is refreshed")
		}
	})
}
