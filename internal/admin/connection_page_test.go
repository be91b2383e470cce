package admin

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	lti13 "github.com/greenroom-lti/greenroom/lti"
)

// connect saves the manual form and returns the path of the connection's page.
func (s *site) connect() (greenroom.Connection, string) {
	s.t.Helper()
	s.as("dana").post(lti+"/connections", manual())
	all := must(s.service.Connections(s.t.Context(), s.owner))(s.t)
	return all[0], lti + "/connections/" + string(all[0].ID)
}

// edits is the page's form as it stands for the manual connection.
func edits() url.Values {
	f := manual()
	f.Set("audience", "")
	return f
}

func TestARowOpensItsConnection(t *testing.T) {
	s := newSite(t)
	c, path := s.connect()
	dana := s.as("dana")
	dana.get(lti).has(t, `<a class="title" href="`+path+`"><bdi>Campus Moodle</bdi></a>`)
	page := dana.get(path)
	page.has(t, "<h1><bdi>Campus Moodle</bdi>", "No launch yet", "yZ3kQm81LtQ0xB2", "By hand", "No others may launch",
		"connection="+string(c.ID), "Connected an LMS", "Switch off", path+"/delete")
	inOrder(t, page.body, ">Connection</h2>", ">Keyset of the LMS</h2>", ">Our signing keys</h2>", ">Settings</h2>", ">History of changes</h2>")
	if n := strings.Count(page.body, "<h1"); n != 1 {
		t.Errorf("%d h1", n)
	}
}

func TestConnectionsOfOthersHaveNoPage(t *testing.T) {
	s := newSite(t)
	_, path := s.connect()
	for who, at := range map[string]string{
		"mel": path, "eve": path, "": path,
		"dana": lti + "/connections/nothing",
	} {
		page := s.as(who).get(at)
		if page.status != http.StatusNotFound && page.status != http.StatusSeeOther {
			t.Errorf("%s gets %d", who, page.status)
		}
	}
	eves := strings.Replace(path, "/northwind/", "/elsewhere/", 1)
	if page := s.as("eve").get(eves); page.status != http.StatusNotFound {
		t.Errorf("Eve gets %d by her own workspace", page.status)
	}
}

func TestTheEditFormLosesNothing(t *testing.T) {
	s := newSite(t)
	_, path := s.connect()
	dana := s.as("dana")
	bad := edits()
	bad.Set("platform", "A new name")
	bad.Set("token_url", "http://moodle.example.edu/token")
	bad.Set("allow_anonymous", "yes")
	page := dana.post(path, bad)
	if page.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", page.status)
	}
	page.has(t, "The URL must begin with https://.", `value="A new name"`, `value="http://moodle.example.edu/token"`,
		`name="allow_anonymous" value="yes" checked`)
	page.has(t, "<h1><bdi>Campus Moodle</bdi>") // nothing is saved

	good := edits()
	good.Set("platform", "A new name")
	good.Set("deployment_ids", "1\r\n2")
	good.Set("accept_deployments", "yes")
	good.Set("audience", "https://api.brightspace.com/auth/token")
	dana.post(path, good)
	dana.get(path).has(t, "<h1><bdi>A new name</bdi>", "A new one is added by its first launch", "https://api.brightspace.com/auth",
		"1\n2</textarea>", "Changed a connection", "The connection is saved")
}

func TestReadingTheKeySetAgain(t *testing.T) {
	s := newSite(t)
	_, path := s.connect()
	dana := s.as("dana")
	s.platforms.keySet = greenroom.KeySetReport{Document: []byte(`{"keys":[]}`), Keys: 0, Skipped: []string{"key “a”: a curve"}}
	dana.post(path+"/keyset", nil)
	dana.get(path).has(t, "The keyset was read", "holds no usable signing key", "key “a”: a curve", "It holds no usable signing key: launches are refused.")
	s.platforms.err = errors.New("dial tcp 10.0.0.1: refused")
	dana.post(path+"/keyset", nil)
	page := dana.get(path)
	page.has(t, "The keyset could not be read")
	if strings.Contains(page.body, "10.0.0.1") {
		t.Error("the page tells of our network")
	}
}

func TestSwitchingOffAndOn(t *testing.T) {
	s := newSite(t)
	_, path := s.connect()
	dana := s.as("dana")
	dana.post(path+"/switch", url.Values{"on": {"no"}})
	dana.get(path).has(t, "This connection is switched off.", ">Switch on<", "Switched a connection off")
	dana.get(lti).has(t, "Disabled")
	dana.post(path+"/switch", url.Values{"on": {"yes"}})
	dana.get(path).has(t, ">Switch off<", "Switched a connection on")
}

func TestDeletingAConnectionAsksForItsName(t *testing.T) {
	s := newSite(t)
	_, path := s.connect()
	dana := s.as("dana")
	dana.get(path+"/delete").has(t, "Delete “<bdi>Campus Moodle</bdi>”", "Learners", "Scores on their way")
	page := dana.post(path+"/delete", url.Values{"name": {"campus"}})
	if page.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d", page.status)
	}
	page.has(t, "This is not the connection", `value="campus"`)
	dana.post(path+"/delete", url.Values{"name": {"Campus Moodle"}})
	dana.get(lti).has(t, "“Campus Moodle” is deleted", "No LMS is connected yet")
	dana.get("/w/northwind/settings/audit").has(t, "Deleted a connection")
}

func TestPassbacksOfOneLMS(t *testing.T) {
	s := newSite(t)
	c, path := s.connect()
	page := s.as("dana").get("/w/northwind/passbacks?connection=" + string(c.ID))
	page.has(t, `<option value="`+string(c.ID)+`" selected>`, `href="`+path+`"`, "?connection="+string(c.ID)+"&amp;state=failed", "No score matches")
}

// probed answers every question of a test.
type probed struct{ *platforms }

func (probed) AskScopes(_ context.Context, _ greenroom.WorkspaceID, _ greenroom.Connection, _ greenroom.Key, _ string, scopes ...string) ([]string, error) {
	if scopes[0] == lti13.ScopeMemberships {
		return nil, &lti13.ServiceError{Op: "token", Status: http.StatusBadRequest, Code: "invalid_scope", Text: "<b>no</b>"}
	}
	return scopes, nil
}

func TestTheTestPageShowsEachStep(t *testing.T) {
	s := newSite(t)
	_, path := s.connect()
	s.service.Platforms = probed{s.platforms}
	dana := s.as("dana")
	dana.get(path).has(t, "Nobody has tested this connection yet.", "What the LMS lets Greenroom do")
	page := dana.post(path+"/test", nil)
	if page.status != http.StatusOK {
		t.Errorf("status %d", page.status)
	}
	inOrder(t, page.body, "Keyset of the LMS", "1 key usable.", "Token: post scores", "Granted.", "Token: read rosters",
		"Not granted. Course pages show only who has launched.", "The LMS said: <bdi>400 &lt;b&gt;no&lt;/b&gt;</bdi>", "Back to the connection", "</html>")
	dana.get(path).has(t, "Tested <time", "Not granted. Course pages show only who has launched.")
	if to := dana.get(path + "/test"); to.status != http.StatusSeeOther {
		t.Errorf("a reload gets %d", to.status)
	}
}

// slow answers when it is let.
type slow struct {
	probed
	let chan struct{}
}

func (p slow) FetchKeySet(context.Context, string) (greenroom.KeySetReport, error) {
	<-p.let
	return greenroom.KeySetReport{Keys: 1}, nil
}

// What is being tried is on the page before it has an answer.
func TestAStepIsShownWhileItIsTried(t *testing.T) {
	s := newSite(t)
	_, path := s.connect()
	dana := s.as("dana")
	p := slow{probed{s.platforms}, make(chan struct{})}
	s.service.Platforms = p
	server := httptest.NewServer(s.handler)
	defer server.Close()
	let := sync.OnceFunc(func() { close(p.let) })
	defer let() // or the server would wait for it

	r := must(http.NewRequestWithContext(t.Context(), http.MethodPost, server.URL+path+"/test", nil))(t)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	for name, value := range dana.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	page := must(http.DefaultClient.Do(r))(t)
	defer page.Body.Close()
	var seen strings.Builder
	for lines := bufio.NewReader(page.Body); !strings.Contains(seen.String(), "Keyset of the LMS"); {
		part, err := lines.ReadString('>') // waits for ever if the step is not sent
		if err != nil {
			t.Fatalf("the page ended: %v", err)
		}
		seen.WriteString(part)
	}
	let()
	rest := must(io.ReadAll(page.Body))(t)
	if strings.Contains(seen.String(), "1 key usable") || !strings.Contains(string(rest), "1 key usable") {
		t.Error("the answer is not where it belongs")
	}
}
