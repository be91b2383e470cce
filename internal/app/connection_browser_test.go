package app_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/greenroom-lti/greenroom/internal/app"
)

// An owner looks after a connection: reads how it stands, changes it, tests it,
// and deletes it in the end.
func TestConnectionPageInABrowser(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{Connected: true})
	p := signInToGreenroom(openBrowser(t), d)

	p.click("Integrations")
	p.click("LTI 1.3")
	p.click("Demo LMS")
	p.sees("Keyset of the LMS")
	p.audit()
	p.fits(320)
	p.shoot("connection", 1280, 2600)
	p.shoot("connection-phone", 390, 2800)

	p.click("Test connection")
	p.sees("Roster of a course")
	p.sees("Back to the connection")
	p.audit()
	p.fits(320)
	p.shoot("connection-test", 1280, 1300)
	p.click("Back to the connection")
	p.sees("Tested just now")
	p.shoot("connection-tested", 1280, 2400)

	p.click("Read again")
	p.sees("The keyset was read")
	p.fill("Platform name", "Renamed LMS")
	p.click("Save connection")
	p.sees("The connection is saved")

	p.click("Switch off")
	p.sees("This connection is switched off.")
	p.audit()
	p.click("Switch on")
	p.sees("is switched on")

	p.click("Delete…")
	p.sees("What goes")
	p.audit()
	p.fits(320)
	p.shoot("connection-delete", 1280, 1200)
	p.fill("The connection's name", "Renamed LMS")
	p.click("Delete connection")
	p.sees("No LMS is connected yet")
}

// An owner picks an LMS and copies from its guide.
func TestGuideInABrowser(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{})
	p := signInToGreenroom(openBrowser(t), d)
	openLTISettings(p)
	p.must(chromedp.SetValue(chromedp.CSS("#lms"), "moodle"))
	p.click("Show guide")
	p.sees("Initiate login URL")
	p.audit()
	p.fits(320)
	p.shoot("guide", 1280, 2600)
	p.shoot("guide-phone", 390, 2600)
}
