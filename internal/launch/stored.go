package launch

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// handlePurpose is what a platform's answer is sealed for while the page asks
// the storage: nothing of it can be read in the page, and nothing is kept.
const handlePurpose = "launch handle"

type askPage struct {
	Storage *lti.Storage
	Action  string
	Handle  string
}

// askStorage answers a launch whose browser is still to prove itself: its page
// asks the platform's storage for the secret of the login.
func (l *Launch) askStorage(w http.ResponseWriter, r *http.Request, id greenroom.WorkspaceID, params lti.Params, s *lti.Storage) error {
	answer := url.Values{"state": {params.Get("state")}, "id_token": {params.Get("id_token")}}
	sealed, err := l.service.Vault.Seal(handlePurpose, string(id), []byte(answer.Encode()))
	if err != nil {
		return err
	}
	return l.kit.Render(w, r, http.StatusOK, l.pages, "ask.html", askPage{
		Storage: s, Action: l.kit.URLs.Stored(id), Handle: base64.RawURLEncoding.EncodeToString(sealed),
	})
}

// errHandle says that the form is none of ours.
var errHandle = errors.New("handle of the storage page does not open")

// stored takes the platform's answer back, with what its storage held, and
// makes every check.
func (l *Launch) stored(w http.ResponseWriter, r *http.Request) error {
	workspace, err := l.workspace(r)
	if err != nil {
		return err
	}
	params, err := lti.FormParams(w, r)
	if err == nil {
		var answer lti.Params
		if answer, err = l.openHandle(workspace.ID, params.Get("handle")); err == nil {
			return l.finish(w, r, workspace.ID, answer.WithStored(params.Get("stored"), params.Get("problem")))
		}
	}
	return l.refuse(r, workspace.ID, err)
}

func (l *Launch) openHandle(id greenroom.WorkspaceID, handle string) (lti.Params, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(handle)
	if err == nil {
		sealed, err = l.service.Vault.Open(handlePurpose, string(id), sealed)
	}
	if err != nil {
		return lti.Params{}, &lti.Refusal{Check: lti.CheckRequest, Spec: lti.CheckRequest.Spec(), Cause: errHandle}
	}
	answer, err := url.ParseQuery(string(sealed))
	if err != nil {
		return lti.Params{}, err
	}
	return lti.NewParams(http.MethodPost, answer)
}
