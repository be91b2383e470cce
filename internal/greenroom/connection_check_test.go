package greenroom_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// A tested platform answers what a test asks.
type tested struct {
	*lms
	configuration greenroom.PlatformConfiguration
	refuses       map[string]*lti.ServiceError // by scopes, joined by blanks
	roster        error
	before        func() // each answer
	asked         []string
}

func (p *tested) ReadConfiguration(context.Context, string) (greenroom.PlatformConfiguration, error) {
	return p.configuration, nil
}

func (p *tested) AskScopes(_ context.Context, _ greenroom.WorkspaceID, _ greenroom.Connection, _ greenroom.Key, _ string, scopes ...string) ([]string, error) {
	if p.before != nil {
		p.before()
	}
	p.asked = append(p.asked, strings.Join(scopes, " "))
	if refused := p.refuses[strings.Join(scopes, " ")]; refused != nil {
		return nil, refused
	}
	return scopes, nil
}

func (p *tested) CountLineItems(context.Context, greenroom.WorkspaceID, greenroom.Connection, greenroom.Key, greenroom.Context, int) (int, error) {
	return 3, nil
}

func (p *tested) CountMembers(context.Context, greenroom.WorkspaceID, greenroom.Connection, greenroom.Key, greenroom.Context, int) (int, error) {
	return 1, p.roster
}

func (h *house) tested() (*tested, greenroom.Connection) {
	p := &tested{lms: h.lms, refuses: map[string]*lti.ServiceError{}}
	h.Platforms = p
	c := h.connect()
	h.visit(c, func(l *lti.Launch) {
		l.Context = &lti.Context{ID: "2", Title: "Sales 101"}
		l.Grades.LineItems = "https://lms.example.com/items"
		l.Names = &lti.NamesService{MembershipsURL: "https://lms.example.com/members"}
	})
	return p, c
}

func (h *house) test(c greenroom.Connection) map[string]greenroom.TestLine {
	h.t.Helper()
	_, steps, err := h.TestConnection(h.t.Context(), h.admin, c.ID)
	if err != nil {
		h.t.Fatal(err)
	}
	lines := map[string]greenroom.TestLine{}
	for step := range steps {
		lines[step.Label] = step.Line()
	}
	return lines
}

func TestConnectionTestSaysWhatWorks(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		p, c := h.tested()
		no := func(status int, code, text string) *lti.ServiceError {
			return &lti.ServiceError{Op: "token", Status: status, Code: code, Text: text}
		}
		for name, tc := range map[string]struct {
			spoil func()
			label string
			want  greenroom.TestLine
		}{
			"all is well: the roster": {func() {}, "Roster of a course",
				greenroom.TestLine{State: greenroom.TestOK, Found: "Read “Sales 101”: 1 member."}},
			"all is well: the columns": {func() {}, "Gradebook columns of a course",
				greenroom.TestLine{State: greenroom.TestOK, Found: "Read “Sales 101”: 3 columns."}},
			"connected by hand": {func() {}, "Configuration of the LMS",
				greenroom.TestLine{State: greenroom.TestNone, Found: "Only an LMS that registered itself publishes one that Greenroom knows."}},
			"no rosters": {func() { p.refuses[lti.ScopeMemberships] = no(400, "invalid_scope", "invalid_scope") }, "Token: read rosters",
				greenroom.TestLine{State: greenroom.TestWarning, Found: "Not granted. Course pages show only who has launched.", Said: "400 invalid_scope",
					Do: "If you need it, allow it for the tool in the LMS; its services for grades and names are switched on there."}},
			"no rosters, so none is read": {func() { p.refuses[lti.ScopeMemberships] = no(400, "invalid_scope", "x") }, "Roster of a course",
				greenroom.TestLine{State: greenroom.TestNone, Found: "Not tried: reading rosters is not granted."}},
			"no scores": {func() { p.refuses[lti.ScopeScore] = no(400, "invalid_scope", "") }, "Token: post scores",
				greenroom.TestLine{State: greenroom.TestFailed, Found: "Not granted. No score can reach the gradebook.", Said: "400 Bad Request",
					Do: "If you need it, allow it for the tool in the LMS; its services for grades and names are switched on there."}},
			"a bundle is refused": {func() {
				p.refuses[strings.Join([]string{lti.ScopeScore, lti.ScopeLineItemReadOnly, lti.ScopeLineItem, lti.ScopeResultReadOnly, lti.ScopeMemberships}, " ")] = no(400, "invalid_scope", "too many")
			}, "Token: all at once",
				greenroom.TestLine{State: greenroom.TestWarning, Found: "The LMS grants each, and refuses them together. Greenroom asks for them apart.", Said: "400 too many"}},
			"the roster is refused": {func() { p.roster = &lti.ServiceError{Op: "roster", Status: 403, Text: "not here"} }, "Roster of a course",
				greenroom.TestLine{State: greenroom.TestFailed, Found: "“Sales 101” could not be read.", Said: "403 not here",
					Do: "Check that the tool may use the names and roles service in this course."}},
			"our own fault says nothing of us": {func() { p.roster = errors.New("sql: locked") }, "Roster of a course",
				greenroom.TestLine{State: greenroom.TestFailed, Found: "Greenroom could not try it.", Do: "The server's log says why."}},
			"the keyset is empty": {func() { h.lms.keySet = errors.New("dial tcp") }, "Keyset of the LMS",
				greenroom.TestLine{State: greenroom.TestFailed, Found: "Greenroom could not try it.", Do: "The server's log says why."}},
		} {
			p.refuses, p.roster, h.lms.keySet = map[string]*lti.ServiceError{}, nil, nil
			tc.spoil()
			tc.want.Label = tc.label
			if got := h.test(c)[tc.label]; got != tc.want {
				t.Errorf("%s: got %+v, want %+v", name, got, tc.want)
			}
		}
	})
}

func TestASignatureThatIsRefusedIsTriedOnce(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		p, c := h.tested()
		p.refuses[lti.ScopeScore] = &lti.ServiceError{Op: "token", Status: 400, Code: "invalid_client", Text: "invalid_client"}
		lines := h.test(c)
		if line := lines["Token: post scores"]; line.State != greenroom.TestFailed || line.Said != "400 invalid_client" || !strings.Contains(line.Do, "JWKS") {
			t.Errorf("got %+v", line)
		}
		if line := lines["Token: read rosters"]; line.State != greenroom.TestNone {
			t.Errorf("got %+v", line)
		}
		if !slices.Equal(p.asked, []string{lti.ScopeScore}) {
			t.Errorf("asked %q", p.asked)
		}
	})
}

func TestATestIsKeptAndKeepsOthersOut(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		p, c := h.tested()
		p.before = func() {
			if _, _, err := h.TestConnection(t.Context(), h.admin, c.ID); !errors.Is(err, greenroom.ErrTesting) {
				t.Errorf("a second test: %v", err)
			}
		}
		lines := h.test(c)
		p.before = nil
		kept := must(h.ShowConnection(t.Context(), h.admin, c.ID))
		if kept.Test == nil || len(kept.Test.Lines) != len(lines) || !kept.Test.At.Equal(h.now()) || !kept.TestUntil.IsZero() {
			t.Errorf("kept %+v until %s", kept.Test, kept.TestUntil)
		}

		// One that is broken off keeps the one before, and lets the next in.
		h.pass(time.Minute)
		_, steps, err := h.TestConnection(t.Context(), h.admin, c.ID)
		if err != nil {
			t.Fatal(err)
		}
		for step := range steps {
			step.Line()
			break
		}
		if after := must(h.ShowConnection(t.Context(), h.admin, c.ID)); !after.Test.At.Equal(kept.Test.At) || !after.TestUntil.IsZero() {
			t.Errorf("after: %+v until %s", after.Test, after.TestUntil)
		}
		h.test(c)

		// One that never ends is over after a while.
		must2(h.TestConnection(t.Context(), h.admin, c.ID))
		if _, _, err := h.TestConnection(t.Context(), h.admin, c.ID); !errors.Is(err, greenroom.ErrTesting) {
			t.Errorf("right away: %v", err)
		}
		h.pass(3 * time.Minute)
		if _, _, err := h.TestConnection(t.Context(), h.admin, c.ID); err != nil {
			t.Errorf("later: %v", err)
		}
	})
}

func must2[A, B any](a A, b B, err error) (A, B) {
	if err != nil {
		panic(err)
	}
	return a, b
}

func TestDriftOfScopesIsNamed(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.lms.register = func() (greenroom.Registered, error) {
			return greenroom.Registered{
				Platform: "Campus", Issuer: "https://lms.example.com", ClientID: "c", Deployment: "1",
				AuthURL: "https://lms.example.com/auth", TokenURL: "https://lms.example.com/token", KeySetURL: "https://lms.example.com/jwks",
				Asked: []string{lti.ScopeScore, lti.ScopeMemberships}, Scopes: []string{lti.ScopeScore}, Missing: []string{lti.ScopeMemberships},
			}, nil
		}
		_, token, err := h.NewInvite(t.Context(), h.admin)
		if err != nil {
			t.Fatal(err)
		}
		c := must(h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{}))
		store := h.Store.Workspace(h.workspace.ID)
		say := func(scope string, granted bool) {
			if err := greenroom.NoteScope(t.Context(), store, c.ID, greenroom.ScopeWord{Scope: scope, Granted: granted, At: h.now()}); err != nil {
				t.Fatal(err)
			}
		}
		drift := func(scope string) string {
			for _, s := range must(h.ShowConnection(t.Context(), h.admin, c.ID)).Scopes {
				if s.Scope == scope {
					return s.Drift
				}
			}
			return "no such scope"
		}
		for _, step := range []struct {
			do          func()
			scope, want string
		}{
			{func() {}, lti.ScopeScore, ""},
			{func() {}, lti.ScopeMemberships, "Asked for, and not granted."},
			{func() {}, lti.ScopeLineItem, "Not asked for at registration. Updating the registration asks for it."},
			{func() { say(lti.ScopeScore, true) }, lti.ScopeScore, ""},
			{func() { say(lti.ScopeScore, false) }, lti.ScopeScore, "Granted at registration, and refused since: somebody has changed the tool in the LMS."},
			{func() { say(lti.ScopeMemberships, true) }, lti.ScopeMemberships, "Not granted at registration, and granted since."},
			{func() { h.visit(c, nil) }, lti.ScopeMemberships, "The LMS grants it, but no course has offered the service."},
		} {
			step.do()
			if got := drift(step.scope); got != step.want {
				t.Errorf("%s: %q, want %q", step.scope, got, step.want)
			}
		}
	})
}

// The same word is not written down again with each score.
func TestAKnownWordAboutAScopeIsNotWrittenAgain(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		c := h.connect()
		store := h.Store.Workspace(h.workspace.ID)
		for _, after := range []time.Duration{0, time.Hour, 30 * time.Hour} {
			word := greenroom.ScopeWord{Scope: lti.ScopeScore, Granted: true, At: h.now().Add(after)}
			if err := greenroom.NoteScope(t.Context(), store, c.ID, word); err != nil {
				t.Fatal(err)
			}
			want := h.now().Add(after)
			if after == time.Hour {
				want = h.now()
			}
			if heard := must(store.Connection(t.Context(), c.ID)).Heard; len(heard) != 1 || !heard[0].At.Equal(want) {
				t.Errorf("after %s: %+v", after, heard)
			}
		}
	})
}
