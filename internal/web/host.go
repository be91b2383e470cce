package web

import (
	"context"
	"errors"
	"net/http"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// A host is where a request came to.
type host struct {
	name      string                // without port; empty on the instance's own
	workspace greenroom.WorkspaceID // whose it is; empty on the instance's own
}

// shows tells whether a workspace exists on the host: all do on the
// instance's, one on its own.
func (h host) shows(w greenroom.WorkspaceID) bool { return h.workspace == "" || h.workspace == w }

func hostOf(ctx context.Context) host {
	if r := requestOf(ctx); r != nil {
		return r.host
	}
	return host{}
}

// HostShows tells whether a workspace exists on the host that a request came
// to.
func HostShows(ctx context.Context, w greenroom.WorkspaceID) bool { return hostOf(ctx).shows(w) }

// Here returns the URLs on the host that the request came to. What was begun on
// a host goes on there: cookies are the host's, and so are the URLs that an LMS
// was told.
func (k *Kit) Here(r *http.Request) URLs {
	if h := hostOf(r.Context()); h.name != "" {
		return k.URLs.At(h.name)
	}
	return k.URLs
}

// anyHost are the paths that answer whatever host is asked for: whoever watches
// the server may know nothing of its name.
var anyHost = map[string]bool{"/livez": true, "/readyz": true, "/metrics": true}

// receive finds out whose host the request came to. Each request asks, so that
// a change is seen by every node at once; the instance's own host costs nothing.
func (k *Kit) receive(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if anyHost[r.URL.Path] {
			next.ServeHTTP(w, r)
			return
		}
		of, err := k.Service.HostOf(r.Context(), r.Host)
		if of == "" {
			k.compareOrigin(r)
		}
		switch {
		case errors.Is(err, greenroom.ErrUnknownHost):
			misdirected(w, r, err)
			return
		case err != nil:
			k.fail(w, r, err)
			return
		case of != "":
			requestOf(r.Context()).host = host{greenroom.HostName(r.Host), of}
			if elsewhere(of, r.URL.Path) {
				k.fail(w, r, greenroom.ErrNotFound)
				return
			}
		}
		next.ServeHTTP(w, r)
	})
}

// elsewhere tells whether a path leads to what a workspace's host does not
// show: LTI endpoints and stages of others, and the set-up of the instance.
// Pages for administrators look for themselves.
func elsewhere(w greenroom.WorkspaceID, path string) bool {
	for _, below := range framed {
		if rest, ok := strings.CutPrefix(path, below); ok {
			id, _, _ := strings.Cut(rest, "/")
			return id != string(w)
		}
	}
	return path == "/setup"
}

// misdirected answers for a host that is nobody's (RFC 9110 §15.5.20): as text,
// for no asset could be fetched from there.
func misdirected(w http.ResponseWriter, r *http.Request, err error) {
	note(r, err)
	w.Header().Set("Cache-Control", "no-store")
	http.Error(w, "There is no Greenroom at this address.\n\nIf there should be, whoever runs Greenroom finds the reason in the log under this reference: "+
		Reference(r.Context()), http.StatusMisdirectedRequest)
}
