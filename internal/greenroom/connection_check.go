package greenroom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A ConnectionTest is what a test of a connection found.
type ConnectionTest struct {
	At    time.Time  `json:"at"`
	Lines []TestLine `json:"lines"`
}

// A TestLine is one thing that was tried.
type TestLine struct {
	Label string    `json:"label"`
	State TestState `json:"state"`
	Found string    `json:"found"`          // in our words
	Said  string    `json:"said,omitempty"` // in the platform's own words
	Do    string    `json:"do,omitempty"`   // what to do about it
}

// A TestState is how a line of a test came out.
type TestState string

// The states.
const (
	TestOK      TestState = "ok"
	TestWarning TestState = "warning" // works, or need not, but look at it
	TestFailed  TestState = "failed"
	TestNone    TestState = "none" // not applicable
)

const (
	// testTime bounds a test: a server's answer has to end as well.
	testTime = 45 * time.Second
	// testLease is how long a test keeps others out that never ends itself.
	testLease = 2 * time.Minute
	// maxTested is how much of a course is read.
	maxTested = 100
	maxSaid   = 500
)

// ErrTesting: a test of the connection is under way.
var ErrTesting = errors.New("a test is under way")

// A TestStep is something that a test tries when its line is asked for.
type TestStep struct {
	Label string
	line  *TestLine
	try   func() TestLine
}

// Line tries it, once, and tells how it came out.
func (t TestStep) Line() TestLine {
	if t.line.State == "" {
		*t.line = t.try()
		t.line.Label = t.Label
		t.line.Said = clip(oneLine(t.line.Said), maxSaid)
	}
	return *t.line
}

// TestConnection tries what a connection is for, step by step: each is tried
// when its line is asked for, so that a page can show what is under way. What
// was found is kept when the last step is done; a test that is broken off keeps
// nothing. ErrTesting while another one lasts.
func (s *Service) TestConnection(ctx context.Context, a Actor, id ConnectionID) (Connection, iter.Seq[TestStep], error) {
	store, err := s.settings(a)
	if err != nil {
		return Connection{}, nil, err
	}
	var c Connection
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if c, err = tx.Connection(ctx, id); err != nil {
			return err
		}
		if s.Now().Before(c.TestUntil) {
			return ErrTesting
		}
		return tx.SaveTest(ctx, id, c.Test, s.Now().Add(testLease))
	})
	if err != nil {
		return Connection{}, nil, err
	}
	return c, func(yield func(TestStep) bool) { s.runTest(ctx, store, c, yield) }, nil
}

func (s *Service) runTest(ctx context.Context, store WorkspaceStore, c Connection, yield func(TestStep) bool) {
	kept := c.Test
	defer func() { s.keepTest(ctx, store, c.ID, kept) }()
	within, cancel := context.WithTimeout(ctx, testTime)
	defer cancel()
	t := &tester{ctx: within, service: s, connection: c}
	steps, err := t.steps(store)
	if err != nil {
		s.Log.ErrorContext(ctx, "connection not tested", "connection", c.ID, "err", err)
		return
	}
	found := &ConnectionTest{At: s.Now().UTC().Truncate(time.Millisecond)}
	for _, step := range steps {
		if !yield(step) || ctx.Err() != nil {
			return
		}
		found.Lines = append(found.Lines, step.Line())
	}
	kept = found
}

// keepTest ends the lease, whatever became of the browser.
func (s *Service) keepTest(ctx context.Context, store WorkspaceStore, id ConnectionID, t *ConnectionTest) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err := store.Update(ctx, func(ctx context.Context, tx Tx) error { return tx.SaveTest(ctx, id, t, time.Time{}) })
	if err != nil {
		s.Log.ErrorContext(ctx, "test not kept", "connection", id, "err", err)
	}
}

// A tester holds what the steps of one test share.
type tester struct {
	ctx        context.Context
	service    *Service
	connection Connection
	workspace  WorkspaceID
	key        Key
	contexts   []Context
	deployment string

	granted []string
	broken  string // why no token can be had at all; empty if one can
}

func (t *tester) steps(store WorkspaceStore) ([]TestStep, error) {
	w, err := store.Workspace(t.ctx)
	if err != nil {
		return nil, err
	}
	t.workspace = w.ID
	if t.key, err = t.service.SigningKey(t.ctx, w.ID); err != nil {
		return nil, err
	}
	if t.contexts, err = contextsOf(t.ctx, store, t.connection.ID); err != nil {
		return nil, err
	}
	if len(t.connection.Deployments) > 0 {
		t.deployment = t.connection.Deployments[0]
	}
	step := func(label string, try func() TestLine) TestStep {
		return TestStep{Label: label, line: &TestLine{}, try: t.inTime(try)}
	}
	steps := []TestStep{step("Configuration of the LMS", t.configuration), step("Keyset of the LMS", t.keySet)}
	for _, scope := range knownScopes() {
		steps = append(steps, step("Token: "+scopeUses[scope].name, func() TestLine { return t.scope(scope) }))
	}
	return append(steps, step("Token: all at once", t.together),
		step("Gradebook columns of a course", t.lineItems), step("Roster of a course", t.roster)), nil
}

// inTime tries nothing once the time is over.
func (t *tester) inTime(try func() TestLine) func() TestLine {
	return func() TestLine {
		if t.ctx.Err() != nil {
			return TestLine{State: TestNone, Found: "Not tried: the LMS took too long with what came before."}
		}
		return try()
	}
}

// scopeUses say what a scope is for, and what is missing without it.
var scopeUses = map[string]struct{ name, without string }{
	lti.ScopeScore:            {"post scores", "No score can reach the gradebook."},
	lti.ScopeLineItemReadOnly: {"read gradebook columns", "Greenroom takes each activity to count 100."},
	lti.ScopeLineItem:         {"make gradebook columns", "Greenroom cannot make a column where a launch has none."},
	lti.ScopeResultReadOnly:   {"read results", "Greenroom cannot compare its scores with the gradebook."},
	lti.ScopeMemberships:      {"read rosters", "Course pages show only who has launched."},
}

func (t *tester) configuration() TestLine {
	c := t.connection
	if c.ConfigurationURL == "" {
		return TestLine{State: TestNone, Found: "Only an LMS that registered itself publishes one that Greenroom knows."}
	}
	cfg, err := t.service.Platforms.ReadConfiguration(t.ctx, c.ConfigurationURL)
	if problem, ok := errors.AsType[*RegistrationError](err); ok {
		return TestLine{State: TestWarning, Found: problem.Text,
			Do: "Launches and scores do not need it. Without it, Greenroom does not notice by itself when the LMS moves its addresses."}
	}
	if err != nil {
		return t.fault(err)
	}
	var moved []string
	for _, each := range []struct{ name, now, saved string }{
		{"issuer", cfg.Issuer, c.Issuer}, {"authentication request URL", cfg.AuthURL, c.AuthURL},
		{"access token URL", cfg.TokenURL, c.TokenURL}, {"public keyset URL", cfg.KeySetURL, c.KeySetURL},
	} {
		if each.now != each.saved {
			moved = append(moved, each.name+" "+each.now)
		}
	}
	if len(moved) > 0 {
		return TestLine{State: TestWarning, Found: "The LMS now publishes other addresses than are saved here.",
			Said: strings.Join(moved, ", "), Do: "Compare them with the settings below, and save the new ones if the LMS has moved."}
	}
	return TestLine{State: TestOK, Found: "The LMS publishes the addresses that are saved here."}
}

func (t *tester) keySet() TestLine {
	report, err := t.service.Platforms.FetchKeySet(t.ctx, t.connection.KeySetURL)
	if explained, ok := errors.AsType[interface {
		error
		Explain() string
	}](err); ok {
		return TestLine{State: TestFailed, Found: "It could not be read: " + strings.TrimSuffix(explained.Explain(), ".") + ".",
			Do: "Check the public keyset URL in the settings. Until then launches are checked with the keys that are kept."}
	}
	switch {
	case err != nil:
		return t.fault(err)
	case report.Keys == 0:
		return TestLine{State: TestFailed, Found: "It holds no key that Greenroom can use.", Said: strings.Join(report.Skipped, "; "),
			Do: "Ask whoever looks after the LMS for the address of its RSA keys."}
	case len(report.Skipped) > 0:
		return TestLine{State: TestOK, Found: fmt.Sprintf("%s usable; others were left out.", count(report.Keys, "key")), Said: strings.Join(report.Skipped, "; ")}
	}
	return TestLine{State: TestOK, Found: fmt.Sprintf("%s usable.", count(report.Keys, "key"))}
}

func (t *tester) scope(scope string) TestLine {
	use := scopeUses[scope]
	if t.broken != "" {
		return TestLine{State: TestNone, Found: "Not tried: " + t.broken}
	}
	granted, err := t.ask(scope)
	if err == nil && slices.Contains(granted, scope) {
		t.granted = append(t.granted, scope)
		return TestLine{State: TestOK, Found: "Granted."}
	}
	refused, answered := errors.AsType[*lti.ServiceError](err)
	switch {
	case err != nil && !answered:
		return t.fault(err)
	case answered && refused.RefusedAssertion():
		t.broken = "the LMS does not accept Greenroom's signature."
		return TestLine{State: TestFailed, Found: "The LMS does not accept Greenroom's signature.", Said: serviceAnswer(refused),
			Do: "Compare the client ID, and see to it that the tool in the LMS has the JWKS address of this workspace as its keyset URL. Some LMSes do not call private addresses or odd ports."}
	case answered && refused.TryLater():
		t.broken = "the LMS did not answer properly before."
		return TestLine{State: TestFailed, Found: "The token endpoint gave no proper answer.", Said: serviceAnswer(refused),
			Do: "Check the access token URL in the settings, and whether the LMS is up."}
	case answered && refused.Code != "invalid_scope" && refused.Code != "insufficient_scope" && refused.Status != 400 && refused.Status != 401 && refused.Status != 403:
		t.broken = "the token endpoint refuses every request."
		return TestLine{State: TestFailed, Found: "The token endpoint refused the request.", Said: serviceAnswer(refused),
			Do: "Check the access token URL and the audience in the settings."}
	}
	line := TestLine{State: TestWarning, Found: "Not granted. " + use.without,
		Do: "If you need it, allow it for the tool in the LMS; its services for grades and names are switched on there."}
	if answered {
		line.Said = serviceAnswer(refused)
	}
	if scope == lti.ScopeScore {
		line.State = TestFailed
	}
	return line
}

func (t *tester) ask(scopes ...string) ([]string, error) {
	return t.service.Platforms.AskScopes(t.ctx, t.workspace, t.connection, t.key, t.deployment, scopes...)
}

func (t *tester) together() TestLine {
	if len(t.granted) < 2 {
		return TestLine{State: TestNone, Found: "Fewer than two were granted."}
	}
	granted, err := t.ask(t.granted...)
	if refused, answered := errors.AsType[*lti.ServiceError](err); answered {
		return TestLine{State: TestWarning, Found: "The LMS grants each, and refuses them together. Greenroom asks for them apart.", Said: serviceAnswer(refused)}
	}
	if err != nil {
		return t.fault(err)
	}
	for _, scope := range t.granted {
		if !slices.Contains(granted, scope) {
			return TestLine{State: TestWarning, Found: "Asked for together, the LMS leaves some out. Greenroom asks for them apart.", Said: strings.Join(granted, " ")}
		}
	}
	return TestLine{State: TestOK, Found: "Granted together as well."}
}

func (t *tester) lineItems() TestLine {
	in, ok := t.latest(func(c Context) bool { return c.LineItemsURL != "" })
	switch {
	case !ok:
		return notTold("gradebook")
	case !slices.Contains(t.granted, lti.ScopeLineItemReadOnly) && !slices.Contains(t.granted, lti.ScopeLineItem):
		return TestLine{State: TestNone, Found: "Not tried: reading columns is not granted."}
	}
	n, err := t.service.Platforms.CountLineItems(t.ctx, t.workspace, t.connection, t.key, in, maxTested)
	return t.read(n, err, in, "column", "Check that the tool may use the grade service in this course.")
}

func (t *tester) roster() TestLine {
	in, ok := t.latest(func(c Context) bool { return c.MembershipsURL != "" })
	switch {
	case !ok:
		return notTold("roster")
	case !slices.Contains(t.granted, lti.ScopeMemberships):
		return TestLine{State: TestNone, Found: "Not tried: reading rosters is not granted."}
	}
	n, err := t.service.Platforms.CountMembers(t.ctx, t.workspace, t.connection, t.key, in, maxTested)
	return t.read(n, err, in, "member", "Check that the tool may use the names and roles service in this course.")
}

func notTold(what string) TestLine {
	return TestLine{State: TestNone, Found: "No launch has told yet where the " + what + " of a course is.",
		Do: "Open an activity in a course once, then test again."}
}

func (t *tester) read(n int, err error, in Context, what, do string) TestLine {
	refused, answered := errors.AsType[*lti.ServiceError](err)
	switch {
	case answered:
		return TestLine{State: TestFailed, Found: "“" + in.DisplayName() + "” could not be read.", Said: serviceAnswer(refused), Do: do}
	case err != nil:
		return t.fault(err)
	case n >= maxTested:
		return TestLine{State: TestOK, Found: fmt.Sprintf("Read “%s”: %d %ss or more.", in.DisplayName(), n, what)}
	}
	return TestLine{State: TestOK, Found: fmt.Sprintf("Read “%s”: %s.", in.DisplayName(), count(n, what))}
}

// latest returns the context that was launched from last of those that fit.
func (t *tester) latest(fits func(Context) bool) (Context, bool) {
	own := slices.DeleteFunc(slices.Clone(t.contexts), func(c Context) bool { return !fits(c) })
	if len(own) == 0 {
		return Context{}, false
	}
	return slices.MaxFunc(own, func(a, b Context) int { return cmp.Compare(a.SeenAt.UnixMilli(), b.SeenAt.UnixMilli()) }), true
}

// fault is for errors of our own.
func (t *tester) fault(err error) TestLine {
	if t.ctx.Err() != nil {
		return TestLine{State: TestFailed, Found: "The LMS took too long to answer.", Do: "Try again later."}
	}
	t.service.Log.ErrorContext(t.ctx, "step of a connection test", "connection", t.connection.ID, "err", err)
	return TestLine{State: TestFailed, Found: "Greenroom could not try it.", Do: "The server's log says why."}
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
