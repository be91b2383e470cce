package platform

import (
	"cmp"
	"fmt"
	"html"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

const rosterType = "application/vnd.ims.lti-nrps.v2.membershipcontainer+json"

// A change is somebody who came into a course, or left it.
type change struct {
	user string
	left bool
}

// A Member is somebody in a course.
type Member struct {
	User
	Roles []string
}

// Roster returns who is in a course, in the order of their names.
func (p *Platform) Roster(course string) []Member {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.roster(p.courses[course])
}

func (p *Platform) roster(c *Course) []Member {
	if c == nil {
		return nil
	}
	var all []Member
	for _, id := range c.order {
		if u := p.users[id]; u != nil && len(c.roles[id]) > 0 {
			all = append(all, Member{*u, c.roles[id]})
		}
	}
	slices.SortStableFunc(all, func(a, b Member) int {
		return cmp.Or(strings.Compare(a.FamilyName, b.FamilyName), strings.Compare(a.GivenName, b.GivenName))
	})
	return all
}

func (p *Platform) membersURL(course string) string {
	return p.base + "/lti/courses/" + url.PathEscape(course) + "/members"
}

// members is the membership service (NRPS 2.0 §2.2).
func (p *Platform) members(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Roster) {
		return
	}
	t, ok := p.allowed(r, lti.ScopeMemberships)
	if ok && p.profile.OneAccept && r.Method == http.MethodPost {
		p.problem(w, r, 400, noHandlerFor(r))
		return
	}
	if p.unanswerable(w, r, http.MethodGet, rosterType, ok) {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	c := p.courses[r.PathValue("course")]
	q := r.URL.Query()
	if c == nil || !p.profile.LMS.Roster.Supported {
		p.problem(w, r, 404, "Not Found: Course "+r.PathValue("course")+" doesn't exist")
		return
	}
	var link *Link
	if id := q.Get("rlid"); id != "" && p.profile.LMS.Roster.ByLink {
		if link = p.links[id]; !p.answersLink(w, r, id, link, t) {
			return
		}
	}
	list := []map[string]any{}
	if since, err := strconv.Atoi(q.Get("since")); err == nil {
		list = p.differences(c, &t, since)
	} else {
		for _, m := range p.roster(c) {
			if !m.Anonymous && p.hasRole(m.Roles, q.Get("role")) {
				list = append(list, p.member(c, &t, link, m))
			}
		}
	}
	p.writeRoster(w, r, c, list)
}

// answersLink answers a rlid that is not to be had.
func (p *Platform) answersLink(w http.ResponseWriter, r *http.Request, id string, l *Link, t Tool) bool {
	foreign := l != nil && l.Tool != t.ClientID && !p.profile.LaxItems
	switch {
	case (l == nil || foreign) && p.profile.LMS.Code == "canvas":
		p.problem(w, r, 400, "Tool does not have access to rlid or rlid does not exist")
	case l == nil:
		p.problem(w, r, 404, "Not Found: LTI link "+id+" doesn't exist")
	case foreign:
		p.problem(w, r, 403, "Forbidden")
	default:
		return true
	}
	return false
}

// hasRole filters by role, short or long. Moodle knows two and returns everyone
// for others.
func (p *Platform) hasRole(roles []string, wanted string) bool {
	const principal = "http://purl.imsglobal.org/vocab/lis/v2/membership#"
	short := strings.TrimPrefix(wanted, principal)
	if wanted == "" || p.profile.LMS.Roster.AlwaysActive && short != "Learner" && short != "Instructor" {
		return true
	}
	if p.profile.RosterRoles != nil {
		roles = p.profile.RosterRoles(roles)
	}
	return slices.Contains(roles, principal+short) || slices.Contains(roles, wanted)
}

// member is one as the service shows them.
func (p *Platform) member(c *Course, t *Tool, l *Link, m Member) map[string]any {
	roles := m.Roles
	if p.profile.RosterRoles != nil {
		roles = p.profile.RosterRoles(roles)
	}
	one := told(t, &m.User)
	if p.profile.LMS.Roster.EscapedNames {
		for name, value := range one {
			// An apostrophe stays, as Moodle leaves it.
			one[name] = strings.ReplaceAll(html.EscapeString(value.(string)), "&#39;", "'")
		}
	}
	one["user_id"], one["roles"], one["status"] = m.ID, p.shortened(roles), "Active"
	if m.Inactive && !p.profile.LMS.Roster.AlwaysActive {
		one["status"] = "Inactive"
	}
	if p.profile.LMS.Code == "moodle" {
		one["lis_person_sourcedid"], one["ext_user_username"] = m.SourcedID, m.Username
	}
	if l != nil {
		message := map[string]any{claim + "message_type": lti.MessageResourceLink}
		if custom := p.custom(t, hint{user: m.ID, course: c.ID, link: l.ID}); len(custom) > 0 && !p.profile.LaxItems {
			message[claim+"custom"] = custom
		}
		one["message"] = []any{message}
	}
	return one
}

// shortened are roles as rosters write them.
func (p *Platform) shortened(roles []string) []string {
	if !p.profile.LMS.Roster.ShortRoles {
		return roles
	}
	short := make([]string, len(roles))
	for i, r := range roles {
		short[i] = r[strings.LastIndexByte(r, '#')+1:]
	}
	return short
}

// differences are what has happened since (NRPS 2.0 §2.4.2). Who has left has
// the status Deleted.
func (p *Platform) differences(c *Course, t *Tool, since int) []map[string]any {
	list := []map[string]any{}
	for _, x := range c.changes[min(max(since, 0), len(c.changes)):] {
		m := Member{User{ID: x.user}, c.roles[x.user]}
		if u := p.users[x.user]; u != nil {
			m.User = *u
		}
		one := p.member(c, t, nil, m)
		if x.left {
			one["status"], one["roles"] = "Deleted", []string{}
		}
		list = append(list, one)
	}
	return list
}

// nextMembers is the next page. Moodle's forgets the role.
func (p *Platform) nextMembers(r *http.Request, limit, from int) string {
	if p.profile.LMS.Code != "moodle" {
		return p.pageURL(r, from)
	}
	next := fmt.Sprintf("%s%s?limit=%d&from=%d", p.base, r.URL.EscapedPath(), limit, from)
	if link := r.URL.Query().Get("rlid"); link != "" {
		next += "&rlid=" + url.QueryEscape(link)
	}
	return next
}

// writeRoster cuts the list into pages. The last page says where differences
// will be, but for LMSes that are known not to.
func (p *Platform) writeRoster(w http.ResponseWriter, r *http.Request, c *Course, list []map[string]any) {
	limit, err := strconv.Atoi(r.URL.Query().Get("limit"))
	if most := p.profile.LMS.Roster.PageLimit; most > 0 && (err != nil || limit > most || limit <= 0) {
		limit, err = most, nil
	}
	page := span{0, len(list)}
	if err == nil && limit > 0 {
		from, _ := strconv.Atoi(r.URL.Query().Get("from"))
		page.from = min(max(from, 0), len(list))
		page.to = min(page.from+limit, len(list))
	}
	switch {
	case page.to < len(list):
		w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, p.nextMembers(r, limit, page.to)))
	case p.profile.LMS.Code == "generic":
		w.Header().Set("Link", fmt.Sprintf(`<%s?since=%d>; rel="differences"`, p.membersURL(c.ID), len(c.changes)))
	}
	kind := rosterType
	if other := p.profile.LMS.Roster.MediaType; other != "" {
		kind = other
	}
	writeJSON(w, 200, kind+"; charset=utf-8", map[string]any{
		"id": p.base + r.URL.EscapedPath(), "context": map[string]any{"id": c.ID, "title": c.Title, "label": c.Label}, "members": list[page.from:page.to],
	})
}
