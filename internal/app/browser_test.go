package app_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/target"
	"github.com/chromedp/chromedp"
)

// A tab is one page of a real browser, driven as a person would: by the texts
// that stand on buttons and labels.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// patience bounds a wait for something to appear; it asserts no timing.
const patience = 30 * time.Second

// chromium is one browser for many tests, in which each has its own profile.
// It lives until the last test has ended: see TestMain.
var chromium struct {
	sync.Mutex
	ctx   context.Context
	close context.CancelFunc
}

// openBrowser opens a fresh profile in the browser that all share.
func openBrowser(t *testing.T) *tab {
	t.Helper()
	chromium.Lock()
	defer chromium.Unlock()
	if chromium.ctx == nil {
		chromium.ctx, chromium.close = startChromium(t, context.Background())
	}
	return newProfile(t, chromium.ctx)
}

// startChromium starts a browser that lives as long as the context.
func startChromium(t *testing.T, ctx context.Context, more ...chromedp.ExecAllocatorOption) (context.Context, context.CancelFunc) {
	t.Helper()
	path := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if found, err := exec.LookPath(name); err == nil {
			path = found
			break
		}
	}
	if path == "" {
		t.Fatal("this test needs Chromium: on Debian, apt-get install chromium")
	}
	ctx, end := chromedp.NewExecAllocator(ctx,
		append(append(chromedp.DefaultExecAllocatorOptions[:],
			chromedp.ExecPath(path), chromedp.NoSandbox,
			chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true),
			chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true),
		), more...)...)
	ctx, leave := chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		leave()
		end()
		t.Fatal(err)
	}
	return ctx, func() {
		leave()
		end()
	}
}

// newProfile opens a page with cookies of its own in a browser.
func newProfile(t *testing.T, browser context.Context) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	return newTab(t, ctx)
}

// newTab attaches to a page. A page lives as long as the context of its first
// action, so that one must be the page's own.
func newTab(t *testing.T, ctx context.Context) *tab {
	t.Helper()
	if err := chromedp.Do(ctx, chromedp.EmulateViewport(1280, 900), prefers("light")); err != nil {
		t.Fatal(err)
	}
	return &tab{t, ctx}
}

// prefers sets what the person has chosen in their system: light or dark, and
// no motion, so that nothing that is looked at is half-way.
func prefers(scheme string) chromedp.Action[chromedp.Void] {
	return func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return chromedp.Void{}, err
	}
}

// tab opens another page in a browser of the same kind with its own cookies:
// another person at another desk.
func (p *tab) tab() *tab {
	p.t.Helper()
	return newProfile(p.t, p.ctx)
}

func (p *tab) must(steps ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		p.t.Fatalf("%v\n%s", err, p.text())
	}
}

func (p *tab) open(url string) {
	p.t.Helper()
	p.must(chromedp.Navigate(url))
}

// text returns what a person reads on the page, for failure messages.
func (p *tab) text() string {
	ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.href + "\n\n" + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

func quoted(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// until waits for a JavaScript expression to become true, through reloads.
func (p *tab) until(what, expression string) {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		ctx, cancel := context.WithTimeout(p.ctx, 5*time.Second)
		_, err := chromedp.Run(ctx, chromedp.Poll[bool]("!!("+expression+")",
			chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(4*time.Second)))
		cancel()
		if err == nil {
			return
		}
		if time.Now().After(deadline) || p.ctx.Err() != nil {
			p.t.Fatalf("%s did not come: %v\n%s", what, err, p.text())
		}
	}
}

// sees waits for a text to stand on the page.
func (p *tab) sees(text string) {
	p.t.Helper()
	p.until(fmt.Sprintf("the text %q", text),
		`document.body && document.body.innerText.replace(/\s+/g, " ").toLowerCase().includes(`+quoted(strings.ToLower(text))+`)`)
}

// find looks for the visible control with an accessible name and gives it an
// attribute by which the browser's own mouse can find it. It says so once the
// control has stood in the same place twice.
const find = `(function (name) {
	const clean = (s) => (s || "").replace(/\s+/g, " ").trim();
	for (const e of document.querySelectorAll("[data-found]")) e.removeAttribute("data-found");
	const all = [...document.querySelectorAll("button, a, summary, [role=button], [role=menuitem], input[type=submit]")]
		.filter((e) => e.checkVisibility() && !e.disabled);
	const names = (e) => [e.getAttribute("aria-label"), e.innerText, e.value, e.title].map(clean);
	const hit = all.find((e) => names(e).includes(name)) || all.find((e) => names(e).some((n) => n.startsWith(name)));
	if (!hit) return false;
	hit.setAttribute("data-found", "yes");
	hit.scrollIntoView({ block: "center" });
	// The mouse goes where the control was a moment ago: it must stand still.
	const box = hit.getBoundingClientRect();
	const place = [location.href, box.x, box.y, box.width, innerWidth, innerHeight].join(" ");
	const still = place === window.lastPlace && document.readyState === "complete" && document.fonts.status === "loaded";
	window.lastPlace = place;
	return still;
})`

// click presses the button or link with this name.
func (p *tab) click(name string) {
	p.t.Helper()
	p.until(fmt.Sprintf("the button or link %q", name), find+"("+quoted(name)+")")
	p.press("[data-found]")
}

// press clicks on the element that a selector finds.
func (p *tab) press(selector string) {
	p.t.Helper()
	p.after(func() { p.must(chromedp.Click(chromedp.CSS(selector))) })
}

// takeNote has a document take note of what begins in it: a page that will take
// its place, answers that htmx waits for, a question that has been answered.
const takeNote = `(function () {
	if (window.begun) return;
	const begun = window.begun = { page: false, waits: 0, xhrs: new Set() };
	const here = (target) => ["", "_self"].includes(target || "");
	const elsewhere = (url) => url.split("#")[0] !== location.href.split("#")[0];
	addEventListener("click", (event) => {
		const link = event.target.closest?.("a[href]");
		if (!event.defaultPrevented && link && here(link.target) && !link.hasAttribute("download") && (!link.hash || elsewhere(link.href))) begun.page = true;
	});
	addEventListener("submit", (event) => {
		const said = (name) => event.submitter?.getAttribute("form" + name) || event.target.getAttribute(name);
		if (event.defaultPrevented) return;
		if (said("method") === "dialog") begun.waits++;
		else if (here(said("target"))) begun.page = true;
	});
	// What a page does with the answer it does in its own listeners, after this one.
	addEventListener("close", (event) => {
		if (event.target.matches?.("dialog") && begun.waits > 0) setTimeout(() => begun.waits--);
	}, true);
	addEventListener("htmx:beforeSend", (event) => { begun.xhrs.add(event.detail.xhr); });
	addEventListener("htmx:afterSettle", (event) => { begun.xhrs.delete(event.detail.xhr); });
	addEventListener("htmx:afterRequest", (event) => {
		if (!event.detail.successful || event.detail.xhr.status === 204) begun.xhrs.delete(event.detail.xhr); // nothing settles
	});
})()`

// after does something on the page and waits for what that has begun. Whatever
// is asked of the page then is asked of the next one, if there is one.
func (p *tab) after(do func()) {
	p.t.Helper()
	p.must(chromedp.Evaluate[chromedp.Void](takeNote))
	do()
	// A new document takes no note.
	p.until("the end of what was begun", `document.readyState === "complete" &&
		(!window.begun || !begun.page && !begun.waits && !begun.xhrs.size)`)
}

// fill types into the field with this label, over what stands there.
func (p *tab) fill(label, value string) {
	p.t.Helper()
	p.until(fmt.Sprintf("the field %q", label), `(function (name) {
		for (const e of document.querySelectorAll("[data-found]")) e.removeAttribute("data-found");
		const clean = (s) => (s || "").replace(/\s+/g, " ").trim();
		const l = [...document.querySelectorAll("label")].find((l) => clean(l.innerText).startsWith(name) && l.control && l.control.checkVisibility());
		if (!l) return false;
		l.control.setAttribute("data-found", "yes");
		l.control.value = "";
		l.control.scrollIntoView({ block: "center" });
		return true;
	})(`+quoted(label)+`)`)
	p.must(chromedp.SendKeys(chromedp.CSS("[data-found]"), value))
}

// value evaluates an expression to a text.
func (p *tab) value(expression string) string {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[string](expression))
	if err != nil {
		p.t.Fatalf("%s: %v\n%s", expression, err, p.text())
	}
	return v
}

// opened runs do and returns the tab or window that it opens.
func (p *tab) opened(do func()) *tab {
	p.t.Helper()
	ids := chromedp.WaitNewTarget(p.ctx, func(i *target.Info) bool { return i.Type == "page" })
	do()
	select {
	case id := <-ids:
		ctx, cancel := chromedp.NewContext(p.ctx, chromedp.WithTargetID(id))
		p.t.Cleanup(cancel)
		return newTab(p.t, ctx)
	case <-time.After(patience):
		p.t.Fatalf("no new window opened\n%s", p.text())
		return nil
	}
}

// audit fails the test for every serious finding of axe-core on the page.
func (p *tab) audit() {
	p.t.Helper()
	axe, err := os.ReadFile("testdata/axe-4.14.1.min.js")
	if err != nil {
		p.t.Fatal(err)
	}
	p.value(string(axe) + "; String(!!window.axe)")
	for _, scheme := range []string{"dark", "light"} {
		p.must(prefers(scheme))
		p.until("a page at rest", `(document.documentElement.classList.contains("dark") === `+strconv.FormatBool(scheme == "dark")+`) &&
			document.getAnimations().every((a) => a.playState !== "running")`)
		p.look(scheme)
	}
}

// look runs axe-core once.
func (p *tab) look(scheme string) {
	p.t.Helper()
	p.must(chromedp.Evaluate[chromedp.Void](`window.audited = null, axe.run(document, { resultTypes: ["violations"] }).then((r) => { window.audited = r; })`))
	p.until("axe's verdict", "window.audited")
	found := p.value(`window.audited.violations.filter((v) => ["serious", "critical"].includes(v.impact))
		.map((v) => v.id + ": " + v.help + " (" + v.nodes.map((n) => n.target.join(" ")).slice(0, 3).join(", ") + ")").join("\n")`)
	if found != "" {
		p.t.Errorf("%s, %s: %s", p.value("location.pathname"), scheme, found)
	}
	if passes := p.value("String(window.audited.passes.length)"); passes == "0" {
		p.t.Errorf("%s: axe has looked at nothing", p.value("location.pathname"))
	}
}

// shoot takes a picture for the README if GREENROOM_SCREENSHOTS names a folder.
func (p *tab) shoot(name string, width, height int64) {
	p.t.Helper()
	dir := os.Getenv("GREENROOM_SCREENSHOTS")
	if dir == "" {
		return
	}
	p.must(chromedp.EmulateViewport(width, height))
	raw, err := chromedp.Run(p.ctx, chromedp.CaptureScreenshot())
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, name+".png"), raw, 0o644); err != nil {
		p.t.Fatal(err)
	}
	p.must(chromedp.EmulateViewport(1280, 900))
	p.until("the usual size", "innerWidth === 1280 && innerHeight === 900")
}
