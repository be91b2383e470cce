package ltitest

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

func long(n int) string { return strings.Repeat("x", n) }

// review makes a launch a submission review by its user.
func review(more Spoil) Spoil {
	return func(a *Attempt) {
		a.Claims[claim+"message_type"] = lti.MessageSubmissionReview
		a.Claims[claim+"for_user"] = map[string]any{"user_id": "somebody-else"}
		more(a)
	}
}

// shown is nil if a page does not hold a text.
func shown(a answer, err error, text string) error {
	if err == nil && strings.Contains(a.body, text) {
		return fmt.Errorf("the page holds %s", text)
	}
	return err
}

var claimCases = []Case{
	{"OWN-L01", "an unknown deployment is refused, or accepted and pinned, as the registration says", func(t *trial) error {
		strict := variant{name: "a strict list", login: without("lti_deployment_id"), spoil: set(claim+"deployment_id", "unknown-deployment"), check: lti.CheckDeployment}
		if err := runAll(t, []variant{strict}, t.site.learner); err != nil {
			return err
		}
		own, err := t.own(platform.Generic, func(r *lti.Registration) { r.Deployments, r.AcceptNewDeployments = nil, true })
		if err != nil {
			return err
		}
		return runAll(own, []variant{
			{name: "accepting, the first time", login: without("lti_deployment_id"), spoil: set(claim+"deployment_id", "new-deployment")},
			{name: "accepting, again", login: without("lti_deployment_id"), spoil: set(claim+"deployment_id", "new-deployment")},
		}, own.site.learner)
	}},
	{"OWN-L02", "a deployment of another registration is none of this one's", func(t *trial) error {
		if _, err := t.own(platform.Generic, func(r *lti.Registration) { r.Deployments = []string{"theirs"} }); err != nil {
			return err
		}
		a, err := t.launch(t.site.learner, without("lti_deployment_id"), set(claim+"deployment_id", "theirs"))
		return t.refused(lti.CheckDeployment, a, err)
	}},
	{"OWN-L03", "a deployment other than the login's is refused", func(t *trial) error {
		own, err := t.own(platform.Generic, func(r *lti.Registration) { r.Deployments = append(r.Deployments, "second") })
		if err != nil {
			return err
		}
		a, err := own.launch(own.site.learner, nil, set(claim+"deployment_id", "second"))
		return own.refused(lti.CheckDeployment, a, err)
	}},
	{"OWN-L05", "identifiers may have 255 bytes, and no more", func(t *trial) error {
		if err := runAll(t, []variant{
			{name: "sub of 255", spoil: set("sub", long(255))},
			{name: "sub of 256", spoil: set("sub", long(256)), check: lti.CheckSubject},
			{name: "context of 255", spoil: set(claim+"context", map[string]any{"id": long(255)})},
			{name: "context of 256", spoil: set(claim+"context", map[string]any{"id": long(256)}), check: lti.CheckClaims},
			{name: "link of 255", spoil: set(claim+"resource_link", map[string]any{"id": long(255)})},
			{name: "link of 256", spoil: set(claim+"resource_link", map[string]any{"id": long(256)}), check: lti.CheckResourceLink},
			{name: "deployment of 256", login: without("lti_deployment_id"), spoil: set(claim+"deployment_id", long(256)), check: lti.CheckDeployment},
		}, t.site.learner); err != nil {
			return err
		}
		own, err := t.own(platform.Generic, func(r *lti.Registration) { r.Deployments = []string{long(255)} })
		if err != nil {
			return err
		}
		return runAll(own, []variant{
			{name: "deployment of 255", login: without("lti_deployment_id"), spoil: set(claim+"deployment_id", long(255))},
			{name: "deployment in another case", login: without("lti_deployment_id"), spoil: set(claim+"deployment_id", strings.ToUpper(long(255))), check: lti.CheckDeployment},
		}, own.site.learner)
	}},
	{"OWN-L07", "a launch without sub is accepted where the registration allows it", func(t *trial) error {
		own, err := t.own(platform.Generic, func(r *lti.Registration) { r.AllowAnonymous = true })
		if err != nil {
			return err
		}
		return own.accepted(own.launch(own.site.learner, nil, drop("sub")))
	}},
	each("OWN-L10", "a target other than the login's is refused",
		variant{name: "with a query", spoil: func(a *Attempt) {
			a.Claims[claim+"target_link_uri"] = fmt.Sprint(a.Claims[claim+"target_link_uri"], "?x=1")
		}, check: lti.CheckTarget},
		variant{name: "none", spoil: drop(claim + "target_link_uri"), check: lti.CheckTarget}),
	{"OWN-L11", "a target that is not the tool's is refused, and leads nowhere", func(t *trial) error {
		for _, target := range t.foreign() {
			form, err := t.request(t.site.learner)
			if err != nil {
				return err
			}
			form.Set("target_link_uri", target)
			a, err := t.browser().send("POST", t.suite.candidate.LoginURL, form)
			if err == nil && a.to != "" && !strings.HasPrefix(a.to, t.site.AuthURL()) {
				return fmt.Errorf("target %q: the browser is sent to %q", target, a.to)
			}
			if a.to == "" { // refused at the login
				if err := t.refused(lti.CheckTarget, a, err); err != nil {
					return named(target, err)
				}
			}
			a, err = t.launch(t.site.learner, nil, set(claim+"target_link_uri", target))
			if err := t.refused(lti.CheckTarget, a, err); err != nil {
				return named(target, err)
			}
		}
		return nil
	}},
	each("OWN-L12", "a message that no tool is launched with is refused",
		variant{name: "proctoring", spoil: set(claim+"message_type", "LtiStartProctoring"), check: lti.CheckMessageType},
		variant{name: "nonsense", spoil: set(claim+"message_type", "Nonsense"), check: lti.CheckMessageType}),
	each("OWN-L13", "unknown claims, and odd ones in optional places, do no harm",
		variant{name: "unknown claims", spoil: all(set("https://example.com/x", map[string]any{"a": []int{1}}), set("y", nil))},
		variant{name: "context as text", spoil: set(claim+"context", "course")},
		variant{name: "a name as number", spoil: set("name", 5)},
		variant{name: "odd custom values", spoil: func(a *Attempt) {
			custom, _ := a.Claims[claim+"custom"].(map[string]any)
			if custom == nil {
				custom = map[string]any{}
				a.Claims[claim+"custom"] = custom
			}
			custom["n"], custom["z"], custom["o"] = 1.5, nil, map[string]any{}
		}}),
	each("OWN-L14", "a teacher of the institution is no teacher of the course, and is accepted",
		variant{spoil: set(claim+"roles", []string{"http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"})}),
	each("OWN-L15", "a sub-role alone is accepted",
		variant{spoil: set(claim+"roles", []string{"http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"})}),
	each("OWN-L16", "a student preview is accepted",
		variant{spoil: set(claim+"roles", []string{string(lti.RoleLearner), string(lti.RoleTestUser)})}),
	{"OWN-L17", "roles that are no list are refused, and ten thousand do no harm", func(t *trial) error {
		if err := runAll(t, []variant{
			{name: "text", spoil: set(claim+"roles", "Learner"), check: lti.CheckRoles},
			{name: "a number among them", spoil: set(claim+"roles", []any{"Learner", 5}), check: lti.CheckRoles},
		}, t.site.learner); err != nil {
			return err
		}
		a, err := t.launch(t.site.learner, nil, set(claim+"roles", slices.Repeat([]string{""}, 10_000)))
		if err == nil && a.StatusCode >= 500 {
			return fmt.Errorf("ten thousand roles: status %d", a.StatusCode)
		}
		return err
	}},
	each("OWN-L19", "a learner does not see somebody else's submission",
		variant{spoil: review(func(*Attempt) {}), check: lti.CheckForUser}),
	each("OWN-L20", "a submission review without its user or line item is refused",
		variant{name: "no user", spoil: review(drop(claim + "for_user")), check: lti.CheckForUser},
		variant{name: "no line item", spoil: review(func(a *Attempt) {
			a.Claims[claim+"for_user"] = map[string]any{"user_id": a.Claims["sub"]}
			delete(a.Claims, claimAGS)
		}), check: lti.CheckForUser}),
	{"OWN-L23", "markup, odd characters and long texts are shown as text, or not at all", func(t *trial) error {
		const markup = `<img src=x onerror=alert(1)>`
		for name, value := range map[string]string{
			"markup": markup, "direction": "\u202Egnp.exe", "NUL": "A\x00B", "5 kB": strings.Repeat("n", 5<<10),
		} {
			a, err := t.launch(t.site.learner, nil, all(set("name", value), set("given_name", value),
				func(a *Attempt) {
					link, _ := a.Claims[claim+"resource_link"].(map[string]any)
					link["title"] = value
				},
				set(claim+"context", map[string]any{"id": "c-1", "title": value})))
			if err := errors.Join(t.accepted(a, err), shown(a, err, markup)); err != nil {
				return named(name, err)
			}
		}
		return nil
	}},
	{"OWN-L25", "a return URL that would run something is no link", func(t *trial) error {
		for _, target := range []string{"javascript:alert(1)", "data:text/html,x", "http://lms.example.com/"} {
			a, err := t.launch(t.site.learner, nil, set(claim+"launch_presentation", map[string]any{"return_url": target}))
			if err := errors.Join(t.accepted(a, err), shown(a, err, `href="`+target)); err != nil {
				return err
			}
		}
		return nil
	}},
	{"OWN-L26", "a picture from a claim is not fetched by the server", func(t *trial) error {
		const path = "/pictures/me.png"
		a, err := t.launch(t.site.learner, nil, all(set("picture", t.suite.base+path),
			set(claim+"tool_platform", map[string]any{"guid": "x", "url": t.suite.base + path})))
		if err := t.accepted(a, err); err != nil {
			return err
		}
		if n := t.suite.strangers("/pictures"); n > 0 {
			return fmt.Errorf("%d calls", n)
		}
		return nil
	}},
}

// stormCases are last: they use up what a tool grants to strangers.
var stormCases = []Case{
	{"OWN-T10", "a flood of unknown kids makes few calls", func(t *trial) error {
		before := len(t.site.Calls("/lti/jwks"))
		for i := range 200 {
			a, err := t.launch(t.site.learner, nil, header("kid", fmt.Sprint("flood-", i)))
			if err := t.refused("", a, err); err != nil {
				return err
			}
		}
		if n := len(t.site.Calls("/lti/jwks")) - before; n > 3 {
			return fmt.Errorf("200 tokens made %d calls", n)
		}
		return nil
	}},
}
