package app_test

import (
	"context"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/demolms"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

// openDemo runs Greenroom and the demo LMS, as the command does.
func openDemo(t *testing.T, o app.DemoOptions) *app.Demo {
	t.Helper()
	o.Config.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := app.OpenDemo(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- d.Run(ctx) }()
	t.Cleanup(func() {
		stop()
		if err := <-stopped; err != nil {
			t.Error(err)
		}
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func account(t *testing.T, d *app.Demo, role string) demolms.Account {
	t.Helper()
	for _, a := range d.LMS.Accounts() {
		if strings.EqualFold(a.Role, role) {
			return a
		}
	}
	t.Fatalf("the demo LMS has no %s", role)
	return demolms.Account{}
}

// The main job, as a training lead, an LMS admin and a learner do it: both
// ways of connecting, an activity, a launch in a new window, a rehearsal, and
// the grade in the gradebook.
func TestTheMainJobInABrowser(t *testing.T) {
	d := openDemo(t, app.DemoOptions{})
	p := openBrowser(t)
	admin := p.signIn(d)

	admin.openLTISettings()
	admin.sees("No LMS is connected yet")
	url := admin.generateRegistrationURL()
	lms := p.newTab()
	lms.registerByURL(d, url)
	admin.sees("Demo LMS") // the page that stayed open shows the row by itself
	admin.shoot("settings", 1280, 1400, false)

	lms.addActivity(d, "Discovery call", "discovery-call", "100")
	student := lms.launch(d, "student", "Discovery call")
	score := student.rehearse()
	lms.seesGrade(d, "Discovery call", score)
	admin.seesPassback(d, "Sent")

	t.Run("by hand", func(t *testing.T) { connectByHand(t) })
}

// One pass of the whole loop on PostgreSQL.
func TestTheMainJobOnPostgreSQL(t *testing.T) {
	d := openDemo(t, app.DemoOptions{Connected: true, Config: app.Config{DatabaseURL: pgtest.URL(t)}})
	p := openBrowser(t)
	student := p.launch(d, "student", d.Activity)
	score := student.rehearse()
	p.seesGrade(d, d.Activity, score)
	if dialect := d.App.Store.Dialect(); dialect != "PostgreSQL" {
		t.Fatalf("the loop ran on %s", dialect)
	}
}

var _ = http.StatusOK
var _ = time.Second
var _ = greenroom.Graded
