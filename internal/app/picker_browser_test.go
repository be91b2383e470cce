package app_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/greenroom-lti/greenroom/internal/demolms"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// A teacher adds two scenarios to the course by keyboard, on a phone, in a
// frame of the LMS's page, also where the browser keeps nothing there; a
// student opens one of them.
func TestPickingByKeyboardInAFrame(t *testing.T) {
	t.Parallel()
	for _, browser := range []string{noThirdParty, nothing} {
		t.Run(browser, func(t *testing.T) {
			t.Parallel()
			h := openTLSHouse(t, platform.Generic)
			p := openBrowserThatKeeps(t, h, browser)
			p.must(chromedp.EmulateViewport(390, 844))
			h.signInAs(p, "teacher")
			p.click("Add from Greenroom")
			room := h.frame(p, "/pick")
			room.sees("Pick scenarios")
			room.until("a page as narrow as its frame", `innerWidth < 390 && document.documentElement.scrollWidth <= innerWidth`)
			room.audit()
			p.must(chromedp.Focus(chromedp.CSS("iframe.tool")))

			p.tabTo(room, `e.name === "picked" && e.labels[0].innerText.startsWith("A discovery call")`)
			p.must(chromedp.KeyEvent(" "))
			p.tabTo(room, `e.name === "picked" && e.labels[0].innerText.startsWith("The third missed")`)
			p.must(chromedp.KeyEvent(" "))
			room.sees("2 picked")
			p.tabTo(room, `e.innerText === "Continue"`)
			room.after(func() { p.must(chromedp.KeyEvent(kb.Enter)) })

			room.sees("How they appear in the course")
			room.until("the browser's zone", `document.getElementById("zone").value === Intl.DateTimeFormat().resolvedOptions().timeZone`)
			room.audit()
			p.tabTo(room, `e.name.startsWith("maximum-")`)
			p.must(chromedp.KeyEvent("0")) // what stands there is selected
			p.tabTo(room, `e.innerText.startsWith("Add 2 activities")`)
			room.after(func() { p.must(chromedp.KeyEvent(kb.Enter)) })
			room.sees("The maximum score must be greater than 0.")
			room.until("the cursor in the field", `document.activeElement.name.startsWith("maximum-")`)
			p.must(chromedp.KeyEvent(kb.End), chromedp.KeyEvent(kb.Backspace), chromedp.KeyEvent("20"), chromedp.KeyEvent(kb.Enter))

			p.until("the LMS's page in the frame", inFrame("Added to the course"))
			p.until("what was picked", inFrame("A discovery call"))
			p.open(h.lmsURL)
			p.sees("The third missed delivery")

			student := p.tab()
			h.signInAs(student, "student")
			student.click("A discovery call")
			h.frame(student, "/stage/").sees("Start practising")
			if columns := h.lms.Platform().Gradebook(h.lms.Course()); len(columns) != 3 || columns[1].Maximum != 20 || columns[1].ResourceID == "" {
				t.Errorf("columns %+v", columns)
			}
		})
	}
}

// inFrame tells whether the frame of the LMS's page, on a page of the LMS
// itself by then, shows a text.
func inFrame(text string) string {
	return `document.querySelector("iframe.tool").contentDocument?.body?.innerText.includes(` + quoted(text) + `)`
}

// tabTo presses Tab until the focus in a frame is on an element e of which the
// condition holds.
func (p *tab) tabTo(room *tab, condition string) {
	p.t.Helper()
	for range 60 {
		if room.value(`String(((e) => !!e && e !== document.body && (`+condition+`))(document.activeElement))`) == "true" {
			return
		}
		p.must(chromedp.KeyEvent(kb.Tab))
	}
	p.t.Fatalf("Tab does not come to %s\n%s", condition, room.text())
}

func (h *tlsHouse) signInAs(p *tab, role string) {
	p.t.Helper()
	p.open(h.lmsURL + "/sign-in")
	var who demolms.Account
	for _, a := range h.lms.Accounts() {
		if a.Role == role {
			who = a
			break
		}
	}
	p.click("Sign in as " + who.Name)
	p.sees("Sign out")
}
