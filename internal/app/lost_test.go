package app_test

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
	"github.com/greenroom-lti/greenroom/internal/store/ready"
)

// The database commits, and the connection is cut before it can say so: nobody
// is sent away for what they have done themselves.
func TestAnAnswerOfTheDatabaseIsLost(t *testing.T) {
	network := pgtest.NewProxy(t, ready.PostgreSQL(t).DatabaseURL)
	x := &site{t: t, lms: newLMSPage(t), client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	x.proxy = "127.0.0.1:9" // of the public URL; nobody goes there
	c := app.Config{DatabaseURL: network.URL(), PublicURL: "http://" + x.proxy, Development: true, MasterKey: strings.Repeat("ab", 32)}
	x.workspace = furnishForLMS(t, c, x.lms)
	x.first = serveOn(t, c)
	const learner = "Lee Learner" // is named in the write that is a launch
	var stage string
	var cookies []*http.Cookie
	for _, how := range []string{"the first launch", "a launch of a place that is known"} {
		launch, began := x.lms.login(t, x.first.address, x.workspace)
		lost := network.LoseCommit(learner)
		in, err := x.lms.send(x.first.address, x.lms.launchPath, launch, began)
		x.must(err)
		<-lost
		if in.StatusCode != http.StatusSeeOther {
			t.Fatalf("%s: %d", how, in.StatusCode)
		}
		stage, cookies = path.Clean("/"+strings.TrimPrefix(in.Header.Get("Location"), c.PublicURL)), in.Cookies()
		if status := x.lms.post(x.first.address, launch, began); status/100 != 4 {
			t.Errorf("%s, sent again: %d", how, status)
		}
	}
	begun := x.ask(x.first.address, http.MethodPost, stage+"/sessions", url.Values{}, cookies...)
	session := strings.TrimPrefix(begun.Header.Get("Location"), c.PublicURL)
	lost := network.LoseCommit(path.Base(session), "commit")
	over := x.ask(x.first.address, http.MethodPost, session+"/picks", url.Values{"turn": {"0"}, "choice": {"0"}}, cookies...)
	<-lost
	if over.StatusCode != http.StatusSeeOther {
		t.Errorf("the end of a session: %d %s", over.StatusCode, over.body)
	}
	ended, err := x.first.Store.Workspace(x.workspace.ID).Session(t.Context(), greenroom.SessionID(path.Base(session)))
	if err != nil || !ended.Ended() {
		t.Errorf("the session: %+v, %v", ended, err)
	}

	launch, began := x.lms.login(t, x.first.address, x.workspace)
	network.Cut(true)
	away := x.ask(x.first.address, http.MethodPost, x.lms.launchPath, launch, began...)
	if away.StatusCode != http.StatusServiceUnavailable || !strings.Contains(away.body, "go back to your course and open the activity again") {
		t.Errorf("a launch while the database is away: %d %s", away.StatusCode, away.body)
	}
	// Whose door it is, is remembered for a second only.
	forgotten := x.ask(x.first.address, http.MethodPost, "/lti/00000000-0000-7000-8000-000000000000/launch", launch, began...)
	if forgotten.StatusCode != http.StatusServiceUnavailable || !strings.Contains(forgotten.body, "go back to your course and open the activity again") {
		t.Errorf("a launch after the workspace has been forgotten: %d %s", forgotten.StatusCode, forgotten.body)
	}
	network.Cut(false)
	if status := x.lms.post(x.first.address, launch, began); status != http.StatusSeeOther {
		t.Errorf("the same launch, when it is back: %d", status)
	}
}
