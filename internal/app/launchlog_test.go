package app_test

import (
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/app"
)

// A learner is turned away and reads out the reference; the administrator finds
// the launch by it, and what to do.
func TestTheLaunchLogInABrowser(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{Connected: true})
	p := openBrowser(t)
	lms := p.tab()
	signInToLMS(lms, d, "admin")
	addActivity(lms, d, "Lost and found", "no-such-scenario", "10")

	student := p.tab()
	signInToLMS(student, d, "student")
	student.opened(func() { student.click(d.Activity) }).sees("Start practising")
	refused := student.opened(func() { student.click("Lost and found") })
	refused.sees("The scenario of this activity is not in Greenroom.")
	reference := refused.value(`document.querySelector(".reference").innerText`)

	admin := signInToGreenroom(p, d)
	admin.click("Launch log")
	admin.sees("Got in")
	admin.sees("Refused")
	fitsAPhone(admin, "launches")
	admin.audit()
	admin.fill("Reference", strings.ToLower(reference[:4])+" "+reference[4:8])
	admin.click("Search")
	admin.sees("Show all launches")
	if got := admin.value(`String(document.querySelectorAll("tbody tr").length)`); got != "1" {
		t.Errorf("%s rows for the reference", got)
	}
	admin.press("tbody a.title")
	admin.sees("An administrator of this workspace can fix this.")
	admin.sees("What the LMS said")
	who := account(t, d, "student")
	admin.sees(who.Name)
	claims := admin.value(`document.querySelector("[aria-labelledby=claims-title]").innerText`)
	if strings.Contains(claims, who.Name) || !strings.Contains(claims, "•••@example.com") || !strings.Contains(claims, "no-such-scenario") {
		t.Errorf("the claims are not masked, or not there:\n%s", claims)
	}
	fitsAPhone(admin, "launch")
	admin.audit()
}

// fitsAPhone looks at a page at the width of a phone.
func fitsAPhone(p *tab, name string) {
	p.t.Helper()
	p.shoot(name+"-wide", 1280, 1600)
	p.fits(390)
	p.shoot(name+"-phone", 390, 1800)
}
