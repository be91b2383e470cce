package app_test

import (
	"testing"

	"github.com/greenroom-lti/greenroom/internal/app"
)

func TestRotatingKeysInABrowser(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{})
	admin := signInToGreenroom(openBrowser(t), d)
	openLTISettings(admin)
	admin.click("See and rotate the signing keys")
	admin.sees("Who knows which key")
	admin.audit()
	admin.click("Rotate")
	admin.sees("Rotate the signing key?")
	admin.click("Cancel")
	admin.until("the page without a question", `!document.querySelector("dialog.ask")`)
	admin.click("Rotate")
	admin.sees("The key before is withdrawn on")
	admin.press("dialog.ask [value=yes]")
	admin.sees("The new key is published. It signs from")
	admin.audit()
	admin.shoot("keys", 1280, 1500)
	admin.shoot("keys-narrow", 320, 2600)
}
