package greenroom

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An AuditEntry says who did what to which thing of a workspace. It is written
// in the transaction of the change and never altered. No secret is ever in it:
// no token, no key, no password, and no name of a learner.
type AuditEntry struct {
	ID AuditID
	At time.Time
	// Actor is empty when nobody had signed in: the operator at the command
	// line, or Greenroom by itself. ActorName tells which.
	Actor     PersonID
	ActorName string // as it was at the time
	Action    AuditAction
	Noun      AuditNoun
	NounID    string // empty if the entry is about several things
	Label     string // what people call the thing, as it was at the time
	Changes   []Change
}

// A Change is one value that became another. From is empty for what is new.
type Change struct {
	Field string `json:"field"`
	From  string `json:"from"`
	To    string `json:"to"`
}

// An AuditAction is what was done: a stable word for exports and filters.
type AuditAction string

// The actions.
const (
	ConnectionCreated    AuditAction = "connection.created"
	ConnectionChanged    AuditAction = "connection.changed"
	ConnectionRegistered AuditAction = "connection.registered"
	ConnectionMoved      AuditAction = "connection.moved"
	ConnectionUpdated    AuditAction = "connection.registration_updated"
	ConnectionDisabled   AuditAction = "connection.disabled"
	ConnectionEnabled    AuditAction = "connection.enabled"
	ConnectionDeleted    AuditAction = "connection.deleted"
	InviteCreated        AuditAction = "invite.created"
	InvitesRevoked       AuditAction = "invites.revoked"
	KeyRotated           AuditAction = "key.rotated"
	PersonAdded          AuditAction = "person.added"
	PersonInvited        AuditAction = "person.invited"
	PersonJoined         AuditAction = "person.joined"
	PersonRemoved        AuditAction = "person.removed"
	InvitationRevoked    AuditAction = "person.invitation_revoked"
	RoleChanged          AuditAction = "role.changed"
	ScenarioImported     AuditAction = "scenario.imported"
	ScenarioChanged      AuditAction = "scenario.changed"
	ScenarioArchived     AuditAction = "scenario.archived"
	ScenarioGrading      AuditAction = "scenario.grading_changed"
	ScoreOverridden      AuditAction = "score.overridden"
	ScoreCleared         AuditAction = "score.cleared"
	OverrideLifted       AuditAction = "score.override_lifted"
	WorkspaceCreated     AuditAction = "workspace.created"
	WorkspaceRenamed     AuditAction = "workspace.renamed"
	WorkspaceDeleted     AuditAction = "workspace.deleted" // in the instance's record alone
	HostChanged          AuditAction = "workspace.host_changed"
	HostForgotten        AuditAction = "workspace.host_forgotten"
	SharedAdded          AuditAction = "registration.added" // of the instance's record, as the next four
	SharedChanged        AuditAction = "registration.changed"
	SharedRemoved        AuditAction = "registration.removed"
	SharedSwitchedOff    AuditAction = "registration.switched_off"
	SharedSwitchedOn     AuditAction = "registration.switched_on"
	ClaimCodeCreated     AuditAction = "claim_code.created"
	ClaimCodeRevoked     AuditAction = "claim_code.revoked"
	DeploymentClaimed    AuditAction = "deployment.claimed"  // in the workspace's log and the instance's
	DeploymentReleased   AuditAction = "deployment.released" // likewise
	PassbackSentAgain    AuditAction = "passback.sent_again"
	LegacyKeySaved       AuditAction = "connection.legacy_key_saved"
	LegacyKeyDeleted     AuditAction = "connection.legacy_key_deleted"
	LegacyLinksImported  AuditAction = "connection.legacy_links_imported"
	LearnersMerged       AuditAction = "learner.merged"
	LearnerSeparated     AuditAction = "learner.separated"
	LearnerExported      AuditAction = "learner.exported"
	LearnerErased        AuditAction = "learner.erased"
	RetentionChanged     AuditAction = "retention.changed"
	SignInEnded          AuditAction = "sign_in.ended_everywhere"
	PasswordChanged      AuditAction = "password.changed"
	PasswordResetLink    AuditAction = "password.reset_link"
	PasswordReset        AuditAction = "password.reset"
)

var actionTexts = map[AuditAction]string{
	ConnectionCreated:    "Connected an LMS",
	ConnectionChanged:    "Changed a connection",
	ConnectionRegistered: "LMS registered itself",
	ConnectionMoved:      "LMS moved its addresses",
	ConnectionUpdated:    "Updated the registration",
	ConnectionDisabled:   "Switched a connection off",
	ConnectionEnabled:    "Switched a connection on",
	ConnectionDeleted:    "Deleted a connection",
	InviteCreated:        "Made a registration URL",
	InvitesRevoked:       "Revoked registration URLs",
	KeyRotated:           "Rotated the signing key",
	PersonAdded:          "Added a person",
	PersonInvited:        "Invited a person",
	PersonJoined:         "Joined by invitation",
	PersonRemoved:        "Removed a person",
	InvitationRevoked:    "Revoked an invitation",
	RoleChanged:          "Changed a role",
	ScenarioImported:     "Imported a scenario",
	ScenarioChanged:      "Changed a scenario",
	ScenarioArchived:     "Archived a scenario",
	ScenarioGrading:      "Changed how a scenario is graded",
	ScoreOverridden:      "Set a score",
	ScoreCleared:         "Took a score away",
	OverrideLifted:       "Let automatic scores count again",
	WorkspaceCreated:     "Created the workspace",
	WorkspaceRenamed:     "Renamed the workspace",
	WorkspaceDeleted:     "Deleted the workspace",
	HostChanged:          "Changed the host of the workspace's URLs",
	HostForgotten:        "Ended a host of the workspace",
	SharedAdded:          "Added a shared registration",
	SharedChanged:        "Changed a shared registration",
	SharedRemoved:        "Removed a shared registration",
	SharedSwitchedOff:    "Switched a shared registration off",
	SharedSwitchedOn:     "Switched a shared registration on",
	ClaimCodeCreated:     "Made a code for a shared registration",
	ClaimCodeRevoked:     "Revoked a code for a shared registration",
	DeploymentClaimed:    "Claimed a deployment of a shared registration",
	DeploymentReleased:   "Released a deployment of a shared registration",
	PassbackSentAgain:    "Sent a score again",
	LegacyKeySaved:       "Stored a consumer key of LTI 1.1",
	LegacyKeyDeleted:     "Deleted a consumer key of LTI 1.1",
	LegacyLinksImported:  "Imported activities of an older tool",
	LearnersMerged:       "Merged learners",
	LearnerSeparated:     "Separated a merged learner",
	LearnerExported:      "Exported a learner's data",
	LearnerErased:        "Erased a learner",
	RetentionChanged:     "Changed how long practice is kept",
	SignInEnded:          "Signed out everywhere",
	PasswordChanged:      "Changed a password",
	PasswordResetLink:    "Made a password reset link",
	PasswordReset:        "Set a new password by a reset link",
}

// Text says the action in words, or returns the action if it has none.
func (a AuditAction) Text() string {
	if text, ok := actionTexts[a]; ok {
		return text
	}
	return string(a)
}

// An AuditNoun is the kind of thing that an entry is about.
type AuditNoun string

// The nouns.
const (
	NounConnection AuditNoun = "connection"
	NounInvite     AuditNoun = "invite"
	NounShared     AuditNoun = "registration"
	NounKey        AuditNoun = "key"
	NounPerson     AuditNoun = "person"
	NounScenario   AuditNoun = "scenario"
	NounPassback   AuditNoun = "passback"
	NounLearner    AuditNoun = "learner"
	NounWorkspace  AuditNoun = "workspace"
)

// AuditNouns lists the kinds, in the order of a menu.
func AuditNouns() []AuditNoun {
	return []AuditNoun{NounConnection, NounInvite, NounShared, NounKey, NounPerson, NounScenario, NounPassback, NounLearner, NounWorkspace}
}

// Text says the kind in words, in the plural.
func (n AuditNoun) Text() string {
	switch n {
	case NounConnection:
		return "Connections"
	case NounInvite:
		return "Registration URLs"
	case NounShared:
		return "Shared registrations"
	case NounKey:
		return "Signing keys"
	case NounPerson:
		return "People"
	case NounScenario:
		return "Scenarios"
	case NounPassback:
		return "Passbacks"
	case NounLearner:
		return "Learners"
	case NounWorkspace:
		return "Workspace"
	}
	return string(n)
}

// Names of those who act without having signed in.
const (
	OperatorName = "Operator (command line)"
	SystemName   = "Greenroom (by itself)"
	unknownName  = "Somebody who has left"
)

// An AuditFilter narrows the audit log. The zero filter is everything.
type AuditFilter struct {
	Noun   AuditNoun
	NounID string // of one thing
	Action AuditAction
	// Actor is nil for all; it points to an empty ID for what nobody did who
	// had signed in.
	Actor  *PersonID
	Before AuditCursor // entries older than this one; zero: from the newest
	Limit  int         // 0: no limit
}

// An AuditCursor is a place in the audit log.
type AuditCursor struct {
	At time.Time
	ID AuditID
}

// Cursor returns the entry's place.
func (e AuditEntry) Cursor() AuditCursor { return AuditCursor{e.At, e.ID} }

// String writes the cursor for an address; empty for the zero cursor.
func (c AuditCursor) String() string {
	if c.ID == "" {
		return ""
	}
	return strconv.FormatInt(c.At.UnixMilli(), 10) + "." + string(c.ID)
}

// ParseAuditCursor reads what String wrote. What cannot be read is the zero
// cursor: the log from its newest entry.
func ParseAuditCursor(s string) AuditCursor {
	at, id, ok := strings.Cut(s, ".")
	millis, err := strconv.ParseInt(at, 10, 64)
	if !ok || err != nil || id == "" {
		return AuditCursor{}
	}
	return AuditCursor{time.UnixMilli(millis).UTC(), AuditID(id)}
}

// An AuditActor is somebody who appears in an audit log.
type AuditActor struct {
	ID   PersonID // empty: nobody who had signed in
	Name string
}

// maxAuditText bounds each text of an entry, in characters.
const maxAuditText = 500

// audit writes what the actor does into the audit log, within the transaction
// that does it. ID, time and actor are filled in; an ActorName that is set
// stays, for what Greenroom does by itself.
func (s *Service) audit(ctx context.Context, tx Tx, a Actor, e AuditEntry) error {
	if a.Person != "" && e.ActorName == "" {
		m, err := tx.Member(ctx, a.Person)
		switch {
		case errors.Is(err, ErrNotFound): // an invite outlives its maker's membership
			e.ActorName = unknownName
		case err != nil:
			return err
		default:
			e.ActorName = m.Person.Name
		}
	}
	e, err := s.auditEntry(a, e)
	if err != nil {
		return err
	}
	return tx.AddAudit(ctx, e)
}

// auditPerson writes down what concerns a person wherever they belong: an entry
// in each of their workspaces. by is who does it.
func (s *Service) auditPerson(ctx context.Context, tx PeopleTx, by, p Person, action AuditAction) error {
	all, err := tx.Memberships(ctx, p.ID)
	if err != nil {
		return err
	}
	for _, m := range all {
		if err := s.auditPersonIn(ctx, tx, m.Workspace.ID, by, personEntry(action, p)); err != nil {
			return err
		}
	}
	return nil
}

// auditPersonIn writes one entry in one workspace.
func (s *Service) auditPersonIn(ctx context.Context, tx PeopleTx, w WorkspaceID, by Person, e AuditEntry) error {
	e.ActorName = by.Name
	e, err := s.auditEntry(Actor{Person: by.ID}, e)
	if err != nil {
		return err
	}
	return tx.AddAudit(ctx, w, e)
}

// auditEntry fills in what every entry has.
func (s *Service) auditEntry(a Actor, e AuditEntry) (AuditEntry, error) {
	id, err := newID[AuditID](s.Random)
	e.ID, e.At, e.Actor = id, s.Now().UTC().Truncate(time.Millisecond), a.Person
	if e.ActorName == "" {
		e.ActorName = OperatorName
	}
	e.ActorName, e.Label = auditText(e.ActorName), auditText(e.Label)
	e.Changes = slices.Clone(e.Changes)
	for i, c := range e.Changes {
		e.Changes[i] = Change{c.Field, auditText(c.From), auditText(c.To)}
	}
	return e, err
}

func auditText(s string) string { return clip(oneLine(s), maxAuditText) }

// changes keeps those that change anything.
func changes(list ...Change) []Change {
	return slices.DeleteFunc(list, func(c Change) bool { return c.From == c.To })
}

// maxAuditPage is the most that one page of the audit log holds.
const maxAuditPage = 500

// Audit returns a page of the workspace's audit log, the newest first, at most
// 500 entries.
func (s *Service) Audit(ctx context.Context, a Actor, f AuditFilter) ([]AuditEntry, error) {
	store, err := s.settings(a)
	if err != nil {
		return nil, err
	}
	if f.Limit <= 0 || f.Limit > maxAuditPage {
		f.Limit = maxAuditPage
	}
	return store.Audit(ctx, f)
}

// AuditActors returns who appears in the workspace's audit log, by name.
func (s *Service) AuditActors(ctx context.Context, a Actor) ([]AuditActor, error) {
	store, err := s.settings(a)
	if err != nil {
		return nil, err
	}
	return store.AuditActors(ctx)
}

// WholeAudit goes through all that the filter lets through, page by page: an
// export holds a page in memory and no transaction open. It ends after the
// first error.
func (s *Service) WholeAudit(ctx context.Context, a Actor, f AuditFilter) iter.Seq2[AuditEntry, error] {
	f.Limit = maxAuditPage
	return func(yield func(AuditEntry, error) bool) {
		for {
			page, err := s.Audit(ctx, a, f)
			if err != nil {
				yield(AuditEntry{}, err)
				return
			}
			for _, e := range page {
				if !yield(e, nil) {
					return
				}
			}
			if len(page) < maxAuditPage {
				return
			}
			f.Before = page[len(page)-1].Cursor()
		}
	}
}

// InstanceAudit returns what is remembered of workspaces that are gone, the
// newest first. It is for the operator.
func (s *Service) InstanceAudit(ctx context.Context) ([]AuditEntry, error) {
	return s.Store.Instance().InstanceAudit(ctx)
}
