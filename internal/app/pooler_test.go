package app_test

import (
	"net/http"
	"net/url"
	"path"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
)

// Two servers share the few connections of a PgBouncer that lends them for a
// transaction: nothing that is kept in a session is there the next time.
func TestServersBehindAPooler(t *testing.T) {
	pooler := pgtest.NewPooler(t, pgtest.URL(t), 6)
	t.Run("without prepared statements", func(t *testing.T) {
		t.Parallel()
		behindAPooler(t, pooler.URL()+"&default_query_exec_mode=exec")
	})
	t.Run("with prepared statements", func(t *testing.T) {
		t.Parallel()
		pooler := pgtest.NewPooler(t, pgtest.URL(t), 6)
		if pooler.Prepares() {
			behindAPooler(t, pooler.URL())
			return
		}
		_, err := app.Open(t.Context(), app.Config{DataDir: t.TempDir(), DatabaseURL: pooler.URL(), PublicURL: "http://127.0.0.1:9", Development: true})
		if err == nil || !strings.Contains(err.Error(), "add default_query_exec_mode=exec to the URL") {
			t.Errorf("a pooler that forgets them: %v", err)
		}
	})
}

func behindAPooler(t *testing.T, database string) {
	manyStart(t, app.Config{DatabaseURL: database, PublicURL: "http://127.0.0.1:9", Development: true, MasterKey: strings.Repeat("ab", 32)})
	x := newSiteOn(t, database) // whose servers ask, for they cannot listen
	var all sync.WaitGroup
	for range 24 {
		all.Go(func() { x.practises(x.proxy) })
	}
	all.Wait()
	for len(x.lms.Scores(x.lms.link)) == 0 { // until the score is with the LMS
		runtime.Gosched()
	}

	connections, err := x.first.Store.Workspace(x.workspace.ID).Connections(t.Context())
	x.must(err)
	_, err = x.first.Service.SwitchConnection(t.Context(), greenroom.Operator(x.workspace.ID), connections[0].ID, false)
	x.must(err)
	for in := true; in; { // what it hears may be of something before that
		x.second.hears(t, store.Everything)
		form, err := x.lms.LoginRequest(x.lms.learner, x.lms.link)
		x.must(err)
		began, err := x.lms.send(x.second.address, "/lti/"+string(x.workspace.ID)+"/login", form.Fields, nil)
		x.must(err)
		in = began.StatusCode == http.StatusFound
	}
}

// practises launches, ends a session, and sends the launch again.
func (x *site) practises(server string) {
	launch, cookies := x.lms.login(x.t, server, x.workspace)
	in, err := x.lms.send(server, "/lti/"+string(x.workspace.ID)+"/launch", launch, cookies)
	if err != nil || in.StatusCode != http.StatusSeeOther {
		x.t.Errorf("launch: %v, %v", in, err)
		return
	}
	stage := path.Clean("/" + strings.TrimPrefix(in.Header.Get("Location"), "http://"+x.proxy))
	begun := x.ask(server, http.MethodPost, stage+"/sessions", url.Values{}, in.Cookies()...)
	session := strings.TrimPrefix(begun.Header.Get("Location"), "http://"+x.proxy)
	over := x.ask(server, http.MethodPost, session+"/picks", url.Values{"turn": {"0"}, "choice": {"0"}}, in.Cookies()...)
	if over.StatusCode != http.StatusSeeOther {
		x.t.Errorf("the end of a session: %d %s", over.StatusCode, over.body)
	}
	if status := x.lms.post(server, launch, cookies); status/100 != 4 {
		x.t.Errorf("the launch again: status %d", status)
	}
}
