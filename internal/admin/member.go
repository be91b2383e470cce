package admin

import (
	"errors"
	"net/http"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// members is the list of people: those who sign in, and those who came by
// launch.
type members struct{ *Admin }

func (h members) mount(mux web.Router) {
	const page = "/w/{workspace}/members"
	h.settings(mux, "GET "+page, h.list)
	h.settings(mux, "POST "+page+"/invitations", h.invite)
	h.settings(mux, "POST "+page+"/invitations/{id}/renew", h.renewInvitation)
	h.settings(mux, "POST "+page+"/invitations/{id}/revoke", h.revokeInvitation)
	h.settings(mux, "GET "+page+"/{id}", h.show)
	h.settings(mux, "POST "+page+"/{id}/role", h.setRole)
	h.settings(mux, "POST "+page+"/{id}/remove", h.remove)
	h.settings(mux, "POST "+page+"/{id}/reset-link", h.makeReset)
}

func membersPath(r *http.Request) string {
	return web.WorkspacePath(web.Workspace(r.Context()), "members")
}

type learnerRow struct {
	greenroom.Learner
	Platform string // of the LMS they came from
}

// A membersPage is the list of people and the form that invites another.
type membersPage struct {
	Path        string
	Self        greenroom.PersonID
	People      []greenroom.Member
	Invitations []invitationRow
	Email, Name web.Field
	Role        roleField
	Made        *madeLink // by the request that this page answers
	Learners    []learnerRow
	LTIPath     string
	LMSes       int
}

type invitationRow struct {
	greenroom.PersonLink
	By      string // name of who made it, may be empty
	InReach bool   // the visitor may renew and revoke it
}

// A madeLink is shown once, for only its hash is kept.
type madeLink struct {
	URL, For  string
	ExpiresAt time.Time
}

// A roleField is a choice among the roles that somebody may give.
type roleField struct {
	Roles []greenroom.Role
	Value greenroom.Role
	Error string
}

func (f *roleField) mark(err error) bool {
	bad, ok := errors.AsType[*greenroom.Invalid](err)
	f.Error = bad.Of("role")
	return ok
}

func (h members) page(r *http.Request, f greenroom.InvitationForm) (membersPage, error) {
	actor := web.Actor(r.Context())
	people, learners, err := h.kit.Service.Members(r.Context(), actor)
	if err != nil {
		return membersPage{}, err
	}
	connected, err := h.kit.Service.Connections(r.Context(), actor)
	if err != nil {
		return membersPage{}, err
	}
	open, err := h.kit.Service.Invitations(r.Context(), actor)
	return membersPage{
		Path: membersPath(r), Self: actor.Person, People: people, Invitations: invitationRows(actor, open, people),
		Email: web.Field{Name: "email", Label: "E-mail address", Type: "email", Value: f.Email, Required: true,
			Help: "The link works for this address alone."},
		Name:     web.Field{Name: "name", Label: "Name", Value: f.Name, Help: "Optional. They can change it."},
		Role:     roleField{Roles: greenroom.GrantableRoles(actor.Role), Value: f.Role},
		Learners: learnerRows(learners, connected), LTIPath: ltiPath(r), LMSes: len(connected),
	}, err
}

func invitationRows(a greenroom.Actor, open []greenroom.PersonLink, people []greenroom.Member) []invitationRow {
	names := map[greenroom.PersonID]string{}
	for _, m := range people {
		names[m.Person.ID] = m.Person.Name
	}
	rows := make([]invitationRow, len(open))
	for i, l := range open {
		rows[i] = invitationRow{PersonLink: l, By: names[l.CreatedBy], InReach: a.Role.Reaches(l.Role)}
	}
	return rows
}

func (h members) list(w http.ResponseWriter, r *http.Request) error {
	page, err := h.page(r, greenroom.InvitationForm{Role: greenroom.MemberRole})
	if err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "members.html", page)
}

func (h members) invite(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	form := greenroom.InvitationForm{
		Email: r.PostFormValue("email"), Name: r.PostFormValue("name"), Role: greenroom.Role(r.PostFormValue("role")),
	}
	made, token, err := h.kit.Service.NewInvitation(r.Context(), web.Actor(r.Context()), form)
	if _, invalid := errors.AsType[*greenroom.Invalid](err); invalid {
		page, pageErr := h.page(r, form)
		if pageErr != nil {
			return pageErr
		}
		web.MarkFields(err, &page.Email, &page.Name)
		page.Role.mark(err)
		return h.render(w, r, http.StatusUnprocessableEntity, "members.html", page)
	}
	return h.showInvitation(w, r, made, token, err)
}

func (h members) renewInvitation(w http.ResponseWriter, r *http.Request) error {
	id := greenroom.PersonLinkID(r.PathValue("id"))
	made, token, err := h.kit.Service.RenewInvitation(r.Context(), web.Actor(r.Context()), id)
	if bad, invalid := errors.AsType[*greenroom.Invalid](err); invalid {
		return h.back(w, r, web.Warning, bad.Fields[0].Text)
	}
	return h.showInvitation(w, r, made, token, err)
}

// showInvitation answers the request that made a link with the link, in place
// of a redirect: nothing but this answer knows it. Sent once more, the form
// makes another link that takes this one's place.
func (h members) showInvitation(w http.ResponseWriter, r *http.Request, made greenroom.PersonLink, token string, err error) error {
	if err != nil {
		return err
	}
	page, err := h.page(r, greenroom.InvitationForm{Role: greenroom.MemberRole})
	if err != nil {
		return err
	}
	page.Made = &madeLink{URL: h.urls(r).PersonLink(token), For: made.Email, ExpiresAt: made.ExpiresAt}
	return h.render(w, r, http.StatusOK, "members.html", page)
}

func (h members) revokeInvitation(w http.ResponseWriter, r *http.Request) error {
	l, err := h.kit.Service.RevokeInvitation(r.Context(), web.Actor(r.Context()), greenroom.PersonLinkID(r.PathValue("id")))
	if bad, invalid := errors.AsType[*greenroom.Invalid](err); invalid {
		return h.back(w, r, web.Warning, bad.Fields[0].Text)
	}
	if err != nil {
		return err
	}
	return h.back(w, r, web.Success, "The invitation of "+l.Email+" is revoked")
}

func (h members) back(w http.ResponseWriter, r *http.Request, kind web.ToastKind, text string) error {
	if err := h.kit.Flash(r.Context(), kind, text); err != nil {
		return err
	}
	return web.Redirect(w, r, membersPath(r))
}

// A memberPage is one person, and what can be done about them.
type memberPage struct {
	Path string // of the list
	Self bool
	greenroom.MemberView
	Role  roleField
	Error string // why a removal or a reset link was refused
	Made  *madeLink
}

func (h members) memberPage(r *http.Request) (memberPage, error) {
	actor := web.Actor(r.Context())
	v, err := h.kit.Service.ViewMember(r.Context(), actor, greenroom.PersonID(r.PathValue("id")))
	return memberPage{
		Path: membersPath(r), Self: actor.Person == v.Member.Person.ID, MemberView: v,
		Role: roleField{Roles: v.Roles, Value: v.Member.Role},
	}, err
}

func (h members) show(w http.ResponseWriter, r *http.Request) error {
	page, err := h.memberPage(r)
	if err != nil {
		return err
	}
	return h.render(w, r, http.StatusOK, "member.html", page)
}

func (h members) setRole(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	page, err := h.memberPage(r)
	if err != nil {
		return err
	}
	page.Role.Value = greenroom.Role(r.PostFormValue("role"))
	m, err := h.kit.Service.SetRole(r.Context(), web.Actor(r.Context()), page.Member.Person.ID, page.Role.Value)
	if page.Role.mark(err) {
		return h.render(w, r, http.StatusUnprocessableEntity, "member.html", page)
	}
	if err != nil {
		return err
	}
	if page.Self && !m.Role.Administers() {
		return web.Redirect(w, r, web.HomePath(web.Workspace(r.Context())))
	}
	return h.back(w, r, web.Success, m.Person.Name+" is now "+string(m.Role))
}

func (h members) remove(w http.ResponseWriter, r *http.Request) error {
	page, err := h.memberPage(r)
	if err != nil {
		return err
	}
	err = h.kit.Service.RemoveMember(r.Context(), web.Actor(r.Context()), page.Member.Person.ID)
	if h.refused(&page, err) {
		return h.render(w, r, http.StatusUnprocessableEntity, "member.html", page)
	}
	if err != nil {
		return err
	}
	if page.Self {
		return web.Redirect(w, r, "/")
	}
	return h.back(w, r, web.Success, page.Member.Person.Name+" is no member any more")
}

// makeReset answers with the link itself, as showInvitation does.
func (h members) makeReset(w http.ResponseWriter, r *http.Request) error {
	page, err := h.memberPage(r)
	if err != nil {
		return err
	}
	made, token, err := h.kit.Service.NewReset(r.Context(), web.Actor(r.Context()), page.Member.Person.ID)
	if h.refused(&page, err) {
		return h.render(w, r, http.StatusUnprocessableEntity, "member.html", page)
	}
	if err != nil {
		return err
	}
	page.Made = &madeLink{URL: h.urls(r).PersonLink(token), For: page.Member.Person.Email, ExpiresAt: made.ExpiresAt}
	return h.render(w, r, http.StatusOK, "member.html", page)
}

func (h members) refused(page *memberPage, err error) bool {
	bad, ok := errors.AsType[*greenroom.Invalid](err)
	page.Error = bad.Of("member")
	return ok
}

func learnerRows(learners []greenroom.Learner, connected []greenroom.Connection) []learnerRow {
	names := map[greenroom.ConnectionID]string{}
	for _, c := range connected {
		names[c.ID] = c.Platform
	}
	rows := make([]learnerRow, len(learners))
	for i, l := range learners {
		rows[i] = learnerRow{Learner: l, Platform: names[l.Connection]}
	}
	return rows
}
