package admin

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
)

// keys is the list of a workspace's signing keys, and their rotation.
type keys struct{ *Admin }

func (h keys) mount(mux web.Router) {
	h.settings(mux, "GET /w/{workspace}/settings/keys", h.list)
	h.settings(mux, "POST /w/{workspace}/settings/keys/rotate", h.rotate)
}

func keysPath(r *http.Request) string {
	return web.WorkspacePath(web.Workspace(r.Context()), "settings/keys")
}

// A keyPage is the keys, who knows them, and what a rotation would do.
type keyPage struct {
	Path, LTIPath string
	KeySetURL     string
	greenroom.KeyReport
	Known []knownRow
	// SignsAt and WithdrawsAt are when a rotation made now takes effect, and
	// when it is over.
	SignsAt, WithdrawsAt time.Time
	Ahead, Overlap       string
}

// A knownRow is one platform and one key that has signed.
type knownRow struct {
	Key greenroom.KeyRow
	greenroom.KeyPlatform
}

func (h keys) list(w http.ResponseWriter, r *http.Request) error {
	report, err := h.kit.Service.Keys(r.Context(), web.Actor(r.Context()))
	if err != nil {
		return err
	}
	page := keyPage{
		Path: keysPath(r), LTIPath: ltiPath(r), KeySetURL: h.urls(r).KeySet(web.Workspace(r.Context()).ID),
		KeyReport: report, SignsAt: h.kit.Now().Add(report.Policy.Ahead),
		Ahead: lengthOf(report.Policy.Ahead), Overlap: lengthOf(report.Policy.Overlap),
	}
	page.WithdrawsAt = page.SignsAt.Add(report.Policy.Overlap)
	for _, row := range report.Rows {
		for _, p := range row.Platforms {
			page.Known = append(page.Known, knownRow{row, p})
		}
	}
	return h.render(w, r, http.StatusOK, "keys.html", page)
}

// lengthOf says how long a policy's time is, in days if it is whole ones.
func lengthOf(d time.Duration) string {
	n, unit := int(d/time.Hour), "hour"
	if n%24 == 0 && n > 24 {
		n, unit = n/24, "day"
	}
	if n == 1 {
		return "1 " + unit
	}
	return fmt.Sprintf("%d %ss", n, unit)
}

func (h keys) rotate(w http.ResponseWriter, r *http.Request) error {
	if err := web.ReadForm(r); err != nil {
		return err
	}
	atOnce := r.PostFormValue("how") == "at-once"
	key, err := h.kit.Service.RotateKey(r.Context(), web.Actor(r.Context()), atOnce)
	said, kind := "The new key signs from now on. All others are withdrawn.", web.Success
	if busy, ok := errors.AsType[*greenroom.RotationError](err); ok {
		said, kind = busyText(busy), web.Warning
	} else if err != nil {
		return err
	} else if !atOnce {
		said = "The new key is published. It signs from " + key.SignsAt.UTC().Format(momentForm) + " on."
	}
	if err := h.kit.Flash(r.Context(), kind, said); err != nil {
		return err
	}
	return web.Redirect(w, r, keysPath(r))
}

const momentForm = "2 January 2006, 15:04 UTC"

// busyText says why a rotation has to wait.
func busyText(e *greenroom.RotationError) string {
	if e.AtOnce {
		return "The keys were rotated a moment ago. Nothing was changed."
	}
	return "A rotation is under way already: its key signs from " + e.SignsAt.UTC().Format(momentForm) + " on. Nothing was changed."
}
