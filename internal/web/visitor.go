package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

const personKey = "person" // in the session

// A Guest is a person who has signed in, and where they are.
type Guest struct {
	Person      greenroom.Person
	Memberships []greenroom.Membership // the workspaces they can switch to
	// Actor and Workspace are set on routes with a {workspace}.
	Actor     greenroom.Actor
	Workspace greenroom.Workspace
}

// Visitor returns who is signed in, nil if nobody is.
func Visitor(ctx context.Context) *Guest {
	g, _ := ctx.Value(visitorKey).(*Guest)
	return g
}

// Actor returns who acts in the route's workspace. It is the zero Actor, which
// may do nothing, where nobody is signed in or the route has no workspace.
func Actor(ctx context.Context) greenroom.Actor {
	if g := Visitor(ctx); g != nil {
		return g.Actor
	}
	return greenroom.Actor{}
}

// Workspace returns the route's workspace, with the same exceptions.
func Workspace(ctx context.Context) greenroom.Workspace {
	if g := Visitor(ctx); g != nil {
		return g.Workspace
	}
	return greenroom.Workspace{}
}

// welcome finds out who asks, and puts them into the request's context. A
// workspace of others is not found.
func (k *Kit) welcome(r *http.Request) (*http.Request, error) {
	ctx := r.Context()
	id := greenroom.PersonID(k.Sessions.GetString(ctx, personKey))
	if id == "" {
		return r, nil
	}
	person, err := k.Service.Store.Instance().Person(ctx, id)
	if errors.Is(err, greenroom.ErrNotFound) { // removed since
		return r, k.Sessions.Destroy(ctx)
	}
	if err != nil {
		return r, err
	}
	g := &Guest{Person: person}
	if g.Memberships, err = k.Service.Memberships(ctx, id); err != nil {
		return r, err
	}
	if ref := r.PathValue("workspace"); ref != "" {
		if g.Actor, g.Workspace, err = k.Service.Enter(ctx, id, ref); err != nil {
			return r, err
		}
	}
	return r.WithContext(context.WithValue(ctx, visitorKey, g)), nil
}

// sendToSignIn asks for a sign-in, and for the way back after it.
func (k *Kit) sendToSignIn(w http.ResponseWriter, r *http.Request) {
	if IsFragmentRequest(r) { // a page that stayed open: let it load as a whole
		w.Header().Set("HX-Refresh", "true")
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	to := "/sign-in"
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?next=" + url.QueryEscape(r.URL.RequestURI())
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
}
