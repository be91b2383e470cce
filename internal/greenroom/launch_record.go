package greenroom

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// ScenarioParameter is the custom parameter that names an activity's scenario.
const ScenarioParameter = "scenario_id"

// signInLife is how long a launch lets its learner work: a long working day.
const signInLife = 12 * time.Hour

// A ScenarioError says that an activity names no scenario of the workspace.
type ScenarioError struct {
	Missing    bool // the parameter is absent; otherwise it names none
	Instructor bool // the person who launched teaches the course
}

func (e *ScenarioError) Error() string {
	if e.Missing {
		return "custom parameter " + ScenarioParameter + " is missing"
	}
	return "custom parameter " + ScenarioParameter + " names no scenario of this workspace"
}

// An Arrival is what is known of a launch beside what the platform signed.
type Arrival struct {
	Reference string
	Begun     time.Time // when the request arrived; zero if that is not known
	Rung      Rung
}

func (a Arrival) took(now time.Time) time.Duration {
	if a.Begun.IsZero() {
		return 0
	}
	return now.Sub(a.Begun)
}

// RecordLaunch writes down a launch whose every check has passed, and returns
// it with the token of the learner's sign-in. *ScenarioError, *PickerError, *ReviewError,
// ErrSpent; nothing is written then.
func (s *Service) RecordLaunch(ctx context.Context, w WorkspaceID, l *lti.Launch, at Arrival) (Launch, string, error) {
	o, err := s.launchOrigin(ctx, w, l)
	if err != nil {
		return Launch{}, "", err
	}
	raw := make([]byte, 32)
	if _, err := io.ReadFull(s.Random, raw); err != nil {
		return Launch{}, "", err
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	record, err := s.launchRecord(l, o.scenario, at)
	if err != nil {
		return Launch{}, "", err
	}
	if l.MessageType == lti.MessageSubmissionReview {
		if err := s.reviewRecord(ctx, w, l, &record); err != nil {
			return Launch{}, "", err
		}
	}
	o.into(&record)
	wanted, err := s.useMadeItem(ctx, w, l, &record)
	if err != nil {
		return Launch{}, "", err
	}
	record.Launch.SignInHash = tokenHash(token)
	settings, err := s.Known().Settings(ctx, w)
	if err != nil {
		return Launch{}, "", err
	}
	launch, err := s.Store.Workspace(w).RecordLaunch(ctx, record)
	if err == nil {
		s.threshold.keep(w, crossing{
			launch: launch, newcomer: launch.Learner == record.Learner.ID, settings: settings, at: record.Launch.At,
		})
		s.welcome(ctx, w, record, launch)
		s.rosterAfterLaunch(ctx, w, record, launch)
		if wanted {
			s.wantLineItem(ctx, w, launch)
		}
		s.Observing().Launch(LaunchOK, "", launch.Took)
		s.noticesAfterLaunch(ctx, w, l)
	}
	return launch, token, err
}

// admit makes our own checks, behind those of the protocol. It returns the
// scenario of the activity, the zero one in deep linking and in reviews.
func (s *Service) admit(ctx context.Context, w WorkspaceID, l *lti.Launch) (Scenario, error) {
	switch l.MessageType {
	case lti.MessageDeepLinking:
	case lti.MessageSubmissionReview:
		return Scenario{}, nil
	default:
		return s.launchScenario(ctx, w, l)
	}
	if !MayPick(l) {
		return Scenario{}, &PickerError{}
	}
	return Scenario{}, nil
}

// A launchOrigin is what a launch opens, and where that comes from.
type launchOrigin struct {
	scenario Scenario
	past     ancestry
	legacy   migrated
	copyOf   ResourceLinkID
	note     string // for the launch log
}

func (s *Service) launchOrigin(ctx context.Context, w WorkspaceID, l *lti.Launch) (o launchOrigin, err error) {
	store := s.Store.Workspace(w)
	if o.legacy, err = s.migrated(ctx, w, store, l); err != nil {
		return o, err
	}
	if o.past, err = s.ancestry(ctx, store, l); err != nil {
		return o, err
	}
	if o.past.link != nil {
		o.copyOf = o.past.link.ID
	}
	o.note = o.legacy.note
	o.scenario, err = s.admit(ctx, w, l)
	missing, ok := errors.AsType[*ScenarioError](err)
	if !ok || !missing.Missing {
		return o, err
	}
	if err := o.past.told(ctx, store, l); err != nil {
		return o, err
	}
	f, err := s.findScenario(ctx, w, l, o.past, o.legacy)
	if errors.Is(err, ErrNotFound) {
		return o, missing
	}
	o.scenario, o.copyOf = f.scenario, cmp.Or(o.copyOf, f.link)
	o.note = strings.TrimSpace(f.note + " " + o.note)
	return o, err
}

// into writes down where a launch comes from.
func (o launchOrigin) into(r *LaunchRecord) {
	r.Launch.Detail, r.Learner.LegacyID = o.note, o.legacy.user
	if r.Link != nil {
		r.Link.CopiedFrom, r.Link.LegacyID = o.copyOf, o.legacy.link
	}
	if r.Context != nil && o.past.context != nil {
		r.Context.CopiedFrom = o.past.context.ID
	}
}

func (s *Service) launchScenario(ctx context.Context, w WorkspaceID, l *lti.Launch) (Scenario, error) {
	value := strings.TrimSpace(l.Custom[ScenarioParameter])
	if value == "" {
		return Scenario{}, &ScenarioError{Missing: true, Instructor: l.Roles.Instructor()}
	}
	sc, err := s.ResolveScenario(ctx, w, value)
	if errors.Is(err, ErrNotFound) {
		err = &ScenarioError{Instructor: l.Roles.Instructor()}
	}
	return sc, err
}

// launchRecord turns a verified launch into the rows it makes.
func (s *Service) launchRecord(l *lti.Launch, sc Scenario, at Arrival) (LaunchRecord, error) {
	launchID, err1 := newID[LaunchID](s.Random)
	learnerID, err2 := newID[LearnerID](s.Random)
	linkID, err3 := newID[ResourceLinkID](s.Random)
	itemID, err4 := newID[LineItemID](s.Random)
	contextID, err5 := newID[ContextID](s.Random)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		return LaunchRecord{}, err
	}
	asked, err := deepLinkingOf(l)
	if err != nil {
		return LaunchRecord{}, err
	}
	now, connection := s.Now(), ConnectionID(l.Registration.ID)
	r := LaunchRecord{
		Launch: Launch{
			ID: launchID, Reference: at.Reference, At: now, Outcome: LaunchOK,
			Connection: connection, Deployment: l.DeploymentID, MessageType: l.MessageType,
			Scenario: sc.ID, ReturnURL: returnURL(l, s.AllowHTTP),
			Standing: StandingOf(l), Instructor: l.Roles.Instructor(),
			Passed: checkNames(l.Passed), StateID: l.StateID, SignInUntil: now.Add(signInLife),
			Claims: maskValid(l.Claims), Took: at.took(now), Rung: at.Rung, DeepLinking: asked,
		},
		Learner: Learner{
			ID: learnerID, Connection: connection, Subject: l.Subject,
			Name: learnerName(l.User), Email: clip(oneLine(l.User.Email), maxEmail),
			Locale: clip(oneLine(l.User.Locale), 35), CreatedAt: now, SeenAt: now,
		},
		Context:       s.launchContext(l, contextID, now),
		Member:        launchMember(l, now),
		PinDeployment: l.NewDeployment,
	}
	if asked != "" || l.ResourceLink == nil {
		if len(l.Roles) == 0 {
			r.Member = nil // whoever picks without a role is no learner
		}
		return r, nil // and whoever does so anonymously is nobody
	}
	if l.Subject == "" {
		r.Learner.Subject = anonymousMark + string(learnerID)
		r.Learner.Name, r.Learner.Email = "", ""
	}
	r.Link = &ResourceLink{
		ID: linkID, Connection: connection, Deployment: l.DeploymentID,
		PlatformID: l.ResourceLink.ID, Title: clip(oneLine(l.ResourceLink.Title), maxName), Scenario: sc.ID,
	}
	if l.Context != nil {
		r.Link.ContextID, r.Link.ContextTitle = l.Context.ID, r.Context.Title
	}
	if l.Grades != nil && l.Grades.LineItem != "" {
		r.LineItem = &LineItem{ID: itemID, Connection: connection, URL: l.Grades.LineItem, Title: r.Link.Title}
	}
	return r, nil
}

// launchContext is the course that a launch came from. A link that came without
// one is a context of its own; nil if there is neither.
func (s *Service) launchContext(l *lti.Launch, id ContextID, now time.Time) *Context {
	c := &Context{
		ID: id, Connection: ConnectionID(l.Registration.ID), Deployment: l.DeploymentID, CreatedAt: now, SeenAt: now,
	}
	switch {
	case l.Context != nil:
		c.PlatformID = l.Context.ID
		c.Label, c.Title = clip(oneLine(l.Context.Label), maxName), clip(oneLine(l.Context.Title), maxName)
	case l.ResourceLink != nil:
		c.LinkPlatformID = l.ResourceLink.ID
	default:
		return nil
	}
	if l.Names != nil {
		c.MembershipsURL = s.serviceURL(l.Names.MembershipsURL)
	}
	if l.Grades != nil {
		c.LineItemsURL, c.Scopes = s.serviceURL(l.Grades.LineItems), gradeScopes(l.Grades.Scopes)
	}
	return c
}

// serviceURL is the address of a service, byte for byte, if it is one that may
// be called.
func (s *Service) serviceURL(address string) string {
	if checked, wrong := checkURL(address, "", s.AllowHTTP); wrong != "" || checked != address {
		return ""
	}
	return address
}

// gradeScopes keeps the scopes that Greenroom knows what to do with.
func gradeScopes(told []string) []string {
	known := []string{}
	for _, scope := range []string{lti.ScopeLineItem, lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeScore} {
		if slices.Contains(told, scope) {
			known = append(known, scope)
		}
	}
	return known
}

// StandingOf tells whether scores of a launch go to the gradebook: those of
// learners in the course, and of people without any role; never those of test
// users, of people who only teach, or of people whom the platform does not name.
func StandingOf(l *lti.Launch) Standing {
	switch {
	case l.Roles.TestUser():
		return TestUser
	case len(l.Roles) > 0 && !l.Roles.Learner():
		return Preview
	case l.Subject == "":
		return Anonymous
	case l.Grades == nil || l.Grades.LineItem == "":
		return NoLineItem
	case !l.Grades.Can(lti.ScopeScore):
		return NoScope
	}
	return Graded
}

func learnerName(u lti.User) string {
	name := oneLine(u.Name)
	if name == "" {
		name = oneLine(u.GivenName + " " + u.FamilyName)
	}
	return clip(name, maxName)
}

// returnURL is the way back to the course, if it is one that a page may link.
func returnURL(l *lti.Launch, allowHTTP bool) string {
	if l.Presentation == nil || l.Presentation.ReturnURL == "" {
		return ""
	}
	u, wrong := checkURL(l.Presentation.ReturnURL, "", allowHTTP)
	if wrong != "" {
		return ""
	}
	return u
}

func checkNames(checks []lti.Check) []string {
	names := make([]string, len(checks))
	for i, c := range checks {
		names[i] = string(c)
	}
	return names
}

func tokenHash(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}
