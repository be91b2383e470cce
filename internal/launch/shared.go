package launch

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

// sharedName is what platforms call the tool of a shared registration.
const sharedName = "Greenroom"

// sharedDoor is where launches of the instance's registrations come in.
func (l *Launch) sharedDoor(r *http.Request) *door {
	urls := l.kit.Here(r)
	return &door{
		urls: urls, shared: true,
		login: urls.Shared("login"), launch: urls.Shared("launch"), stored: urls.Shared("launch/stored"),
		registrations: l.platforms.SharedRegistrations(), keySets: l.platforms.SharedKeySets(),
		// A key of this door's own: a state of a workspace is unknown here, and
		// the other way round.
		sealer: l.sealer("shared launch state"),
		hosts: func(ctx context.Context, target *url.URL) bool {
			of, err := l.service.HostOf(ctx, target.Host)
			return err == nil && l.isOurs(ctx, of, urls, target)
		},
	}
}

// errUnclaimed: a verified launch comes from a deployment that is nobody's.
var errUnclaimed = errors.New("deployment belongs to no workspace")

// settle finds out, at the shared door, whose the deployment of a verified
// launch is; from there on it is a launch of that workspace's connection.
func (d *door) settle(ctx context.Context, s *greenroom.Service, verified *lti.Launch) error {
	if !d.shared {
		return nil
	}
	claim, err := s.ClaimOf(ctx, greenroom.SharedID(verified.Registration.ID), verified.DeploymentID)
	if errors.Is(err, greenroom.ErrNotFound) && verified.Subject != "" {
		return errUnclaimed
	}
	if errors.Is(err, greenroom.ErrNotFound) { // who is nobody claims nothing
		return nobody(verified, "")
	}
	if err != nil {
		return err
	}
	store := s.Store.Workspace(claim.Workspace)
	w, err := store.Workspace(ctx)
	if err != nil {
		return err
	}
	c, err := store.Connection(ctx, claim.Connection)
	if err != nil {
		return err
	}
	d.workspace, d.claim = w, claim
	if c.Disabled {
		return &lti.Refusal{
			Check: lti.CheckRegistration, Spec: lti.CheckRegistration.Spec(), Passed: verified.Passed, Registration: string(c.ID),
			Cause: &greenroom.SwitchedOffError{Connection: c.ID}, Verified: verified,
		}
	}
	if verified.Subject == "" && !c.AllowAnonymous {
		return nobody(verified, c.ID)
	}
	verified.Registration.ID, verified.NewDeployment = string(c.ID), false
	return nil
}

// nobody refuses a verified launch that does not say who it is, as the library
// does where that is not allowed.
func nobody(verified *lti.Launch, c greenroom.ConnectionID) error {
	passed := verified.Passed
	if i := slices.Index(passed, lti.CheckSubject); i >= 0 {
		passed = passed[:i:i]
	}
	return &lti.Refusal{
		Check: lti.CheckSubject, Spec: lti.CheckSubject.Spec(), Passed: passed, Registration: string(c),
		Cause: errors.New("sub is absent"), Verified: verified,
	}
}

// locate finds the workspace in whose launch log a refusal belongs, and whether
// there is one. A deployment is believed only if the token was meant for us.
func (l *Launch) locate(r *http.Request, d *door, row *greenroom.Launch) bool {
	if d.workspace.ID == "" && slices.Contains(row.Passed, string(lti.CheckDeployment)) {
		claim, err := l.service.ClaimOf(r.Context(), greenroom.SharedID(row.Connection), row.Deployment)
		if err == nil {
			d.workspace.ID, d.claim = claim.Workspace, claim
		}
	}
	if d.workspace.ID == "" {
		l.kit.Log.WarnContext(r.Context(), "launch of a shared registration refused", "reference", row.Reference,
			"registration", row.Connection, "check", row.Check, "detail", row.Detail)
		return false
	}
	row.Connection = d.claim.Connection
	return true
}

// unclaimed answers a verified launch from a deployment that is nobody's:
// administrators can bring it to a workspace, others read whom to ask.
func (l *Launch) unclaimed(w http.ResponseWriter, r *http.Request, d *door, verified *lti.Launch) error {
	l.kit.Log.InfoContext(r.Context(), "launch from a deployment that no workspace has claimed", "reference", web.Reference(r.Context()),
		"registration", verified.Registration.ID, "deployment", clip(verified.DeploymentID))
	may, err := l.service.MayClaim(r.Context(), verified)
	if err != nil {
		return err
	}
	if !may {
		return l.notClaimed(verified)
	}
	a, err := l.service.Arrive(r.Context(), verified)
	if errors.Is(err, greenroom.ErrSpent) {
		return l.refuse(r, d, &lti.Refusal{Check: lti.CheckReplay, Spec: lti.CheckReplay.Spec(), Cause: err, Passed: verified.Passed})
	}
	if err != nil {
		return err
	}
	return l.showClaim(w, r, http.StatusOK, a, claimPage{})
}

// notClaimed is for people who cannot do anything about it.
func (l *Launch) notClaimed(verified *lti.Launch) error {
	page := &web.PageError{
		Status:   http.StatusForbidden,
		Title:    "This part of your LMS is not connected yet",
		Sentence: "Your LMS knows Greenroom, and nobody has said yet to which workspace its people belong.",
		Hint:     "Ask whoever administers your LMS to open this activity once: Greenroom then shows them what to do.",
		Cause:    errUnclaimed,
	}
	if l.kit.Support != "" {
		page.Hint += " Whoever runs Greenroom helps: " + l.kit.Support + "."
	}
	if page.BackURL = l.wayBack(verified, page.Sentence); page.BackURL != "" {
		page.BackLabel = "Back to the course"
	}
	return page
}

// sharedKeySet publishes the instance's public keys.
func (l *Launch) sharedKeySet(w http.ResponseWriter, r *http.Request) error {
	keys, err := l.service.PublishedInstanceKeys(r.Context())
	if err != nil {
		return err
	}
	return publishKeys(w, keys)
}

// sharedOpenID publishes what a vendor types in about the tool.
func (l *Launch) sharedOpenID(w http.ResponseWriter, r *http.Request) error {
	return l.publishTool(w, l.kit.Here(r).SharedEndpoints(sharedName))
}
