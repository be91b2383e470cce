package launch

import (
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"

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
func (l *Launch) askStorage(w http.ResponseWriter, r *http.Request, d *door, params lti.Params, s *lti.Storage) error {
	answer := url.Values{"state": {params.Get("state")}, "id_token": {params.Get("id_token")}}
	sealed, err := l.service.Vault.Seal(handlePurpose, string(d.workspace.ID), []byte(answer.Encode()))
	if err != nil {
		return err
	}
	return l.kit.Render(w, r, http.StatusOK, l.pages, "ask.html", askPage{
		Storage: s, Action: d.stored, Handle: base64.RawURLEncoding.EncodeToString(sealed),
	})
}

// errHandle says that the form is none of ours.
var errHandle = errors.New("handle of the storage page does not open")

// stored takes the platform's answer back, with what its storage held, and
// makes every check.
func (l *Launch) stored(w http.ResponseWriter, r *http.Request) error {
	d, err := l.door(r)
	if err != nil {
		return err
	}
	params, err := lti.FormParams(w, r)
	if err == nil {
		var answer lti.Params
		if answer, err = l.openHandle(d, params.Get("handle")); err == nil {
			return l.finish(w, r, d, answer.WithStored(params.Get("stored"), params.Get("problem")))
		}
	}
	return l.refuse(r, d, err)
}

func (l *Launch) openHandle(d *door, handle string) (lti.Params, error) {
	sealed, err := base64.RawURLEncoding.DecodeString(handle)
	if err == nil {
		sealed, err = l.service.Vault.Open(handlePurpose, string(d.workspace.ID), sealed)
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
