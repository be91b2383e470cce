package greenroom_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A managed platform lets its registrations be changed by a token.
type managed struct {
	*lms
	token string // that came
	next  greenroom.Registered
	err   error
}

func (m *managed) UpdateRegistration(_ context.Context, _ greenroom.Connection, token string, _ greenroom.ToolEndpoints) (greenroom.Registered, error) {
	m.token = token
	return m.next, m.err
}

func TestARegistrationIsUpdatedByTheTokenThatWasSealed(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		answer := greenroom.Registered{
			Platform: "Campus", Issuer: "https://lms.example.com", ClientID: "c", Deployment: "1",
			Asked: []string{"a"}, Scopes: []string{"a"}, ManagementURL: "https://lms.example.com/registrations/c", ManagementToken: "first secret",
		}
		h.lms.register = func() (greenroom.Registered, error) { return answer, nil }
		m := &managed{lms: h.lms, next: greenroom.Registered{
			ClientID: "c", Asked: []string{"a", "b"}, Scopes: []string{"a", "b"}, ManagementURL: answer.ManagementURL, ManagementToken: "second secret",
		}}
		h.Platforms = m
		_, token, err := h.NewInvite(t.Context(), h.admin)
		if err != nil {
			t.Fatal(err)
		}
		c := must(h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{}))
		kept := must(h.ShowConnection(t.Context(), h.admin, c.ID)).Connection
		if !kept.CanUpdate() || bytes.Contains(kept.RegistrationToken, []byte("secret")) {
			t.Fatalf("kept %q at %q", kept.RegistrationToken, kept.RegistrationURL)
		}
		for i, want := range []string{"first secret", "second secret"} {
			updated := must(h.UpdateRegistration(t.Context(), h.admin, c.ID, greenroom.ToolEndpoints{}))
			if m.token != want || len(updated.Scopes) != 2 || len(updated.Asked) != 2 {
				t.Errorf("update %d: token %q, %+v", i, m.token, updated)
			}
		}
		if h := must(h.ShowConnection(t.Context(), h.admin, c.ID)).History; h[0].Action != greenroom.ConnectionUpdated {
			t.Errorf("history %+v", h)
		}
		m.err = &greenroom.RegistrationError{Text: "The LMS refused."}
		if _, err := h.UpdateRegistration(t.Context(), h.admin, c.ID, greenroom.ToolEndpoints{}); !errors.As(err, new(*greenroom.RegistrationError)) {
			t.Errorf("got %v", err)
		}
		byHand := validForm()
		byHand.ClientID = "by hand"
		other := must(h.SaveConnection(t.Context(), h.admin, byHand)).Connection
		if _, err := h.UpdateRegistration(t.Context(), h.admin, other.ID, greenroom.ToolEndpoints{}); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("one by hand: %v", err)
		}
	})
}

// A platform that registers itself again is the connection that it was.
func TestRegisteringAgainKeepsTheHistory(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		answer := greenroom.Registered{
			Platform: "Campus", Issuer: "https://lms.example.com", ClientID: "c", Deployment: "1",
			AuthURL: "https://lms.example.com/auth", TokenURL: "https://lms.example.com/token", KeySetURL: "https://lms.example.com/jwks",
		}
		h.lms.register = func() (greenroom.Registered, error) { return answer, nil }
		register := func() greenroom.Connection {
			_, token, err := h.NewInvite(t.Context(), h.admin)
			if err != nil {
				t.Fatal(err)
			}
			return must(h.Register(t.Context(), h.workspace.ID, token, greenroom.RegistrationRequest{}))
		}
		c := register()
		h.attempt(h.visit(c, nil), 0)
		f := greenroom.EditOf(must(h.ShowConnection(t.Context(), h.admin, c.ID)).Connection)
		f.Deployments, f.Profile, f.Audience, f.AllowAnonymous = "1 2", "brightspace", "https://as.example.com", true
		must(h.EditConnection(t.Context(), h.admin, c.ID, f))

		answer.Deployment, answer.KeySetURL = "3", "https://lms.example.com/new-jwks"
		again := register()
		if again.ID != c.ID || !again.Has("1") || !again.Has("2") || !again.Has("3") || again.KeySetURL != answer.KeySetURL ||
			again.Profile != "brightspace" || again.Audience != "https://as.example.com" || !again.AllowAnonymous {
			t.Errorf("again %+v", again)
		}
		// An audience that is another LMS's token URL would be signed for, and sent
		// to the new address.
		answer.TokenURL = "https://lms.example.com/elsewhere"
		if moved := register(); moved.ID != c.ID || moved.Audience != "" {
			t.Errorf("with another token URL: %+v", moved)
		}
		f = greenroom.EditOf(c)
		f.TokenURL, f.Audience = answer.TokenURL, "https://as.example.com"
		must(h.EditConnection(t.Context(), h.admin, c.ID, f))
		typed := f.ConnectionForm
		if same := must(h.SaveConnection(t.Context(), h.admin, typed)).Connection; same.Audience != "https://as.example.com" {
			t.Errorf("the form again: %+v", same)
		}
		typed.TokenURL += "/2"
		if other := must(h.SaveConnection(t.Context(), h.admin, typed)).Connection; other.ID != c.ID || other.Audience != "" {
			t.Errorf("the form with another token URL: %+v", other)
		}
		if r := must(h.ShowConnection(t.Context(), h.admin, c.ID)); r.Contents.Scores != 1 {
			t.Errorf("holds %+v", r.Contents)
		}
	})
}
