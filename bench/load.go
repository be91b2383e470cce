package main

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A load is how launches come.
type load struct {
	Launches int
	AtOnce   int
	Fresh    bool    // a connection for every request
	Rate     float64 // launches a second, counted from when each was due; 0: as fast as they are taken
}

// users counts everybody who ever launched: every launch is a new user's.
var users atomic.Int64

// A trip is one user's way through a login and a launch.
type trip struct {
	user     int64
	platform int
	state    string
	nonce    string
	cookies  []*http.Cookie
	token    string
	stage    string // where the launch led
	stageSet []*http.Cookie
	session  string // where the one is that was begun there
	took     time.Duration
	err      error
}

// A round is what one round of launches came to.
type round struct {
	CPU, Elapsed time.Duration
	Took         []time.Duration // of login and launch, sorted
	Trips        []*trip
}

// launches runs one round. The clock stands while the platforms sign.
func (s *server) launches(ctx context.Context, l load) (round, error) {
	client := s.client(l)
	defer client.CloseIdleConnections()
	trips := make([]*trip, l.Launches)
	for i := range trips {
		n := users.Add(1)
		trips[i] = &trip{user: n, platform: int(n) % max(s.Active, 1)}
	}
	var r round
	timed := func(do func(*trip) error) error {
		defer s.profiled("launches")()
		before, err := s.cpu()
		if err != nil {
			return err
		}
		begun := time.Now()
		each(l, trips, func(t *trip, due time.Time) {
			if t.err == nil {
				t.err = do(t)
				t.took += time.Since(due)
			}
		})
		r.Elapsed += time.Since(begun)
		after, err := s.cpu()
		r.CPU += after - before
		return err
	}
	if err := timed(func(t *trip) error { return s.login(ctx, client, t) }); err != nil {
		return r, err
	}
	key := benchKey()
	each(load{AtOnce: 2}, trips, func(t *trip, _ time.Time) {
		if t.err == nil {
			t.token, t.err = s.sign(ctx, key, t)
		}
	})
	if err := timed(func(t *trip) error { return s.launch(ctx, client, t) }); err != nil {
		return r, err
	}
	for _, t := range trips {
		if t.err != nil {
			return r, fmt.Errorf("%s: user %d: %w", s.Kind, t.user, t.err)
		}
		r.Took = append(r.Took, t.took)
	}
	slices.Sort(r.Took)
	r.Trips = trips
	return r, nil
}

// each calls do for every trip, so many at once, or at a fixed rate: then a
// trip's time begins when it was due, however late it was begun.
func each(l load, trips []*trip, do func(t *trip, due time.Time)) {
	var all sync.WaitGroup
	defer all.Wait()
	if l.Rate > 0 {
		begun := time.Now()
		for i, t := range trips {
			due := begun.Add(time.Duration(float64(i) / l.Rate * float64(time.Second)))
			time.Sleep(time.Until(due))
			all.Go(func() { do(t, due) })
		}
		return
	}
	next := make(chan *trip)
	for range l.AtOnce {
		all.Go(func() {
			for t := range next {
				do(t, time.Now())
			}
		})
	}
	for _, t := range trips {
		next <- t
	}
	close(next)
}

func (s *server) client(l load) *http.Client {
	return &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: max(l.AtOnce, 64), DisableKeepAlives: l.Fresh},
		CheckRedirect: func(*http.Request, []*http.Request) error {
			return http.ErrUseLastResponse
		},
		Timeout: time.Minute,
	}
}

func (s *server) post(ctx context.Context, c *http.Client, t *trip, path string, form url.Values, cookies []*http.Cookie) (*http.Response, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL+path, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return s.send(c, t, r, cookies)
}

// send sends what a browser in a tab would, from a place of the user's own:
// one place alone is held to a limit.
func (s *server) send(c *http.Client, t *trip, r *http.Request, cookies []*http.Cookie) (*http.Response, error) {
	r.Header.Set("Sec-Fetch-Dest", "document")
	r.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142 Safari/537.36")
	r.Header.Set("X-Forwarded-For", fmt.Sprintf("10.%d.%d.%d", t.user>>16&255, t.user>>8&255, t.user&255))
	for _, cookie := range cookies {
		r.AddCookie(cookie)
	}
	resp, err := c.Do(r)
	if err == nil {
		defer resp.Body.Close()
		buffer := make([]byte, 4096)
		for n := 1; n > 0; {
			n, _ = resp.Body.Read(buffer)
		}
	}
	return resp, err
}

func (s *server) target() string { return s.URL + s.Launch }

func (s *server) login(ctx context.Context, c *http.Client, t *trip) error {
	resp, err := s.post(ctx, c, t, s.Login, url.Values{
		"iss": {issuer(t.platform)}, "login_hint": {fmt.Sprint(t.user)}, "client_id": {clientID}, "target_link_uri": {s.target()},
		"lti_message_hint": {fmt.Sprint("hint-", t.user)}, "lti_deployment_id": {deployment},
	}, nil)
	if err != nil {
		return err
	}
	to, err := resp.Location()
	if err != nil {
		return fmt.Errorf("login: %s", resp.Status)
	}
	t.state, t.nonce, t.cookies = to.Query().Get("state"), to.Query().Get("nonce"), resp.Cookies()
	return nil
}

// sign plays a platform: the claims are what Moodle sends, in number and size.
func (s *server) sign(ctx context.Context, key lti.PrivateKey, t *trip) (string, error) {
	const claim = "https://purl.imsglobal.org/spec/lti/claim/"
	now, iss := time.Now().Unix(), issuer(t.platform)
	return key.Sign(ctx, map[string]any{
		"iss": iss, "aud": clientID, "sub": fmt.Sprint("user-", t.user), "nonce": t.nonce, "iat": now, "exp": now + 3600,
		"name": "Stina Student", "given_name": "Stina", "family_name": "Student", "email": "stina@example.com",
		claim + "message_type": lti.MessageResourceLink, claim + "version": "1.3.0", claim + "deployment_id": deployment,
		claim + "target_link_uri":     s.target(),
		claim + "resource_link":       map[string]any{"id": "1", "title": "Practice: first call", "description": "A call with a buyer."},
		claim + "roles":               []string{"http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"},
		claim + "context":             map[string]any{"id": "2", "label": "C1", "title": "Conversations at work", "type": []string{"http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering"}},
		claim + "custom":              map[string]any{"scenario_id": "first-call"},
		claim + "launch_presentation": map[string]any{"locale": "en", "document_target": "iframe", "return_url": iss + "/course/view.php?id=2"},
		claim + "tool_platform":       map[string]any{"guid": iss, "name": "Campus", "version": "4.5", "product_family_code": "moodle"},
		claim + "ext":                 map[string]any{"lms": "moodle-2", "user_username": fmt.Sprint("user-", t.user)},
		"https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice": map[string]any{
			"context_memberships_url": iss + "/services/2/memberships", "service_versions": []string{"2.0"},
		},
		"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": map[string]any{
			"scope": []string{lti.ScopeScore, lti.ScopeLineItemReadOnly}, "lineitems": s.LMS + "/items", "lineitem": fmt.Sprintf("%s/items/%d", s.LMS, t.platform),
		},
	})
}

func (s *server) launch(ctx context.Context, c *http.Client, t *trip) error {
	resp, err := s.post(ctx, c, t, s.Launch, url.Values{"state": {t.state}, "id_token": {t.token}}, t.cookies)
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusSeeOther {
		return fmt.Errorf("launch: %s", resp.Status)
	}
	to, err := resp.Location()
	if err != nil {
		return err
	}
	t.stage, t.stageSet = to.String(), resp.Cookies()
	return nil
}

// pages opens the first page behind each launch, and returns what one costs.
func (s *server) pages(ctx context.Context, trips []*trip, l load) (time.Duration, error) {
	client := s.client(l)
	defer client.CloseIdleConnections()
	defer s.profiled("pages")()
	before, err := s.cpu()
	if err != nil {
		return 0, err
	}
	each(l, trips, func(t *trip, _ time.Time) {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, t.stage, nil)
		if err == nil {
			var resp *http.Response
			if resp, err = s.send(client, t, r, t.stageSet); err == nil && resp.StatusCode != http.StatusOK {
				err = fmt.Errorf("page: %s", resp.Status)
			}
		}
		t.err = err
	})
	after, err := s.cpu()
	for _, t := range trips {
		if t.err != nil {
			return 0, t.err
		}
	}
	return (after - before) / time.Duration(len(trips)), err
}

// begin has every user begin a session, which one more reply ends. It is not
// measured.
func (s *server) begin(ctx context.Context, trips []*trip, l load) error {
	return s.replies(trips, l, func(c *http.Client, t *trip) error {
		to, err := s.reply(ctx, c, t, t.stage+"/sessions", nil)
		if err == nil {
			t.session = to.String()
		}
		return err
	})
}

// end has every user give the last reply.
func (s *server) end(ctx context.Context, trips []*trip, l load) error {
	return s.replies(trips, l, func(c *http.Client, t *trip) error {
		_, err := s.reply(ctx, c, t, t.session+"/picks", url.Values{"turn": {"0"}, "choice": {"0"}})
		return err
	})
}

func (s *server) replies(trips []*trip, l load, do func(*http.Client, *trip) error) error {
	client := s.client(l)
	defer client.CloseIdleConnections()
	each(l, trips, func(t *trip, _ time.Time) { t.err = do(client, t) })
	for _, t := range trips {
		if t.err != nil {
			return t.err
		}
	}
	return nil
}

// reply sends a form of the stage, and returns where the answer leads.
func (s *server) reply(ctx context.Context, c *http.Client, t *trip, to string, form url.Values) (*url.URL, error) {
	path, _ := strings.CutPrefix(to, s.URL)
	resp, err := s.post(ctx, c, t, path, form, t.stageSet)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusSeeOther {
		return nil, fmt.Errorf("%s: %s", path, resp.Status)
	}
	return resp.Location()
}
