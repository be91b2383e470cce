package ltitest

import (
	"errors"
	"fmt"
	"net/url"

	"github.com/greenroom-lti/greenroom/lti"
)

// A variant is one launch of a case, with one thing spoilt or changed.
type variant struct {
	name  string
	login func(url.Values) // changes the login request
	spoil Spoil
	check lti.Check // which must refuse it; empty: it is accepted
}

func (v variant) run(t *trial, user string) error {
	a, err := t.launch(user, v.login, v.spoil)
	if v.check == "" {
		return t.accepted(a, err)
	}
	return t.refused(v.check, a, err)
}

// each makes a case of variants that the learner launches.
func each(id, title string, all ...variant) Case {
	return Case{id, title, func(t *trial) error { return runAll(t, all, t.site.learner) }}
}

// both makes a case of variants that teacher and learner launch.
func both(id, title string, all ...variant) Case {
	return Case{id, title, func(t *trial) error {
		return errors.Join(
			named("as the teacher", runAll(t, all, t.site.teacher)),
			named("as the learner", runAll(t, all, t.site.learner)),
		)
	}}
}

func runAll(t *trial, all []variant, user string) error {
	var errs []error
	for _, v := range all {
		errs = append(errs, named(v.name, v.run(t, user)))
	}
	return errors.Join(errs...)
}

func named(name string, err error) error {
	if err == nil || name == "" {
		return err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// Ways of spoiling, named by what they do.

const claim = "https://purl.imsglobal.org/spec/lti/claim/"

const (
	claimAGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
	claimDL  = "https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings"
)

func set(name string, value any) Spoil { return func(a *Attempt) { a.Claims[name] = value } }

func drop(names ...string) Spoil {
	return func(a *Attempt) {
		for _, name := range names {
			delete(a.Claims, name)
		}
	}
}

func header(name string, value any) Spoil { return func(a *Attempt) { a.Header[name] = value } }

func all(spoils ...Spoil) Spoil {
	return func(a *Attempt) {
		for _, s := range spoils {
			s(a)
		}
	}
}

func token(edit func(string) string) Spoil { return func(a *Attempt) { a.Token = edit } }

func claimsJSON(edit func(string) string) Spoil { return func(a *Attempt) { a.ClaimsJSON = edit } }

// also adds members to the claims as they are written.
func also(members string) Spoil {
	return claimsJSON(func(json string) string { return json[:len(json)-1] + "," + members + "}" })
}

func without(name string) func(url.Values) { return func(v url.Values) { v.Del(name) } }

func with(name, value string) func(url.Values) { return func(v url.Values) { v.Set(name, value) } }
