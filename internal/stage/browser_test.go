package stage

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A room is the stage in a real browser, behind a connection that breaks on
// request.
type room struct {
	t     *testing.T
	ctx   context.Context
	g     *guest
	url   string
	fault atomic.Value // of the next replies: a fault
}

type fault string

const (
	none       fault = ""
	lost       fault = "lost"       // the connection ends without an answer
	unreadable fault = "unreadable" // the server answers with an error page
)

// patience bounds a wait for something to appear; it asserts no timing.
const patience = 30 * time.Second

func openRoom(t *testing.T) *room {
	t.Helper()
	path := findChromium(t)
	h := newHouse(t)
	server := httptest.NewUnstartedServer(nil)
	r := &room{t: t, url: "http://" + server.Listener.Addr().String()}
	r.fault.Store(none)
	h.serve(r.url)
	r.g = h.launch(nil)
	r.g.cookie.Name = strings.TrimPrefix(r.g.cookie.Name, "__Host-") // over plain http it has no prefix
	server.Config.Handler = http.HandlerFunc(r.serve)
	server.Start()
	t.Cleanup(server.Close)

	ctx, cancel := chromedp.NewExecAllocator(t.Context(), append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.Flag("disable-gpu", true),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true))...)
	t.Cleanup(cancel)
	r.ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(r.ctx, chromedp.EmulateViewport(320, 400)); err != nil {
		t.Fatal(err)
	}
	r.calm()
	r.do(chromedp.Navigate(r.url + "/enter"))
	r.until(`!!document.querySelector(".go button")`)
	r.do(chromedp.Click(chromedp.CSS(".go button")))
	// Complete, so that the script that takes keys has run.
	r.until(`document.readyState == "complete" && document.querySelectorAll(".reply").length == 3`)
	return r
}

func findChromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("this test needs Chromium: on Debian, apt-get install chromium")
	return ""
}

func (r *room) serve(w http.ResponseWriter, q *http.Request) {
	if q.URL.Path == "/enter" {
		id := greenroom.LaunchID(r.g.base[strings.LastIndex(r.g.base, "/")+1:])
		r.g.kit.SetStageCookie(w, q, id, r.g.cookie.Value, noon.Add(time.Hour))
		http.Redirect(w, q, r.g.base, http.StatusSeeOther)
		return
	}
	if q.Method == http.MethodPost {
		switch r.fault.Load() {
		case lost:
			panic(http.ErrAbortHandler)
		case unreadable:
			q.Header.Set("Content-Type", "multipart/form-data")
		}
	}
	r.g.handler.ServeHTTP(w, q)
}

// calm asks for no motion, so that nothing waits for a pause.
func (r *room) calm() {
	r.t.Helper()
	r.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-reduced-motion", Value: "reduce"}},
		})
		return chromedp.Void{}, err
	})
}

func (r *room) do(steps ...chromedp.Action[chromedp.Void]) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		r.t.Fatalf("%v\n%s", err, r.text())
	}
}

func (r *room) until(expression string) {
	r.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		ctx, cancel := context.WithTimeout(r.ctx, 5*time.Second)
		_, err := chromedp.Run(ctx, chromedp.Poll[bool](expression,
			chromedp.WithPollingInterval(20*time.Millisecond), chromedp.WithPollingTimeout(4*time.Second)))
		cancel()
		if err == nil {
			return
		}
		if time.Now().After(deadline) || r.ctx.Err() != nil {
			r.t.Fatalf("%s did not come true: %v\n%s", expression, err, r.text())
		}
	}
}

func (r *room) text() string {
	ctx, cancel := context.WithTimeout(r.ctx, 5*time.Second)
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](`location.pathname + "\n" + document.body.innerText`))
	if err != nil {
		return err.Error()
	}
	return text
}

func (r *room) sees(text string) {
	r.t.Helper()
	raw, _ := json.Marshal(text) // a string always can
	r.until(`document.body && document.body.innerText.replace(/\s+/g, " ").includes(` + string(raw) + `)`)
}

// loses waits for the line about a reply that did not arrive.
func (r *room) loses(text string) {
	r.t.Helper()
	r.until(`!!document.querySelector(".lost")?.checkVisibility()`)
	r.sees(text)
}

func TestTheKeyboardPlaysTheWholeTalk(t *testing.T) {
	r := openRoom(t)
	r.do(chromedp.KeyEvent("9"), chromedp.KeyEvent("1"))
	r.sees("Reply 2")
	r.do(chromedp.KeyEvent("2"))
	r.sees("The conversation is over.")
	r.until(`document.activeElement.matches("[data-result]")`)
	r.until(`document.documentElement.scrollWidth <= 320`)
	r.do(chromedp.KeyEvent("\r"))
	r.sees("Waiting for your LMS.")
	r.g.deliver()
	r.sees("Sent to your course: 8.33 of 10.") // the page asks by itself
}

// The second click may come after the next replies have taken the place of
// the first.
func TestADoubleClickIsNoSecondTurn(t *testing.T) {
	r := openRoom(t)
	r.click(1)
	r.sees("Reply 2")
	r.click(2)
	r.do(chromedp.KeyEvent("1")) // whatever the click did has been done before this key
	r.sees("The conversation is over.")
	r.g.get(r.session()).shows(t, "You: Tea?")
}

// click presses the mouse on the last reply as the given click in a row.
func (r *room) click(count int) {
	r.t.Helper()
	at, err := chromedp.Run(r.ctx, chromedp.Evaluate[[]float64](`(() => {
		const last = [...document.querySelectorAll(".reply")].at(-1);
		last.scrollIntoView();
		const box = last.getBoundingClientRect();
		return [box.left + 20, box.top + 10];
	})()`))
	if err != nil {
		r.t.Fatal(err)
	}
	r.do(chromedp.MouseClickXY(at[0], at[1], chromedp.ClickCount(count)))
}

func (r *room) session() string {
	r.t.Helper()
	path, err := chromedp.Run(r.ctx, chromedp.Evaluate[string]("location.pathname"))
	if err != nil {
		r.t.Fatal(err)
	}
	return path
}

const lostLine = "Connection lost. Your reply is kept and will be sent again."

func TestALostConnectionKeepsTheReply(t *testing.T) {
	for name, again := range map[string]func(*room){
		"and sends it by itself":             func(*room) {},
		"until the learner tries again":      func(r *room) { r.do(chromedp.Click(chromedp.CSS(".lost button"))) },
		"until the page is loaded once more": func(r *room) { r.do(chromedp.Reload()) },
	} {
		t.Run(name, func(t *testing.T) {
			r := openRoom(t)
			r.fault.Store(lost)
			r.do(chromedp.KeyEvent("2"))
			r.loses(lostLine)
			r.sees("Nobody.")
			r.fault.Store(none)
			again(r)
			r.sees("Reply 2")
			r.g.get(r.session()).shows(t, "You: Nobody.", "Reply 2")
		})
	}
}

func TestAnErrorKeepsTheTalkAndNamesItsReference(t *testing.T) {
	r := openRoom(t)
	r.fault.Store(unreadable)
	r.do(chromedp.KeyEvent("1"))
	r.loses("This form could not be read.")
	r.until(`/Reference [0-9A-Z]{12}$/.test(document.querySelector(".lost p").innerText)`)
	r.sees("Who <em>are</em> you?")
	r.fault.Store(none)
	r.do(chromedp.Click(chromedp.CSS(".lost button")))
	r.sees("Reply 2")
}

func TestLeavingAsksOnce(t *testing.T) {
	r := openRoom(t)
	r.do(chromedp.Click(chromedp.CSS(".leave button")))
	r.sees("Leave this practice?")
	r.do(chromedp.KeyEvent("1"), chromedp.Click(chromedp.CSS(`dialog button[value=""]`)))
	r.sees("Reply 1") // the key went to the question, not to the talk
	r.do(chromedp.Click(chromedp.CSS(".leave button")))
	r.do(chromedp.Click(chromedp.CSS(`dialog button[value="leave"]`)))
	r.sees("Your attempt, begun")
	r.sees("Continue")
}

func TestTheObjectiveIsOneTapAway(t *testing.T) {
	r := openRoom(t)
	r.do(chromedp.Click(chromedp.CSS(".goal summary")))
	r.sees("Say two <s>things</s>.")
	r.do(chromedp.KeyEvent("\u001b"))
	r.until(`!document.querySelector(".goal").open && document.activeElement.matches(".goal summary")`)
}
