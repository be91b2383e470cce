package launch

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

// A door is where a launch comes in: the endpoints of one workspace, on the
// host that the request came to, or those of the instance's registrations,
// which workspaces share. What began at a door ends at that door.
type door struct {
	workspace greenroom.Workspace // at the shared door zero until the deployment tells
	urls      web.URLs            // of the host

	shared bool
	claim  greenroom.Claim // at the shared door, from when the deployment is known on

	login, launch, stored string

	registrations lti.Registrations
	keySets       lti.KeySets
	sealer        *lti.Sealer
	// hosts tells whether a target_link_uri is one of ours.
	hosts func(context.Context, *url.URL) bool
}

// door returns the one that a request came to.
func (l *Launch) door(r *http.Request) (*door, error) {
	if r.PathValue("workspace") == "" {
		return l.sharedDoor(r), nil
	}
	w, err := l.workspace(r)
	if errors.Is(err, greenroom.ErrUnreachable) {
		return nil, web.WithHint(err, hintAway)
	}
	if err != nil {
		return nil, err
	}
	urls := l.kit.Here(r)
	return &door{
		workspace: w, urls: urls,
		login: urls.Login(w.ID), launch: urls.Launch(w.ID), stored: urls.Stored(w.ID),
		registrations: l.platforms.Registrations(w.ID), keySets: l.platforms.KeySets(w.ID),
		// A key of the workspace's own: a state of another one is unknown here.
		sealer: l.sealer("launch state " + string(w.ID)),
		hosts: func(ctx context.Context, target *url.URL) bool {
			return l.isOurs(ctx, w.ID, urls, target)
		},
	}, nil
}

// tool returns the tool that a door is to its platforms.
func (l *Launch) tool(ctx context.Context, d *door, s lti.States) *lti.Tool {
	return &lti.Tool{
		Registrations:   d.registrations,
		States:          s,
		KeySets:         d.keySets,
		Now:             l.kit.Now,
		Random:          l.service.Random,
		Hosts:           func(target *url.URL) bool { return d.hosts(ctx, target) },
		InsecureCookies: !strings.HasPrefix(d.urls.Origin(), "https://"),
	}
}

// isOurs accepts the targets of activities that were made while the workspace
// had another host, or none: an LMS keeps those for as long as the course
// lasts.
func (l *Launch) isOurs(ctx context.Context, w greenroom.WorkspaceID, here web.URLs, target *url.URL) bool {
	same := func(origin string) bool { return lti.SameOrigin(target.String(), origin) }
	if same(here.Origin()) || same(l.kit.URLs.Origin()) {
		return true
	}
	of, err := l.service.HostOf(ctx, target.Host)
	return err == nil && of != "" && of == w && same(l.kit.URLs.At(greenroom.HostName(target.Host)).Origin())
}
