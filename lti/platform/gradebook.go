package platform

import (
	"encoding/json"
	"io"
	"math"
	"mime"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// An item is a column of the gradebook.
type item struct {
	ID, course, link, tool, label string
	maximum                       float64
	grades                        map[string]*Grade // by user ID
	received                      []Score
}

// A Grade is what stands in the gradebook.
type Grade struct {
	Given   float64 // of the column's maximum
	Set     bool    // false: wiped, or never graded
	Comment string
	Stamp   time.Time
}

// A Score is one that was posted and accepted, as it came (AGS 2.0 §3.4.8).
type Score struct {
	User             string   `json:"userId"`
	Given            *float64 `json:"scoreGiven"`
	Maximum          *float64 `json:"scoreMaximum"`
	ActivityProgress string   `json:"activityProgress"`
	GradingProgress  string   `json:"gradingProgress"`
	Timestamp        string   `json:"timestamp"`
	Comment          string   `json:"comment"`
}

// A Column is a link's line item as a teacher sees it.
type Column struct {
	Link    string
	Title   string
	Maximum float64
	Grades  map[string]Grade // by user ID
}

// Media types of Assignment and Grade Services.
const (
	itemType      = "application/vnd.ims.lis.v2.lineitem+json"
	containerType = "application/vnd.ims.lis.v2.lineitemcontainer+json"
	scoreType     = "application/vnd.ims.lis.v1.score+json"
)

// Gradebook returns a course's columns in the order of their links.
func (p *Platform) Gradebook(course string) []Column {
	p.mu.Lock()
	defer p.mu.Unlock()
	var all []Column
	for _, i := range p.itemsOf(course) {
		c := Column{Link: i.link, Title: i.label, Maximum: i.maximum, Grades: map[string]Grade{}}
		for user, g := range i.grades {
			c.Grades[user] = *g
		}
		all = append(all, c)
	}
	return all
}

// Scores returns the accepted scores of a link, in the order in which they
// came.
func (p *Platform) Scores(link string) []Score {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.links[link]
	if l == nil || p.items[l.item] == nil {
		return nil
	}
	return slices.Clone(p.items[l.item].received)
}

func (p *Platform) itemsOf(course string) []*item {
	var all []*item
	for _, i := range p.items {
		if i.course == course {
			all = append(all, i)
		}
	}
	slices.SortFunc(all, func(a, b *item) int { return byNumber(a.ID, b.ID) })
	return all
}

func (p *Platform) typed(url string, t *Tool) string {
	if p.profile.TypedItems {
		return url + "?type_id=" + t.DeploymentID
	}
	return url
}

func (p *Platform) itemsURL(course string, t *Tool) string {
	return p.typed(p.issuer+"/lti/courses/"+course+"/lineitems", t)
}

func (p *Platform) itemURL(i *item, t *Tool) string {
	return p.typed(p.issuer+"/lti/courses/"+i.course+"/lineitems/"+i.ID+"/lineitem", t)
}

// document is a line item as the service shows it (AGS 2.0 §3.2).
func (p *Platform) document(i *item, t *Tool) map[string]any {
	return map[string]any{
		"id": p.itemURL(i, t), "label": i.label, "scoreMaximum": i.maximum,
		"resourceId": "", "tag": "", "resourceLinkId": i.link,
	}
}

// unanswerable answers requests that the profile turns away before it looks at
// them: bearer, Accept, method.
func (p *Platform) unanswerable(w http.ResponseWriter, r *http.Request, method, accept string, bearer bool) bool {
	sent := r.Header.Get("Accept")
	switch {
	case !bearer:
		p.problem(w, r, 401, "Unauthorized")
	case r.Method != method:
		p.problem(w, r, 405, "Method Not Allowed")
	case p.profile.OneAccept && accept != "" && sent != "" && sent != accept:
		p.problem(w, r, 400, "No handler found for "+r.URL.Path+" "+sent+" ")
	default:
		return false
	}
	return true
}

// problem is the body of Moodle's service errors.
func (p *Platform) problem(w http.ResponseWriter, r *http.Request, status int, reason string) {
	raw, err := json.MarshalIndent(map[string]any{
		"status": status, "reason": reason,
		"request": map[string]any{"method": r.Method, "url": r.URL.RequestURI(), "accept": r.Header.Get("Accept")},
	}, "", "    ")
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(raw)
}

func (p *Platform) listItems(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Items) {
		return
	}
	t, ok := p.allowed(r, lti.ScopeLineItem, lti.ScopeLineItemReadOnly)
	if p.unanswerable(w, r, http.MethodGet, containerType, ok) {
		return
	}
	p.mu.Lock()
	list := []map[string]any{}
	for _, i := range p.itemsOf(r.PathValue("course")) {
		if id := r.URL.Query().Get("resource_link_id"); i.tool == t.ClientID && (id == "" || id == i.link) {
			list = append(list, p.document(i, &t))
		}
	}
	p.mu.Unlock()
	writeJSON(w, 200, containerType+"; charset=utf-8", list)
}

func (p *Platform) oneItem(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Items) {
		return
	}
	t, ok := p.allowed(r, lti.ScopeLineItem, lti.ScopeLineItemReadOnly)
	accept := itemType
	if r.Header.Get("Accept") == "*/*" {
		accept = "" // a single item is given for anything
	}
	if p.unanswerable(w, r, http.MethodGet, accept, ok) {
		return
	}
	p.mu.Lock()
	i, found := p.items[r.PathValue("item")]
	p.mu.Unlock()
	switch {
	case !found:
		p.problem(w, r, 404, "Not Found")
	case i.tool != t.ClientID:
		p.problem(w, r, 403, "Forbidden")
	default:
		writeJSON(w, 200, itemType+"; charset=utf-8", p.document(i, &t))
	}
}

// takeScore is the score publish service (AGS 2.0 §3.4).
func (p *Platform) takeScore(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Scores) {
		return
	}
	t, ok := p.allowed(r, lti.ScopeScore)
	if p.unanswerable(w, r, http.MethodPost, "", ok) {
		return
	}
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != scoreType {
		p.problem(w, r, 400, "No handler found for "+r.URL.Path+"  "+r.Header.Get("Content-Type"))
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		p.scoreAnswer(w, 400)
		return
	}
	status := p.keepScore(t, r.PathValue("item"), body)
	answered(w)
	p.scoreAnswer(w, status)
}

func (p *Platform) scoreAnswer(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", scoreType+"; charset=utf-8")
	w.WriteHeader(status)
	switch {
	case status >= 400:
		io.WriteString(w, "[]")
	case !p.profile.EmptyScoreAnswer:
		io.WriteString(w, "{}")
	}
}

// keepScore files a score and returns the status of the answer.
func (p *Platform) keepScore(t Tool, id string, body []byte) int {
	score, stamp, ok := readScore(body)
	p.mu.Lock()
	defer p.mu.Unlock()
	i := p.items[id]
	switch {
	case i == nil:
		return 404
	case i.tool != t.ClientID:
		return 403
	case !ok || !slices.Contains(p.courses[i.course].roles[score.User], Learner):
		return 400
	}
	g := i.grades[score.User]
	if g != nil && !g.Stamp.IsZero() && !p.later(stamp, g.Stamp) {
		return 409
	}
	i.received = append(i.received, score)
	i.grades[score.User] = i.graded(score, stamp, p.now())
	return 200
}

// later compares timestamps, by whole seconds where the profile does.
func (p *Platform) later(a, b time.Time) bool {
	if p.profile.WholeSeconds {
		return a.Unix() > b.Unix()
	}
	return a.After(b)
}

// graded is what a score makes of a grade. Anything but a final score wipes
// it; without a comment that clears the time as well.
func (i *item) graded(s Score, stamp, now time.Time) *Grade {
	if s.Given == nil || s.GradingProgress != "FullyGraded" {
		if s.Comment == "" {
			return &Grade{}
		}
		return &Grade{Comment: s.Comment, Stamp: now}
	}
	given := *s.Given
	if *s.Maximum > 0 {
		given = given * i.maximum / *s.Maximum
	}
	given = math.Round(given*1e5) / 1e5 // five decimals are kept
	return &Grade{Given: min(max(given, 0), i.maximum), Set: true, Comment: s.Comment, Stamp: stamp}
}

// readScore reads a score's document. Numbers may come as text.
func readScore(body []byte) (s Score, stamp time.Time, ok bool) {
	var raw struct {
		Score
		User    json.RawMessage `json:"userId"`
		Given   json.RawMessage `json:"scoreGiven"`
		Maximum json.RawMessage `json:"scoreMaximum"`
	}
	if json.Unmarshal(body, &raw) != nil {
		return Score{}, time.Time{}, false
	}
	s = raw.Score
	s.User = strings.Trim(string(raw.User), `"`)
	var ok1, ok2 bool
	s.Given, ok1 = number(raw.Given)
	s.Maximum, ok2 = number(raw.Maximum)
	if !ok1 || !ok2 || s.User == "" || s.ActivityProgress == "" || s.GradingProgress == "" || s.Given != nil && s.Maximum == nil {
		return Score{}, time.Time{}, false
	}
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02T15:04:05.999999999Z0700"} {
		if at, err := time.Parse(layout, s.Timestamp); err == nil {
			return s, at, true
		}
	}
	return Score{}, time.Time{}, false
}

// number reads a number that may be absent, null or text.
func number(raw json.RawMessage) (*float64, bool) {
	text := strings.Trim(string(raw), `"`)
	if text == "" || text == "null" {
		return nil, true
	}
	n, err := strconv.ParseFloat(text, 64)
	return &n, err == nil
}

// members is the membership service (NRPS 2.0 §2.2), without paging.
func (p *Platform) members(w http.ResponseWriter, r *http.Request) {
	const kind = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"
	_, ok := p.allowed(r, lti.ScopeMemberships)
	if p.unanswerable(w, r, http.MethodGet, kind, ok) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.courses[r.PathValue("course")]
	if c == nil {
		p.problem(w, r, 404, "Not Found")
		return
	}
	list := []map[string]any{}
	for _, id := range c.order {
		if u := p.users[id]; u != nil && len(c.roles[id]) > 0 {
			list = append(list, map[string]any{"user_id": id, "roles": c.roles[id], "status": "Active", "name": u.Name, "email": u.Email})
		}
	}
	writeJSON(w, 200, kind+"; charset=utf-8", map[string]any{
		"id": p.issuer + r.URL.Path, "context": map[string]any{"id": c.ID, "title": c.Title, "label": c.Label}, "members": list,
	})
}
