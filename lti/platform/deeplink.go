package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/lti"
)

// A Pick is what a teacher is asked to pick (Deep Linking 2.0 §4.4). The zero
// value takes what the LMS takes in its activity form.
type Pick struct {
	Placement string   // vendor's name of where it began; empty: the activity form
	Types     []string // accept_types; nil: ltiResourceLink
	One       bool     // accept_multiple is false
	NoItems   bool     // accept_lineitem is false
	Data      string   // echoed by the tool; empty: none
	MediaType string   // accept_media_types
}

// A Selection is one visit to the tool's picker, and what came of it.
type Selection struct {
	ID, Course, User, Tool string
	Pick                   Pick
	Done                   bool
	Links                  []Link           // the activities that were made
	Items                  []map[string]any // all items as they came
	Message, ErrorMessage  string           // msg and errormsg, for the user
	Log, ErrorLog          string
	Problem                string // why the LMS has taken nothing, in its words
	n                      int
}

// DeepLinkingRequest sends a user to the tool's picker, to add activities to a
// course (Deep Linking 2.0 §4).
func (p *Platform) DeepLinkingRequest(user, course, clientID string, pick Pick) (Form, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	t := p.tools[clientID]
	switch {
	case !p.profile.LMS.DeepLinking.Supported:
		return Form{}, errors.New("this LMS knows no deep linking")
	case p.courses[course] == nil:
		return Form{}, fmt.Errorf("there is no course %q", course)
	case t == nil:
		return Form{}, errors.New("there is no such tool")
	}
	s := &Selection{ID: p.token(8), Course: course, User: user, Tool: clientID, Pick: pick, n: len(p.selections)}
	p.selections[s.ID] = s
	return p.begin(hint{message: lti.MessageDeepLinking, user: user, tool: clientID, course: course, pick: s.ID}, t.deepLinkingTarget(), t.DeploymentID), nil
}

func (t *Tool) deepLinkingTarget() string {
	if t.DeepLinkingURL != "" {
		return t.DeepLinkingURL
	}
	return t.ToolURL
}

// Selections returns the visits to the tool's picker that have come to an end
// in a course, the newest last.
func (p *Platform) Selections(course string) []Selection {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Selection
	for _, s := range p.selections {
		if s.Course == course && s.Done {
			all = append(all, *s)
		}
	}
	slices.SortFunc(all, func(a, b Selection) int { return a.n - b.n })
	return all
}

// settings are the deep_linking_settings of a request.
func (p *Platform) settings(s *Selection) map[string]any {
	all := map[string]any{
		"deep_link_return_url": p.base + "/lti/deep-linking?id=" + s.ID, "accept_types": s.types(),
		"accept_presentation_document_targets": []string{"iframe", "window"},
		"accept_multiple":                      !s.Pick.One && !p.takesOne(s), "auto_create": false,
	}
	if s.Pick.Data != "" {
		all["data"] = s.Pick.Data
	} else if p.profile.LMS.DeepLinking.WantsSubject {
		all["data"] = "course=" + s.Course + "&parent=" + s.ID // what Blackboard keeps in it
	}
	if s.Pick.NoItems {
		all["accept_lineitem"] = false
	}
	if s.Pick.MediaType != "" {
		all["accept_media_types"] = s.Pick.MediaType
	}
	if p.profile.LaxReturns { // as recorded
		all["accept_presentation_document_targets"] = []string{"frame", "iframe", "window"}
		all["accept_copy_advice"], all["accept_unsigned"], all["can_confirm"] = false, false, false
		all["title"], all["text"] = p.tools[s.Tool].Name, ""
	}
	return all
}

func (s *Selection) types() []string {
	if s.Pick.Types != nil {
		return s.Pick.Types
	}
	return []string{"ltiResourceLink"}
}

func (p *Platform) takesOne(s *Selection) bool {
	return slices.Contains(p.profile.LMS.DeepLinking.OneItemPlacements, s.Pick.Placement)
}

// takeSelection is the deep link return URL (Deep Linking 2.0 §4.6).
func (p *Platform) takeSelection(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, DeepLinking) {
		return
	}
	p.mu.Lock()
	s := p.selections[r.URL.Query().Get("id")]
	p.mu.Unlock()
	if s == nil || r.ParseForm() != nil {
		plain(w, 404, "Invalid request")
		return
	}
	raw := r.PostForm.Get("JWT")
	if p.profile.LaxReturns && strings.Count(raw, ".") != 2 { // Moodle closes its window
		p.showSelection(w, r, *s, 200)
		return
	}
	claims, problem := p.readReturn(r.Context(), s, raw)
	p.mu.Lock()
	if problem == "" && s.Done {
		problem = "this selection has come before"
	}
	if problem == "" {
		problem = p.addSelected(s, claims)
	}
	s.Problem = problem
	done := *s
	p.mu.Unlock()
	status := 200
	if problem != "" {
		status = 400
		if p.profile.LaxReturns {
			status = 404
		}
	}
	p.showSelection(w, r, done, status)
}

// readReturn verifies the tool's message as this LMS does.
func (p *Platform) readReturn(ctx context.Context, s *Selection, raw string) (jwt.MapClaims, string) {
	var claims jwt.MapClaims
	token, _, err := jwt.NewParser().ParseUnverified(raw, &claims)
	if err != nil {
		return nil, "the response is no JWT"
	}
	t, known := p.Tool(s.Tool)
	iss, _ := claims["iss"].(string)
	kid, _ := token.Header["kid"].(string)
	if !known || iss != t.ClientID || token.Header["alg"] != "RS256" {
		return nil, "iss is not the client ID, or alg is not RS256"
	}
	key, err := p.toolKey(ctx, t, kid)
	if err != nil || token.Method.Verify(raw[:strings.LastIndexByte(raw, '.')], token.Signature, key) != nil {
		return nil, "the signature does not verify"
	}
	exp, err := claims.GetExpirationTime()
	if err != nil || exp == nil || !p.now().Before(exp.Time) {
		return nil, "the response has expired"
	}
	if p.profile.LaxReturns {
		return claims, ""
	}
	return claims, p.strictReturn(s, t, claims, exp.Time)
}

// strictReturn checks what Moodle leaves unchecked.
func (p *Platform) strictReturn(s *Selection, t Tool, claims jwt.MapClaims, exp time.Time) string {
	iat, err := claims.GetIssuedAt()
	if err != nil || iat == nil || iat.After(p.now().Add(time.Minute)) || exp.Sub(iat.Time) > 5*time.Minute {
		return "iat is missing or in the future, or the response is good for more than five minutes"
	}
	p.mu.Lock()
	data, sent := p.settings(s)["data"]
	p.mu.Unlock()
	lms := p.profile.LMS.DeepLinking
	audience := p.issuer
	if lms.Audience != "" {
		audience = lms.Audience
	}
	aud, _ := claims.GetAudience()
	nonce, _ := claims["nonce"].(string)
	back, echoed := claims[claimDL+"data"]
	switch {
	case !slices.Contains(aud, audience):
		return "aud is not the platform"
	case nonce == "":
		return "nonce is missing"
	case claims[claim+"message_type"] != "LtiDeepLinkingResponse" || claims[claim+"version"] != "1.3.0":
		return "message_type or version is wrong"
	case claims[claim+"deployment_id"] != t.DeploymentID:
		return "deployment_id is not that of the request"
	case sent && back != data, !sent && echoed:
		return "data is not that of the request"
	case lms.WantsSubject && claims["sub"] != t.ClientID:
		return "sub is not the client ID"
	case holdsNull(map[string]any(claims)):
		return "a member is null"
	}
	return ""
}

func holdsNull(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case map[string]any:
		for _, x := range v {
			if holdsNull(x) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, holdsNull)
	}
	return false
}

// A contentItem is one that was picked, as far as an LMS keeps it.
type contentItem struct {
	Type, Title, Text, URL string
	HTML                   string
	Custom                 map[string]string
	LineItem               *struct {
		Maximum          float64 `json:"scoreMaximum"`
		Label            string
		ResourceID       string `json:"resourceId"`
		Tag              string
		SubmissionReview *Review
	}
	Available, Submission struct {
		Start time.Time `json:"startDateTime"`
		End   time.Time `json:"endDateTime"`
	}
	Window json.RawMessage
}

// addSelected makes activities of what was picked, all or none.
func (p *Platform) addSelected(s *Selection, claims jwt.MapClaims) (problem string) {
	raw, err := json.Marshal(claims[claimDL+"content_items"])
	var items []contentItem
	if err == nil {
		err = json.Unmarshal(raw, &items)
	}
	if err != nil {
		return "content_items cannot be read: " + err.Error()
	}
	if !p.profile.LaxReturns {
		if problem := p.unwanted(s, items); problem != "" {
			return problem
		}
	}
	_ = json.Unmarshal(raw, &s.Items)
	for name, to := range map[string]*string{"msg": &s.Message, "errormsg": &s.ErrorMessage, "log": &s.Log, "errorlog": &s.ErrorLog} {
		*to, _ = claims[claimDL+name].(string)
	}
	s.Done = true
	for _, i := range items {
		if i.Type != "ltiResourceLink" {
			continue
		}
		l, err := p.addLink(s.Course, i.link(s))
		if err != nil {
			return err.Error()
		}
		s.Links = append(s.Links, l)
	}
	return ""
}

func (p *Platform) unwanted(s *Selection, items []contentItem) string {
	if len(items) > 1 && (s.Pick.One || p.takesOne(s)) {
		return "several items where one is taken"
	}
	for n, i := range items {
		switch {
		case !slices.Contains(s.types(), i.Type):
			return fmt.Sprintf("item %d is of type %q, which was not accepted", n+1, i.Type)
		case i.LineItem != nil && i.LineItem.Maximum <= 0:
			return fmt.Sprintf("item %d has a line item without scoreMaximum", n+1)
		case i.LineItem != nil && p.profile.LMS.Grades.WholeMaximum && i.LineItem.Maximum != float64(int(i.LineItem.Maximum)):
			return fmt.Sprintf("item %d has a scoreMaximum that is not whole", n+1)
		case i.Type == "link" && i.URL == "", i.Type == "html" && i.HTML == "":
			return fmt.Sprintf("item %d lacks what it is", n+1)
		}
	}
	return ""
}

func (i contentItem) link(s *Selection) Link {
	l := Link{
		Tool: s.Tool, Title: i.Title, Description: i.Text, TargetLinkURI: i.URL, Custom: i.Custom, Window: i.Window != nil,
		Available: Period{i.Available.Start, i.Available.End}, Submission: Period{i.Submission.Start, i.Submission.End},
	}
	if l.Title == "" {
		l.Title = "Untitled activity"
	}
	if g := i.LineItem; g != nil && !s.Pick.NoItems {
		l.Maximum, l.ResourceID, l.Tag, l.Review = g.Maximum, g.ResourceID, g.Tag, g.SubmissionReview
	}
	return l
}

func (p *Platform) showSelection(w http.ResponseWriter, r *http.Request, s Selection, status int) {
	if status == 200 && p.returned != nil {
		p.returned(w, r, s)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	w.WriteHeader(status)
	if err := selectionPage.Execute(w, map[string]any{"S": s, "Back": p.returnURL(s.Course)}); err != nil {
		panic(http.ErrAbortHandler)
	}
}

var selectionPage = template.Must(template.New("selection").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>Picked content</title><meta name="viewport" content="width=device-width"></head>
<body><h1>Picked content</h1>
{{with .S.Problem}}<p>The tool's answer was not taken: {{.}}.</p>{{end}}{{with .S.ErrorMessage}}<p>{{.}}</p>{{end}}{{with .S.Message}}<p>{{.}}</p>{{end}}
<ul>{{range .S.Links}}<li>{{.Title}}</li>{{end}}</ul><p><a href="{{.Back}}">Back to the course</a></p></body></html>
`))
