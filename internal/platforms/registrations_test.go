package platforms

import (
	"errors"
	"slices"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

func TestRegistrationsAreTheWorkspacesConnections(t *testing.T) {
	h := newHouse(t)
	h.connect("a", func(c *greenroom.Connection) {
		c.Audience, c.KeySet = "https://lms.example.com/as", []byte(`{"keys":[]}`)
	})
	h.connect("b", func(c *greenroom.Connection) { c.Deployments, c.AcceptDeployments = nil, true })
	h.connect("off", func(c *greenroom.Connection) { c.Disabled = true })
	h.connect("elsewhere", func(c *greenroom.Connection) { c.Issuer = "https://other.example.com" })
	ours := h.platforms.Registrations(h.workspace)

	for name, tc := range map[string]struct {
		issuer, client string
		want           []string
	}{
		"all of an issuer":   {"https://lms.example.com", "", []string{"a", "b"}},
		"one client":         {"https://lms.example.com", "b", []string{"b"}},
		"an unknown client":  {"https://lms.example.com", "c", nil},
		"an unknown issuer":  {"https://lms.example.com/", "", nil},
		"of another issuer":  {"https://other.example.com", "a", nil},
		"the other issuer's": {"https://other.example.com", "", []string{"elsewhere"}},
	} {
		t.Run(name, func(t *testing.T) {
			found, err := ours.Find(t.Context(), tc.issuer, tc.client)
			if err != nil {
				t.Fatal(err)
			}
			var ids []string
			for _, r := range found {
				ids = append(ids, r.ID)
			}
			slices.Sort(ids)
			if !slices.Equal(ids, tc.want) {
				t.Errorf("found %v, want %v", ids, tc.want)
			}
		})
	}

	a, err := ours.Registration(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	if a.Issuer != "https://lms.example.com" || a.ClientID != "a" || a.Audience != "https://lms.example.com/as" ||
		a.AuthURL != h.lms.URL+"/auth" || a.TokenURL != h.lms.URL+"/token" || a.KeySetURL != h.lms.URL+"/jwks" ||
		!slices.Equal(a.Deployments, []string{"1"}) || a.AcceptNewDeployments || string(a.KeySet) != `{"keys":[]}` {
		t.Errorf("registration %+v", a)
	}
	if b, err := ours.Registration(t.Context(), "b"); err != nil || !b.AcceptNewDeployments {
		t.Errorf("registration %+v, %v", b, err)
	}
	if off, ok := errors.AsType[*greenroom.SwitchedOffError](errOf(ours.Find(t.Context(), "https://lms.example.com", "off"))); !ok || off.Connection != "off" {
		t.Errorf("of one that is switched off: %v", off)
	}
	for _, id := range []string{"off", "none"} {
		if _, err := ours.Registration(t.Context(), id); !errors.Is(err, lti.ErrNoRegistration) {
			t.Errorf("%s: %v", id, err)
		}
	}
	if _, err := h.platforms.Registrations("another").Registration(t.Context(), "a"); !errors.Is(err, lti.ErrNoRegistration) {
		t.Errorf("another workspace sees it: %v", err)
	}
}

func errOf[T any](_ T, err error) error { return err }
