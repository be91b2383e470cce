package greenroom_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestNamesThatAreNoHost(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.MainHost = "practice.example.com"
		other := must(h.CreateWorkspace(t.Context(), "Support", "", false))
		must(h.SetHost(t.Context(), greenroom.Operator(other.ID), "support.example.com"))
		for name, want := range map[string]string{
			"https://sales.example.com":                "Give the name alone, without https:// and without a path.",
			"sales.example.com/":                       "Give the name alone, without https:// and without a path.",
			"sales.example.com:8443":                   "Leave out the port: it is that of the public URL.",
			"192.0.2.7":                                "This is an address. A workspace's host is a name.",
			"sales":                                    "This is no host name. It looks like sales.practice.example.com.",
			"sales..example.com":                       "This is no host name. It looks like sales.practice.example.com.",
			"-sales.example.com":                       "This is no host name. It looks like sales.practice.example.com.",
			"sales_team.example.com":                   "This is no host name. It looks like sales.practice.example.com.",
			"sales.example.7":                          "This is no host name. It looks like sales.practice.example.com.",
			strings.Repeat("a", 64) + ".example.com":   "This is no host name. It looks like sales.practice.example.com.",
			"*.example.com":                            "This is no host name. It looks like sales.practice.example.com.",
			strings.Repeat("sales.", 50) + "example.7": "Use at most 253 characters.",
			"bücher.example.com":                       "Write a name with other letters as DNS does: it begins with xn--.",
			"Practice.example.com.":                    "This is the host of the public URL, which all workspaces share.",
			"support.example.com":                      "Another workspace has this host, or had it before.",
		} {
			_, err := h.SetHost(t.Context(), h.admin, name)
			bad, ok := errors.AsType[*greenroom.Invalid](err)
			if !ok || bad.Of("host") != want {
				t.Errorf("%q: %v, want %q", name, err, want)
			}
		}
		if w := must(h.Store.Instance().FindWorkspace(t.Context(), string(h.workspace.ID))); w.Host != "" {
			t.Errorf("the workspace has the host %q", w.Host)
		}
	})
}

func TestAWorkspaceKeepsTheHostsItHad(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		h.MainHost = "practice.example.com"
		is := func(host string, want greenroom.WorkspaceID, wantErr error) {
			t.Helper()
			if got, err := h.HostOf(t.Context(), host); got != want || !errors.Is(err, wantErr) {
				t.Errorf("%s is of %q, %v", host, got, err)
			}
		}
		is("sales.example.com", "", nil) // nobody has one: every name is the instance's
		for _, host := range []string{"Sales.Example.com.", "sales.example.com", "sell.example.com"} {
			h.pass(1e9)
			must(h.SetHost(t.Context(), h.admin, host))
		}
		is("sales.example.com:443", h.workspace.ID, nil)
		is("SELL.example.com", h.workspace.ID, nil)
		is("practice.example.com", "", nil)
		is("127.0.0.1:8080", "", nil)
		is("nobody.example.com", "", greenroom.ErrUnknownHost)
		if w := must(h.SetHost(t.Context(), h.admin, "")); w.Host != "" {
			t.Errorf("the URLs carry %q", w.Host)
		}
		is("sell.example.com", h.workspace.ID, nil)
		must(h.SetHost(t.Context(), h.admin, "sell.example.com"))
		if w := must(h.ForgetHost(t.Context(), h.admin, "sell.example.com")); w.Host != "" {
			t.Errorf("the URLs carry %q", w.Host)
		}
		is("sell.example.com", "", greenroom.ErrUnknownHost)
		if _, err := h.ForgetHost(t.Context(), h.admin, "sell.example.com"); !errors.Is(err, greenroom.ErrNotFound) {
			t.Errorf("forgotten twice: %v", err)
		}
		for host, known := range map[string]bool{"practice.example.com": true, "sales.example.com": true, "sell.example.com": false, "127.0.0.1": false, "": false} {
			if err := h.HostKnown(t.Context(), host); (err == nil) != known {
				t.Errorf("a certificate for %q: %v", host, err)
			}
		}
		var moves []string
		for _, e := range must(h.Audit(t.Context(), h.admin, greenroom.AuditFilter{Noun: greenroom.NounWorkspace})) {
			if e.Action == greenroom.HostChanged || e.Action == greenroom.HostForgotten {
				moves = append(moves, e.Changes[0].From+">"+e.Changes[0].To)
			}
		}
		slices.Reverse(moves)
		if want := []string{">sales.example.com", "sales.example.com>sell.example.com", "sell.example.com>", ">sell.example.com", "sell.example.com>"}; !slices.Equal(moves, want) {
			t.Errorf("the audit log says %q", moves)
		}
	})
}

func TestHostsAreTheOperators(t *testing.T) {
	onBoth(t, func(t *testing.T, h *house) {
		owner := greenroom.Actor{Person: "somebody", Workspace: h.workspace.ID, Role: greenroom.Owner}
		_, err := h.SetHost(t.Context(), owner, "sales.example.com")
		_, err2 := h.ForgetHost(t.Context(), owner, "sales.example.com")
		if !errors.Is(err, greenroom.ErrNotFound) || !errors.Is(err2, greenroom.ErrNotFound) {
			t.Errorf("an owner: %v, %v", err, err2)
		}
	})
}
