package admin

import (
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/guide"
)

func TestTheGuideHasThisWorkspacesValues(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	base := "https://practice.example.com/lti/" + string(s.northwind.ID)
	moodle := dana.get(lti + "?lms=moodle").body
	inOrder(t, moodle, "<h3>Dynamic registration</h3>", "Tool URL", "A registration URL that you generate",
		"<h3>By hand</h3>", ">Tool URL</label>", `value="`+base+`/launch"`, ">Public keyset</label>", `value="`+base+`/jwks.json"`,
		">Initiate login URL</label>", `value="`+base+`/login"`, ">Redirection URI(s)</label>", `value="`+base+`/launch"`,
		"Back in Greenroom", "Platform ID", "Afterwards")
	canvas := dana.get(lti + "?lms=canvas").body
	inOrder(t, canvas, "JSON URL", `value="`+base+`/canvas.json"`)
	if !strings.Contains(dana.get(lti).body, `href="`+base+`/key.pem"`) {
		t.Error("no public key to download")
	}
}

func TestAPickedLMSFillsInWhatAllItsCustomersShare(t *testing.T) {
	dana := newSite(t).as("dana")
	page := dana.get(lti + "?lms=schoology").body
	inOrder(t, page, ">Platform name</label>", `value="Schoology"`, ">Issuer / platform ID</label>", `value="https://schoology.schoology.com"`,
		">Client ID</label>", `value=""`, ">Access token URL</label>", `value="https://lti-service.svc.schoology.com/lti-service/access-token"`)
	for _, lms := range []string{"", "no-such-lms", "generic"} {
		if page := dana.get(lti + "?lms=" + lms).body; !strings.Contains(page, `name="issuer" value=""`) {
			t.Errorf("%q fills in something", lms)
		}
	}
}

func TestEveryGuideIsShown(t *testing.T) {
	dana := newSite(t).as("dana")
	for _, g := range guide.All() {
		page := dana.get(lti + "?lms=" + g.Code)
		for _, w := range g.Ways {
			page.has(t, "<h3>"+w.Title+"</h3>")
		}
		if strings.Contains(page.body, "**") || strings.Contains(page.body, "{login}") {
			t.Errorf("%s: marks are left in the page", g.Code)
		}
	}
}
