package app_test

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/greenroom-lti/greenroom/internal/app"
)

// An owner reads who did what, and then deletes the workspace.
func TestAuditLogAndDeletionInABrowser(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{Connected: true})
	p := signInToGreenroom(openBrowser(t), d)

	p.click("Audit log")
	p.sees("Imported a scenario")
	p.must(chromedp.SetValue(chromedp.CSS("#kind"), "connection"))
	p.click("Show")
	p.sees("Show everything")
	p.audit()
	p.fits(320)
	p.shoot("audit", 1280, 900)

	p.click("General")
	p.click("Delete workspace")
	p.sees("What goes")
	p.audit()
	p.fits(320)
	p.shoot("delete", 1280, 1500)
	p.fill("The workspace's name", "something else")
	p.click("Delete workspace")
	p.sees("This is not the workspace's name")
	p.fill("The workspace's name", app.DemoWorkspace)
	p.click("Delete workspace")
	p.sees("You are in no workspace yet")
}

// fits fails the test if the page has to be scrolled sideways at this width.
func (p *tab) fits(width int64) {
	p.t.Helper()
	p.must(chromedp.EmulateViewport(width, 900))
	p.until("the width", fmt.Sprintf("innerWidth === %d", width))
	if wide := p.value(`document.documentElement.scrollWidth > innerWidth ? String(document.documentElement.scrollWidth) : ""`); wide != "" {
		p.t.Errorf("%s is %s pixels wide in a window of %d", p.value("location.pathname"), wide, width)
	}
	p.must(chromedp.EmulateViewport(1280, 900))
	p.until("the usual width", "innerWidth === 1280")
}
