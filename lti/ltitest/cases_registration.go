package ltitest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// register opens a registration URL the way the browser of an LMS's
// administrator does.
func (s *Suite) register(ctx context.Context, x *site, registrationURL string) (answer, error) {
	open, err := x.OpenRegistration(registrationURL)
	if err != nil {
		return answer{}, err
	}
	t := &trial{ctx: ctx, suite: s, site: x}
	return t.browser().patient(open)
}

// patient gets a page from a tool that may limit how often it is asked: it
// waits for as long as the tool says, and half a minute at most.
func (b *browser) patient(address string) (answer, error) {
	for {
		a, err := b.send(http.MethodGet, address, nil)
		if err != nil || a.StatusCode != http.StatusTooManyRequests {
			return a, err
		}
		seconds, err := strconv.Atoi(a.Header.Get("Retry-After"))
		if err != nil || seconds > 30 {
			return a, nil
		}
		select {
		case <-time.After(time.Duration(seconds) * time.Second):
		case <-b.t.ctx.Done():
			return a, b.t.ctx.Err()
		}
	}
}

// A registering is a case's platform and the URL that the tool gave for it.
type registering struct {
	*trial
	url    string
	before int // tools
}

// registering opens a platform that does not know the tool yet.
func (t *trial) registering(profile platform.Profile) (*registering, error) {
	if t.suite.candidate.RegistrationURL == nil {
		return nil, skip("needs a fresh registration URL for each case")
	}
	address, err := t.suite.candidate.RegistrationURL(t.ctx)
	if err != nil {
		return nil, err
	}
	t.suite.mu.Lock()
	t.suite.count++
	name := fmt.Sprint("site-", t.suite.count)
	t.suite.mu.Unlock()
	x, err := t.suite.open(name, profile, nil)
	if err != nil {
		return nil, err
	}
	return &registering{&trial{t.ctx, t.suite, x}, address, len(x.Tools())}, nil
}

// open does what the LMS does, with a change to the URL if it is not nil.
func (r *registering) open(change func(url.Values)) (answer, error) {
	address, err := r.site.OpenRegistration(r.url)
	if err != nil {
		return answer{}, err
	}
	u, err := url.Parse(address)
	if err != nil {
		return answer{}, err
	}
	if change != nil {
		q := u.Query()
		change(q)
		u.RawQuery = q.Encode()
	}
	return r.browser().patient(u.String())
}

func (r *registering) made() int { return len(r.site.Tools()) - r.before }

// turnedAway is nil if the tool has shown an error and registered nothing.
func (r *registering) turnedAway(a answer, err error) error {
	if err := r.refused("", a, err); err != nil {
		return err
	}
	if n := r.made(); n != 0 {
		return fmt.Errorf("%d registrations were made", n)
	}
	return nil
}

// configured serves another configuration in place of the platform's.
func (r *registering) configured(change func(map[string]any)) error {
	w := httptest.NewRecorder()
	r.site.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/lti/openid-configuration", nil))
	var document map[string]any
	if err := json.Unmarshal(w.Body.Bytes(), &document); err != nil {
		return err
	}
	change(document)
	raw, err := json.Marshal(document)
	r.site.instead = map[string]http.HandlerFunc{"/lti/openid-configuration": func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(raw)
	}}
	return err
}

const platformClaim = "https://purl.imsglobal.org/spec/lti-platform-configuration"

// configurations makes a case of documents that must be turned away.
func configurations(id, title string, changes map[string]func(*registering, map[string]any)) Case {
	return Case{id, title, func(t *trial) error {
		for _, name := range sorted(changes) {
			r, err := t.registering(platform.Generic)
			if err != nil {
				return err
			}
			if err := r.configured(func(d map[string]any) { changes[name](r, d) }); err != nil {
				return err
			}
			a, err := r.open(nil)
			if err := r.turnedAway(a, err); err != nil {
				return named(name, err)
			}
		}
		return nil
	}}
}

func dropped(name string) func(*registering, map[string]any) {
	return func(_ *registering, d map[string]any) { delete(d, name) }
}

var registrationCases = []Case{
	{"OWN-R01", "a configuration that is not at a public https address, or is none, is refused", func(t *trial) error {
		for name, address := range map[string]string{
			"http":      "http://lms.example.com/.well-known/openid-configuration",
			"metadata":  "https://169.254.169.254/latest/meta-data",
			"private":   "https://10.0.0.1/.well-known/openid-configuration",
			"HTML":      t.suite.base + "/lti/storage",
			"no answer": t.suite.base + "/nothing-here",
			"a file":    "file:///etc/passwd",
		} {
			r, err := t.registering(platform.Generic)
			if err != nil {
				return err
			}
			a, err := r.open(func(q url.Values) { q.Set("openid_configuration", address) })
			if err := r.turnedAway(a, err); err != nil {
				return named(name, err)
			}
		}
		return nil
	}},
	configurations("OWN-R02", "an issuer on another host than its configuration is refused", map[string]func(*registering, map[string]any){
		"another host": func(_ *registering, d map[string]any) { d["issuer"] = "https://somebody-else.example.org" },
	}),
	configurations("OWN-R03", "a configuration that lacks what is needed is refused", map[string]func(*registering, map[string]any){
		"registration_endpoint": dropped("registration_endpoint"), "jwks_uri": dropped("jwks_uri"),
		"RS256": func(_ *registering, d map[string]any) { d["id_token_signing_alg_values_supported"] = []string{"ES256"} },
	}),
	{"OWN-R04", "an old Moodle's configuration is accepted if it is complete", func(t *trial) error {
		old := func(d map[string]any) {
			p, _ := d[platformClaim].(map[string]any)
			p["messages_supported"] = []string{"LtiResourceLink"}
			d[platformClaim+" "] = p
			delete(d, platformClaim)
		}
		r, err := t.registering(platform.Moodle)
		if err != nil {
			return err
		}
		if err := r.configured(old); err != nil {
			return err
		}
		a, err := r.open(nil)
		if err := r.accepted(a, err); err != nil {
			return err
		}
		if r.made() != 1 {
			return fmt.Errorf("%d registrations were made", r.made())
		}
		if r, err = t.registering(platform.Moodle); err != nil {
			return err
		}
		if err := r.configured(func(d map[string]any) { old(d); delete(d, "authorization_endpoint") }); err != nil {
			return err
		}
		a, err = r.open(nil)
		return named("without authorization endpoint", r.turnedAway(a, err))
	}},
	{"OWN-R05", "a registration URL that was changed is refused", func(t *trial) error {
		r, err := t.registering(platform.Generic)
		if err != nil {
			return err
		}
		for _, change := range []func(string) string{
			func(s string) string { return s[:len(s)-4] + "AAAA" },
			func(string) string { return "" },
		} {
			a, err := r.open(func(q url.Values) {
				for name := range q {
					if name != "openid_configuration" && name != "registration_token" {
						q.Set(name, change(q.Get(name)))
					}
				}
			})
			if err := r.turnedAway(a, err); err != nil {
				return err
			}
		}
		return nil
	}},
	{"OWN-R06", "a registration URL works once", func(t *trial) error {
		r, err := t.registering(platform.Generic)
		if err != nil {
			return err
		}
		a, err := r.open(nil)
		if err := r.accepted(a, err); err != nil {
			return err
		}
		a, err = r.open(nil)
		if err := r.refused("", a, err); err != nil {
			return err
		}
		if r.made() != 1 {
			return fmt.Errorf("%d registrations were made", r.made())
		}
		return nil
	}},
	{"OWN-R08", "a platform that refuses is quoted as text, and the URL is not used up", func(t *trial) error {
		r, err := t.registering(platform.Generic)
		if err != nil {
			return err
		}
		const markup = `<img src=x onerror=alert(1)>`
		r.site.Fail(platform.Fault{Endpoint: platform.Register, Times: 1, Status: 400, Body: markup})
		a, err := r.open(nil)
		if err := errors.Join(r.turnedAway(a, err), shown(a, err, markup)); err != nil {
			return err
		}
		a, err = r.open(nil)
		return named("again", r.accepted(a, err))
	}},
	{"OWN-R09", "a platform that grants less is connected all the same", func(t *trial) error {
		profile := platform.Generic
		profile.NamesDeployment = false
		r, err := t.registering(profile)
		if err != nil {
			return err
		}
		if err := r.configured(func(d map[string]any) { d["scopes_supported"] = []string{"openid", lti.ScopeScore} }); err != nil {
			return err
		}
		a, err := r.open(nil)
		if err := r.accepted(a, err); err != nil {
			return err
		}
		tools := r.site.Tools()
		if err := r.suite.furnish(r.site, tools[len(tools)-1]); err != nil {
			return err
		}
		return named("the first launch", r.accepted(r.launch(r.site.learner, nil)))
	}},
	{"OWN-R12", "the page of a registration says that it is over, and holds no secret", func(t *trial) error {
		r, err := t.registering(platform.Generic)
		if err != nil {
			return err
		}
		address, err := r.site.OpenRegistration(r.url)
		if err != nil {
			return err
		}
		b := r.browser()
		a, err := b.patient(address)
		if err := r.accepted(a, err); err != nil {
			return err
		}
		text := a.body
		for _, src := range scripts.FindAllStringSubmatch(a.body, -1) {
			u, err := a.Request.URL.Parse(src[1])
			if err != nil {
				return err
			}
			script, err := b.send(http.MethodGet, u.String(), nil)
			if err != nil {
				return err
			}
			text += script.body
		}
		u, err := url.Parse(address)
		if err != nil {
			return err
		}
		switch {
		case !strings.Contains(text, "org.imsglobal.lti.close"):
			return errors.New("nothing on the page posts org.imsglobal.lti.close")
		case strings.Contains(a.body, u.Query().Get("registration_token")):
			return errors.New("the page holds the registration token")
		}
		return nil
	}},
}
