package launch

import (
	"encoding/base64"
	"errors"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// claimPurpose is what an arrival is sealed for in the form of its page: who
// holds the form came by the launch.
const claimPurpose = "claim handle"

// A claimPage brings a deployment to a workspace: first the code, then a yes.
type claimPage struct {
	Action   string
	Handle   string
	Platform string
	Arrival  greenroom.Arrived
	Code     web.Field
	// Workspace is where the code leads; empty until there is one.
	Workspace string
	Support   string
}

func (l *Launch) showClaim(w http.ResponseWriter, r *http.Request, status int, a greenroom.Arrived, page claimPage) error {
	sealed, err := l.service.Vault.Seal(claimPurpose, "", []byte(a.ID))
	if err != nil {
		return err
	}
	registration, err := l.service.Store.Instance().SharedRegistration(r.Context(), a.Shared)
	if err != nil {
		return err
	}
	page.Action, page.Handle = l.kit.Here(r).Shared("claim"), base64.RawURLEncoding.EncodeToString(sealed)
	page.Platform, page.Arrival, page.Support = registration.Platform, a, l.kit.Support
	page.Code.Name, page.Code.Label, page.Code.Required, page.Code.Mono, page.Code.Focus = "code", "One-time code", true, true, true
	page.Code.Help = "Twelve letters and digits. An administrator of the workspace makes it in Greenroom: Workspace settings, Integrations, LTI 1.3, Shared registrations."
	page.Code.Autocomplete = "off"
	return l.kit.Render(w, r, status, l.pages, "claim.html", page)
}

// claimedPage says that it is done.
type claimedPage struct {
	Platform, Workspace string
	Claim               greenroom.Claim
}

// claim takes the form of the claiming page.
func (l *Launch) claim(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	a, err := l.openArrival(r)
	if err != nil {
		return claimTrouble(err)
	}
	code := r.PostFormValue("code")
	if r.PostFormValue("sure") != "" {
		claim, workspace, err := l.service.ClaimDeployment(r.Context(), a.ID, code)
		if err != nil {
			return l.wrongCode(w, r, a, code, err)
		}
		registration, err := l.service.Store.Instance().SharedRegistration(r.Context(), a.Shared)
		if err != nil {
			return err
		}
		return l.kit.Render(w, r, http.StatusOK, l.pages, "claimed.html", claimedPage{registration.Platform, workspace.Name, claim})
	}
	workspace, err := l.service.ReadClaimCode(r.Context(), a.ID, code)
	if err != nil {
		return l.wrongCode(w, r, a, code, err)
	}
	return l.showClaim(w, r, http.StatusOK, a, claimPage{Code: web.Field{Value: code}, Workspace: workspace.Name})
}

func (l *Launch) openArrival(r *http.Request) (greenroom.Arrived, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(r.PostFormValue("handle"))
	var id []byte
	if err == nil {
		id, err = l.service.Vault.Open(claimPurpose, "", sealed)
	}
	if err != nil {
		return greenroom.Arrived{}, &greenroom.ClaimError{Trouble: greenroom.ClaimExpired}
	}
	a, err := l.service.ArrivalOf(r.Context(), greenroom.ArrivalID(id))
	if errors.Is(err, greenroom.ErrNotFound) {
		err = &greenroom.ClaimError{Trouble: greenroom.ClaimExpired}
	}
	return a, err
}

// wrongCode shows the form again if another code may help.
func (l *Launch) wrongCode(w http.ResponseWriter, r *http.Request, a greenroom.Arrived, code string, err error) error {
	if refused, ok := errors.AsType[*greenroom.ClaimError](err); !ok || refused.Trouble != greenroom.ClaimCodeWrong {
		return claimTrouble(err)
	}
	return l.showClaim(w, r, http.StatusUnprocessableEntity, a, claimPage{Code: web.Field{
		Value: code, Error: "No workspace has this code now. A code works once and for one hour; compare it, or have a new one made.",
	}})
}

const claimTitle = "Nothing was connected"

// claimTroubles are the pages of claims that end here.
var claimTroubles = map[greenroom.ClaimTrouble]web.PageError{
	greenroom.ClaimTooOften: {
		Status: http.StatusTooManyRequests, Title: claimTitle,
		Sentence: "Too many codes that do not exist were entered for this part of the LMS.",
		Hint:     "Wait an hour. Then open the activity in your LMS again and enter a fresh code.",
	},
	greenroom.ClaimExpired: {
		Status: http.StatusGone, Title: claimTitle,
		Sentence: "This page has done its work, or was open for more than half an hour.",
		Hint:     "Open the activity in your LMS again.",
	},
	greenroom.ClaimTaken: {
		Status: http.StatusConflict, Title: claimTitle,
		Sentence: "This part of your LMS belongs to a workspace already.",
		Hint:     "Open the activity in your LMS again. To move it to another workspace, have it released first, on the LTI settings page of the workspace that has it or by whoever runs Greenroom.",
	},
	greenroom.ClaimOwn: {
		Status: http.StatusConflict, Title: claimTitle,
		Sentence: "The workspace has a connection of its own with the same issuer and client ID.",
		Hint:     "Whoever administers the workspace can delete that connection, then try again.",
	},
	greenroom.ClaimSwitchedOff: {
		Status: http.StatusForbidden, Title: claimTitle,
		Sentence: "Whoever runs Greenroom has switched this registration off.",
		Hint:     "Ask them when it is on again.",
	},
}

func claimTrouble(err error) error {
	refused, ok := errors.AsType[*greenroom.ClaimError](err)
	if !ok {
		return err
	}
	page, ok := claimTroubles[refused.Trouble]
	if !ok {
		return err
	}
	page.Cause = err
	return &page
}
