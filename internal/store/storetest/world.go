package storetest

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// What every world has the same: the names by which an LMS, an author or a
// browser asks, which two workspaces may well share.
const (
	issuer     = "https://lms.example.edu"
	clientID   = "client-1"
	deployment = "1"
	subject    = "subject-1"
	activity   = "activity-1"
	itemURL    = "https://lms.example.edu/mod/lti/services.php/2/lineitems/7/lineitem?type_id=1"
	slug       = "discovery-call"
	reference  = "7XK2M9QRTV4W"
	stateID    = "state-1"
)

// A world is a workspace with one of everything. Its mark is in every text
// that is its own, and in every ID, unless it is a twin: then it has the IDs
// of another world, which is no secret kept by chance.
type world struct {
	mark  string
	ids   string
	store greenroom.Store
	greenroom.WorkspaceStore

	workspace  greenroom.Workspace
	key        greenroom.Key
	person     greenroom.Person
	connection greenroom.Connection
	invite     greenroom.Invite
	personLink greenroom.PersonLink
	scenario   greenroom.Scenario
	version    greenroom.ScenarioVersion
	launch     greenroom.Launch // as recorded
	refusal    greenroom.Launch
	learner    greenroom.Learner
	link       greenroom.ResourceLink
	item       greenroom.LineItem
	context    greenroom.Context
	memberRow  greenroom.ContextMemberRow // of learner in context
	roster     greenroom.Roster
	duty       greenroom.LineItemDuty
	open       greenroom.Session
	ended      greenroom.Session
	pick       greenroom.Pick // of open
	passback   greenroom.Passback
	entry      greenroom.AuditEntry
	use        greenroom.KeyUse // of key by connection
	notice     greenroom.Notice
	service    greenroom.NoticeService
	legacyKey  greenroom.LegacyKey
	tombstone  greenroom.Tombstone
	legacyLink greenroom.LegacyLink
	host       greenroom.Host
	code       greenroom.ClaimCode
	shared     greenroom.SharedRegistration // of which the world has a deployment
	claim      greenroom.Claim
}

// worlds tells the worlds of one process apart.
var worlds atomic.Int64

// newWorld makes a workspace with a key and an owner.
func newWorld(t *testing.T, s greenroom.Store, mark string, twin ...*world) *world {
	t.Helper()
	mark = fmt.Sprintf("%s%d", mark, worlds.Add(1))
	w := &world{mark: mark, ids: mark, store: s}
	for _, of := range twin {
		w.ids = of.ids
	}
	w.workspace = greenroom.Workspace{ID: greenroom.WorkspaceID(mark + "-workspace"), Slug: mark, Name: mark + " training", CreatedAt: noon}
	w.key = greenroom.Key{ID: greenroom.KeyID(w.id("key")), Public: []byte(mark + " public"), Sealed: []byte{0, 255, 1}, CreatedAt: noon, SignsAt: noon}
	w.person = w.somebody("Ada")
	ok(t, s.Instance().CreatePerson(t.Context(), w.person))
	ok(t, s.Instance().CreateWorkspace(t.Context(), w.workspace, w.key, w.person.ID))
	w.WorkspaceStore = s.Workspace(w.workspace.ID)
	return w
}

// id makes an ID that tells whose it is, unless w is a twin.
func (w *world) id(what string) string { return w.ids + "-" + what }

func (w *world) somebody(name string) greenroom.Person {
	return greenroom.Person{
		ID: greenroom.PersonID(w.mark + "-" + name), Email: w.mark + "." + name + "@example.org", Name: name,
		PasswordHash: w.mark + "$argon2id$", CreatedAt: noon,
	}
}

// connected adds a connection and a scenario to a new world.
func connected(t *testing.T, s greenroom.Store, mark string, twin ...*world) *world {
	t.Helper()
	w := newWorld(t, s, mark, twin...)
	w.connection = w.newConnection("connection", issuer, clientID)
	w.scenario, w.version = w.newScenario("scenario", slug)
	update(t, w,
		func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveConnection(ctx, w.connection) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveScenario(ctx, w.scenario, w.version) },
	)
	return w
}

func (w *world) newConnection(id, issuer, clientID string) greenroom.Connection {
	return greenroom.Connection{
		ID:       greenroom.ConnectionID(w.id(id)),
		Platform: w.mark + " Moodle", Issuer: issuer, ClientID: clientID,
		Deployments: []string{deployment},
		AuthURL:     issuer + "/auth", TokenURL: issuer + "/token", KeySetURL: issuer + "/certs",
		How: greenroom.ByRegistration, Product: "moodle",
		Scopes: []string{"score", "lineitem"}, Missing: []string{},
		KeySet: []byte(`{"keys":[]} of ` + w.mark), KeySetAt: noon,
		Profile: "totara", AllowAnonymous: true, MakeLineItems: true,
		ConfigurationURL: issuer + "/openid-configuration", Asked: []string{"score", "lineitem", "nrps"},
		RegistrationURL: issuer + "/registrations/1", RegistrationToken: []byte(w.mark + " sealed"),
		ConnectedAt: noon, UpdatedAt: noon,
	}
}

func (w *world) newScenario(id, slug string) (greenroom.Scenario, greenroom.ScenarioVersion) {
	s := greenroom.Scenario{
		ID: greenroom.ScenarioID(w.id(id)), Slug: slug, Title: w.mark + " discovery", Description: "d", Objective: "o",
		Difficulty: "hard", Version: 1, Rule: greenroom.GradeBest, CreatedAt: noon, UpdatedAt: noon,
	}
	v := greenroom.ScenarioVersion{
		Scenario: s.ID, Version: 1, Source: []byte(w.mark + " source"), Compiled: []byte(w.mark + " ink"), SavedAt: noon,
	}
	return s, v
}

// record is a launch of the world's learner as the n-th of its kind: only
// state and launch ID are new.
func (w *world) record(n int) greenroom.LaunchRecord {
	nth := fmt.Sprint(n)
	return greenroom.LaunchRecord{
		Launch: greenroom.Launch{
			ID: greenroom.LaunchID(w.id("launch-" + nth)), Reference: reference, At: minutes(n), Outcome: greenroom.LaunchOK,
			Connection: w.connection.ID, Deployment: deployment, MessageType: "LtiResourceLinkRequest",
			Scenario: w.scenario.ID, ReturnURL: issuer + "/back", Standing: greenroom.Graded,
			Passed: []string{"state", "signature"}, StateID: "state-" + nth,
			SignInHash: w.mark + "-hash", SignInUntil: minutes(n + 60),
			Claims: `{"iss":"` + w.mark + `"}`, Took: 27 * time.Millisecond, Rung: greenroom.RungCookie,
			DeepLinking: `{"ReturnURL":"` + w.mark + `"}`,
		},
		Learner: greenroom.Learner{
			ID: greenroom.LearnerID(w.id("learner-" + nth)), Connection: w.connection.ID, Subject: subject,
			Name: w.mark + " Bea", Email: "bea@" + w.mark, Locale: "de", CreatedAt: minutes(n), SeenAt: minutes(n),
		},
		Link: &greenroom.ResourceLink{
			ID: greenroom.ResourceLinkID(w.id("link-" + nth)), Connection: w.connection.ID, Deployment: deployment,
			PlatformID: activity, Title: w.mark + " call", ContextID: "course-1", ContextTitle: w.mark + " course",
			Scenario: w.scenario.ID,
		},
		Member: &greenroom.ContextMember{
			Learns: true, Status: greenroom.MemberActive, Source: greenroom.FromLaunch, FirstSeen: minutes(n), LastSeen: minutes(n),
		},
		Context: &greenroom.Context{
			ID: greenroom.ContextID(w.id("context-" + nth)), Connection: w.connection.ID, Deployment: deployment,
			PlatformID: "course-1", Label: "C1", Title: w.mark + " course", MembershipsURL: issuer + "/members",
			LineItemsURL: issuer + "/items", Scopes: []string{"score"}, CreatedAt: minutes(n), SeenAt: minutes(n),
		},
		LineItem: &greenroom.LineItem{
			ID: greenroom.LineItemID(w.id("item-" + nth)), Connection: w.connection.ID, URL: itemURL, Title: w.mark + " call",
		},
	}
}

// launched adds a recorded launch, and reads back what it made.
func launched(t *testing.T, s greenroom.Store, mark string, twin ...*world) *world {
	t.Helper()
	w := connected(t, s, mark, twin...)
	w.launch = must(w.RecordLaunch(t.Context(), w.record(1)))(t)
	w.learner = must(w.Learner(t.Context(), w.launch.Learner))(t)
	w.link = must(w.ResourceLink(t.Context(), w.launch.Link))(t)
	w.item = must(w.LineItem(t.Context(), w.launch.LineItem))(t)
	w.context = must(w.Context(t.Context(), w.launch.Context))(t)
	w.memberRow = greenroom.ContextMemberRow{ContextMember: *w.record(1).Member, Person: w.learner}
	w.memberRow.Context, w.memberRow.Learner = w.context.ID, w.learner.ID
	return w
}

func (w *world) newSession(id string, started int) greenroom.Session {
	return greenroom.Session{
		ID: greenroom.SessionID(w.id(id)), Learner: w.learner.ID, Link: w.link.ID, Launch: w.launch.ID,
		Scenario: w.scenario.ID, Version: 1, Seed: -1 << 63, Standing: greenroom.Graded,
		StartedAt: minutes(started), LineItem: w.item.ID,
	}
}

func (w *world) newPassback(t *testing.T, id string) greenroom.Passback {
	return greenroom.Passback{
		ID: greenroom.PassbackID(w.id(id)), Connection: w.connection.ID, LineItem: w.item.ID, Learner: w.learner.ID,
		Wanted: score(t, "17/24"), WantedAt: noon, State: greenroom.PassbackWaiting, Since: noon, NextTry: noon,
		Answer: w.mark + " says no",
	}
}

func (w *world) newRoster(id greenroom.ContextID) greenroom.Roster {
	return greenroom.Roster{
		Workspace: w.workspace.ID, Context: id, Connection: w.connection.ID, State: greenroom.RosterWaiting, NextTry: noon,
		SyncedAt: minutes(-9), FullAt: minutes(-20), Members: 12, ChangesURL: issuer + "/changes", Answer: w.mark + " says no",
	}
}

func (w *world) newDuty(id greenroom.ResourceLinkID) greenroom.LineItemDuty {
	return greenroom.LineItemDuty{
		Workspace: w.workspace.ID, Link: id, Connection: w.connection.ID, State: greenroom.LineItemWanted, NextTry: noon,
		Attempts: 2, Answer: w.mark + " says no",
	}
}

// full adds all the rest.
func full(t *testing.T, s greenroom.Store, mark string, twin ...*world) *world {
	t.Helper()
	w := launched(t, s, mark, twin...)
	w.invite = w.newInvite("invite")
	w.personLink = w.newInvitation("invitation")
	w.refusal = greenroom.Launch{
		ID: greenroom.LaunchID(w.id("refusal")), Reference: "R" + reference[1:], At: minutes(2), Outcome: greenroom.LaunchRefused,
		Connection: w.connection.ID, Check: "nonce", Clause: "§5.1.3", Detail: w.mark + " nonce",
	}
	w.open = w.newSession("open", 5)
	w.ended = w.newSession("ended", 3)
	earned := score(t, "17/24")
	w.ended.EndedAt, w.ended.Score = minutes(4), &earned
	w.pick = greenroom.Pick{Session: w.open.ID, Turn: 0, Choice: 2, At: minutes(6)}
	w.passback = w.newPassback(t, "passback")
	w.roster = w.newRoster(w.context.ID)
	w.duty = w.newDuty(w.link.ID)
	w.entry = w.newEntry("entry", 0)
	w.code = w.newCode("code")
	w.host = greenroom.Host{Workspace: w.workspace.ID, Name: w.mark + ".example.org", AddedAt: noon}
	w.use = greenroom.KeyUse{Key: w.key.ID, Connection: w.connection.ID, AcceptedAt: minutes(7), RefusedAt: minutes(8)}
	w.notice = greenroom.Notice{
		Connection: w.connection.ID, Deployment: deployment, ID: "notice-1", Nonce: "nonce-1", Type: w.mark + " copy", At: noon, ReceivedAt: minutes(9),
	}
	w.service = greenroom.NoticeService{
		Connection: w.connection.ID, Deployment: deployment, URL: issuer + "/" + w.mark, Copies: true, Handler: w.mark + "/notices",
		NextTry: minutes(10), Attempts: 2, Answer: w.mark + " says no",
	}
	w.tombstone = greenroom.Tombstone{Connection: w.connection.ID, Mark: "mark of " + w.mark, At: noon}
	w.legacyKey = greenroom.LegacyKey{Connection: w.connection.ID, Key: "key-1", Sealed: []byte(w.mark), CreatedAt: noon}
	w.legacyLink = greenroom.LegacyLink{LegacyID: "old-1", Scenario: w.scenario.ID}
	update(t, w,
		func(ctx context.Context, tx greenroom.Tx) error { return tx.AddNotice(ctx, w.notice) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveNoticeService(ctx, w.service) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveLegacyKey(ctx, w.legacyKey) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveTombstone(ctx, w.tombstone) },
		func(ctx context.Context, tx greenroom.Tx) error {
			return tx.ReplaceLegacyLinks(ctx, w.connection.ID, []greenroom.LegacyLink{w.legacyLink})
		},
	)
	update(t, w,
		func(ctx context.Context, tx greenroom.Tx) error { return tx.AddHost(ctx, w.host) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.AddClaimCode(ctx, w.code) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveRoster(ctx, w.roster) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveLineItemDuty(ctx, w.duty) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveKeyUse(ctx, w.use) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.AddInvite(ctx, w.invite) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.AddPersonLink(ctx, w.personLink) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.AddLaunch(ctx, w.refusal) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.AddSession(ctx, w.ended) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.AddSession(ctx, w.open) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.AddPick(ctx, w.pick) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.SavePassback(ctx, w.passback) },
		func(ctx context.Context, tx greenroom.Tx) error { return tx.AddAudit(ctx, w.entry) },
	)
	w.shared = w.newShared("shared")
	w.claim = w.newClaim(w.shared, "d1")
	updateShared(t, s,
		func(ctx context.Context, tx greenroom.SharedTx) error {
			return tx.SaveSharedRegistration(ctx, w.shared)
		},
		func(ctx context.Context, tx greenroom.SharedTx) error { return tx.AddClaim(ctx, w.claim) },
	)
	w.connection = must(w.Connection(t.Context(), w.connection.ID))(t)
	return w
}

func (w *world) newInvite(id string) greenroom.Invite {
	return greenroom.Invite{ID: greenroom.InviteID(w.id(id)), CreatedBy: w.person.ID, CreatedAt: noon, ExpiresAt: minutes(60)}
}

func (w *world) newEntry(id string, at int) greenroom.AuditEntry {
	return greenroom.AuditEntry{
		ID: greenroom.AuditID(w.id(id)), At: minutes(at), Actor: w.person.ID, ActorName: w.mark + " Ada",
		Action: greenroom.ConnectionChanged, Noun: greenroom.NounConnection, NounID: string(w.connection.ID),
		Label: w.mark + " Moodle", Changes: []greenroom.Change{{Field: "name", From: w.mark + " Mudle", To: w.mark + " Moodle"}},
	}
}
