package app_test

import (
	"testing"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// One registration for all workspaces: an administrator makes a code, and
// whoever teaches in the LMS, as the operator allows here, enters it from
// inside of a launch.
func TestBringingADeploymentInInABrowser(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{})
	p := openBrowser(t)
	admin := signInToGreenroom(p, d)
	shared := d.ToolURL + "/w/demo-team/settings/integrations/lti/shared"
	admin.open(shared)
	admin.sees("Greenroom shares no registration here")
	admin.audit()

	lms := p.tab()
	signInToLMS(lms, d, "admin")
	lms.open(d.LMSURL + "/tools")
	for label, path := range map[string]string{
		"Tool URL": "launch", "Initiate login URL": "login", "Redirection URI(s)": "launch", "Public keyset URL": "jwks.json",
	} {
		lms.fill(label, d.ToolURL+"/lti/"+path)
	}
	lms.fill("Tool name", "Greenroom for all")
	lms.click("Save tool")
	lms.sees("Authentication request URL")
	f := greenroom.SharedForm{
		Platform: "The vendor's LMS", Issuer: shownByLMS(lms, "Issuer / platform ID"), ClientID: shownByLMS(lms, "Client ID"),
		AuthURL: shownByLMS(lms, "Authentication request URL"), TokenURL: shownByLMS(lms, "Access token URL"),
		KeySetURL: shownByLMS(lms, "Public keyset URL"), Claimants: string(greenroom.ClaimByInstructors),
	}
	if _, err := d.App.Service.SaveShared(t.Context(), f); err != nil {
		t.Fatal(err)
	}
	addActivity(lms, d, "Discovery call", "discovery-call", "10")

	student := p.tab()
	signInToLMS(student, d, "student")
	nobodys := student.opened(func() { student.click("Discovery call") })
	nobodys.sees("This part of your LMS is not connected yet")
	nobodys.audit()

	admin.open(shared)
	admin.click("Make a one-time code")
	admin.sees("It is shown only now.")
	admin.audit()
	admin.fits(320)
	code := admin.value(`document.getElementById("claim-code").value || document.getElementById("claim-code").textContent`)

	teacher := p.tab()
	signInToLMS(teacher, d, "teacher")
	claim := teacher.opened(func() { teacher.click("Discovery call") })
	claim.sees("Connect this LMS to a workspace")
	claim.audit()
	claim.fits(320)
	claim.fill("One-time code", "1234-5678-9ABC")
	claim.click("Continue")
	claim.sees("No workspace has this code now.")
	claim.audit()
	claim.fill("One-time code", code)
	claim.click("Continue")
	claim.sees("Connect to Demo team?")
	claim.audit()
	claim.click("Connect")
	claim.sees("belongs to the workspace Demo team")
	claim.audit()

	admin.open(shared)
	admin.sees("The vendor's LMS")
	admin.until("the deployment", `document.querySelectorAll("form[action$='/release']").length === 1`)
	admin.audit()
	admin.fits(320)
	room := student.opened(func() { student.click("Discovery call") })
	room.sees("Start practising")
}
