package lti_test

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"sync"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
)

func TestPlatformErrors(t *testing.T) {
	for name, row := range map[string]struct {
		form map[string]string
		want string
	}{
		"OWN-O11 login required": {map[string]string{"error": "login_required", "error_description": "<b>no session</b>"}, "login_required"},
		"OWN-O11 code of Canvas": {map[string]string{"error": "launch_no_longer_valid"}, "launch_no_longer_valid"},
		"OWN-O11 code of nobody": {map[string]string{"error": "<script>"}, "unknown_error"},
		"OWN-O11 empty code":     {map[string]string{"error": ""}, "unknown_error"},
		"beside an id_token":     {map[string]string{"error": "access_denied"}, "access_denied"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, method := range []string{http.MethodPost, http.MethodGet} {
				a := newAttempt(t)
				a.method = method
				for k, v := range row.form {
					a.form.Set(k, v)
				}
				launch, err := a.run(t)
				refusal := wantRefusal(t, launch, err, lti.CheckPlatformError)
				if refusal.Code != row.want || refusal.Registration != "r1" {
					t.Errorf("%s: code %q of %q", method, refusal.Code, refusal.Registration)
				}
			}
		})
	}
}

func TestPlatformErrorWithForeignState(t *testing.T) {
	a := newAttempt(t)
	a.form.Set("error", "login_required")
	a.form.Set("state", "foreign")
	launch, err := a.run(t)
	refusal := wantRefusal(t, launch, err, lti.CheckPlatformError)
	if refusal.Registration != "" || !slices.Equal(refusal.Passed, []lti.Check{lti.CheckRequest}) {
		t.Errorf("registration %q, passed %v", refusal.Registration, refusal.Passed)
	}
}

// OWN-O14: a state of one registration brings no token of another, though both
// are signed with the key that the issuer's clients share.
func TestMixUpIsRefused(t *testing.T) {
	other := registration()
	other.ID, other.ClientID = "r2", "client-2"
	a := newAttempt(t)
	a.registrations = append(a.registrations, other)
	a.claims["aud"] = "client-2"
	launch, err := a.run(t)
	wantRefusal(t, launch, err, lti.CheckAudience)
}

// OWN-L04: a registration that was switched off after the login.
func TestRegistrationGoneMeanwhile(t *testing.T) {
	a := newAttempt(t)
	a.begin(t)
	a.tool.Registrations = registrations{}
	launch, err := a.finish(t)
	if refusal := wantRefusal(t, launch, err, lti.CheckRegistration); refusal.Internal {
		t.Error("blames us")
	}
}

// A refused launch spends nothing: the same token passes once the cause is
// mended, and then never again (OWN-T21, OWN-O12).
func TestStateIsSpentBySuccessOnly(t *testing.T) {
	a := newAttempt(t)
	a.begin(t)
	a.tool.Registrations = registrations{func() lti.Registration { r := registration(); r.Deployments = nil; return r }()}
	launch, err := a.finish(t)
	wantRefusal(t, launch, err, lti.CheckDeployment)

	a.tool.Registrations = a.registrations
	if _, err := a.finish(t); err != nil {
		t.Fatal(err)
	}
	launch, err = a.finish(t)
	refusal := wantRefusal(t, launch, err, lti.CheckReplay)
	if !errors.Is(refusal, lti.ErrSpent) || refusal.Internal || refusal.Verified == nil {
		t.Errorf("refusal %+v", refusal)
	}
}

// OWN-O17: of a hundred at the same moment exactly one launches.
func TestOneOfManyLaunches(t *testing.T) {
	a := newAttempt(t)
	a.begin(t)
	var launched, replayed int
	var mu sync.Mutex
	var group sync.WaitGroup
	params, err := lti.NewParams(http.MethodPost, map[string][]string{"state": {queryOf(t, a.started.RedirectURL).Get("state")}, "id_token": {a.idToken()}})
	if err != nil {
		t.Fatal(err)
	}
	for range 100 {
		group.Go(func() {
			_, err := a.tool.FinishLaunch(t.Context(), params, []*http.Cookie{a.started.Cookie}, launchURL)
			mu.Lock()
			defer mu.Unlock()
			if err == nil {
				launched++
			} else if errors.Is(err, lti.ErrSpent) {
				replayed++
			}
		})
	}
	group.Wait()
	if launched != 1 || replayed != 99 {
		t.Errorf("%d launched, %d replayed", launched, replayed)
	}
}

// OWN-O16: two tabs do not disturb each other.
func TestTwoTabs(t *testing.T) {
	one, two := newAttempt(t), newAttempt(t)
	two.tool = one.tool
	one.begin(t)
	two.begin(t)
	both := func([]*http.Cookie) []*http.Cookie { return []*http.Cookie{one.started.Cookie, two.started.Cookie} }
	one.cookies, two.cookies = both, both
	for _, a := range []*attempt{two, one} {
		if _, err := a.finish(t); err != nil {
			t.Error(err)
		}
	}
}

// brokenStates fail where the test says.
type brokenStates struct {
	lti.States
	open, spend error
}

func (s brokenStates) Open(state string) (lti.PendingLogin, error) {
	if s.open != nil {
		return lti.PendingLogin{}, s.open
	}
	return s.States.Open(state)
}

func (s brokenStates) Spend(context.Context, *lti.Launch) error { return s.spend }

// Trouble of our own refuses too, and says whose it is.
func TestOwnTrouble(t *testing.T) {
	down := errors.New("database is down")
	for name, row := range map[string]struct {
		spoil func(*attempt)
		want  lti.Check
	}{
		"opening fails":  {func(a *attempt) { a.tool.States = brokenStates{States: a.tool.States, open: down} }, lti.CheckState},
		"spending fails": {func(a *attempt) { a.tool.States = brokenStates{States: a.tool.States, spend: down} }, lti.CheckReplay},
		"finding fails":  {func(a *attempt) { a.tool.Registrations = brokenRegistrations{down} }, lti.CheckRegistration},
	} {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			a.begin(t)
			row.spoil(a)
			launch, err := a.finish(t)
			refusal := wantRefusal(t, launch, err, row.want)
			if !refusal.Internal || !errors.Is(refusal, down) {
				t.Errorf("refusal %+v", refusal)
			}
		})
	}
}

type brokenRegistrations struct{ err error }

func (b brokenRegistrations) Find(context.Context, string, string) ([]lti.Registration, error) {
	return nil, b.err
}

func (b brokenRegistrations) Registration(context.Context, string) (lti.Registration, error) {
	return lti.Registration{}, b.err
}

// What the rows above are made of.
