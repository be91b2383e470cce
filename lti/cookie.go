package lti

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

// maxCookies is how many logins one browser may have open: browsers limit the
// cookies of a site, and requests their size.
const maxCookies = 20

// cookie returns the cookie that ties one login to its browser, one per login
// so that two tabs do not disturb each other. The launch arrives as a
// cross-site POST in a frame: only a SameSite=None cookie comes along, and in
// most browsers only a partitioned one.
func (t *Tool) cookie(id, value string, maxAge int) *http.Cookie {
	return &http.Cookie{
		Name: t.cookiePrefix() + id, Value: value, Path: "/", MaxAge: maxAge,
		Secure: true, HttpOnly: true, SameSite: http.SameSiteNoneMode, Partitioned: true,
	}
}

func (t *Tool) cookiePrefix() string {
	if t.InsecureCookies {
		return "lti_"
	}
	return "__Host-lti_"
}

// KeepsCookies tells that a browser has brought back a cookie of an earlier
// login, and so will bring that of the next.
func (t *Tool) KeepsCookies(have []*http.Cookie) bool {
	return slices.ContainsFunc(have, func(c *http.Cookie) bool { return strings.HasPrefix(c.Name, t.cookiePrefix()) })
}

// cookieValue begins with the time at which the login expires, by which the
// oldest cookie can be told.
func cookieValue(expires time.Time, secret string) string {
	return strconv.FormatInt(expires.Unix(), 10) + "." + secret
}

// dropped returns what removes the oldest cookies of a browser that is about to
// get one more.
func (t *Tool) dropped(have []*http.Cookie) []*http.Cookie {
	ours := slices.DeleteFunc(slices.Clone(have), func(c *http.Cookie) bool {
		return !strings.HasPrefix(c.Name, t.cookiePrefix())
	})
	if len(ours) < maxCookies {
		return nil
	}
	slices.SortStableFunc(ours, func(a, b *http.Cookie) int {
		return cmp.Compare(cookieExpiry(a), cookieExpiry(b))
	})
	var drop []*http.Cookie
	for _, c := range ours[:len(ours)-maxCookies+1] {
		drop = append(drop, t.cookie(strings.TrimPrefix(c.Name, t.cookiePrefix()), "", -1))
	}
	return drop
}

// cookieExpiry returns 0 for a value that is none of ours.
func cookieExpiry(c *http.Cookie) int64 {
	digits, _, _ := strings.Cut(c.Value, ".")
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// holdsSecret tells whether the browser brought the login's cookie back.
func (t *Tool) holdsSecret(p PendingLogin, cookies []*http.Cookie) bool {
	for _, c := range cookies {
		if c.Name == t.cookiePrefix()+p.ID && p.isSecret(c.Value) {
			return true
		}
	}
	return false
}
