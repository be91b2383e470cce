package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestPageSaysWhatIsWrongWithTheDatabase(t *testing.T) {
	for name, tc := range map[string]struct {
		err    error
		status int
		says   string
	}{
		"it is full":         {greenroom.ErrFull, http.StatusInsufficientStorage, "no room left on its disk"},
		"it does not answer": {greenroom.ErrUnreachable, http.StatusServiceUnavailable, "database does not answer"},
		"nobody knows":       {errors.New("odd"), http.StatusInternalServerError, "Nothing that you did caused this"},
	} {
		t.Run(name, func(t *testing.T) {
			page := pageOf(fmt.Errorf("launch: %w: secret detail", tc.err))
			if page.Status != tc.status || !strings.Contains(page.Sentence, tc.says) {
				t.Errorf("%d %q, want %d %q", page.Status, page.Sentence, tc.status, tc.says)
			}
			if strings.Contains(page.Title+page.Sentence+page.Hint, "secret") {
				t.Error("the page shows the cause")
			}
		})
	}
}

// The admin pages open in no frame, and are nothing to a learner.
func TestErrorsInFramesDoNotLeadToTheAdminPages(t *testing.T) {
	h := newHouse(t, publicURL)
	page := body(t, h.get("/stage/nowhere"))
	if strings.Contains(page, "Open Greenroom") || !strings.Contains(page, "Go back to your course and open the activity once more.") {
		t.Errorf("in a frame:\n%s", page)
	}
	if page := body(t, h.get("/nowhere")); !strings.Contains(page, "Open Greenroom") {
		t.Errorf("elsewhere:\n%s", page)
	}
}
