package web

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// What the session keeps of a sign-in.
const (
	personKey     = "person"
	generationKey = "generation" // of the person when they signed in
	seenKey       = "seen"       // when a page was last opened, Unix seconds
)

const (
	// signInIdle ends a sign-in that nobody uses. What an open page asks for
	// by itself is no use.
	signInIdle = 2 * 24 * time.Hour
	// seenEvery is how exactly that is known: a request that notes it writes.
	seenEvery = 10 * time.Minute
)

// A Guest is a person who has signed in, and where they are.
type Guest struct {
	Person      greenroom.Person
	Memberships []greenroom.Membership // the workspaces they can switch to on this host
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
	person, err := k.signedIn(r)
	if err != nil || person.ID == "" {
		return r, err
	}
	g := &Guest{Person: person}
	if g.Memberships, err = k.Service.Memberships(ctx, person.ID); err != nil {
		return r, err
	}
	g.Memberships = slices.DeleteFunc(g.Memberships, func(m greenroom.Membership) bool { return !hostOf(ctx).shows(m.Workspace.ID) })
	if ref := r.PathValue("workspace"); ref != "" {
		if g.Actor, g.Workspace, err = k.Service.Enter(ctx, person.ID, ref); err != nil {
			return r, err
		}
		if !hostOf(ctx).shows(g.Workspace.ID) {
			return r, greenroom.ErrNotFound
		}
	}
	return r.WithContext(context.WithValue(ctx, visitorKey, g)), nil
}

// signedIn returns whose browser this is, nobody if it is not known. Every
// request asks the store: a sign-in that was ended on another node has ended
// here.
func (k *Kit) signedIn(r *http.Request) (greenroom.Person, error) {
	ctx := r.Context()
	id := greenroom.PersonID(k.Sessions.GetString(ctx, personKey))
	if id == "" {
		return greenroom.Person{}, nil
	}
	person, err := k.Service.Store.Instance().Person(ctx, id)
	if err != nil && !errors.Is(err, greenroom.ErrNotFound) {
		return greenroom.Person{}, err
	}
	idle := k.Now().Sub(time.Unix(k.Sessions.GetInt64(ctx, seenKey), 0))
	if err != nil || person.Generation != k.Sessions.GetInt64(ctx, generationKey) || idle >= signInIdle {
		return greenroom.Person{}, k.Sessions.Destroy(ctx)
	}
	if idle >= seenEvery && !IsFragmentRequest(r) {
		k.Sessions.Put(ctx, seenKey, k.Now().Unix())
	}
	return person, nil
}

// sendToSignIn asks for a sign-in, and for the way back after it. What was
// typed into a form is carried along; a form of which nothing can be carried
// leads back to its page.
func (k *Kit) sendToSignIn(w http.ResponseWriter, r *http.Request) error {
	if IsFragmentRequest(r) { // a page that stayed open, perhaps with a form half filled in: it stays
		w.WriteHeader(http.StatusUnauthorized)
		return nil
	}
	query := url.Values{}
	switch from, err := url.Parse(r.Referer()); {
	case r.Method == http.MethodGet && r.URL.Path != "/":
		query.Set("next", r.URL.RequestURI())
	case r.Method != http.MethodGet:
		query.Set("unsent", "1")
		if err == nil && from.Scheme+"://"+from.Host == k.Here(r).Origin() {
			query.Set("next", from.RequestURI())
		}
		if kept, err := k.askToSignIn(w, r, query.Get("next")); kept || err != nil {
			return err
		}
	}
	to := "/sign-in"
	if len(query) > 0 {
		to += "?" + query.Encode()
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}
