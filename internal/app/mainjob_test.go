package app_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/demolms"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

func TestMain(m *testing.M) {
	if raw := os.Getenv(serverEnv); raw != "" {
		if err := serveAsProcess(raw); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if err := resolveLocalhost(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	code := pgtest.Main(m)
	if chromium.close != nil {
		chromium.close()
	}
	os.Exit(code)
}

// The main job, as a training lead, an LMS admin, a learner and a teacher do
// it in a browser: register by URL, add an activity, launch it in a new
// window, practise, and see the grade.
func TestTheMainJobInABrowser(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{})
	p := openBrowser(t)
	admin := signInToGreenroom(p, d)
	openLTISettings(admin)
	admin.sees("No LMS is connected yet")

	admin.click("Generate registration URL")
	admin.until("the registration URL", findRegistrationURL)
	registrationURL := admin.value(findRegistrationURL)

	lms := p.tab()
	signInToLMS(lms, d, "admin")
	registerByURL(t, lms, registrationURL)
	admin.sees("No launch yet") // the page that stayed open shows the row by itself
	admin.open(d.ToolURL + settingsPath)
	admin.audit()
	admin.shoot("settings", 1280, 1500)

	addActivity(lms, d, "Discovery call", "discovery-call", "10")
	score := practise(p, d, "Discovery call", "10")
	seesGrade(p, d, "Discovery call", score)

	admin.click("Passbacks")
	admin.sees("Accepted")
	admin.audit()
	admin.sees(account(t, d, "student").Name)
	admin.click("Members")
	admin.sees(account(t, d, "student").Name)
}

// The other way of connecting: the LMS shows its values, the form takes them.
func TestConnectingByHandInABrowser(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{})
	p := openBrowser(t)
	admin := signInToGreenroom(p, d)
	openLTISettings(admin)
	endpoint := func(label string) string {
		return admin.value(`(function () {
			const l = [...document.querySelectorAll("label")].find((l) => l.innerText.trim() === ` + quoted(label) + `);
			return l.control ? l.control.value || l.control.textContent : "";
		})()`)
	}

	lms := p.tab()
	signInToLMS(lms, d, "admin")
	lms.open(d.LMSURL + "/tools")
	lms.fill("Tool name", "Greenroom by hand")
	lms.fill("Tool URL", endpoint("Launch (redirect URI)"))
	lms.fill("Initiate login URL", endpoint("OIDC login initiation"))
	lms.fill("Redirection URI(s)", endpoint("Launch (redirect URI)"))
	lms.fill("Public keyset URL", endpoint("JWKS"))
	lms.click("Save tool")
	lms.sees("Authentication request URL")

	// A wrong value first: the message stands at its field, the rest is kept.
	labels := []string{"Platform name", "Issuer / platform ID", "Client ID", "Deployment ID", "Authentication request URL", "Access token URL", "Public keyset URL"}
	for _, label := range labels {
		value := shownByLMS(lms, label)
		if label == "Access token URL" {
			value = "ftp://lms.example.com/token"
		}
		admin.fill(label, value)
	}
	admin.click("Save manual connection")
	admin.sees("The URL must begin with https://.")
	admin.fill("Access token URL", shownByLMS(lms, "Access token URL"))
	admin.click("Save manual connection")
	admin.sees("LTI configuration saved")
	admin.sees(shownByLMS(lms, "Client ID"))

	addActivity(lms, d, "Difficult feedback", "difficult-feedback", "100")
	score := practise(p, d, "Difficult feedback", "100")
	seesGrade(p, d, "Difficult feedback", score)
}

// One pass of the whole loop on PostgreSQL.
func TestTheMainJobOnPostgreSQL(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{Connected: true, Config: app.Config{DatabaseURL: pgtest.URL(t)}})
	p := openBrowser(t)
	score := practise(p, d, d.Activity, "100")
	seesGrade(p, d, d.Activity, score)
	if dialect := d.App.Store.Dialect(); dialect != "PostgreSQL" {
		t.Fatalf("the loop ran on %s", dialect)
	}
}

// openDemo runs Greenroom and the demo LMS, as the command does.
func openDemo(t *testing.T, o app.DemoOptions) *app.Demo {
	t.Helper()
	o.Config.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	d, err := app.OpenDemo(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
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
		if a.Role == role {
			return a
		}
	}
	t.Fatalf("the demo LMS has no %s", role)
	return demolms.Account{}
}

const settingsPath = "/w/demo-team/settings/integrations/lti"

func signInToGreenroom(p *tab, d *app.Demo) *tab {
	admin := p.tab()
	admin.open(d.ToolURL)
	admin.fill("E-mail", app.DemoEmail)
	admin.fill("Password", app.DemoPassword)
	admin.click("Sign in")
	admin.until("the first page behind the sign-in", `document.querySelector("h1")?.innerText === "Scenarios"`)
	return admin
}

// openLTISettings takes the way that the manual describes: avatar, settings,
// Integrations, the card.
func openLTISettings(admin *tab) {
	admin.click("Your menu")
	admin.click("Workspace settings")
	admin.click("Integrations")
	admin.click("LTI 1.3")
	admin.sees("Endpoint URLs")
}

const findRegistrationURL = `(function () {
	const all = [...document.querySelectorAll("input, textarea, output, code, span")].map((e) => e.value || e.textContent || "");
	return all.find((s) => s.includes("/register?token=")) || "";
})()`

func signInToLMS(p *tab, d *app.Demo, role string) {
	p.open(d.LMSURL + "/sign-in")
	p.click("Sign in as " + account(p.t, d, role).Name)
	p.sees("Sign out")
}

func registerByURL(t *testing.T, lms *tab, url string) {
	lms.fill("Registration URL", url)
	popup := lms.opened(func() { lms.click("Register tool") })
	popup.sees("Registration complete")
	lms.sees("Greenroom (Demo team)") // the popup has closed itself, and the list is new
	if tools := lms.value(`String(document.querySelectorAll("tbody tr").length)`); tools != "1" {
		t.Errorf("%s tools in the LMS", tools)
	}
}

func shownByLMS(lms *tab, label string) string {
	return lms.value(`(function () {
		const dt = [...document.querySelectorAll("dt")].find((e) => e.innerText.trim() === ` + quoted(label) + `);
		return dt.nextElementSibling.querySelector("code").textContent;
	})()`)
}

func addActivity(lms *tab, d *app.Demo, title, scenario, maximum string) {
	lms.click("Course")
	lms.click("Add activity")
	lms.fill("Title", title)
	lms.fill("Custom parameters", "scenario_id="+scenario)
	lms.fill("Maximum score", maximum)
	lms.click("Save activity")
	lms.sees(title)
}

// practise launches an activity as a student, plays it to its end and returns
// the score as the result page tells it: points of the activity's maximum.
func practise(p *tab, d *app.Demo, title, maximum string) string {
	student := p.tab()
	signInToLMS(student, d, "student")
	stage := student.opened(func() { student.click(title) })
	stage.sees("Start practising")
	stage.audit()
	stage.click("Start practising")
	stage.until("a reply to choose", openReplies+" > 0")
	stage.audit()
	stage.shoot("scenario", 1000, 800)
	for range 60 {
		if stage.value("String("+talkIsOver+")") == "true" {
			break
		}
		heard := stage.value("String(" + said + ")")
		stage.must(chromedp.KeyEvent("1")) // the first reply, by its key
		stage.until("the talk to go on", said+" > "+heard+" && ("+openReplies+" > 0 || "+talkIsOver+")")
	}
	stage.click("See your result")
	stage.sees("Practise again")
	stage.sees("Sent to your course")
	stage.audit()
	stage.shoot("result", 1000, 1100)
	return stage.value(`(document.body.innerText.match(/Sent to your course: ([0-9.]+) of ` + maximum + `/) || [])[1] || ""`)
}

// What the rehearsal shows, as expressions.
const (
	openReplies = `[...document.querySelectorAll(".reply")].filter((e) => !e.disabled && e.checkVisibility()).length`
	talkIsOver  = `!!document.querySelector("[data-result]")?.checkVisibility()`
	said        = `document.querySelectorAll(".line").length`
)

func seesGrade(p *tab, d *app.Demo, title, score string) {
	p.t.Helper()
	if score == "" {
		p.t.Fatal("the result page names no score")
	}
	teacher := p.tab()
	signInToLMS(teacher, d, "teacher")
	teacher.click("Gradebook")
	teacher.sees(title)
	teacher.sees(score + " of ")
}
