package platform

import (
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

// Media types of Assignment and Grade Services.
const (
	itemType      = "application/vnd.ims.lis.v2.lineitem+json"
	containerType = "application/vnd.ims.lis.v2.lineitemcontainer+json"
	scoreType     = "application/vnd.ims.lis.v1.score+json"
	resultType    = "application/vnd.ims.lis.v2.resultcontainer+json"
)

func (p *Platform) typed(address string, t *Tool) string {
	if p.profile.TypedItems {
		return address + "?type_id=" + t.DeploymentID
	}
	return address
}

func (p *Platform) itemsURL(course string, t *Tool) string {
	return p.typed(p.base+"/lti/courses/"+url.PathEscape(course)+"/lineitems", t)
}

func (p *Platform) itemURL(i *item, t *Tool) string {
	return p.typed(p.base+"/lti/courses/"+url.PathEscape(i.course)+"/lineitems/"+i.ID+"/lineitem", t)
}

// document is a line item as the service shows it (AGS 2.0 §3.2).
func (p *Platform) document(i *item, t *Tool) map[string]any {
	d := map[string]any{"id": p.itemURL(i, t), "label": i.label, "scoreMaximum": i.maximum, "resourceId": i.resourceID, "tag": i.tag}
	if i.link != "" && !i.unlinked {
		d["resourceLinkId"] = i.link
		if p.profile.LMS.Code == "moodle" {
			d["ltiLinkId"] = i.link
		}
	}
	if i.review != nil && !i.unlinked {
		d["submissionReview"] = i.review
	}
	return d
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
		p.problem(w, r, 400, noHandlerFor(r))
	default:
		return false
	}
	return true
}

// problem is the body of Moodle's service errors.
func (p *Platform) problem(w http.ResponseWriter, r *http.Request, status int, reason string) {
	request := map[string]any{"method": r.Method, "url": r.URL.RequestURI(), "contentType": r.Header.Get("Content-Type")}
	if accept := r.Header.Get("Accept"); accept != "" {
		request["accept"] = accept
	}
	raw, err := json.MarshalIndent(map[string]any{"status": status, "reason": reason, "request": request}, "", "    ")
	if err != nil {
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(raw)
}

// noHandlerFor are Moodle's words for media types that it does not know.
func noHandlerFor(r *http.Request) string {
	return "No handler found for " + r.URL.Path + " " + r.Header.Get("Accept") + " " + r.Header.Get("Content-Type")
}

// noHandler answers addresses below a course that are none.
func (p *Platform) noHandler(w http.ResponseWriter, r *http.Request) {
	p.problem(w, r, 400, noHandlerFor(r))
}

// typeMismatch tells a query that names another tool than the token's.
func (p *Platform) typeMismatch(r *http.Request, t Tool) bool {
	named := r.URL.Query().Get("type_id")
	return p.profile.TypedItems && named != "" && named != t.DeploymentID
}

// itemContainer lists line items and makes new ones (AGS 2.0 §3.2).
func (p *Platform) itemContainer(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Items) {
		return
	}
	scopes, method, accept := []string{lti.ScopeLineItem, lti.ScopeLineItemReadOnly}, http.MethodGet, containerType
	if r.Method == http.MethodPost {
		scopes, method, accept = scopes[:1], http.MethodPost, ""
	}
	t, ok := p.allowed(r, scopes...)
	if ok && p.profile.OneAccept && method == http.MethodGet && r.Header.Get("Accept") == "*/*" {
		p.problem(w, r, 400, "No context or unsupported content type")
		return
	}
	if p.unanswerable(w, r, method, accept, ok && !p.typeMismatch(r, t)) {
		return
	}
	p.mu.Lock()
	known := p.courses[r.PathValue("course")] != nil
	p.mu.Unlock()
	switch {
	case !known:
		p.problem(w, r, 404, "Not Found: Course "+r.PathValue("course")+" doesn't exist")
	case method == http.MethodPost:
		p.makeItem(w, r, t)
	default:
		p.listItems(w, r, t)
	}
}

func (p *Platform) listItems(w http.ResponseWriter, r *http.Request, t Tool) {
	q := r.URL.Query()
	fits := func(i *item) bool {
		return i.tool == t.ClientID && (!q.Has("resource_link_id") || q.Get("resource_link_id") == i.link) &&
			(!q.Has("resource_id") || q.Get("resource_id") == i.resourceID) && (!q.Has("tag") || q.Get("tag") == i.tag)
	}
	p.mu.Lock()
	list := []map[string]any{}
	for _, i := range p.itemsOf(r.PathValue("course")) {
		if fits(i) {
			list = append(list, p.document(i, &t))
		}
	}
	p.mu.Unlock()
	page, links := p.page(r, len(list))
	if links != "" {
		w.Header().Set("Link", links)
	}
	writeJSON(w, 200, containerType+"; charset=utf-8", list[page.from:page.to])
}

// A span is the part of a list that one page shows.
type span struct{ from, to int }

// page cuts a list by limit and from, and makes the Link header of it.
func (p *Platform) page(r *http.Request, length int) (span, string) {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if err != nil || limit <= 0 {
		return span{0, length}, ""
	}
	from, _ := strconv.Atoi(r.URL.Query().Get("from"))
	from = min(max(from, 0), length)
	s := span{from, min(from+limit, length)}
	if p.profile.LMS.Code == "moodle" {
		return s, p.oddLinks(r, from, limit, length)
	}
	if s.to == length {
		return s, ""
	}
	return s, fmt.Sprintf(`<%s>; rel="next"`, p.pageURL(r, s.to))
}

// pageURL is the request's URL with another beginning.
func (p *Platform) pageURL(r *http.Request, from int) string {
	var kept []string
	for _, pair := range strings.Split(r.URL.RawQuery, "&") {
		if !strings.HasPrefix(pair, "from=") {
			kept = append(kept, pair)
		}
	}
	return p.base + r.URL.EscapedPath() + "?" + strings.Join(append(kept, "from="+strconv.Itoa(from)), "&")
}

// oddLinks are Moodle's, with typographic quotes, and addresses written for
// HTML.
func (p *Platform) oddLinks(r *http.Request, from, limit, length int) string {
	var all []string
	add := func(rel string, at int) {
		all = append(all, "<"+strings.ReplaceAll(p.pageURL(r, at), "&", "&amp;")+">; rel=“"+rel+"”")
	}
	add("first", 0)
	if from > 0 {
		add("prev", max(from-limit, 0))
	}
	add("canonical", from)
	if from+limit < length {
		add("next", from+limit)
	}
	add("last", length/limit*limit) // one too far where the pages come out even
	return strings.Join(all, ", ")
}

// sentItem is a line item as a tool writes it.
type sentItem struct {
	Label      string
	Maximum    json.RawMessage `json:"scoreMaximum"`
	ResourceID string          `json:"resourceId"`
	Tag        string
	Link       *string `json:"resourceLinkId"`
	Review     *Review `json:"submissionReview"`
}

// readItem reads one. The members come back as they were sent.
func (p *Platform) readItem(r *http.Request) (sent sentItem, maximum float64, members map[string]any, problem string) {
	if kind, _, _ := mime.ParseMediaType(r.Header.Get("Content-Type")); kind != itemType {
		return sent, 0, nil, noHandlerFor(r)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil || json.Unmarshal(body, &members) != nil || json.Unmarshal(body, &sent) != nil || sent.Label == "" || sent.Maximum == nil {
		return sent, 0, members, "No label or Score Maximum"
	}
	n, ok := number(sent.Maximum)
	lms := p.profile.LMS.Grades
	switch {
	case !ok || n == nil || *n < 0, *n == 0 && !p.profile.LaxItems, lms.WholeMaximum && *n != float64(int(*n)):
		return sent, 0, members, "Bad Request"
	case lms.WantsReference && sent.ResourceID == "" && (sent.Link == nil || *sent.Link == ""):
		return sent, 0, members, "resourceId or resourceLinkId is required"
	}
	return sent, *n, members, ""
}

// makeItem adds a line item of the tool's own.
func (p *Platform) makeItem(w http.ResponseWriter, r *http.Request, t Tool) {
	sent, maximum, members, problem := p.readItem(r)
	if problem != "" {
		p.problem(w, r, 400, problem)
		return
	}
	p.mu.Lock()
	course := r.PathValue("course")
	if sent.Link != nil && *sent.Link != "" {
		if l := p.links[*sent.Link]; l == nil || l.Course != course || l.Tool != t.ClientID {
			p.mu.Unlock()
			p.problem(w, r, p.profile.ForeignLink, http.StatusText(p.profile.ForeignLink))
			return
		}
	}
	i := p.newItem(course, t.ClientID)
	i.take(sent, maximum)
	if sent.Link != nil {
		i.link = *sent.Link
	}
	members["id"] = p.itemURL(i, &t)
	p.mu.Unlock()
	writeJSON(w, 201, itemType+"; charset=utf-8", members)
}

// take sets what may be changed.
func (i *item) take(sent sentItem, maximum float64) {
	i.label, i.maximum, i.resourceID, i.tag, i.review = sent.Label, maximum, sent.ResourceID, sent.Tag, sent.Review
}

// oneItem shows, changes and deletes a line item (AGS 2.0 §3.3).
func (p *Platform) oneItem(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Items) {
		return
	}
	scopes, accept := []string{lti.ScopeLineItem}, ""
	if r.Method == http.MethodGet {
		scopes = append(scopes, lti.ScopeLineItemReadOnly)
		if accept = itemType; r.Header.Get("Accept") == "*/*" {
			accept = "" // a single item is given for anything
		}
	}
	t, ok := p.allowed(r, scopes...)
	method := r.Method
	switch method {
	case http.MethodGet, http.MethodPut, http.MethodDelete:
	case http.MethodPost:
		if ok, t = p.bearer(r); ok && p.profile.OneAccept { // whatever the token is good for
			p.problem(w, r, 400, noHandlerFor(r))
			return
		}
		method = http.MethodGet
	default:
		method = http.MethodGet
	}
	if p.unanswerable(w, r, method, accept, ok && !p.typeMismatch(r, t)) {
		return
	}
	i, found := p.itemAt(w, r, t)
	switch {
	case !found:
	case r.Method == http.MethodPut:
		p.changeItem(w, r, t, i)
	case r.Method == http.MethodDelete:
		p.deleteItem(w, r, i)
	default:
		p.mu.Lock()
		shown := *i
		shown.course = r.PathValue("course") // under whichever course it was asked for
		d := p.document(&shown, &t)
		p.mu.Unlock()
		writeJSON(w, 200, itemType+"; charset=utf-8", d)
	}
}

// itemAt returns the line item of the request's path, or answers that there is
// none for the tool.
func (p *Platform) itemAt(w http.ResponseWriter, r *http.Request, t Tool) (*item, bool) {
	id := r.PathValue("item")
	p.mu.Lock()
	i := p.items[id]
	course := p.courses[r.PathValue("course")] != nil
	p.mu.Unlock()
	switch {
	case i == nil || !course, i.course != r.PathValue("course") && !p.profile.LaxItems:
		p.problem(w, r, 404, "Not Found: Grade item "+id+" doesn't exist")
	case i.tool != t.ClientID:
		p.problem(w, r, 403, "Forbidden")
	default:
		return i, true
	}
	return nil, false
}

// changeItem takes a whole document: members that are not in it are lost.
// Another maximum rescales the grades. In Moodle it makes zeros of grades that
// were empty.
func (p *Platform) changeItem(w http.ResponseWriter, r *http.Request, t Tool, i *item) {
	sent, maximum, members, problem := p.readItem(r)
	if problem != "" {
		if sent.Label == "" {
			problem = "Bad Request"
		}
		p.problem(w, r, 400, problem)
		return
	}
	p.mu.Lock()
	if i.maximum != maximum && i.maximum > 0 {
		for _, g := range i.grades {
			g.Given = g.Given * maximum / i.maximum
			if p.profile.LaxItems {
				g.Set, g.Stamp = true, p.now()
			}
		}
	}
	i.take(sent, maximum)
	i.unlinked = p.profile.LaxItems && sent.Link == nil && sent.ResourceID == "" && i.link != ""
	members["id"] = p.itemURL(i, &t)
	p.mu.Unlock()
	writeJSON(w, 200, itemType+"; charset=utf-8", members)
}

func (p *Platform) deleteItem(w http.ResponseWriter, r *http.Request, i *item) {
	if i.coupled && p.profile.CoupledDelete != 0 {
		p.problem(w, r, p.profile.CoupledDelete, http.StatusText(p.profile.CoupledDelete))
		return
	}
	p.mu.Lock()
	delete(p.items, i.ID)
	p.mu.Unlock()
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusNoContent)
}

// results is the result service (AGS 2.0 §3.5).
func (p *Platform) results(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Results) {
		return
	}
	t, ok := p.allowed(r, lti.ScopeResultReadOnly)
	if p.unanswerable(w, r, http.MethodGet, resultType, ok && !p.typeMismatch(r, t)) {
		return
	}
	if p.profile.LMS.Code == "moodle" && r.URL.Query().Has("limit") {
		plain(w, 404, "") // recorded
		return
	}
	i, found := p.itemAt(w, r, t)
	if !found {
		return
	}
	p.mu.Lock()
	list := p.resultsOf(i, &t, r.URL.Query().Get("user_id"))
	p.mu.Unlock()
	page, links := p.page(r, len(list))
	if links != "" {
		w.Header().Set("Link", links)
	}
	writeJSON(w, 200, resultType+"; charset=utf-8", list[page.from:page.to])
}

// resultsOf lists what stands in a column. Hold the lock.
func (p *Platform) resultsOf(i *item, t *Tool, only string) []map[string]any {
	users := make([]string, 0, len(i.grades))
	for user, g := range i.grades {
		if only == "" || only == user {
			if g.Set || !g.Stamp.IsZero() {
				users = append(users, user)
			}
		}
	}
	slices.SortFunc(users, byNumber)
	list := []map[string]any{}
	for _, user := range users {
		g, own := i.grades[user], p.itemURL(i, t)
		at, query, typed := strings.Cut(own, "?")
		id := at + "/results?user_id=" + url.QueryEscape(user)
		if typed {
			id = at + "/results?" + query + "&user_id=" + url.QueryEscape(user)
		}
		result := map[string]any{"id": id, "scoreOf": own, "userId": user, "resultMaximum": i.maximum}
		if g.Set {
			result["resultScore"] = g.Given
		}
		if g.Comment != "" {
			result["comment"] = g.Comment
		}
		if !g.Stamp.IsZero() {
			result["timestamp"] = g.Stamp.UTC().Format("2006-01-02T15:04:05-07:00")
		}
		list = append(list, result)
	}
	return list
}

// byNumber orders decimal IDs by their age, and others somehow.
func byNumber(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}
