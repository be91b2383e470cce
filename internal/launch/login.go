package launch

import (
	"context"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// login begins a launch: it sends the browser to the platform, with a state
// that only this browser can bring back. Nothing is written.
func (l *Launch) login(w http.ResponseWriter, r *http.Request) error {
	d, err := l.door(r)
	if err != nil {
		return err
	}
	params, err := lti.FormParams(w, r)
	if err != nil {
		return l.refuse(r, d, err)
	}
	tool := l.tool(r.Context(), d, loginStates{d.sealer})
	login, err := tool.StartLogin(r.Context(), params, d.launch, r.Cookies()...)
	if err != nil {
		return l.refuse(r, d, err)
	}
	switch l.rung(r, tool) {
	case "":
		l.lookForCookie(w, r)
		return nil
	case greenroom.RungStorage:
		return l.keepInStorage(w, r, d, params, tool)
	case greenroom.RungWindow:
		http.SetCookie(w, l.windowCookie(login.Pending.ID))
	}
	for _, old := range login.DropCookies {
		http.SetCookie(w, old)
	}
	http.SetCookie(w, login.Cookie)
	http.Redirect(w, r, login.RedirectURL, http.StatusFound)
	return nil
}

// loginStates seals states and spends none.
type loginStates struct{ *lti.Sealer }

func (loginStates) Spend(context.Context, *lti.Launch) error { return lti.ErrSpent }
