package platform

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// Claims of messages (Core 1.0 §5.3, §5.4).
const (
	claim     = "https://purl.imsglobal.org/spec/lti/claim/"
	claimDL   = "https://purl.imsglobal.org/spec/lti-dl/claim/"
	claimAGS  = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
	claimNRPS = "https://purl.imsglobal.org/spec/lti-nrps/claim/namesroleservice"
)

// claims are those of a message. Hold the lock.
func (p *Platform) claims(t *Tool, h hint, nonce string) map[string]any {
	now, c, l := p.now(), p.courses[h.course], p.links[h.link]
	deployment := t.DeploymentID
	if l != nil {
		deployment = l.deployment
	}
	all := map[string]any{
		"iss": p.issuer, "aud": t.ClientID, "nonce": nonce, "iat": now.Unix(), "exp": now.Add(p.profile.TokenLife).Unix(),
		claim + "message_type":  h.message,
		claim + "version":       "1.3.0",
		claim + "deployment_id": deployment,
		claim + "roles":         p.rolesOf(c, h.user),
		claim + "custom":        p.custom(t, h),
		claim + "tool_platform": map[string]any{"guid": p.issuer, "name": p.name, "product_family_code": p.profile.ProductFamilyCode, "version": p.profile.Version},
	}
	if !p.profile.LMS.Launch.NoContext {
		all[claim+"context"] = map[string]any{"id": c.ID, "title": c.Title, "label": c.Label, "type": []string{p.profile.ContextType}}
	}
	p.addUser(all, t, h.user)
	p.addMessage(all, t, h)
	p.addServices(all, t, c, l)
	if t.Migration != nil {
		all[claim+"lti1p1"] = p.migration(t, h, all)
	}
	return all
}

// rolesOf are the roles that a launch tells.
func (p *Platform) rolesOf(c *Course, user string) []string {
	roles := c.roles[user]
	if p.profile.Roles != nil {
		roles = p.profile.Roles(roles)
	}
	if roles == nil || p.profile.LMS.Launch.NoRoles {
		return []string{}
	}
	return roles
}

func (p *Platform) addUser(all map[string]any, t *Tool, user string) {
	u := p.users[user]
	if u == nil {
		all["sub"] = user
		return
	}
	if u.Anonymous {
		return
	}
	all["sub"] = user
	maps.Copy(all, told(t, u))
	if u.SourcedID != "" {
		all[claim+"lis"] = map[string]any{"person_sourcedid": u.SourcedID}
	}
	if name := p.profile.LMS.Launch.UserNameClaim; name != "" && u.Username != "" {
		all[name] = map[string]any{"username": u.Username}
	}
}

// told is what a tool may know of a person.
func told(t *Tool, u *User) map[string]any {
	all := map[string]any{}
	put := func(hidden bool, name, value string) {
		if !hidden && value != "" {
			all[name] = value
		}
	}
	put(t.HideNames, "name", u.Name)
	put(t.HideNames, "given_name", u.GivenName)
	put(t.HideNames, "family_name", u.FamilyName)
	put(t.HideEmail, "email", u.Email)
	return all
}

// addMessage adds what belongs to the type of the message.
func (p *Platform) addMessage(all map[string]any, t *Tool, h hint) {
	l := p.links[h.link]
	switch h.message {
	case lti.MessageDeepLinking:
		all[claim+"target_link_uri"] = t.deepLinkingTarget()
		all[claim+"launch_presentation"] = map[string]any{"locale": "en"}
		all[claimDL+"deep_linking_settings"] = p.settings(p.selections[h.pick])
		return
	case lti.MessageSubmissionReview:
		all[claim+"target_link_uri"] = l.reviewTarget(t)
		all[claim+"for_user"] = map[string]any{"user_id": h.forUser}
	default:
		all[claim+"target_link_uri"] = l.target(t)
	}
	link := map[string]any{"id": l.ID, "title": l.Title}
	if l.Description != "" || p.profile.LMS.Code == "moodle" {
		link["description"] = l.Description
	}
	all[claim+"resource_link"] = link
	all[claim+"launch_presentation"] = map[string]any{
		"document_target": l.documentTarget(), "return_url": p.returnURL(l.Course), "locale": "en",
	}
}

func (l *Link) documentTarget() string {
	if l.Window {
		return "window"
	}
	return "iframe"
}

func (p *Platform) returnURL(course string) string { return p.base + "/courses/" + course }

// addServices adds the claims of those that the LMS has and the tool may use.
func (p *Platform) addServices(all map[string]any, t *Tool, c *Course, l *Link) {
	lms := p.profile.LMS
	if grades := p.gradesClaim(t, c, l); grades != nil && lms.Grades.Supported {
		all[claimAGS] = grades
	}
	if lms.Roster.Supported && slices.Contains(t.Scopes, lti.ScopeMemberships) {
		names := map[string]any{"context_memberships_url": p.membersURL(c.ID), "service_versions": []string{"2.0"}}
		if lms.Code == "moodle" {
			names["service_versions"] = []string{"1.0", "2.0"}
		}
		if lms.Code == "blackboard" {
			names["scope"] = []string{lti.ScopeMemberships}
		}
		all[claimNRPS] = names
	}
	if lms.Copy.Notice {
		all[claim+"platformnotificationservice"] = map[string]any{
			"platform_notification_service_url": p.noticesURL(t), "service_versions": []string{"1.0"},
			"scope": []string{ScopeNotices}, "notice_types_supported": []string{ContextCopyNotice},
		}
	}
}

func (p *Platform) gradesClaim(t *Tool, c *Course, l *Link) map[string]any {
	scopes := slices.DeleteFunc(slices.Clone(t.Scopes), func(s string) bool { return !strings.Contains(s, "/lti-ags/") })
	if len(scopes) == 0 {
		return nil
	}
	grades := map[string]any{"scope": scopes, "lineitems": p.itemsURL(c.ID, t)}
	var i *item
	if l != nil {
		i = p.items[l.item]
	}
	switch {
	case i != nil:
		grades["lineitem"] = p.itemURL(i, t)
	case p.profile.EmptyLineItem:
		grades["lineitem"] = ""
	}
	return grades
}

// custom are the parameters of tool, link and review, with their variables.
func (p *Platform) custom(t *Tool, h hint) map[string]any {
	raw := map[string]string{}
	l := p.links[h.link]
	maps.Copy(raw, t.Custom)
	if l != nil {
		maps.Copy(raw, l.Custom)
	}
	if h.message == lti.MessageSubmissionReview && l.Review != nil {
		maps.Copy(raw, l.Review.Custom)
	}
	all := map[string]any{}
	for name, value := range raw {
		all[name] = p.resolve(value, t, h)
	}
	return all
}

// resolve puts the value of a variable in its place, if the value is one that
// this LMS knows (Core 1.0 §6.1). A variable inside of a text is text.
func (p *Platform) resolve(value string, t *Tool, h hint) any {
	name, variable := strings.CutPrefix(value, "$")
	if !variable {
		return value
	}
	c, l := p.courses[h.course], p.links[h.link]
	switch copies := p.profile.LMS.Copy; {
	case name == "Context.id.history" && copies.ContextHistory:
		return strings.Join(c.Origins, ",")
	case name == "ResourceLink.id.history" && copies.LinkHistory && l != nil:
		return strings.Join(l.Origins, ",")
	case !slices.Contains(p.profile.Variables, name):
		return value
	case strings.HasPrefix(name, "ResourceLink.") && l == nil:
		return nil
	case strings.HasPrefix(name, "LineItem.") && (l == nil || p.items[l.item] == nil):
		return ""
	}
	if found, known := p.variable(name, t, c, l, h); known {
		return found
	}
	return value
}

func (p *Platform) variable(name string, t *Tool, c *Course, l *Link, h hint) (string, bool) {
	u := p.users[h.user]
	if u == nil {
		u = &User{}
	}
	values := map[string]string{
		"User.id": h.user, "User.username": u.Username, "Person.sourcedId": u.SourcedID,
		"Person.name.full": u.Name, "Person.name.given": u.GivenName, "Person.name.family": u.FamilyName, "Person.email.primary": u.Email,
		"Context.id": c.ID, "Context.title": c.Title, "Context.label": c.Label, "Context.sourcedId": c.SourcedID,
		"Membership.role":                strings.Join(p.shortened(p.rolesOf(c, h.user)), ","),
		"ToolPlatform.productFamilyCode": p.profile.ProductFamilyCode, "Message.locale": "en", "Message.returnUrl": p.returnURL(c.ID),
		"ToolProxyBinding.memberships.url": p.membersURL(c.ID), "LineItems.url": p.itemsURL(c.ID, t),
		"Canvas.course.id": c.ID, "Canvas.user.id": h.user, "Canvas.course.previousContextIds": strings.Join(c.Origins, ","),
	}
	if l != nil {
		maps.Copy(values, map[string]string{
			"ResourceLink.id": l.ID, "ResourceLink.title": l.Title, "ResourceLink.description": l.Description,
			"Message.documentTarget":               l.documentTarget(),
			"ResourceLink.available.startDateTime": moment(l.Available.Start), "ResourceLink.available.endDateTime": moment(l.Available.End),
			"ResourceLink.submission.startDateTime": moment(l.Submission.Start), "ResourceLink.submission.endDateTime": moment(l.Submission.End),
		})
		if i := p.items[l.item]; i != nil {
			values["LineItem.url"] = p.itemURL(i, t)
		}
	}
	value, known := values[name]
	return value, known
}

func moment(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
