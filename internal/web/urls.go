package web

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// URLs builds every absolute URL of the server, and the paths that more than
// one package needs. LTI endpoints carry the workspace's immutable ID, so that
// a renamed workspace keeps its connections.
//
// A workspace may have a host of its own: see For. What one host was told stays
// true on it, so that an LMS which knows the old URLs goes on with them.
type URLs struct {
	origin string // scheme, host and port, as a page's own origin reads
}

// NewURLs returns the URLs of a server whose public URL is scheme and host,
// with no path: Greenroom takes a host of its own.
func NewURLs(public string) (URLs, error) {
	u, err := url.Parse(public)
	switch {
	case err != nil:
		return URLs{}, fmt.Errorf("public URL: %w", err)
	case u.Host == "" || (u.Scheme != "https" && u.Scheme != "http"):
		return URLs{}, fmt.Errorf("public URL: %q has no scheme or host", public)
	case u.Path != "" && u.Path != "/":
		return URLs{}, errors.New("public URL: leave out the path; Greenroom takes a host of its own")
	}
	return URLs{origin: u.Scheme + "://" + u.Host}, nil
}

// Origin returns scheme and host, as a page's own origin reads in a browser.
func (u URLs) Origin() string { return u.origin }

// For returns the URLs that a workspace tells the world: on its own host if it
// has one. Scheme and port are always those of the public URL.
func (u URLs) For(w greenroom.Workspace) URLs {
	if w.Host == "" {
		return u
	}
	return u.At(w.Host)
}

// Host returns the name in the URLs, without port.
func (u URLs) Host() string {
	_, host, _ := strings.Cut(u.origin, "://")
	return greenroom.HostName(host)
}

// At returns the same URLs on another host, given by its name without port.
func (u URLs) At(name string) URLs {
	own, err := url.Parse(u.origin)
	if err != nil {
		return u
	}
	if port := own.Port(); port != "" {
		name = net.JoinHostPort(name, port)
	}
	return URLs{origin: own.Scheme + "://" + name}
}

// Login returns where a platform begins the OIDC login.
func (u URLs) Login(w greenroom.WorkspaceID) string { return u.lti(w, "login") }

// Launch returns where a platform posts the signed launch: redirect URI and
// target link URI.
func (u URLs) Launch(w greenroom.WorkspaceID) string { return u.lti(w, "launch") }

// KeySet returns where the workspace's public keys are.
func (u URLs) KeySet(w greenroom.WorkspaceID) string { return u.lti(w, "jwks.json") }

// OpenIDConfiguration returns where the tool's own configuration is.
func (u URLs) OpenIDConfiguration(w greenroom.WorkspaceID) string {
	return u.lti(w, ".well-known/openid-configuration")
}

// Registration returns a registration URL; with an empty token, where
// registration URLs begin.
func (u URLs) Registration(w greenroom.WorkspaceID, token string) string {
	base := u.lti(w, "register")
	if token == "" {
		return base
	}
	return base + "?token=" + url.QueryEscape(token)
}

// Notices returns where platforms send notices.
func (u URLs) Notices(w greenroom.WorkspaceID) string { return u.lti(w, "notices") }

// Logo returns the tool's icon, a square PNG.
func (u URLs) Logo() string { return u.origin + "/assets/logo.png" }

// SetUp returns the one-time link with which the first owner is made.
func (u URLs) SetUp(token string) string {
	return u.origin + "/setup?token=" + url.QueryEscape(token)
}

// Shared returns an endpoint of the instance's registrations: where "login",
// "launch", "launch/stored", "claim", "jwks.json" and
// ".well-known/openid-configuration" are.
func (u URLs) Shared(end string) string { return u.origin + "/lti/" + end }

// SharedEndpoints returns the URLs by which platforms know the instance.
func (u URLs) SharedEndpoints(name string) greenroom.ToolEndpoints {
	return greenroom.ToolEndpoints{
		Name: name, Login: u.Shared("login"), Launch: u.Shared("launch"), KeySet: u.Shared("jwks.json"),
		OpenID: u.Shared(".well-known/openid-configuration"), Logo: u.Logo(),
	}
}

// Stored returns where our own page brings back what the platform's storage
// kept.
func (u URLs) Stored(w greenroom.WorkspaceID) string { return u.lti(w, "launch/stored") }

// PersonLink returns the one-time link that carries a token: an invitation, or
// the way to a new password.
func (u URLs) PersonLink(token string) string {
	return u.origin + linkPath + url.PathEscape(token)
}

// Stage returns the room in front of the stage that a launch opened.
func (u URLs) Stage(w greenroom.WorkspaceID, l greenroom.LaunchID) string {
	return u.origin + launchPath("stage", w, l)
}

// StageByTicket is Stage for a browser that keeps no cookie.
func (u URLs) StageByTicket(w greenroom.WorkspaceID, l greenroom.LaunchID, ticket string) string {
	return u.Stage(w, l) + TicketMark + ticket
}

// Course returns the instructors' room that a launch opened.
func (u URLs) Course(w greenroom.WorkspaceID, l greenroom.LaunchID) string {
	return u.origin + launchPath("course", w, l)
}

// CourseByTicket is Course for a browser that keeps no cookie.
func (u URLs) CourseByTicket(w greenroom.WorkspaceID, l greenroom.LaunchID, ticket string) string {
	return u.Course(w, l) + TicketMark + ticket
}

// TicketMark stands between a launch's ID and the ticket in the paths of what a
// launch opened.
const TicketMark = "~"

// Endpoints returns the URLs by which a platform knows a workspace; name is
// what the platform will call the tool.
func (u URLs) Endpoints(w greenroom.WorkspaceID, name string) greenroom.ToolEndpoints {
	return greenroom.ToolEndpoints{
		Name: name, Login: u.Login(w), Launch: u.Launch(w), KeySet: u.KeySet(w),
		OpenID: u.OpenIDConfiguration(w), Canvas: u.lti(w, "canvas.json"), PEM: u.lti(w, "key.pem"), Logo: u.Logo(), Registration: u.Registration(w, ""),
	}
}

func (u URLs) lti(w greenroom.WorkspaceID, end string) string {
	return u.origin + "/lti/" + url.PathEscape(string(w)) + "/" + end
}

// WorkspacePath returns the path of a workspace's admin page.
func WorkspacePath(w greenroom.Workspace, page string) string {
	return "/w/" + url.PathEscape(w.Slug) + "/" + page
}
