package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
	"github.com/greenroom-lti/greenroom/internal/store"
)

// contracting are the migrations that take something away or ask for more than
// before. The version before such a one must not need it any more: name that
// version, and why.
var contracting = map[string]string{
	"00050_waiting_passbacks.sql": "two indexes make way for others that serve the same queries, those of any version before too",
	"00053_fewer_indexes.sql":     "two indexes make way for one that serves both; without the third an older server sorts learners itself",
}

// narrows finds what a server of the version before could not live with.
var narrows = map[string]*regexp.Regexp{
	"drops":             regexp.MustCompile(`(?i)\bdrop\b`),
	"renames":           regexp.MustCompile(`(?i)\brename\b`),
	"changes a column":  regexp.MustCompile(`(?i)\balter\s+column\b`),
	"adds a constraint": regexp.MustCompile(`(?i)\balter\s+table\s+\w+\s+add\s+(constraint|check|foreign|primary|unique)\b`),
	"adds uniqueness":   regexp.MustCompile(`(?i)\bcreate\s+unique\s+index\b`),
}

var addsColumn = regexp.MustCompile(`(?is)\balter\s+table\s+\w+\s+add\s+(column\s+)?(\w+)([^;]*);`)

// firstExpanding: before it there was no version to run beside.
const firstExpanding = "00006"

// Servers of two versions run on one database while it is upgraded one by one:
// a migration adds, and what is not used any more goes a version later.
func TestMigrationsOnlyAdd(t *testing.T) {
	for _, folder := range []string{"sqlite", "postgres"} {
		all, err := store.Migrations(folder)
		if err != nil || len(all) == 0 {
			t.Fatal(err)
		}
		for name, text := range all {
			if name < firstExpanding {
				continue
			}
			why := narrowing(text)
			switch reason := contracting[name]; {
			case why != "" && reason == "":
				t.Errorf("%s/%s %s: expand now, contract a version later, or list it with the reason", folder, name, why)
			case why == "" && reason != "":
				t.Errorf("%s/%s is listed as contracting, and only adds", folder, name)
			}
		}
	}
}

// narrowing tells what a migration takes away, nothing if it only adds.
func narrowing(migration string) string {
	up, _, _ := strings.Cut(migration, "-- +goose Down")
	up = regexp.MustCompile(`--[^\n]*`).ReplaceAllString(up, "")
	for what, is := range narrows {
		if is.MatchString(up) {
			return what
		}
	}
	for _, column := range addsColumn.FindAllStringSubmatch(up, -1) {
		rest := strings.ToLower(column[3])
		if strings.Contains(rest, "not null") && !strings.Contains(rest, "default") {
			return "adds " + column[2] + ", which may not be null and has no default"
		}
		if strings.Contains(rest, "unique") || strings.Contains(rest, "references") {
			return "adds " + column[2] + ", which asks for more than old programs give"
		}
	}
	return ""
}

func TestNarrowingIsFound(t *testing.T) {
	for migration, want := range map[string]bool{
		"create table a (b text not null unique);\n-- +goose Down\ndrop table a;": false,
		"-- drop nothing\nalter table a add column b text not null default '';":   false,
		"alter table a add column b text not null;":                               true,
		"alter table a add b text unique default '';":                             true,
		"alter table a drop column b;":                                            true,
		"alter table a rename to b;":                                              true,
		"alter table a alter column b set not null;":                              true,
		"alter table a add constraint c check (b > 0);":                           true,
		"create unique index c on a (b);":                                         true,
	} {
		if got := narrowing(migration) != ""; got != want {
			t.Errorf("%q narrows: %v", migration, got)
		}
	}
}

// An oldServer says what the version before 00006 says.
type oldServer struct {
	t    *testing.T
	db   *sql.DB
	said map[string]string
}

func newOldServer(t *testing.T, s *store.Store) *oldServer {
	text, err := os.ReadFile("testdata/version5.sql")
	if err != nil {
		t.Fatal(err)
	}
	old := &oldServer{t, store.DB(s), map[string]string{}}
	for _, part := range strings.Split(string(text), "-- name: ")[1:] {
		name, statement, _ := strings.Cut(part, "\n")
		old.said[name] = strings.TrimSpace(statement)
	}
	return old
}

// says runs a statement and returns the values of its first row.
func (o *oldServer) says(name string, args ...any) (first []any) {
	o.t.Helper()
	rows, err := o.db.QueryContext(o.t.Context(), o.said[name], args...)
	if err != nil {
		o.t.Fatalf("%s: %v", name, err)
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err == nil && rows.Next() {
		first = make([]any, len(columns))
		to := make([]any, len(columns))
		for i := range first {
			to[i] = &first[i]
		}
		err = rows.Scan(to...)
	}
	for err == nil && rows.Next() { // some drivers do a row's work when it is asked for
	}
	if err == nil {
		err = rows.Err()
	}
	if err != nil {
		o.t.Fatalf("%s: %v", name, err)
	}
	return first
}

const oldAt = int64(1_700_000_000_000)

// furnish makes a workspace as the old version does.
func (o *oldServer) furnish() {
	o.says("AddWorkspace", "w", "w", "Team", oldAt)
	o.says("AddKey", "w", "k", []byte("public"), []byte("sealed"), oldAt, oldAt, 0, 0, 0)
	o.says("SaveConnection", "w", "c", "LMS", "https://lms.example.edu", "client", false, "https://lms.example.edu/auth",
		"https://lms.example.edu/token", "https://lms.example.edu/keys", "", "manual", "", "[]", "[]", false, []byte{}, 0, oldAt, oldAt)
	o.says("AddDeployment", "w", "c", "1", 0)
	o.says("SaveScenario", "w", "s", "s", "Discovery call", "", "", "", 1, oldAt, oldAt, false)
	o.says("AddScenarioVersion", "w", "s", 1, []byte("source"), []byte("{}"), oldAt)
}

// practises takes a learner from the launch to a score that waits.
func (o *oldServer) practises(who string) {
	o.t.Helper()
	learner := o.says("MeetLearner", "w", "learner-"+who, "c", who, who, "", "en", oldAt, oldAt)
	link := o.says("MeetResourceLink", "w", "link-"+who, "c", "1", "activity", "Practice", "course", "Course")
	item := o.says("MeetLineItem", "w", "item-"+who, "c", link[0], "https://lms.example.edu/item", "hash", "Practice", 100.0)
	o.says("AddLaunch", "w", "launch-"+who, "REF", oldAt, "ok", "c", "1", "LtiResourceLinkRequest", learner[0], link[0],
		item[0], "s", "", "graded", false, "", "", "", "[]", "state-"+who, "hash-"+who, oldAt+1, "{}", 1, "")
	o.says("AddSession", learner[0], link[0], "launch-"+who, "s", 1, 7, "graded", oldAt, 0, "", item[0], "w", "session-"+who)
	o.says("AddPick", "w", "session-"+who, 1, 0, oldAt)
	if open := o.says("OpenSession", "w", learner[0], link[0], "s"); fmt.Sprint(open[1]) != "session-"+who {
		o.t.Errorf("%s: open session %v", who, open)
	}
	o.says("SaveSession", learner[0], link[0], "launch-"+who, "s", 1, 7, "graded", oldAt, oldAt+1, "8/10", item[0], "w", "session-"+who)
	o.says("SavePassback", "w", "passback-"+who, "c", item[0], learner[0], "8/10", oldAt, "", 0, "waiting", 0, oldAt, oldAt, 0, 0, "", 1)
}

// Half of the servers are new, half are old: each goes on, and sees what the
// other wrote.
func TestOldAndNewServersSideBySide(t *testing.T) {
	for name, database := range databases {
		t.Run(name, func(t *testing.T) {
			s := open(t, database(t))
			ok(t, store.MigrateDownTo(t.Context(), s, 5))
			old := newOldServer(t, s)
			old.furnish()
			old.practises("before")
			old.says("SaveSignIn", "token", []byte("data"), oldAt)

			ok(t, store.MigrateUp(t.Context(), s))
			old.practises("beside")
			old.practises("again") // at the same activity
			if found := old.says("SignIn", "token", oldAt-1); found == nil {
				t.Error("the sign-in is gone")
			}
			if lanes := old.says("DueLanes", oldAt); lanes == nil {
				t.Error("the old server sees no score that is due")
			}
			old.says("LeasePassback", oldAt+1, "w", "passback-before")
			if due := old.says("DuePassbacks", "w", "c", oldAt, 10); due == nil || due[1] == "passback-before" {
				t.Errorf("the old server sees %v", due)
			}
			theNewSees(t, s)
		})
	}
}

// theNewSees looks at what the old server wrote beside it.
func theNewSees(t *testing.T, s *store.Store) {
	w := s.Workspace("w")
	for _, who := range []string{"before", "beside", "again"} {
		l, err := w.Learner(t.Context(), greenroom.LearnerID("learner-"+who))
		ok(t, err)
		if l.History != l.ID {
			t.Errorf("the history of %s is %q: all such learners are one person", who, l.History)
		}
		p, err := w.Passback(t.Context(), greenroom.PassbackID("passback-"+who))
		if err != nil || p.Wanted.String() == "" || p.Override != nil {
			t.Errorf("the passback of %s: %+v, %v", who, p, err)
		}
		if _, err := w.LaunchByState(t.Context(), "state-"+who); err != nil {
			t.Errorf("the state of %s can be spent again: %v", who, err)
		}
	}
	if courses, err := w.MembershipsOf(t.Context(), "learner-before"); err != nil || len(courses) != 1 || courses[0].Learner != "learner-before" {
		t.Errorf("who practised before the upgrade is in the courses %+v, %v", courses, err)
	}
	now := time.UnixMilli(oldAt)
	claimed, err := w.ClaimPassbacks(t.Context(), "c", now, now.Add(time.Minute), 10)
	if err != nil || len(claimed) != 2 { // the third is the old server's
		t.Errorf("the new server claims %d scores, %v", len(claimed), err)
	}
	again := launchAgain(t, s)
	if again.Learner != "learner-beside" || again.Link == "" {
		t.Errorf("the new server meets %+v", again)
	}
}

// An old server knows nothing of what an instructor decides at a new one. It
// may post what was earned over it; then the decision is due once more, until a
// new server has brought it.
func TestADecisionOutlivesOldServers(t *testing.T) {
	eighty, err := roleplay.ParseScore("4/5")
	ok(t, err)
	forty, err := roleplay.ParseScore("2/5")
	ok(t, err)
	for name, decided := range map[string]*roleplay.Score{"a score": &forty, "no score": nil} {
		for dialect, database := range databases {
			t.Run(name+" on "+dialect, func(t *testing.T) {
				s := open(t, database(t))
				old := newOldServer(t, s)
				old.furnish()
				old.practises("lee")
				w, at := s.Workspace("w"), time.UnixMilli(oldAt+10)
				decide(t, w, func(p *greenroom.Passback) {
					p.Override = &greenroom.Override{Score: decided, By: "teacher", At: at}
				})

				// An old server has claimed it, or claims it now, and the LMS takes it.
				old.posts("lee", at.Add(time.Second))
				is(t, w, greenroom.PassbackWaiting, &eighty)
				if due, err := w.ClaimPassbacks(t.Context(), "c", at.Add(30*time.Second), at.Add(time.Minute), 10); err != nil || len(due) != 0 {
					t.Errorf("at once %d are due again, %v", len(due), err)
				}
				due, err := w.ClaimPassbacks(t.Context(), "c", at.Add(2*time.Minute), at.Add(3*time.Minute), 10)
				if err != nil || len(due) != 1 || !due[0].Target().At.Equal(at) || due[0].Target().Cleared != (decided == nil) {
					t.Fatalf("due: %+v, %v", due, err)
				}

				// A better attempt ends at the old server meanwhile: the decision stands.
				old.says("SavePassback", "w", "passback-lee", "c", "item-lee", "learner-lee", "1/1", oldAt+20, "4/5", oldAt+1010, "waiting",
					0, oldAt, oldAt, oldAt+1010, oldAt+180_000, "", 3)
				is(t, w, greenroom.PassbackWaiting, &eighty)
				decide(t, w, func(p *greenroom.Passback) { // as a new server settles
					p.Posted, p.PostedAt, p.State, p.LeaseUntil = decided, at.Add(2*time.Minute), greenroom.PassbackSent, time.Time{}
				})
				is(t, w, greenroom.PassbackSent, decided)

				// Let automatic scores count again, and they do.
				decide(t, w, func(p *greenroom.Passback) { p.Override, p.Posted = nil, &eighty })
				is(t, w, greenroom.PassbackSent, &eighty)
			})
		}
	}
}

// posts settles a score that the LMS took.
func (o *oldServer) posts(who string, at time.Time) {
	o.t.Helper()
	o.says("SavePassback", "w", "passback-"+who, "c", "item-"+who, "learner-"+who, "4/5", oldAt, "4/5", at.UnixMilli(), "sent",
		0, oldAt, oldAt, at.UnixMilli(), 0, "", 2)
}

func decide(t *testing.T, w greenroom.WorkspaceStore, change func(p *greenroom.Passback)) {
	t.Helper()
	ok(t, w.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		p, err := tx.Passback(ctx, "passback-lee")
		change(&p)
		return errors.Join(err, tx.SavePassback(ctx, p))
	}))
}

// is compares a passback's state, and what was posted.
func is(t *testing.T, w greenroom.WorkspaceStore, state greenroom.PassbackState, posted *roleplay.Score) {
	t.Helper()
	p, err := w.Passback(t.Context(), "passback-lee")
	ok(t, err)
	if p.State != state || (p.Posted == nil) != (posted == nil) || posted != nil && *p.Posted != *posted {
		t.Errorf("%s, posted %v; want %s, %v", p.State, p.Posted, state, posted)
	}
}

// launchAgain launches somebody whom the old server met.
func launchAgain(t *testing.T, s *store.Store) greenroom.Launch {
	t.Helper()
	l, err := s.Workspace("w").RecordLaunch(t.Context(), greenroom.LaunchRecord{
		Launch:  greenroom.Launch{ID: "l", Connection: "c", StateID: "state-new", Outcome: greenroom.LaunchOK},
		Learner: greenroom.Learner{ID: "another", Connection: "c", Subject: "beside"},
		Context: &greenroom.Context{ID: "context", Connection: "c", Deployment: "1", PlatformID: "course"},
		Link:    &greenroom.ResourceLink{ID: "another", Connection: "c", Deployment: "1", PlatformID: "activity"},
	})
	ok(t, err)
	return l
}
