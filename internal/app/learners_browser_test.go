package app_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/greenroom-lti/greenroom/internal/app"
)

// A learner looks back at their practice; an administrator finds them, compares
// them with somebody, sees what retention would erase, and erases them.
func TestLearnersInABrowser(t *testing.T) {
	t.Parallel()
	d := openDemo(t, app.DemoOptions{Connected: true})
	p := openBrowser(t)
	student := p.tab()
	signInToLMS(student, d, "student")
	room := student.opened(func() { student.click(d.Activity) })
	room.sees("Start practising")
	for range 2 {
		playThrough(room)
	}
	room.click("Your practice")
	room.sees("Everything you have practised here")
	room.until("the chart", `!!document.querySelector("svg.score-line")`)
	fitsAPhone(room, "practice")
	room.audit()
	room.press(".attempts a")
	room.sees("Item by item")

	fillClass(t, d, 3)
	who := account(t, d, "student")
	admin := signInToGreenroom(p, d)
	admin.click("Learners")
	admin.sees(who.Name)
	fitsAPhone(admin, "learners")
	admin.audit()
	admin.click(who.Name)
	admin.sees("2 sessions in this workspace")
	fitsAPhone(admin, "learner")
	admin.audit()
	own := admin.value("location.href")
	admin.open(own + "/merge?other=class-learner-1")
	admin.sees("What does not change")
	fitsAPhone(admin, "learner-merge")
	admin.audit()
	admin.open(own)
	admin.click("Erase learner")
	admin.sees("Are you sure?")
	fitsAPhone(admin, "learner-erase")
	admin.audit()
	admin.fill("What they are called", who.Name)
	admin.click("Erase learner")
	admin.sees("The learner and everything they did here is erased")

	room.must(chromedp.Reload())
	room.sees("This practice has been closed in this browser")

	admin.click("Integrations")
	admin.click("LTI 1.3")
	admin.press("#connected tbody a.title")
	admin.click("Open copies and moves")
	admin.sees("Notices of copied courses")
	fitsAPhone(admin, "copies")
	admin.audit()

	admin.open(admin.value(`document.querySelector("a[href$='/settings']").href`) + "/retention?months=12")
	admin.sees("No session and no learner is that old by now.")
	fitsAPhone(admin, "retention")
	admin.audit()
}

// playThrough plays an attempt to its end by the first replies, and shows its
// result.
func playThrough(room *tab) {
	room.t.Helper()
	room.until("a way in", `!![...document.querySelectorAll("button")].find((b) => /Start practising|Practise again/.test(b.innerText))`)
	room.after(func() {
		room.must(chromedp.Evaluate[chromedp.Void](`[...document.querySelectorAll("button")].find((b) => /Start practising|Practise again/.test(b.innerText)).click()`))
	})
	room.until("the end of the talk", `(() => {
		if (document.querySelector(".room[data-ended] [data-result]")) return true;
		document.querySelector(".reply:not([disabled])")?.click();
		return false;
	})()`)
	room.press("[data-result]")
	room.sees("The conversation")
}
