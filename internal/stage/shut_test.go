package stage

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestAVisitEndsWithItsConnection(t *testing.T) {
	for name, shut := range map[string]func(*greenroom.Connection){
		"switched off":           func(c *greenroom.Connection) { c.Disabled = true },
		"its deployment refused": func(c *greenroom.Connection) { c.Deployments = []string{"another"} },
	} {
		t.Run(name, func(t *testing.T) {
			h := newHouse(t)
			h.service.Recent = greenroom.NewRecent(h.service.Store, h.service.Now)
			g := h.launch(nil)
			session := g.begin()
			g.reply(session, 0, 0)
			h.change(shut)
			for what, p := range map[string]page{
				"the lobby":      g.get(g.base),
				"the rehearsal":  g.get(session),
				"a reply":        g.reply(session, 1, 0),
				"a reply in JS":  g.ask(http.MethodPost, session+"/picks", url.Values{"turn": {"1"}, "choice": {"0"}}, true),
				"another try":    g.ask(http.MethodPost, g.base+"/sessions", url.Values{}, false),
				"all practice":   g.get(g.base + "/practice"),
				"someone's work": g.get(g.base + "/review"),
			} {
				if p.StatusCode != http.StatusForbidden {
					t.Errorf("%s: %s", what, p.Status)
				}
				p.shows(t, "switched off in Greenroom for now", "What you have done so far is kept.", "go back to your course")
			}
			h.change(func(c *greenroom.Connection) { *c = h.c })
			if p := g.reply(session, 1, 0); p.StatusCode != http.StatusSeeOther {
				t.Errorf("the reply, once it is on again: %s", p.Status)
			}
			g.get(session+"/result").shows(t, "100 of 100")
		})
	}
}

func TestAVisitByADeploymentThatIsWelcomeAnyway(t *testing.T) {
	h := newHouse(t)
	h.change(func(c *greenroom.Connection) { c.Deployments, c.AcceptDeployments = nil, true })
	g := h.launch(func(l *lti.Launch) { l.DeploymentID = "7" })
	if p := g.get(g.base); p.StatusCode != http.StatusOK {
		t.Errorf("status %s", p.Status)
	}
}

// change changes the connection as an administrator does.
func (h *house) change(fn func(*greenroom.Connection)) {
	h.t.Helper()
	err := h.service.Store.Workspace(h.w.ID).Update(h.t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		c, err := tx.Connection(ctx, h.c.ID)
		if err != nil {
			return err
		}
		fn(&c)
		return tx.SaveConnection(ctx, c)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	if h.service.Recent != nil {
		h.service.Recent.Forget(h.w.ID)
	}
}
