package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

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
