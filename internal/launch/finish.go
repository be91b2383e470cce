package launch

import (
	"context"
	"errors"
	"net/http"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/web"
	"github.com/greenroom-lti/greenroom/lti"
)

// launch takes the platform's signed answer and opens the room that it leads to.
func (l *Launch) launch(w http.ResponseWriter, r *http.Request) error {
	d, err := l.door(r)
	if err != nil {
		return err
	}
	params, err := lti.FormParams(w, r)
	if err != nil {
		return l.refuse(r, d, err)
	}
	tool := l.tool(r.Context(), d, loginStates{d.sealer})
	if s := tool.Storage(r.Context(), params, r.Cookies(), d.launch); s != nil {
		return l.askStorage(w, r, d, params, s)
	}
	return l.finish(w, r, d, params)
}

func (l *Launch) finish(w http.ResponseWriter, r *http.Request, d *door, params lti.Params) error {
	record := &recorder{
		Sealer: d.sealer, service: l.service, door: d,
		arrival: greenroom.Arrival{Reference: web.Reference(r.Context()), Begun: web.Arrived(r.Context())},
		rung:    func(v *lti.Launch) greenroom.Rung { return l.rungOf(r, v) },
	}
	verified, err := l.tool(r.Context(), d, record).FinishLaunch(r.Context(), params, r.Cookies(), d.launch)
	if errors.Is(record.err, errUnclaimed) {
		return l.unclaimed(w, r, d, record.verified)
	}
	if err != nil {
		if to := l.reopen(r, d, params); to != "" {
			http.Redirect(w, r, to, http.StatusSeeOther)
			return nil
		}
		return l.refuse(r, d, record.explain(err))
	}
	l.kit.SetStageCookie(w, r, record.launch.ID, record.token, record.launch.SignInUntil)
	ticket := ""
	if verified.Stored { // this browser keeps no cookie
		ticket = l.service.Ticket(record.launch)
	}
	http.Redirect(w, r, d.room(record.launch, ticket), http.StatusSeeOther)
	return nil
}

// room returns where a launch leads. The ticket is empty where the browser
// keeps cookies.
func (d *door) room(launch greenroom.Launch, ticket string) string {
	room, byTicket := d.urls.Stage, d.urls.StageByTicket
	if launch.MessageType == lti.MessageDeepLinking {
		room, byTicket = d.urls.Course, d.urls.CourseByTicket
	}
	to := room(d.workspace.ID, launch.ID)
	if ticket != "" {
		to = byTicket(d.workspace.ID, launch.ID, ticket)
	}
	if launch.MessageType == lti.MessageSubmissionReview {
		to += "/review"
	}
	return to
}

// reopen returns the room of the launch that this answer has opened before in
// this browser, empty if there is none: whoever reloads, or goes back, goes on.
func (l *Launch) reopen(r *http.Request, d *door, params lti.Params) string {
	pending, err := d.sealer.Open(params.Get("state"))
	if err != nil {
		return ""
	}
	launch, err := l.service.Reopen(r.Context(), d.workspace.ID, pending.ID, func(launch greenroom.LaunchID) string {
		return l.kit.StageToken(r, launch)
	})
	if err != nil {
		return ""
	}
	return d.room(launch, "")
}

// errKind refuses messages that are verified, and of a kind that Greenroom
// does not serve.
var errKind = errors.New("verified message is of a kind that is not served")

// A recorder is the states of one request. Spending is recording the launch.
type recorder struct {
	*lti.Sealer
	service *greenroom.Service
	door    *door
	arrival greenroom.Arrival
	rung    func(*lti.Launch) greenroom.Rung

	verified *lti.Launch // from here on the token has been verified
	launch   greenroom.Launch
	token    string // of the learner's sign-in
	err      error  // why it was not recorded
}

// Spend records the launch (lti.States).
func (s *recorder) Spend(ctx context.Context, verified *lti.Launch) error {
	s.verified = verified
	if s.err = s.door.settle(ctx, s.service, verified); s.err != nil {
		return s.err
	}
	switch verified.MessageType {
	case lti.MessageResourceLink, lti.MessageDeepLinking, lti.MessageSubmissionReview:
	default:
		s.err = errKind
		return s.err
	}
	s.arrival.Rung = s.rung(verified)
	s.launch, s.token, s.err = s.service.RecordLaunch(ctx, s.door.workspace.ID, verified, s.arrival)
	if errors.Is(s.err, greenroom.ErrSpent) {
		return lti.ErrSpent
	}
	return s.err
}

// explain returns what refused the launch. The library sees in each error of
// Spend a state that could not be spent; some are not about the state at all.
func (s *recorder) explain(err error) error {
	if refusal, ok := errors.AsType[*lti.Refusal](s.err); ok {
		return refusal
	}
	scenario, noScenario := errors.AsType[*greenroom.ScenarioError](s.err)
	_, noPicker := errors.AsType[*greenroom.PickerError](s.err)
	_, noReview := errors.AsType[*greenroom.ReviewError](s.err)
	switch {
	case s.err == nil || errors.Is(s.err, greenroom.ErrSpent):
		return err
	case errors.Is(s.err, errKind):
		return &lti.Refusal{
			Check: lti.CheckMessageType, Spec: lti.CheckMessageType.Spec(), Cause: s.err,
			Passed: s.verified.Passed, Registration: s.verified.Registration.ID, Verified: s.verified,
		}
	case noScenario:
		return &scenarioRefusal{ScenarioError: scenario, verified: s.verified}
	case noReview:
		return &lti.Refusal{
			Check: lti.CheckForUser, Spec: "Submission Review 1.0 §3, claim lineitem", Cause: s.err,
			Passed: s.verified.Passed, Registration: s.verified.Registration.ID, Verified: s.verified,
		}
	case noPicker:
		return &pickerRefusal{error: s.err, verified: s.verified}
	}
	return s.err
}

// reload answers somebody who reloads the launch, goes back to it, or opens
// its address by hand; and a platform that reports an error by GET (OpenID
// Connect Core §3.1.2.6). A token is never taken from a query.
func (l *Launch) reload(w http.ResponseWriter, r *http.Request) error {
	d, err := l.door(r)
	if err != nil {
		return err
	}
	if query := r.URL.Query(); query.Has("error") && !query.Has("id_token") {
		params, err := lti.FormParams(w, r)
		if err != nil {
			return l.refuse(r, d, err)
		}
		return l.finish(w, r, d, params)
	}
	w.Header().Set("Allow", http.MethodPost)
	return &web.PageError{
		Status:   http.StatusMethodNotAllowed,
		Title:    "Open the activity from your course",
		Sentence: "This address only works when your LMS sends you here, and each time once.",
		Hint:     "Go back to your course and click the activity again.",
	}
}
