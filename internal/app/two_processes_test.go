package app_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"os/signal"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/app"
	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/pgtest"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// serverEnv makes this test's program a server: TestMain looks for it.
const serverEnv = "GREENROOM_TEST_SERVER"

// A processConfig is what a server in a process of its own is told.
type processConfig struct{ DataDir, DatabaseURL, MasterKey, PublicURL string }

// serveAsProcess runs a server for the configuration in the environment,
// prints its address, and ends when it is told to.
func serveAsProcess(raw string) error {
	var told processConfig
	if err := json.Unmarshal([]byte(raw), &told); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	a, err := app.Open(ctx, app.Config{
		DataDir: told.DataDir, DatabaseURL: told.DatabaseURL, MasterKey: told.MasterKey, PublicURL: told.PublicURL, Development: true,
	})
	if err != nil {
		return err
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return errors.Join(err, a.Close())
	}
	fmt.Println(l.Addr())
	return errors.Join(a.Run(ctx, l), a.Close())
}

// startProcess starts a server in a process of its own.
func startProcess(t *testing.T, c app.Config) (address string) {
	t.Helper()
	raw, err := json.Marshal(processConfig{t.TempDir(), c.DatabaseURL, c.MasterKey, c.PublicURL})
	if err != nil {
		t.Fatal(err)
	}
	p := exec.Command(os.Args[0], "-test.run=^$")
	p.Env = append(os.Environ(), serverEnv+"="+string(raw))
	p.Stderr = t.Output()
	out, err := p.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = p.Process.Signal(syscall.SIGTERM)
		if err := p.Wait(); err != nil {
			t.Errorf("a server ended with %v", err)
		}
	})
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatal("a server did not start: ", err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	return strings.TrimSpace(line)
}

// The same launch sent to two servers on one database at the same moment gets
// in once: the row of the launch decides, and nothing in a server's memory.
func TestOneLaunchAtTwoServers(t *testing.T) {
	const public = "http://127.0.0.1:9" // a proxy in front of both would be there
	config := app.Config{
		DatabaseURL: pgtest.URL(t), PublicURL: public, Development: true,
		MasterKey: strings.Repeat("ab", 32),
	}
	lms := newLMSPage(t)
	w := furnishForLMS(t, config, lms)
	first, second := startProcess(t, config), startProcess(t, config)

	const rounds = 12
	for n := range rounds {
		launch, cookies := lms.login(t, first, w)
		var together sync.WaitGroup
		answers := make([]int, 4)
		for i := range answers {
			to := []string{first, second}[i%2]
			together.Go(func() { answers[i] = lms.post(to, launch, cookies) })
		}
		together.Wait()
		in := 0
		for _, status := range answers {
			switch {
			case status == http.StatusSeeOther:
				in++
			case status/100 != 4:
				t.Errorf("round %d: status %d", n, status)
			}
		}
		if in != 1 {
			t.Errorf("round %d: %d of %d got in: %v", n, in, len(answers), answers)
		}
	}
}

// An lmsPage is an LMS whose learner clicks the same activity again and again.
type lmsPage struct {
	*platform.Platform
	client        *http.Client
	tool          platform.Tool
	learner, link string
	launchPath    string
}

func newLMSPage(t *testing.T) *lmsPage {
	t.Helper()
	x := &lmsPage{client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { x.ServeHTTP(w, r) }))
	t.Cleanup(server.Close)
	var err error
	if x.Platform, err = platform.New(platform.Options{Issuer: server.URL, Profile: platform.Generic}); err != nil {
		t.Fatal(err)
	}
	return x
}

// furnishForLMS makes a workspace with a connection and a scenario, and an
// activity on the LMS's side.
func furnishForLMS(t *testing.T, c app.Config, x *lmsPage) greenroom.Workspace {
	t.Helper()
	c.DataDir = t.TempDir()
	h, err := app.OpenService(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close()
	w, err := h.Service.CreateWorkspace(t.Context(), "Team", "", false)
	if err == nil {
		_, err = h.Service.ImportScenario(t.Context(), w.ID, "good-or-poor.md", []byte(goodOrPoor))
	}
	if err != nil {
		t.Fatal(err)
	}
	base := c.PublicURL + "/lti/" + string(w.ID)
	x.tool = x.AddTool(platform.ToolSettings{Name: "Greenroom", ToolURL: base + "/launch", LoginURL: base + "/login", RedirectURIs: []string{base + "/launch"}, KeySetURL: base + "/jwks.json"})
	course := x.AddCourse("Course")
	x.learner = x.AddUser(platform.User{Name: "Lee Learner"})
	x.Enrol(course, x.learner, platform.Learner)
	link, err := x.AddLink(course, platform.Link{Tool: x.tool.ClientID, Title: "Practice", Maximum: 100, Custom: map[string]string{greenroom.ScenarioParameter: "good-or-poor"}})
	if err == nil {
		x.link = link.ID
		_, err = h.Service.SaveConnection(t.Context(), greenroom.Operator(w.ID), greenroom.ConnectionForm{
			Platform: "LMS", Issuer: x.Issuer(), ClientID: x.tool.ClientID, Deployments: x.tool.DeploymentID,
			AuthURL: x.AuthURL(), TokenURL: x.TokenURL(), KeySetURL: x.KeySetURL(),
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// login takes the browser from the click to the platform's signed answer.
func (x *lmsPage) login(t *testing.T, server string, w greenroom.Workspace) (launch url.Values, cookies []*http.Cookie) {
	t.Helper()
	form, err := x.LoginRequest(x.learner, x.link)
	if err != nil {
		t.Fatal(err)
	}
	began, err := x.send(server, "/lti/"+string(w.ID)+"/login", form.Fields, nil)
	if err != nil || began.StatusCode != http.StatusFound {
		t.Fatalf("login: %v, %v", began, err)
	}
	x.launchPath = "/lti/" + string(w.ID) + "/launch"
	page := httptest.NewRecorder()
	x.ServeHTTP(page, httptest.NewRequest(http.MethodGet, began.Header.Get("Location"), nil))
	launch = url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(page.Body.String(), -1) {
		launch.Set(m[1], html.UnescapeString(m[2]))
	}
	return launch, began.Cookies()
}

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]*)" value="([^"]*)">`)

// post returns the status of the answer to a launch, 0 if there is none.
func (x *lmsPage) post(server string, launch url.Values, cookies []*http.Cookie) int {
	answer, err := x.send(server, x.launchPath, launch, cookies)
	if err != nil {
		return 0
	}
	return answer.StatusCode
}

func (x *lmsPage) send(server, path string, form url.Values, cookies []*http.Cookie) (*http.Response, error) {
	r, err := http.NewRequest(http.MethodPost, "http://"+server+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	for _, c := range cookies {
		r.AddCookie(c)
	}
	answer, err := x.client.Do(r)
	if err == nil {
		_ = answer.Body.Close()
	}
	return answer, err
}
