package launch

import (
	"errors"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/pns"
)

// notices takes what platforms tell by themselves. Anybody can post here: what
// counts is the signature of each notice, and a bad one does not lose the
// others. It answers once the good ones are written down; a platform may send
// all of them again if that fails.
func (l *Launch) notices(w http.ResponseWriter, r *http.Request) error {
	d, err := l.door(r)
	if err != nil {
		return err
	}
	received, err := pns.Read(r.Context(), l.tool(r.Context(), d, nil), r.Body)
	if err != nil {
		return noticeError(http.StatusBadRequest, "This is no list of notices", err)
	}
	taken, refusals, cause := 0, 0, error(nil)
	for _, each := range received {
		if refused, ok := errors.AsType[*lti.Refusal](each.Err); ok {
			cause = refused
			refusals++
			continue
		}
		if each.Err != nil {
			return each.Err
		}
		n, copied := readNotice(each.Notice)
		if err := l.service.TakeNotice(r.Context(), d.workspace.ID, n, copied); err != nil {
			return err
		}
		taken++
	}
	if refusals > 0 { // one line, however many: anybody can post here
		l.kit.Log.InfoContext(r.Context(), "notices refused", "workspace", d.workspace.ID, "refused", refusals, "taken", taken, "err", cause)
	}
	if taken == 0 {
		return noticeError(http.StatusUnauthorized, "No notice could be verified", cause)
	}
	w.WriteHeader(http.StatusOK)
	return nil
}

func noticeError(status int, title string, cause error) error {
	return &web.PageError{Status: status, Title: title, Cause: cause}
}

func readNotice(n *pns.Notice) (greenroom.Notice, *greenroom.ContextCopy) {
	notice := greenroom.Notice{
		Connection: greenroom.ConnectionID(n.Message.Registration.ID), Deployment: n.Message.DeploymentID,
		ID: n.ID, Nonce: n.Message.Nonce, Type: n.Type, At: n.At,
	}
	if n.ContextCopy == nil {
		return notice, nil
	}
	c := n.ContextCopy
	return notice, &greenroom.ContextCopy{
		PlatformID: c.Context.ID, Label: c.Context.Label, Title: c.Context.Title, Origins: c.Origins,
	}
}
