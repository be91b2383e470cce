package greenroom_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestNormalReference(t *testing.T) {
	for typed, want := range map[string]string{
		"7XK2M9QRTV4W": "7XK2M9QRTV4W", " 7xk2-m9qr tv4w\n": "7XK2M9QRTV4W", "7xk2‑m9qr–tv4w": "7XK2M9QRTV4W",
		"O0il": "0011", "": "", " - ": "",
	} {
		if got := greenroom.NormalReference(typed); got != want {
			t.Errorf("%q: %q, want %q", typed, got, want)
		}
	}
}

// refuse writes rows of the launch log, one a minute.
func (h *house) refuse(n int) {
	h.t.Helper()
	err := h.Store.Workspace(h.workspace.ID).Update(h.t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		for i := range n {
			l := greenroom.Launch{ID: greenroom.LaunchID(fmt.Sprintf("launch-%03d", i)), Reference: fmt.Sprintf("REF0000000%02d", i%100),
				At: h.clock.Add(time.Duration(i) * time.Minute), Outcome: greenroom.LaunchRefused, Check: "nonce"}
			if err := tx.AddLaunch(ctx, l); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func TestTheLogIsReadPageByPage(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.refuse(120)
		var seen []greenroom.LaunchID
		f := greenroom.LaunchFilter{Outcome: greenroom.LaunchRefused, Limit: 9999}
		for pages := 1; ; pages++ {
			page := must(h.Launches(t.Context(), h.admin, f))
			for _, l := range page.Rows {
				seen = append(seen, l.ID)
			}
			if page.Older == (greenroom.LaunchCursor{}) {
				if pages != 3 {
					t.Errorf("%d pages", pages)
				}
				break
			}
			f.Before = page.Older
		}
		for i, id := range seen {
			if want := greenroom.LaunchID(fmt.Sprintf("launch-%03d", 119-i)); id != want {
				t.Fatalf("%s at place %d, want %s", id, i, want)
			}
		}
		if len(seen) != 120 {
			t.Errorf("%d of 120 rows", len(seen))
		}
	})
}

func TestSearchByReference(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.refuse(12)
		for typed, want := range map[string]int{
			"ref0": 12, "REF0-0000-0003": 1, "ref 000 000 01": 2, "refO": 12, "REF00000000333": 0, "öööö": 0, "%%%%": 0, "REF1": 0,
		} {
			page, err := h.Launches(t.Context(), h.admin, greenroom.LaunchFilter{Reference: typed})
			if err != nil || len(page.Rows) != want {
				t.Errorf("%q: %d rows, %v, want %d", typed, len(page.Rows), err, want)
			}
		}
		_, err := h.Launches(t.Context(), h.admin, greenroom.LaunchFilter{Reference: "R-E F"})
		if wrong, ok := errors.AsType[*greenroom.Invalid](err); !ok || wrong.Of("reference") == "" {
			t.Errorf("three characters: %v", err)
		}
	})
}

func TestWhoReadsTheLog(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.refuse(1)
		other := must(h.CreateWorkspace(t.Context(), "Other", "", false))
		for name, a := range map[string]greenroom.Actor{
			"a member": {Workspace: h.workspace.ID, Role: greenroom.MemberRole}, "nobody": {}, "another workspace": greenroom.Operator(other.ID),
		} {
			if _, err := h.ShowLaunch(t.Context(), a, "launch-000"); !errors.Is(err, greenroom.ErrNotFound) {
				t.Errorf("%s: %v", name, err)
			}
			if page, err := h.Launches(t.Context(), a, greenroom.LaunchFilter{}); len(page.Rows) > 0 || err != nil && !errors.Is(err, greenroom.ErrNotFound) {
				t.Errorf("%s: %d rows, %v", name, len(page.Rows), err)
			}
		}
	})
}

func TestARecordedLaunchKeepsMaskedClaims(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		l := launchOf(c, "6", 5001)
		l.Claims = []byte(payload)
		at := greenroom.Arrival{Reference: "REF000000077", Begun: h.now(), Rung: greenroom.RungStorage}
		h.pass(31 * time.Millisecond)
		launch, _, err := h.RecordLaunch(t.Context(), h.workspace.ID, l, at)
		if err != nil {
			t.Fatal(err)
		}
		got := must(h.ShowLaunch(t.Context(), h.admin, launch.ID))
		if got.Took != 31*time.Millisecond || got.Rung != greenroom.RungStorage || got.Reference != at.Reference {
			t.Errorf("%v, %s, %s", got.Took, got.Rung, got.Reference)
		}
		if !strings.Contains(got.Claims, "moodle.example.edu") || strings.Contains(got.Claims, "Amira") {
			t.Errorf("claims: %s", got.Claims)
		}
		if got.PlatformName == "" || got.LearnerName == "" || got.Scenario.Slug != "tiny" {
			t.Errorf("names: %+v", got)
		}
	})
}
