package ltitest

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/platform"
)

// pickData is what a deep linking request wants back, byte for byte.
const pickData = "course=5&žluťoučký=\"<&>\" 漢字"

// picker sends the teacher to the tool's picker.
func (t *trial) picker(pick platform.Pick, spoils ...Spoil) (answer, *Attempt, error) {
	form, err := t.site.DeepLinkingRequest(t.site.teacher, t.site.course, t.site.tool.ClientID, pick)
	if err != nil {
		return answer{}, nil, err
	}
	l, err := t.begin(t.browser(), http.MethodPost, form.Fields)
	if err != nil {
		return answer{}, nil, err
	}
	a, err := t.attempt(l, spoils...)
	if err != nil {
		return answer{}, nil, err
	}
	shown, err := t.post(l.browser, a)
	return shown, a, err
}

// A picked answer is what the tool sends to the platform.
type picked struct {
	request *Attempt
	action  string
	form    url.Values
	token   *jwt.Token
	claims  jwt.MapClaims
}

// pick has the tool answer with one item, or with none.
func (t *trial) pick(items int) (*picked, error) {
	if t.suite.candidate.Pick == nil {
		return nil, skip("needs a way to make the tool answer a deep linking request")
	}
	shown, request, err := t.picker(platform.Pick{Data: pickData})
	if err := t.accepted(shown, err); err != nil {
		return nil, err
	}
	p := &picked{request: request}
	if p.action, p.form, err = t.suite.candidate.Pick(t.ctx, shown.Response, items); err != nil {
		return nil, err
	}
	p.token, _, err = jwt.NewParser(jwt.WithJSONNumber()).ParseUnverified(p.form.Get("JWT"), &p.claims)
	return p, named("the field JWT", err)
}

// settings are those of the request.
func (p *picked) settings() map[string]any {
	s, _ := p.request.Claims[claimDL].(map[string]any)
	return s
}

// items are those of the answer.
func (p *picked) items() []any {
	list, _ := p.claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"].([]any)
	return list
}

// bring posts an answer to the platform, as the browser does.
func (t *trial) bring(p *picked) (platform.Selection, error) {
	u, err := url.Parse(p.action)
	if err != nil {
		return platform.Selection{}, err
	}
	r := httptest.NewRequest(http.MethodPost, strings.TrimPrefix(u.String(), t.site.Issuer()), strings.NewReader(p.form.Encode()))
	r.Header.Set("Content-Type", formType)
	w := httptest.NewRecorder()
	t.site.ServeHTTP(w, r)
	all := t.site.Selections(t.site.course)
	if w.Code != http.StatusOK || len(all) == 0 {
		return platform.Selection{}, fmt.Errorf("the platform takes nothing: %d %s", w.Code, strings.TrimSpace(w.Body.String()))
	}
	return all[len(all)-1], nil
}

// answers makes a case of a tool's answer with one item.
func answers(id, title string, check func(*trial, *picked) error) Case {
	return Case{id, title, func(t *trial) error {
		p, err := t.pick(1)
		if err != nil {
			return err
		}
		return check(t, p)
	}}
}

var deepLinkingCases = []Case{
	{"CERT-D01", "a deep linking request shows a picker", func(t *trial) error {
		shown, _, err := t.picker(platform.Pick{Data: pickData})
		return t.accepted(shown, err)
	}},
	answers("CERT-D02", "what was picked is posted to the platform's return URL in the field JWT", func(_ *trial, p *picked) error {
		if p.action != p.settings()["deep_link_return_url"] {
			return fmt.Errorf("the form goes to %s", p.action)
		}
		return nil
	}),
	answers("CERT-D03", "the answer is an LtiDeepLinkingResponse of version 1.3.0", func(_ *trial, p *picked) error {
		if p.claims[claim+"message_type"] != "LtiDeepLinkingResponse" || p.claims[claim+"version"] != "1.3.0" {
			return fmt.Errorf("it is %v %v", p.claims[claim+"message_type"], p.claims[claim+"version"])
		}
		return nil
	}),
	answers("CERT-D04", "the answer's times are numbers, and it is good for five minutes at most", func(t *trial, p *picked) error {
		iat, err1 := seconds(p.claims["iat"])
		exp, err2 := seconds(p.claims["exp"])
		now := t.suite.now().Unix()
		if err := errors.Join(err1, err2); err != nil {
			return err
		}
		if iat > now+5 || exp <= now || exp-iat > 300 {
			return fmt.Errorf("iat %d, exp %d, and it is %d", iat, exp, now)
		}
		return nil
	}),
	answers("CERT-D05", "the answer is signed with RS256 by a key of the tool's key set", func(t *trial, p *picked) error {
		if p.token.Header["alg"] != "RS256" || p.token.Header["kid"] == nil {
			return fmt.Errorf("alg %v, kid %v", p.token.Header["alg"], p.token.Header["kid"])
		}
		keys, _, err := t.toolKeys()
		if err != nil {
			return err
		}
		document, err := json.Marshal(map[string]any{"keys": keys})
		if err != nil {
			return err
		}
		set, err := lti.ParseKeySet(document)
		if err != nil {
			return err
		}
		key, found := set.Key(fmt.Sprint(p.token.Header["kid"]))
		raw := p.form.Get("JWT")
		if !found {
			return fmt.Errorf("no key %v is published", p.token.Header["kid"])
		}
		return p.token.Method.Verify(raw[:strings.LastIndexByte(raw, '.')], p.token.Signature, key)
	}),
	answers("CERT-D06", "the answer says from whom, for whom, for which deployment, and gives data back", func(t *trial, p *picked) error {
		aud, _ := p.claims.GetAudience()
		switch {
		case p.claims["iss"] != t.site.tool.ClientID:
			return fmt.Errorf("iss is %v", p.claims["iss"])
		case len(aud) != 1 || aud[0] != t.site.Issuer():
			return fmt.Errorf("aud is %v", p.claims["aud"])
		case p.claims["nonce"] == nil || p.claims["nonce"] == "":
			return errors.New("there is no nonce")
		case p.claims[claim+"deployment_id"] != t.site.tool.DeploymentID:
			return fmt.Errorf("deployment_id is %v", p.claims[claim+"deployment_id"])
		case p.claims["https://purl.imsglobal.org/spec/lti-dl/claim/data"] != pickData:
			return fmt.Errorf("data is %v", p.claims["https://purl.imsglobal.org/spec/lti-dl/claim/data"])
		}
		return nil
	}),
	answers("CERT-D07", "the answer has the item, of a type that was accepted, and the platform takes it", func(t *trial, p *picked) error {
		if len(p.items()) != 1 {
			return fmt.Errorf("%d items", len(p.items()))
		}
		if i, _ := p.items()[0].(map[string]any); i["type"] != "ltiResourceLink" {
			return fmt.Errorf("the item is of type %v", i["type"])
		}
		_, err := t.bring(p)
		return err
	}),
	answers("CERT-D08", "the link that was picked opens", func(t *trial, p *picked) error {
		made, err := t.bring(p)
		if err != nil {
			return err
		}
		if len(made.Links) != 1 {
			return fmt.Errorf("%d links were made", len(made.Links))
		}
		picked := &site{Platform: t.site.Platform, tool: t.site.tool, course: t.site.course, activity: made.Links[0].ID, learner: t.site.learner}
		own := &trial{t.ctx, t.suite, picked}
		a, err := own.launch(picked.learner, nil)
		return own.accepted(a, err)
	}),
	{"OWN-D01", "a return URL that no form may go to is refused", func(t *trial) error {
		bad := []string{"javascript:alert(1)", "data:text/html,x", "/relative", "https://user:secret@lms.example.com/return"}
		if strings.HasPrefix(t.suite.candidate.LaunchURL, "https:") { // a tool on http is one under development
			bad = append(bad, "http://lms.example.com/return")
		}
		for _, address := range bad {
			shown, _, err := t.picker(platform.Pick{}, func(a *Attempt) {
				settings, _ := a.Claims[claimDL].(map[string]any)
				settings["deep_link_return_url"] = address
			})
			if err := named(address, t.refused("", shown, err)); err != nil {
				return err
			}
		}
		return nil
	}},
	{"OWN-D05", "a teacher who picks nothing is sent back with an answer", func(t *trial) error {
		p, err := t.pick(0)
		if err != nil {
			return err
		}
		made, err := t.bring(p)
		if err == nil && (len(p.items()) != 0 || len(made.Links) != 0) {
			err = fmt.Errorf("it has %d items", len(p.items()))
		}
		return err
	}},
}

// roster launches as the teacher, has the tool read the roster, and returns the
// request.
func (t *trial) roster() (platform.Call, error) {
	if t.suite.candidate.Roster == nil {
		return platform.Call{}, skip("needs a way to make the tool read a roster")
	}
	a, err := t.launch(t.site.teacher, nil)
	if err := t.accepted(a, err); err != nil {
		return platform.Call{}, err
	}
	if a.Response == nil {
		return platform.Call{}, errors.New("no answer")
	}
	if err := t.suite.candidate.Roster(t.ctx, a.Response); err != nil {
		return platform.Call{}, err
	}
	for end := time.Now().Add(scoreWait); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		for _, c := range t.site.Calls("/lti/courses/") {
			if path, _, _ := strings.Cut(c.Path, "?"); strings.HasSuffix(path, "/members") {
				return c, nil
			}
		}
		if t.ctx.Err() != nil {
			return platform.Call{}, t.ctx.Err()
		}
	}
	return platform.Call{}, fmt.Errorf("no roster was asked for within %s", scoreWait)
}

func rosters(id, title string, check func(*trial, platform.Call) error) Case {
	return Case{id, title, func(t *trial) error {
		own, err := t.own(platform.Generic, nil)
		if err != nil {
			return err
		}
		c, err := own.roster()
		if err != nil {
			return err
		}
		return check(own, c)
	}}
}

var rosterCases = []Case{
	rosters("CERT-N02", "a roster is asked for at the launch's membership URL", func(t *trial, c platform.Call) error {
		if c.Method != http.MethodGet {
			return fmt.Errorf("by %s", c.Method)
		}
		return nil
	}),
	rosters("CERT-N03", "it is asked for by its media type", func(_ *trial, c platform.Call) error {
		if accept := c.Header.Get("Accept"); !strings.Contains(accept, "application/vnd.ims.lti-nrps.v2.membershipcontainer+json") {
			return fmt.Errorf("asked by Accept %q", accept)
		}
		return nil
	}),
	rosters("CERT-N04", "with an access token that the platform has granted", func(t *trial, c platform.Call) error {
		r := httptest.NewRequest(http.MethodGet, c.Path, nil)
		r.Header.Set("Authorization", c.Header.Get("Authorization"))
		w := httptest.NewRecorder()
		if t.site.ServeHTTP(w, r); w.Code != http.StatusOK {
			return fmt.Errorf("the platform answers %d", w.Code)
		}
		return nil
	}),
	rosters("CERT-N05", "whose scope is that of rosters", func(t *trial, _ platform.Call) error {
		for _, c := range t.site.Calls("/lti/token") {
			form, err := url.ParseQuery(c.Body)
			if err != nil {
				return err
			}
			if strings.Contains(" "+form.Get("scope")+" ", " "+lti.ScopeMemberships+" ") {
				return nil
			}
		}
		return errors.New("no token was asked for with " + lti.ScopeMemberships)
	}),
}
