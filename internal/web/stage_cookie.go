package web

import (
	"iter"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// maxStageCookies bounds how many launches a browser can hold open.
const maxStageCookies = 20

const stagePrefix = "stage-"

// stageCookieName is one name per launch. Launch IDs sort by age, and so do
// the names.
func (k *Kit) stageCookieName(l greenroom.LaunchID) string {
	return k.HostPrefix() + stagePrefix + strings.ReplaceAll(string(l), "-", "")
}

// HostPrefix binds a cookie to this host and to https. Over plain http, which
// only development allows, browsers refuse it.
func (k *Kit) HostPrefix() string {
	if k.secure {
		return "__Host-"
	}
	return ""
}

// SetStageCookie gives the browser the sign-in token of a launch, until it
// runs out. The cookie is partitioned, so that it works in a frame, and stands
// beside those of other launches; above twenty the oldest are dropped.
func (k *Kit) SetStageCookie(w http.ResponseWriter, r *http.Request, l greenroom.LaunchID, token string, until time.Time) {
	http.SetCookie(w, k.stageCookie(k.stageCookieName(l), token, until, k.Now()))
	for _, name := range k.oldestStageCookies(r) {
		http.SetCookie(w, k.stageCookie(name, "", time.Unix(1, 0), k.Now()))
	}
}

// StageToken returns the sign-in token that the browser holds for a launch,
// empty if it holds none.
func (k *Kit) StageToken(r *http.Request, l greenroom.LaunchID) string {
	c, err := r.Cookie(k.stageCookieName(l))
	if err != nil {
		return ""
	}
	return c.Value
}

// maxOtherVisits bounds what one form that came too late makes the store read.
const maxOtherVisits = 5

// OtherVisits returns the visits of the route's workspace that this browser has
// open beside the launch that the URL names, the newest first: one of them may
// finish what a launch that has ended began.
func (k *Kit) OtherVisits(r *http.Request) iter.Seq[greenroom.Visit] {
	launches := k.stageLaunches(r)
	slices.Reverse(launches)
	return func(yield func(greenroom.Visit) bool) {
		for _, id := range launches[:min(len(launches), maxOtherVisits)] {
			v, err := k.Service.Visit(r.Context(), greenroom.WorkspaceID(r.PathValue("workspace")), id, k.StageToken(r, id))
			if err == nil && !yield(v) {
				return
			}
		}
	}
}

// stageLaunches returns the launches that the browser holds a cookie of, the
// oldest first.
func (k *Kit) stageLaunches(r *http.Request) (all []greenroom.LaunchID) {
	for _, c := range r.Cookies() {
		name, ok := strings.CutPrefix(c.Name, k.HostPrefix()+stagePrefix)
		if id, err := uuid.Parse(name); ok && err == nil {
			all = append(all, greenroom.LaunchID(id.String()))
		}
	}
	slices.Sort(all)
	return all
}

// oldestStageCookies returns the names that must go to make room for one more.
func (k *Kit) oldestStageCookies(r *http.Request) []string {
	var names []string
	for _, c := range r.Cookies() {
		if strings.HasPrefix(c.Name, k.HostPrefix()+stagePrefix) {
			names = append(names, c.Name)
		}
	}
	slices.Sort(names)
	return names[:max(0, len(names)-maxStageCookies+1)]
}

// stageCookie is Secure even in development: browsers accept that on loopback,
// and without it no cookie can be used in a frame.
func (k *Kit) stageCookie(name, token string, until, now time.Time) *http.Cookie {
	c := &http.Cookie{
		Name: name, Value: token, Path: "/", Expires: until,
		MaxAge: int(until.Sub(now).Seconds()), HttpOnly: true,
		Secure: true, SameSite: http.SameSiteNoneMode, Partitioned: true,
	}
	if c.MaxAge <= 0 {
		c.MaxAge = -1
	}
	return c
}
