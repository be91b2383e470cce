package greenroom

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
)

// A Host is a name on which a workspace answers, beside the instance's own. It
// shows that workspace and no other. Workspace.Host says which of them its
// URLs carry; the others go on answering, for what LMSes were told before.
type Host struct {
	Workspace WorkspaceID
	Name      string // a DNS name in small letters, without port; of one workspace only
	AddedAt   time.Time
}

// ErrUnknownHost: a request names a host that is nobody's.
var ErrUnknownHost = errors.New("host is neither the public URL's nor a workspace's")

// maxHost is the longest that a DNS name can be, in characters.
const maxHost = 253

// HostName returns the host of a request without port and closing dot, in
// small letters.
func HostName(host string) string {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return strings.ToLower(strings.TrimSuffix(strings.Trim(host, "[]"), "."))
}

// isMain tells whether a host is the instance's own. An address, or this
// machine's name, says only which way the request took: a proxy that does not
// pass the name on, a health check.
func (s *Service) isMain(name string) bool {
	return name == "" || name == HostName(s.MainHost) || name == "localhost" || net.ParseIP(name) != nil
}

// HostOf returns whose host a request names: empty for the instance's own.
// ErrUnknownHost if it is nobody's. As long as no workspace has a host of its
// own, every name means the instance.
func (s *Service) HostOf(ctx context.Context, host string) (WorkspaceID, error) {
	name := HostName(host)
	if s.isMain(name) {
		return "", nil
	}
	h, err := s.Store.Instance().Host(ctx, name)
	if err == nil || !errors.Is(err, ErrNotFound) {
		return h.Workspace, err
	}
	any, err := s.Store.Instance().HasHosts(ctx)
	if err == nil && any {
		err = fmt.Errorf("%w: %.100q", ErrUnknownHost, name)
	}
	return "", err
}

// HostKnown returns nil if Greenroom answers under a name: the public URL's, or
// a workspace's. It is asked before a certificate is ordered. ErrUnknownHost.
func (s *Service) HostKnown(ctx context.Context, host string) error {
	name := HostName(host)
	if name != "" && name == HostName(s.MainHost) {
		return nil
	}
	_, err := s.Store.Instance().Host(ctx, name)
	if errors.Is(err, ErrNotFound) {
		return fmt.Errorf("%w: %.100q", ErrUnknownHost, name)
	}
	return err
}

// Hosts returns the workspace's hosts, the newest first.
func (s *Service) Hosts(ctx context.Context, a Actor) ([]Host, error) {
	store, err := s.settings(a)
	if err != nil {
		return nil, err
	}
	return store.Hosts(ctx)
}

// SetHost gives a workspace a host of its own, or with an empty name the
// instance's host again. Hosts that it had before go on answering. It is for
// the operator, who has the name point here: for others it is ErrNotFound.
// *Invalid names the field host.
func (s *Service) SetHost(ctx context.Context, a Actor, name string) (Workspace, error) {
	store, err := s.operators(a)
	if err != nil {
		return Workspace{}, err
	}
	name = strings.ToLower(strings.TrimSuffix(strings.TrimSpace(name), "."))
	if text := s.checkHost(name); name != "" && text != "" {
		return Workspace{}, invalid("host", text)
	}
	var w Workspace
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if w, err = tx.Workspace(ctx); err != nil || w.Host == name {
			return err
		}
		if err := s.ownHost(ctx, tx, name); err != nil {
			return err
		}
		return s.moveHost(ctx, tx, a, &w, name)
	})
	if errors.Is(err, ErrTaken) {
		return Workspace{}, invalidToday("host", "Another workspace has this host, or had it before.")
	}
	return w, err
}

// ownHost adds a host to the workspace unless it has it already.
func (s *Service) ownHost(ctx context.Context, tx Tx, name string) error {
	own, err := tx.Hosts(ctx)
	if err != nil || name == "" || slices.ContainsFunc(own, func(h Host) bool { return h.Name == name }) {
		return err
	}
	return tx.AddHost(ctx, Host{Name: name, AddedAt: s.Now().Truncate(time.Millisecond)})
}

// moveHost changes the host that the workspace's URLs carry.
func (s *Service) moveHost(ctx context.Context, tx Tx, a Actor, w *Workspace, name string) error {
	change := Change{"host", w.Host, name}
	w.Host = name
	if err := tx.SaveWorkspace(ctx, *w); err != nil {
		return err
	}
	return s.audit(ctx, tx, a, AuditEntry{
		Action: HostChanged, Noun: NounWorkspace, NounID: string(w.ID), Label: w.Name, Changes: []Change{change},
	})
}

// ForgetHost ends a host of the workspace: nothing answers there any more. If
// its URLs carried it, they carry the instance's again. ErrNotFound if it has
// no such host; it is for the operator.
func (s *Service) ForgetHost(ctx context.Context, a Actor, name string) (Workspace, error) {
	store, err := s.operators(a)
	if err != nil {
		return Workspace{}, err
	}
	name = HostName(strings.TrimSpace(name))
	var w Workspace
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if w, err = tx.Workspace(ctx); err != nil {
			return err
		}
		if err := tx.DropHost(ctx, name); err != nil {
			return err
		}
		if w.Host == name {
			w.Host = ""
			if err := tx.SaveWorkspace(ctx, w); err != nil {
				return err
			}
		}
		return s.audit(ctx, tx, a, AuditEntry{
			Action: HostForgotten, Noun: NounWorkspace, NounID: string(w.ID), Label: w.Name, Changes: []Change{{"host", name, ""}},
		})
	})
	return w, err
}

// operators returns the store of a workspace for the operator alone.
func (s *Service) operators(a Actor) (WorkspaceStore, error) {
	if a.Person != "" {
		return nil, ErrNotFound
	}
	return s.settings(a)
}

// checkHost says what keeps a name from being a workspace's host.
func (s *Service) checkHost(name string) string {
	switch labels := strings.Split(name, "."); {
	case strings.ContainsAny(name, "/@ "):
		return "Give the name alone, without https:// and without a path."
	case strings.Contains(name, ":"):
		return "Leave out the port: it is that of the public URL."
	case len(name) > maxHost:
		return fmt.Sprintf("Use at most %d characters.", maxHost)
	case !isASCII(name):
		return "Write a name with other letters as DNS does: it begins with xn--."
	case net.ParseIP(name) != nil:
		return "This is an address. A workspace's host is a name."
	case len(labels) < 2 || slices.ContainsFunc(labels, notALabel) || strings.Trim(labels[len(labels)-1], "0123456789") == "":
		return "This is no host name. It looks like sales.practice.example.com."
	case s.isMain(name):
		return "This is the host of the public URL, which all workspaces share."
	}
	return ""
}

func isASCII(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r > 0x7e })
}

// notALabel tells that a part of a name between dots is none (RFC 1123 §2.1).
func notALabel(label string) bool {
	return label == "" || len(label) > 63 || strings.HasPrefix(label, "-") || strings.HasSuffix(label, "-") ||
		strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != ""
}
