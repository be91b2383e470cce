package app_test

import (
	"testing"

	"github.com/greenroom-lti/greenroom/internal/app"
)

const findMadeLink = `document.querySelector("#made-link")?.value`

// People come, forget and leave, each in a browser of their own.
func TestPeopleInABrowser(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{})
	p := openBrowser(t)
	owner := signInToGreenroom(p, d)
	owner.click("Members")
	owner.fill("E-mail address", "ben@example.com")
	owner.click("Make invitation link")
	owner.until("the invitation", findMadeLink)
	invitation := owner.value(findMadeLink)
	owner.audit()

	owner.open(invitation)
	owner.sees("This invitation is for somebody else")
	owner.audit()

	ben := p.tab()
	ben.open(invitation)
	ben.sees("From now on you sign in as ben@example.com")
	ben.fill("Your name", "Ben Brook")
	ben.fill("Password", "a new passphrase")
	ben.audit()
	ben.click("Join")
	ben.sees("You are now a member of")
	ben.click("Your menu")
	ben.click("Your account")
	ben.sees("Sign out everywhere")
	ben.audit()
	ben.click("Sign out everywhere")
	ben.sees("For people who set up and look after scenarios")

	owner.open(d.ToolURL)
	owner.click("Members")
	owner.click("Manage Ben Brook")
	owner.click("Make reset link")
	owner.until("the reset link", findMadeLink)
	reset := owner.value(findMadeLink)
	owner.audit()
	owner.click("Remove from workspace")
	owner.sees("The account, other workspaces, and all that was set up here stay.")
	owner.click("Remove")
	owner.sees("Ben Brook is no member any more")

	ben.open(reset) // it was for a member of this workspace
	ben.sees("This link was revoked")
	ben.audit()
}
