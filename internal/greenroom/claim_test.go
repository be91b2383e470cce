package greenroom_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// vendor adds a shared registration.
func (h *house) vendor(change func(*greenroom.SharedForm)) greenroom.SharedRegistration {
	h.t.Helper()
	f := greenroom.SharedForm{
		Platform: "Blackboard", Issuer: "https://blackboard.com", ClientID: "app-1",
		AuthURL: "https://developer.blackboard.com/auth", TokenURL: "https://developer.blackboard.com/token", KeySetURL: "https://developer.blackboard.com/jwks",
	}
	if change != nil {
		change(&f)
	}
	return must(h.SaveShared(h.t.Context(), f)).Registration
}

const institutionAdmin = lti.Role("http://purl.imsglobal.org/vocab/lis/v2/institution/person#Administrator")

// arrive is an administrator's launch from a deployment.
func (h *house) arrive(r greenroom.SharedRegistration, deployment, state string) greenroom.Arrived {
	h.t.Helper()
	return must(h.Arrive(h.t.Context(), &lti.Launch{
		Registration: lti.Registration{ID: string(r.ID)}, DeploymentID: deployment, StateID: state, Subject: "1",
		Platform: &lti.PlatformInstance{GUID: "guid-1", Name: "Hill School", ProductFamilyCode: "BlackboardLearn"},
	}))
}

func (h *house) code(w greenroom.Workspace) string {
	h.t.Helper()
	_, code, err := h.NewClaimCode(h.t.Context(), greenroom.Operator(w.ID))
	if err != nil {
		h.t.Fatal(err)
	}
	return code
}

func (h *house) refuses(what string, err error, want greenroom.ClaimTrouble) {
	h.t.Helper()
	got, ok := errors.AsType[*greenroom.ClaimError](err)
	if !ok || got.Trouble != want {
		h.t.Errorf("%s: %v, want %q", what, err, want)
	}
}

func TestWhatAllCustomersOfAVendorShareIsNotTyped(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		saved := must(h.SaveShared(t.Context(), greenroom.SharedForm{Product: "Blackboard", ClientID: "app-1"}))
		r := saved.Registration
		if r.Platform != "Blackboard Learn" || r.Issuer != "https://blackboard.com" || r.Product != "BlackboardLearn" || len(saved.Warnings) != 0 ||
			r.KeySetURL != "https://developer.blackboard.com/api/v1/management/applications/app-1/jwks.json" {
			t.Errorf("Blackboard: %+v, warned of %q", r, saved.Warnings)
		}
		beta := must(h.SaveShared(t.Context(), greenroom.SharedForm{
			Product: "canvas", Issuer: " https://canvas.beta.instructure.com ", ClientID: "7", TokenURL: "https://school.example.com/login/oauth2/token",
		})).Registration
		if beta.AuthURL != "https://sso.beta.canvaslms.com/api/lti/authorize_redirect" || beta.TokenURL != "https://school.example.com/login/oauth2/token" {
			t.Errorf("Canvas' beta: %+v", beta)
		}
		for product, want := range map[string]string{
			"itslearning": "issuer: ", "": "platform: ", "nobody knows": "platform: ",
		} {
			_, err := h.SaveShared(t.Context(), greenroom.SharedForm{Product: product, ClientID: "app-1"})
			if bad, ok := errors.AsType[*greenroom.Invalid](err); !ok || !strings.Contains(bad.Error(), want) {
				t.Errorf("%q: %v, want %q", product, err, want)
			}
		}
		odd := must(h.SaveShared(t.Context(), greenroom.SharedForm{
			Platform: "Odd", Issuer: "https://odd.example.com", ClientID: "1", Product: "oddity",
			AuthURL: "https://odd.example.com/a", TokenURL: "https://odd.example.com/t", KeySetURL: "https://odd.example.com/k",
		}))
		if len(odd.Warnings) != 1 || odd.Registration.Product != "oddity" {
			t.Errorf("an LMS of which nothing is known: %+v, warned of %q", odd.Registration, odd.Warnings)
		}
	})
}

func TestADeploymentIsClaimedWithTheCodeOfAWorkspace(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		r := h.vendor(nil)
		code := h.code(h.workspace)
		if len(code) != 14 || strings.Count(code, "-") != 2 {
			t.Errorf("code %q", code)
		}
		a := h.arrive(r, "d1", "s1")
		typed := " " + strings.ToLower(code) + " "
		if w := must(h.ReadClaimCode(t.Context(), a.ID, typed)); w.ID != h.workspace.ID {
			t.Errorf("the code leads to %s", w.Name)
		}
		if _, err := h.ClaimOf(t.Context(), r.ID, "d1"); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("looking claims: %v", err)
		}
		claim, _, err := h.ClaimDeployment(t.Context(), a.ID, typed)
		if err != nil {
			t.Fatal(err)
		}
		c := must(h.Store.Workspace(h.workspace.ID).Connection(t.Context(), claim.Connection))
		if c.How != greenroom.BySharing || c.Shared != r.ID || c.ClientID != "app-1" || len(c.Deployments) != 1 || c.Deployments[0] != "d1" || c.AcceptDeployments || c.Product != "BlackboardLearn" {
			t.Errorf("connection %+v", c)
		}
		if got := must(h.ClaimOf(t.Context(), r.ID, "d1")); got.Workspace != h.workspace.ID || got.SiteName != "Hill School" || got.SiteID != "guid-1" {
			t.Errorf("claim %+v", got)
		}
		// A second school of the workspace shares the connection.
		second, _, err := h.ClaimDeployment(t.Context(), h.arrive(r, "d2", "s2").ID, h.code(h.workspace))
		if err != nil || second.Connection != c.ID {
			t.Errorf("the second deployment: %+v, %v", second, err)
		}
		wantAudit(t, "workspace", must(h.Audit(t.Context(), h.admin, greenroom.AuditFilter{Action: greenroom.DeploymentClaimed})), 2)
		var instance []greenroom.AuditEntry
		for _, e := range must(h.InstanceAudit(t.Context())) {
			if e.Action == greenroom.DeploymentClaimed {
				instance = append(instance, e)
			}
		}
		wantAudit(t, "instance", instance, 2)
		if text := fmt.Sprint(instance, must(h.Audit(t.Context(), h.admin, greenroom.AuditFilter{}))); strings.Contains(text, code) || strings.Contains(text, greenroom.NormalReference(code)) {
			t.Error("the code is in the audit log")
		}
	})
}

func wantAudit(t *testing.T, whose string, entries []greenroom.AuditEntry, n int) {
	t.Helper()
	if len(entries) != n {
		t.Fatalf("%s: %d entries", whose, len(entries))
	}
	if text := fmt.Sprint(entries[0].Changes); !strings.Contains(text, "d2") || !strings.Contains(text, "Hill School") {
		t.Errorf("%s: %s", whose, text)
	}
}

func TestClaimsThatAreTurnedAway(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		r := h.vendor(nil)
		other := must(h.CreateWorkspace(t.Context(), "Support", "", false))
		states := 0
		arrive := func(deployment string) greenroom.ArrivalID {
			states++
			return h.arrive(r, deployment, fmt.Sprint("state-", states)).ID
		}
		claim := func(a greenroom.ArrivalID, code string) error {
			_, _, err := h.ClaimDeployment(t.Context(), a, code)
			return err
		}
		used, first := h.code(h.workspace), arrive("d1")
		if err := claim(first, used); err != nil {
			t.Fatal(err)
		}
		h.refuses("a code of the workspace used twice", claim(arrive("d9"), used), greenroom.ClaimCodeWrong)
		h.refuses("a launch that has claimed already", claim(first, h.code(other)), greenroom.ClaimExpired)
		h.refuses("a deployment of another workspace", claim(arrive("d1"), h.code(other)), greenroom.ClaimTaken)
		h.refuses("a deployment that it has already", claim(arrive("d1"), h.code(h.workspace)), greenroom.ClaimTaken)
		h.refuses("a guess", claim(arrive("d2"), "0000-0000-0000"), greenroom.ClaimCodeWrong)
		h.refuses("nothing", claim(arrive("d2"), ""), greenroom.ClaimCodeWrong)
		h.refuses("a launch that nobody made", claim("nobody", h.code(other)), greenroom.ClaimExpired)

		older := h.code(other)
		h.code(other)
		h.refuses("a code that a newer one replaced", claim(arrive("d2"), older), greenroom.ClaimCodeWrong)
		revoked := h.code(other)
		if err := h.RevokeClaimCodes(t.Context(), greenroom.Operator(other.ID)); err != nil {
			t.Fatal(err)
		}
		h.refuses("a revoked code", claim(arrive("d2"), revoked), greenroom.ClaimCodeWrong)

		late, open := h.code(other), arrive("d3")
		h.pass(31 * time.Minute)
		h.refuses("a page that was open too long", claim(open, late), greenroom.ClaimExpired)
		h.pass(30 * time.Minute)
		h.refuses("a code of an hour ago", claim(arrive("d3"), late), greenroom.ClaimCodeWrong)

		own := must(h.CreateWorkspace(t.Context(), "Own", "", false))
		must(h.SaveConnection(t.Context(), greenroom.Operator(own.ID), greenroom.ConnectionForm{
			Platform: "Mine", Issuer: r.Issuer, ClientID: r.ClientID, Deployments: "x", AuthURL: r.AuthURL, TokenURL: r.TokenURL, KeySetURL: r.KeySetURL,
		}))
		h.refuses("a workspace with a connection of its own", claim(arrive("d4"), h.code(own)), greenroom.ClaimOwn)
		must(h.SwitchShared(t.Context(), r.ID, false))
		h.refuses("a registration that is switched off", claim(arrive("d5"), h.code(other)), greenroom.ClaimSwitchedOff)
		for _, deployment := range []string{"d2", "d3", "d4", "d5", "d9"} {
			if c, err := h.ClaimOf(t.Context(), r.ID, deployment); !errors.Is(err, greenroom.ErrNotFound) {
				t.Errorf("%s was claimed: %+v, %v", deployment, c, err)
			}
		}
	})
}

// A code is as good as its maker's role.
func TestAClaimCodeEndsWithItsMakersRole(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		r, owner := h.vendor(nil), h.hire("olga", greenroom.Owner)
		for name, leave := range map[string]func(greenroom.Actor) error{
			"removed": func(a greenroom.Actor) error { return h.RemoveMember(t.Context(), owner, a.Person) },
			"demoted": func(a greenroom.Actor) error {
				_, err := h.SetRole(t.Context(), owner, a.Person, greenroom.MemberRole)
				return err
			},
			"taken out behind our back": func(a greenroom.Actor) error {
				return h.Store.Workspace(h.workspace.ID).Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
					return tx.RemoveMember(ctx, a.Person)
				})
			},
		} {
			admin := h.hire("ada", greenroom.Admin)
			_, code, err := h.NewClaimCode(t.Context(), admin)
			if err == nil {
				err = leave(admin)
			}
			if err != nil {
				t.Fatal(err)
			}
			a := h.arrive(r, "d1", "by one who was "+name)
			_, err = h.ReadClaimCode(t.Context(), a.ID, code)
			h.refuses(name+", reading", err, greenroom.ClaimCodeWrong)
			_, _, err = h.ClaimDeployment(t.Context(), a.ID, code)
			h.refuses(name, err, greenroom.ClaimCodeWrong)
		}
	})
}

func TestGuessingCodesEnds(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		r := h.vendor(nil)
		good := h.code(h.workspace)
		guess := func(a greenroom.Arrived, n int) {
			for range n {
				_, err := h.ReadClaimCode(t.Context(), a.ID, "AAAA-AAAA-AAAA")
				h.refuses("a guess", err, greenroom.ClaimCodeWrong)
			}
		}
		for launch := range 4 {
			a := h.arrive(r, "d1", fmt.Sprint("guessing-", launch))
			guess(a, 5)
			_, _, err := h.ClaimDeployment(t.Context(), a.ID, good)
			h.refuses("the right code after five guesses", err, greenroom.ClaimTooOften)
		}
		_, _, err := h.ClaimDeployment(t.Context(), h.arrive(r, "d1", "again").ID, good)
		h.refuses("the right code after twenty guesses", err, greenroom.ClaimTooOften)
		if _, _, err := h.ClaimDeployment(t.Context(), h.arrive(r, "d2", "other").ID, good); err != nil {
			t.Errorf("another school cannot claim: %v", err)
		}
		h.pass(61 * time.Minute)
		if _, _, err := h.ClaimDeployment(t.Context(), h.arrive(r, "d1", "later").ID, h.code(h.workspace)); err != nil {
			t.Errorf("an hour later: %v", err)
		}
	})
}

func TestOneOfManyClaimsWins(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		r := h.vendor(nil)
		others := []greenroom.Workspace{h.workspace}
		for range 3 {
			others = append(others, must(h.CreateWorkspace(t.Context(), "Another", "", false)))
		}
		var group sync.WaitGroup
		won := make([]bool, len(others))
		for i, w := range others {
			a, code := h.arrive(r, "d1", fmt.Sprint("at once ", i)), h.code(w)
			group.Go(func() {
				_, _, err := h.ClaimDeployment(t.Context(), a.ID, code)
				won[i] = err == nil
			})
		}
		group.Wait()
		winners := 0
		for i, w := range others {
			claims := must(h.Store.Workspace(w.ID).Claims(t.Context()))
			if won[i] != (len(claims) == 1) {
				t.Errorf("workspace %d: won %v, %d claims", i, won[i], len(claims))
			}
			winners += len(claims)
		}
		if winners != 1 {
			t.Errorf("%d workspaces have the deployment", winners)
		}
	})
}

func TestOneCodeServesOneOfManyDeployments(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		r, code := h.vendor(nil), h.code(h.workspace)
		var group sync.WaitGroup
		for i := range 4 {
			a := h.arrive(r, fmt.Sprint("d", i), fmt.Sprint("at once ", i))
			group.Go(func() { _, _, _ = h.ClaimDeployment(t.Context(), a.ID, code) })
		}
		group.Wait()
		if claims := must(h.Store.Instance().Claims(t.Context(), r.ID)); len(claims) != 1 {
			t.Errorf("one code claimed %d deployments", len(claims))
		}
	})
}

func TestAnArrivalSpendsItsLaunch(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		r := h.vendor(nil)
		h.arrive(r, "d1", "s1")
		_, err := h.Arrive(t.Context(), &lti.Launch{Registration: lti.Registration{ID: string(r.ID)}, DeploymentID: "d1", StateID: "s1"})
		if !errors.Is(err, greenroom.ErrSpent) {
			t.Errorf("the same launch again: %v", err)
		}
	})
}

func TestWhoMayClaim(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		strict := h.vendor(nil)
		lenient := h.vendor(func(f *greenroom.SharedForm) { f.ClientID, f.Claimants = "app-2", "instructor" })
		for name, tc := range map[string]struct {
			roles           lti.Roles
			strict, lenient bool
		}{
			"an administrator of the institution": {lti.Roles{institutionAdmin}, true, true},
			"an administrator of the system":      {lti.Roles{"http://purl.imsglobal.org/vocab/lis/v2/system/person#Administrator"}, true, true},
			"an administrator of a course":        {lti.Roles{lti.RoleAdministrator}, false, false},
			"an instructor":                       {lti.Roles{lti.RoleInstructor}, false, true},
			"a learner":                           {lti.Roles{lti.RoleLearner}, false, false},
			"a preview of an administrator":       {lti.Roles{institutionAdmin, lti.RoleTestUser}, false, false},
			"nobody":                              {nil, false, false},
		} {
			for r, want := range map[greenroom.SharedID]bool{strict.ID: tc.strict, lenient.ID: tc.lenient} {
				l := &lti.Launch{Registration: lti.Registration{ID: string(r)}, Subject: "1", Roles: tc.roles}
				if may, err := h.MayClaim(t.Context(), l); err != nil || may != want {
					t.Errorf("%s: %v, %v", name, may, err)
				}
			}
		}
	})
}

func TestAReleasedDeploymentIsNobodys(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		r := h.vendor(nil)
		other := must(h.CreateWorkspace(t.Context(), "Support", "", false))
		claim, _, err := h.ClaimDeployment(t.Context(), h.arrive(r, "d1", "s1").ID, h.code(h.workspace))
		if err != nil {
			t.Fatal(err)
		}
		c := must(h.Store.Workspace(h.workspace.ID).Connection(t.Context(), claim.Connection))
		may := func(w greenroom.Workspace, deployment string) error {
			return greenroom.MaySend(t.Context(), h.Store.Instance(), w.ID, c, deployment)
		}
		if err := may(h.workspace, "d1"); err != nil {
			t.Errorf("its own: %v", err)
		}
		h.refuses("another workspace sends", may(other, "d1"), greenroom.ClaimExpired)
		h.refuses("for another deployment", may(h.workspace, "d2"), greenroom.ClaimExpired)
		if err := h.ReleaseDeployment(t.Context(), greenroom.Operator(other.ID), r.ID, "d1"); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("another workspace releases it: %v", err)
		}
		member := greenroom.Actor{Person: "p", Workspace: h.workspace.ID, Role: greenroom.MemberRole}
		if err := h.ReleaseDeployment(t.Context(), member, r.ID, "d1"); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("a member releases it: %v", err)
		}
		if _, err := h.RemoveShared(t.Context(), r.ID, false); !errors.Is(err, greenroom.ErrClaimed) {
			t.Errorf("the registration went while it was claimed: %v", err)
		}
		if err := h.ReleaseDeployment(t.Context(), h.admin, r.ID, "d1"); err != nil {
			t.Fatal(err)
		}
		h.refuses("after the release", may(h.workspace, "d1"), greenroom.ClaimExpired)
		if c = must(h.Store.Workspace(h.workspace.ID).Connection(t.Context(), c.ID)); len(c.Deployments) != 0 {
			t.Errorf("the connection keeps %v", c.Deployments)
		}
		if _, _, err := h.ClaimDeployment(t.Context(), h.arrive(r, "d1", "s2").ID, h.code(other)); err != nil {
			t.Errorf("the next workspace: %v", err)
		}
		must(h.DeleteWorkspace(t.Context(), greenroom.Operator(other.ID), other.Name))
		if _, err := h.ClaimOf(t.Context(), r.ID, "d1"); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("a workspace that is gone keeps its claim: %v", err)
		}
		must(h.claimOnceMore(r))
		must(h.RemoveShared(t.Context(), r.ID, true))
		h.refuses("after the removal", may(h.workspace, "d1"), greenroom.ClaimExpired)
	})
}

// claimOnceMore claims d1 for the house's workspace once more.
func (h *house) claimOnceMore(r greenroom.SharedRegistration) (greenroom.Claim, error) {
	c, _, err := h.ClaimDeployment(h.t.Context(), h.arrive(r, "d1", "once more").ID, h.code(h.workspace))
	return c, err
}

func TestAWorkspaceCannotChangeWhatItShares(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		r := h.vendor(nil)
		claim, _, err := h.ClaimDeployment(t.Context(), h.arrive(r, "d1", "s1").ID, h.code(h.workspace))
		if err != nil {
			t.Fatal(err)
		}
		stored := func() greenroom.Connection {
			return must(h.Store.Workspace(h.workspace.ID).Connection(t.Context(), claim.Connection))
		}
		for field, change := range map[string]func(*greenroom.ConnectionEdit){
			"issuer":         func(f *greenroom.ConnectionEdit) { f.Issuer = "https://evil.example.com" },
			"client_id":      func(f *greenroom.ConnectionEdit) { f.ClientID = "evil" },
			"deployment_ids": func(f *greenroom.ConnectionEdit) { f.Deployments = "d1 d2" },
			"auth_url":       func(f *greenroom.ConnectionEdit) { f.AuthURL = "https://evil.example.com" },
			"token_url":      func(f *greenroom.ConnectionEdit) { f.TokenURL = "https://evil.example.com" },
			"jwks_url":       func(f *greenroom.ConnectionEdit) { f.KeySetURL = "https://evil.example.com" },
			"audience":       func(f *greenroom.ConnectionEdit) { f.Audience = "evil" },
		} {
			f := greenroom.EditOf(stored())
			change(&f)
			_, err := h.EditConnection(t.Context(), h.admin, claim.Connection, f)
			if bad, ok := errors.AsType[*greenroom.Invalid](err); !ok || bad.Of(field) == "" {
				t.Errorf("%s: %v", field, err)
			}
		}
		_, err = h.SaveConnection(t.Context(), h.admin, greenroom.ConnectionForm{
			Platform: "Mine", Issuer: r.Issuer, ClientID: r.ClientID, Deployments: "d2",
			AuthURL: "https://evil.example.com", TokenURL: "https://evil.example.com", KeySetURL: "https://evil.example.com",
		})
		if bad, ok := errors.AsType[*greenroom.Invalid](err); !ok || bad.Of("client_id") == "" {
			t.Errorf("the manual form: %v", err)
		}
		renamed := greenroom.EditOf(stored())
		renamed.Platform = "Hill School"
		if _, err := h.EditConnection(t.Context(), h.admin, claim.Connection, renamed); err != nil || stored().Platform != "Hill School" {
			t.Errorf("its name: %v", err)
		}
		h.vendor(func(f *greenroom.SharedForm) { f.TokenURL = "https://developer.blackboard.com/token2" })
		if c := stored(); c.TokenURL != "https://developer.blackboard.com/token2" || c.Platform != "Hill School" {
			t.Errorf("the operator's change: %+v", c)
		}
	})
}

func TestKeysOfTheInstanceTakeTurns(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		if keys := must(h.PublishedInstanceKeys(t.Context())); len(keys) != 0 {
			t.Errorf("%d keys before the first registration", len(keys))
		}
		r := h.vendor(nil)
		first := must(h.EnsureInstanceKey(t.Context()))
		if keys := must(h.PublishedInstanceKeys(t.Context())); len(keys) != 1 || keys[0].ID != first.ID {
			t.Errorf("keys %v", keys)
		}
		if _, err := h.Vault.OpenKey(h.workspace.ID, first); !errors.Is(err, greenroom.ErrMasterKey) {
			t.Errorf("a workspace opens the instance's key: %v", err)
		}
		own := must(h.SigningKey(t.Context(), h.workspace.ID))
		if key, owner, err := h.SigningKeyFor(t.Context(), h.workspace.ID, greenroom.Connection{}); err != nil || key.ID != own.ID || owner != h.workspace.ID {
			t.Errorf("of its own connection: %v, %q, %v", key.ID, owner, err)
		}
		if key, owner, err := h.SigningKeyFor(t.Context(), h.workspace.ID, greenroom.Connection{Shared: r.ID}); err != nil || key.ID != first.ID || owner != greenroom.InstanceOwner {
			t.Errorf("of a shared connection: %v, %q, %v", key.ID, owner, err)
		}
		next := must(h.RotateInstanceKey(t.Context(), false))
		if key := must(h.EnsureInstanceKey(t.Context())); key.ID != first.ID {
			t.Error("the new key signs before platforms know it")
		}
		h.pass(25 * time.Hour)
		if key := must(h.EnsureInstanceKey(t.Context())); key.ID != next.ID {
			t.Error("the new key does not sign")
		}
		h.pass(8 * 24 * time.Hour)
		if err := h.RotateDue(t.Context()); err != nil {
			t.Fatal(err)
		}
		if keys := must(h.PublishedInstanceKeys(t.Context())); len(keys) != 1 || keys[0].ID != next.ID {
			t.Errorf("keys %v", keys)
		}
	})
}
