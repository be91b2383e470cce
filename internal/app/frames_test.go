package app_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// What a browser lets a tool keep while it is shown in an LMS's page.
const (
	noThirdParty = "no third-party cookies" // partitioned ones are none
	nothing      = "nothing at all"         // as browsers that know no partitioned cookies
)

// Every rung of the ladder, in a real browser, on two sites over TLS: the LMS
// shows the tool in a frame of its page.
func TestALaunchInAFrame(t *testing.T) {
	t.Parallel()
	named := platform.Generic
	named.StorageTarget = "post_message_forwarding" // a frame beside ours, as Canvas and Blackboard have
	unnamed := platform.Generic
	unnamed.StorageUnnamed = true
	without := platform.Generic
	without.StorageTarget = ""
	for name, tc := range map[string]struct {
		browser string
		profile platform.Profile
		fault   platform.Fault
		rung    greenroom.Rung // empty: refused
		toEnd   bool           // rehearse to the end, else for one reply
	}{
		"by a partitioned cookie":                   {browser: noThirdParty, profile: without, rung: greenroom.RungCookie, toEnd: true},
		"by the storage of the page":                {browser: nothing, profile: platform.Generic, rung: greenroom.RungStorage, toEnd: true},
		"by the storage of a frame of the page":     {browser: nothing, profile: named, rung: greenroom.RungStorage},
		"by the storage that the page has, unnamed": {browser: nothing, profile: unnamed, rung: greenroom.RungStorage},
		"by storage among wrong answers":            {browser: nothing, profile: platform.Generic, fault: platform.Fault{Body: platform.Lies}, rung: greenroom.RungStorage},
		"in a window, for there is no storage":      {browser: nothing, profile: without, rung: greenroom.RungWindow},
		"in a window, for the page says nothing":    {browser: nothing, profile: platform.Generic, fault: platform.Fault{Status: 404}, rung: greenroom.RungWindow},
		"in a window, for the frame is not there":   {browser: nothing, profile: named, fault: platform.Fault{Status: 404}, rung: greenroom.RungWindow},
		"not at all, for the page has forgotten":    {browser: nothing, profile: platform.Generic, fault: platform.Fault{Body: platform.Forgets}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := openTLSHouse(t, tc.profile)
			if tc.fault != (platform.Fault{}) {
				tc.fault.Endpoint, tc.fault.Times = platform.StorageEndpoint, -1
				h.lms.Platform().Fail(tc.fault)
			}
			p := openBrowserThatKeeps(t, h, tc.browser)
			h.signIn(p)
			p.click(h.activity)

			var room *tab
			switch tc.rung {
			case "":
				h.frame(p, "/launch/stored").sees("Your browser did not bring back")
				return
			case greenroom.RungWindow:
				offer := h.frame(p, "/login")
				offer.sees("Open this activity in a new window")
				room = p.opened(func() { offer.click("Open in a new window") })
				offer.sees("The activity is in the new window")
			default:
				room = h.frame(p, "/stage/")
			}
			rehearse(room, tc.toEnd)
			h.sawRung(t, tc.rung)
		})
	}
}

// openBrowserThatKeeps starts Chromium with a profile that lets the tool keep
// only some things in a frame.
func openBrowserThatKeeps(t *testing.T, h *tlsHouse, what string) *tab {
	t.Helper()
	profile := map[string]any{"cookie_controls_mode": 1, "block_third_party_cookies": true}
	if what == nothing {
		profile["content_settings"] = map[string]any{"exceptions": map[string]any{"cookies": map[string]any{
			h.toolURL + "," + h.lmsURL: map[string]any{"setting": 2},
		}}}
	}
	raw, err := json.Marshal(map[string]any{"profile": profile})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	if err := os.MkdirAll(filepath.Join(dir, "Default"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "Default", "Preferences"), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	ctx, end := startChromium(t, t.Context(), chromedp.UserDataDir(dir), chromedp.Flag("ignore-certificate-errors-spki-list", h.spki),
		chromedp.Flag("force-prefers-reduced-motion", true))
	t.Cleanup(end)
	return newTab(t, ctx)
}

func (h *tlsHouse) signIn(p *tab) {
	p.t.Helper()
	p.open(h.lmsURL + "/sign-in")
	for _, a := range h.lms.Accounts() {
		if a.Role == "student" {
			p.click("Sign in as " + a.Name)
			break
		}
	}
	p.sees("Sign out")
}

// frame attaches to the tool's frame once it shows a page whose URL has a part.
func (h *tlsHouse) frame(p *tab, part string) *tab {
	p.t.Helper()
	deadline := time.Now().Add(patience)
	for time.Now().Before(deadline) {
		all, err := chromedp.Targets(p.ctx)
		if err != nil {
			p.t.Fatal(err)
		}
		for _, i := range all {
			if i.Type == "iframe" && strings.HasPrefix(i.URL, h.toolURL) && strings.Contains(i.URL, part) {
				ctx, cancel := chromedp.NewContext(p.ctx, chromedp.WithTargetID(i.TargetID))
				p.t.Cleanup(cancel)
				if err := chromedp.Do(ctx); err != nil {
					p.t.Fatal(err)
				}
				return &tab{p.t, ctx}
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	p.t.Fatalf("the tool's frame did not come to %s\n%s", part, p.text())
	return nil
}

// rehearse plays the scenario. Every page must work as the first.
func rehearse(room *tab, toEnd bool) {
	room.t.Helper()
	room.click("Start practising")
	room.until("a reply to choose", openReplies+" > 0")
	room.value(`window.old = true, location.reload(), ""`)
	room.until("the same room after a reload", "!window.old && "+openReplies+" > 0")
	for range 60 {
		heard := room.value("String(" + said + ")")
		room.click(room.value(`document.querySelector(".reply:not([disabled])").innerText.replace(/\s+/g, " ").trim()`))
		room.until("the talk to go on", said+" > "+heard+" && ("+openReplies+" > 0 || "+talkIsOver+")")
		if !toEnd || room.value("String("+talkIsOver+")") == "true" {
			break
		}
	}
	if !toEnd {
		return
	}
	room.click("See your result")
	room.sees("Sent to your course")
	room.click("All attempts")
	room.sees("Practise again")
}

// sawRung holds the launch log against what the browser had to do.
func (h *tlsHouse) sawRung(t *testing.T, want greenroom.Rung) {
	t.Helper()
	all, err := h.app.Store.Instance().Workspaces(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := h.app.Store.Workspace(all[0].ID).Launches(t.Context(), greenroom.LaunchFilter{Limit: 10})
	if err != nil || len(rows) != 1 || rows[0].Rung != want {
		t.Errorf("launch log: %+v, %v; want one launch by %q", rows, err, want)
	}
}
