package web

import (
	"net/http"
	"strings"
	"sync"
)

// An originWatch says once each what a request tells of a public URL that is
// mistyped, or of a proxy that does not say what it should.
type originWatch struct{ host, scheme sync.Once }

// compareOrigin holds what came to no workspace's own host to the public URL.
func (k *Kit) compareOrigin(r *http.Request) {
	at, ok := addressOf(r.RemoteAddr)
	proxied := ok && k.trusts(at)
	host := r.Host
	if forwarded := lastOf(r.Header.Values("X-Forwarded-Host")); proxied && forwarded != "" {
		host = forwarded
	}
	scheme, own, _ := strings.Cut(k.URLs.Origin(), "://")
	if !strings.EqualFold(host, own) {
		k.watch.host.Do(func() {
			k.Log.WarnContext(r.Context(), "a request came for another host than that of the public URL; if it came through your proxy, let the proxy pass the Host header on, or mend --public-url",
				"host", host, "public_url", k.URLs.Origin(), "path", loggedPath(r.URL.Path))
		})
	}
	if seen := lastOf(r.Header.Values("X-Forwarded-Proto")); proxied && seen != "" && !strings.EqualFold(seen, scheme) {
		k.watch.scheme.Do(func() {
			k.Log.WarnContext(r.Context(), "the proxy says that browsers come by "+seen+", and the public URL says "+scheme+"; let the proxy serve "+scheme+", or mend --public-url",
				"x_forwarded_proto", seen, "public_url", k.URLs.Origin(), "path", loggedPath(r.URL.Path))
		})
	}
}

// lastOf is what the nearest proxy added to a header, as a word of bounded
// length.
func lastOf(values []string) string {
	all := strings.Split(strings.Join(values, ","), ",")
	last := strings.TrimSpace(all[len(all)-1])
	return last[:min(len(last), 255)]
}
