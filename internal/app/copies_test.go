package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// An LMS tells by itself of a course that was copied. Its activities have lost
// the name of their scenario, and open it all the same; of a connection that is
// deleted Greenroom wants to hear no more.
func TestACopiedCourseFromItsNoticeToItsLaunch(t *testing.T) {
	g := serveForConformance(t, app.Config{})
	x := newMatrixLMS(t, g, platform.Canvas)
	x.connectDynamically()
	x.addByHand()
	x.practise()

	store, c := g.app.Store.Workspace(g.workspace.ID), x.connection()
	service := func() greenroom.NoticeService {
		t.Helper()
		all, err := store.NoticeServices(t.Context())
		must(t, err)
		if len(all) != 1 {
			t.Fatalf("services of notices: %+v", all)
		}
		return all[0]
	}
	x.until("the subscription", func() bool { return service().Handler == g.app.Kit.URLs.Notices(g.workspace.ID) })

	next, err := x.CopyCourse(x.course)
	must(t, err)
	if n, err := x.DeliverNotices(t.Context()); n != 1 || err != nil {
		t.Fatalf("%d notices delivered: %v", n, err)
	}
	at := greenroom.Place{Connection: c.ID, Deployment: service().Deployment, PlatformID: next}
	copied, err := store.ContextOf(t.Context(), at)
	must(t, err)
	at.PlatformID = x.course
	original, err := store.ContextOf(t.Context(), at)
	must(t, err)
	if copied.CopiedFrom != original.ID || !copied.SeenAt.IsZero() {
		t.Errorf("before anybody has launched the copy is known as %+v", copied)
	}

	x.Enrol(next, x.other, platform.Learner)
	activity := x.Links(next)[0]
	must(t, x.SetCustom(activity.ID, nil))
	form, err := x.LoginRequest(x.other, activity.ID)
	must(t, err)
	landed := x.browser().launch(form)
	if landed.StatusCode != http.StatusOK || !strings.Contains(landed.body, "Good or poor") {
		t.Errorf("the copy: status %d at %s: %s", landed.StatusCode, landed.Request.URL, landed.body)
	}

	_, err = g.app.Service.DeleteConnection(t.Context(), greenroom.Operator(g.workspace.ID), c.ID, c.Platform)
	must(t, err)
	x.until("the farewell", func() bool {
		_, err := x.CopyCourse(x.course)
		must(t, err)
		n, err := x.DeliverNotices(t.Context()) // what has no handler is dropped
		return n == 0 && err == nil
	})
}
