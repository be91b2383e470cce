package launch

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

// register is where an LMS opens a registration URL, in a popup, a tab or a
// frame. It asks for no click: it exchanges configurations and says how that
// went. Without the LMS's parameters it touches nothing.
func (l *Launch) register(w http.ResponseWriter, r *http.Request) error {
	workspace, err := l.workspace(r)
	if err != nil {
		return err
	}
	query := r.URL.Query()
	token := query.Get("token")
	if len(query["token"]) > 1 {
		token = ""
	}
	invite, err := l.service.CheckInvite(r.Context(), workspace.ID, token)
	if err != nil {
		return registrationPage(err)
	}
	configurations := query["openid_configuration"]
	switch {
	case len(configurations) == 0 || r.Method == http.MethodHead:
		return l.kit.Render(w, r, http.StatusOK, l.pages, "invite.html", invitePage{
			URL: l.kit.Here(r).Registration(workspace.ID, token), ExpiresAt: invite.ExpiresAt,
		})
	case len(configurations) > 1:
		return registrationPage(&greenroom.RegistrationError{
			Text: "The LMS opened this page with more than one openid_configuration, and Greenroom cannot tell which is meant.",
		})
	}
	c, err := l.service.Register(r.Context(), workspace.ID, token, greenroom.RegistrationRequest{
		ConfigurationURL: configurations[0],
		Token:            query.Get("registration_token"),
		Tool:             l.endpoints(r, workspace),
	})
	if err != nil {
		return registrationPage(err)
	}
	return l.kit.Render(w, r, http.StatusOK, l.pages, "registered.html", newRegisteredPage(c))
}

// An invitePage explains a registration URL to a person who opened it.
type invitePage struct {
	URL       string
	ExpiresAt time.Time
}

// A registeredPage says what came of a registration.
type registeredPage struct {
	Platform string
	Host     string
	Granted  []string // in words; nil if the platform did not say
	Missing  []string
	// NoGrades: the platform takes no scores.
	NoGrades bool
}

func newRegisteredPage(c greenroom.Connection) registeredPage {
	page := registeredPage{Platform: c.Platform, Host: c.Issuer}
	if u, err := url.Parse(c.Issuer); err == nil && u.Host != "" {
		page.Host = u.Host
	}
	for _, s := range c.Scopes {
		page.Granted = append(page.Granted, scopeWords(s))
	}
	for _, s := range c.Missing {
		page.Missing = append(page.Missing, scopeWords(s))
		page.NoGrades = page.NoGrades || s == lti.ScopeScore
	}
	return page
}

// scopeWords says in words what a scope allows.
func scopeWords(scope string) string {
	switch scope {
	case lti.ScopeScore:
		return "Send scores to the gradebook"
	case lti.ScopeLineItemReadOnly:
		return "Read an activity's maximum score"
	case lti.ScopeLineItem:
		return "Read and change grade columns"
	case lti.ScopeResultReadOnly:
		return "Read grades"
	case lti.ScopeMemberships:
		return "Read the list of participants"
	case lti.ScopeNoticeHandlers:
		return "Be told of copied courses"
	}
	return scope
}

const registrationTitle = "The registration didn't complete"

// registrationPage returns the page of an error on the way to a registration.
func registrationPage(err error) error {
	if invite, ok := errors.AsType[*greenroom.InviteError](err); ok {
		page := inviteTroubles[invite.Trouble]
		page.Cause = err
		return &page
	}
	if registration, ok := errors.AsType[*greenroom.RegistrationError](err); ok {
		return &web.PageError{
			Status: http.StatusUnprocessableEntity, Title: registrationTitle,
			Sentence: registration.Text,
			Hint:     "Nothing was saved, and this registration URL still works: you can try again. If your LMS cannot do it this way, connect it with the manual form on the LTI settings page.",
			Cause:    err,
		}
	}
	return err
}

const hintNewURL = "Generate a new registration URL on the LTI settings page of your workspace and paste it into your LMS."

// inviteTroubles are the pages of registration URLs that do not open.
var inviteTroubles = map[greenroom.InviteTrouble]web.PageError{
	greenroom.InviteTampered: {
		Status: http.StatusBadRequest, Title: "This registration URL is damaged",
		Sentence: "It is not complete, or something was changed in it on the way.",
		Hint:     "Copy the whole URL again from the LTI settings page of your workspace and paste it into your LMS.",
	},
	greenroom.InviteForeign: {
		Status: http.StatusForbidden, Title: "This registration URL is for another workspace",
		Sentence: "The workspace in its address is not the one that it was made for.",
		Hint:     hintNewURL,
	},
	greenroom.InviteExpired: {
		Status: http.StatusGone, Title: "This registration URL has expired",
		Sentence: "A registration URL works for one hour.",
		Hint:     hintNewURL,
	},
	greenroom.InviteUsed: {
		Status: http.StatusGone, Title: "This registration URL was already used",
		Sentence: "An LMS has been connected with it, and each registration URL works once.",
		Hint:     "The connection is listed under Connected LMSes on the LTI settings page. To connect another LMS, generate a new registration URL there.",
	},
	greenroom.InviteRevoked: {
		Status: http.StatusGone, Title: "This registration URL was revoked",
		Sentence: "An administrator of the workspace has withdrawn it.",
		Hint:     hintNewURL,
	},
	greenroom.InviteBusy: {
		Status: http.StatusConflict, Title: "A registration is already in progress",
		Sentence: "This registration URL has been opened a second time while the first registration is still under way.",
		Hint:     "Wait a minute. If the LMS is not listed under Connected LMSes then, try again with the same URL.",
	},
}
