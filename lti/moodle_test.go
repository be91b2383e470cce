package lti_test

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A recording is one launch of a real Moodle.
type recording struct {
	Note        string
	Login       string // parameters of the login request
	LoginMethod string
	Auth        struct {
		State, Nonce string
		RedirectURI  string `json:"redirect_uri"`
	}
	Launch struct{ Method, URL, Body string }
}

func readRecording(t testing.TB, name string) recording {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", "moodle", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var r recording
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// recordedStates supplies the login of a recording: its state was another
// tool's.
type recordedStates struct {
	state   string
	pending lti.PendingLogin
	spent   int
}

func (s *recordedStates) Seal(lti.PendingLogin) (string, error) { return s.state, nil }

func (s *recordedStates) Open(state string) (lti.PendingLogin, error) {
	if state != s.state {
		return lti.PendingLogin{}, lti.ErrUnknownState
	}
	return s.pending, nil
}

func (s *recordedStates) Spend(context.Context, *lti.Launch) error {
	s.spent++
	return nil
}

const (
	moodle       = "https://moodle.localhost:9443"
	moodleItem   = moodle + "/mod/lti/services.php/"
	moodleClient = "neIBJvaaMrFfHFO"
)

// moodleRegistration is the tool's registration as Moodle keeps it.
func moodleRegistration(client, deployment string) lti.Registration {
	return lti.Registration{
		ID: client, Issuer: moodle, ClientID: client,
		AuthURL: moodle + "/mod/lti/auth.php", TokenURL: moodle + "/mod/lti/token.php",
		KeySetURL: moodle + "/mod/lti/certs.php", Deployments: []string{deployment},
	}
}

var moodleRegistrations = registrations{
	moodleRegistration(moodleClient, "1"), moodleRegistration("Sduy4kzNdFA2lmE", "2"),
	moodleRegistration("uTqUF3X5lfPgTvF", "3"), moodleRegistration("pPD5LFR4o4gahyv", "4"),
}

const (
	student    = "membership#Learner"
	instructor = "membership#Instructor"
)

// Every launch that was recorded, with what it must come to.
func TestMoodleLaunches(t *testing.T) {
	type want struct {
		check   lti.Check // refused; empty: accepted
		code    string    // the platform's error
		message string    // empty: resource link
		subject string
		name    string
		role    string
		item    string // line item, behind the services' root
		link    string
		course  string
		custom  string // scenario_id
	}
	stina := want{subject: "6", name: "Stina Student", role: student, item: "2/lineitems/2/lineitem?type_id=1", link: "1", course: "2", custom: "crane-1"}
	zoe := stina
	zoe.subject, zoe.name = "7", "Zoë Żółć-Müller"
	at := func(item, link, course, custom string) want {
		w := stina
		w.item, w.link, w.course, w.custom = item, link, course, custom
		return w
	}
	teacher := func(subject, name string) want {
		w := stina
		w.subject, w.name, w.role = subject, name, instructor
		return w
	}
	tessa := teacher("3", "Tessa Teacher")
	refused := func(c lti.Check, code string) want { return want{check: c, code: code} }
	review := func(w want) want { w.message = lti.MessageSubmissionReview; return w }

	table := map[string]want{
		"auth-error-client-id":           refused(lti.CheckPlatformError, "unauthorized_client"),
		"auth-error-login-hint":          refused(lti.CheckPlatformError, "access_denied"),
		"auth-error-no-response-mode":    refused(lti.CheckPlatformError, "invalid_request"),
		"auth-error-prompt-login":        refused(lti.CheckPlatformError, "invalid_request"),
		"auth-error-response-mode-query": refused(lti.CheckPlatformError, "invalid_request"),
		"auth-no-state":                  refused(lti.CheckState, ""),
		// Moodle strips <...> from the state: what comes back is not ours.
		"auth-markup-state":                         refused(lti.CheckState, ""),
		"auth-long-state-nonce":                     stina,
		"auth-no-prompt":                            stina,
		"auth-post":                                 stina,
		"auth-post-old-session-iframe":              stina,
		"auth-post-old-session-top":                 stina,
		"auth-redirect-old-session-iframe":          stina,
		"auth-redirect-uri-second":                  stina,
		"auth-script-nav-iframe":                    stina,
		"auth-zz-fresh":                             stina,
		"cookie-lax-post-iframe":                    zoe,
		"cookie-lax-redirect-iframe":                zoe,
		"cookie-lax-script-iframe":                  zoe,
		"cookie-ordinary-profile-iframe":            stina,
		"dl":                                        {message: lti.MessageDeepLinking, subject: "3", name: "Tessa Teacher", role: instructor, course: "2"},
		"launch-admin-graded":                       teacher("2", "Admin User"),
		"launch-manager-graded":                     teacher("5", "Mona Manager"),
		"launch-student-graded":                     stina,
		"launch-student-group-restricted":           at("2/lineitems/6/lineitem?type_id=1", "6", "2", "grp"),
		"launch-student-maxten":                     at("2/lineitems/3/lineitem?type_id=1", "3", "2", "ten"),
		"launch-student-minimal-tool":               {subject: "6", role: student, link: "4", course: "2", custom: "minimal"},
		"launch-student-top-level":                  stina,
		"launch-student-ungraded":                   at("", "2", "2", "reading-1"),
		"launch-student2-unicode":                   zoe,
		"launch-student3-amp":                       {subject: "8", name: "Sam O'Neil & Co", role: student, item: stina.item, link: "1", course: "2", custom: "crane-1"},
		"launch-teacher-course2":                    {subject: "3", name: "Tessa Teacher", role: instructor, item: "3/lineitems/5/lineitem?type_id=1", link: "5", course: "3", custom: "bridge-1"},
		"launch-teacher-graded":                     tessa,
		"launch-tutor-graded":                       teacher("4", "Tom Tutor"),
		"launch2-student-after-put":                 stina,
		"launch2-student-deep-linked":               at("2/lineitems/10/lineitem?type_id=1", "7", "2", "dl-1"),
		"launch2-student-deep-linked-multi2":        at("2/lineitems/12/lineitem?type_id=1", "9", "2", "m2"),
		"launch2-student-for-return":                stina,
		"launch2-student-locked":                    at("2/lineitems/15/lineitem?type_id=1", "13", "2", ""),
		"launch2-student-newwindow":                 at("2/lineitems/13/lineitem?type_id=1", "11", "2", ""),
		"launch2-student-other-url":                 at("2/lineitems/14/lineitem?type_id=1", "12", "2", ""),
		"launch2-student-submission-review":         review(stina),
		"launch2-student-ungraded-with-toolitem":    at("", "2", "2", "reading-1"),
		"launch2-teacher-hidden":                    {subject: "3", name: "Tessa Teacher", role: instructor, item: "2/lineitems/18/lineitem?type_id=1", link: "16", course: "2"},
		"launch2-teacher-newwindow-from-view":       {subject: "3", name: "Tessa Teacher", role: instructor, item: "2/lineitems/13/lineitem?type_id=1", link: "11", course: "2"},
		"launch2-teacher-submission-review":         review(tessa),
		"launch3-student-after-put-without-link-id": at("2/lineitems/3/lineitem?type_id=1", "3", "2", "ten"),
		"launch3-student-copied-course":             at("4/lineitems/23/lineitem?type_id=1", "19", "4", "crane-1"),
		"launch3-student-copied-course-deep-linked": at("4/lineitems/33/lineitem?type_id=1", "31", "4", "dl-1"),
		"launch3-student-duplicated-activity":       at("2/lineitems/39/lineitem?type_id=1", "35", "2", "crane-1"),
		"launch3-student-manual-tool":               at("2/lineitems/40/lineitem?type_id=3", "36", "2", "manual-1"),
		"launch3-student-score-only-tool":           at("2/lineitems/41/lineitem?type_id=4", "37", "2", "so"),
		"launch3-student-variables":                 stina,
		"launch3-tutor-two-roles":                   teacher("4", "Tom Tutor"),
		"pend-student":                              stina,
	}
	for _, name := range recordedLaunches(t) {
		t.Run(name, func(t *testing.T) {
			want, listed := table[name]
			if !listed {
				t.Fatal("this recording has no row")
			}
			r := readRecording(t, name)
			launch, spent, err := r.finish(t)
			if want.check != "" {
				refusal := wantRefusal(t, launch, err, want.check)
				if refusal.Code != want.code || refusal.Verified != nil || spent != 0 {
					t.Errorf("code %q, verified %v, spent %d; want %q", refusal.Code, refusal.Verified, spent, want.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if want.message == "" {
				want.message = lti.MessageResourceLink
			}
			got := want
			got.message, got.subject, got.name = launch.MessageType, launch.Subject, launch.User.Name
			got.item, got.link, got.course, got.custom = "", "", launch.Context.ID, launch.Custom["scenario_id"]
			if launch.Grades != nil {
				got.item = strings.TrimPrefix(launch.Grades.LineItem, moodleItem)
			}
			if launch.ResourceLink != nil {
				got.link = launch.ResourceLink.ID
			}
			got.role = student
			if launch.Roles.Instructor() {
				got.role = instructor
			}
			if got != want {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
			if spent != 1 || !slices.Equal(launch.Passed, lti.Checks()) {
				t.Errorf("spent %d times after %v", spent, launch.Passed)
			}
			if len(launch.Odd) > 0 {
				t.Errorf("odd: %q", launch.Odd)
			}
		})
	}
}

func recordedLaunches(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join("testdata", "moodle", "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		name := strings.TrimSuffix(filepath.Base(f), ".json")
		if name != "platform-jwks" && !strings.HasPrefix(name, "tok-") {
			names = append(names, name)
		}
	}
	if len(names) != 55 {
		t.Fatalf("%d recorded launches, want 55", len(names))
	}
	return names
}

// finish sends a recorded launch through FinishLaunch, a few seconds after it
// was signed, and tells how often its state was spent.
func (r recording) finish(t testing.TB) (*lti.Launch, int, error) {
	t.Helper()
	login := parse(t, r.Login)
	form := parse(t, r.Launch.Body)
	when := signedAt(t, form.Get("id_token")).Add(3 * time.Second)
	states := &recordedStates{state: r.Auth.State, pending: lti.PendingLogin{
		ID: "login", Registration: login.Get("client_id"), Nonce: r.Auth.Nonce,
		Expires: when.Add(time.Minute), Secret: sha256.Sum256([]byte("secret")),
		Binding:    lti.Bind(login.Get("target_link_uri"), r.Auth.RedirectURI),
		Deployment: lti.BindDeployment(login.Get("lti_deployment_id")),
	}}
	document, err := os.ReadFile("testdata/moodle/platform-jwks.json")
	if err != nil {
		t.Fatal(err)
	}
	clock := func() time.Time { return when }
	tool := &lti.Tool{
		Registrations: moodleRegistrations, States: states, Now: clock,
		KeySets: lti.NewKeySets(always(http.StatusOK, string(document)), clock),
	}
	params, err := lti.NewParams(r.Launch.Method, form)
	if err != nil {
		t.Fatal(err)
	}
	cookie := &http.Cookie{Name: "__Host-lti_login", Value: "secret"}
	launch, err := tool.FinishLaunch(t.Context(), params, []*http.Cookie{cookie}, r.Launch.URL)
	return launch, states.spent, err
}

func parse(t testing.TB, query string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// signedAt returns a token's iat, or any time if there is no token.
func signedAt(t testing.TB, token string) time.Time {
	t.Helper()
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return now
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		t.Fatal(err)
	}
	var claims struct{ Iat int64 }
	if err := json.Unmarshal(payload, &claims); err != nil {
		t.Fatal(err)
	}
	return time.Unix(claims.Iat, 0)
}

// What Moodle sends at login initiation comes back to it as it was.
func TestMoodleLogins(t *testing.T) {
	for _, name := range recordedLaunches(t) {
		r := readRecording(t, name)
		sent := parse(t, r.Login)
		params, err := lti.NewParams(r.LoginMethod, sent)
		if err != nil {
			t.Fatal(err)
		}
		tool := &lti.Tool{Registrations: moodleRegistrations, States: lti.NewMemoryStates([32]byte{}), Now: clock}
		login, err := tool.StartLogin(t.Context(), params, r.Auth.RedirectURI)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		at, query, _ := strings.Cut(login.RedirectURL, "?")
		asked := parse(t, query)
		if at != moodle+"/mod/lti/auth.php" || asked.Get("redirect_uri") != r.Auth.RedirectURI {
			t.Errorf("%s: asks %s to answer at %s", name, at, asked.Get("redirect_uri"))
		}
		for _, hint := range []string{"login_hint", "lti_message_hint", "client_id"} {
			if asked.Get(hint) != sent.Get(hint) {
				t.Errorf("%s: %s is %q, was %q", name, hint, asked.Get(hint), sent.Get(hint))
			}
		}
	}
}

// Claims of one launch in full, as the recording has them.
func TestMoodleLaunchInFull(t *testing.T) {
	launch, _, err := readRecording(t, "launch-student-graded").finish(t)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := launch.User.Email, "student1@example.test"; got != want {
		t.Errorf("email %q, want %q", got, want)
	}
	if got, want := *launch.Context, (lti.Context{ID: "2", Label: "HE101", Title: "Harbour Engineering 101"}); got.ID != want.ID || got.Label != want.Label || got.Title != want.Title {
		t.Errorf("context %+v, want %+v", got, want)
	}
	if p := launch.Platform; p.ProductFamilyCode != "moodle" || p.Name != "EXU" || p.GUID == "" {
		t.Errorf("platform %+v", p)
	}
	if p := launch.Presentation; p.DocumentTarget != "iframe" || !strings.HasPrefix(p.ReturnURL, moodle+"/mod/lti/return.php?") {
		t.Errorf("presentation %+v", p)
	}
	if !launch.Grades.Can(lti.ScopeScore) || !launch.Grades.Can(lti.ScopeLineItem) || launch.Grades.LineItems != moodleItem+"2/lineitems?type_id=1" {
		t.Errorf("grades %+v", launch.Grades)
	}
	if n := launch.Names; n == nil || n.MembershipsURL == "" || !slices.Contains(n.Versions, "2.0") {
		t.Errorf("names %+v", n)
	}
	for name, want := range map[string]string{"with_equals": "a=b=c", "uni": "Żółć", "Mixed-Case Key": "v1", "mixed": "v-$User.id-x"} {
		if got := launch.Custom[name]; got != want {
			t.Errorf("custom %s is %q, want %q", name, got, want)
		}
	}
	for _, unresolved := range []string{"unknown_var", "result_start", "link_history"} {
		if value, ok := launch.Custom[unresolved]; ok {
			t.Errorf("custom %s is %q, though Moodle does not know the variable", unresolved, value)
		}
	}
	if got := launch.Expires.Sub(launch.IssuedAt); got != time.Minute {
		t.Errorf("token lives %s", got)
	}
}

func TestMoodleDeepLinkingRequest(t *testing.T) {
	launch, _, err := readRecording(t, "dl").finish(t)
	if err != nil {
		t.Fatal(err)
	}
	d := launch.DeepLinking
	if d == nil || !d.AcceptMultiple || d.AutoCreate || d.Data != nil || !slices.Equal(d.AcceptTypes, []string{"ltiResourceLink"}) {
		t.Errorf("settings %+v", d)
	}
	if launch.ResourceLink != nil {
		t.Errorf("resource link %+v", launch.ResourceLink)
	}
	if _, ok := launch.Custom["link_id"]; ok {
		t.Error("a null custom parameter was kept")
	}
}
