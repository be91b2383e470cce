package greenroom

import (
	"context"
	"time"
)

// A Store keeps everything that must outlive the process. Times are kept in
// milliseconds; a zero time comes back as a zero time.
//
// Every method may be called by many goroutines. A method that takes a context
// gives up when it ends, except the closed writes that say otherwise.
type Store interface {
	// Workspace returns the part of the store that can see one workspace. It
	// does not ask whether there is such a workspace.
	Workspace(WorkspaceID) WorkspaceStore
	// Instance returns what spans workspaces.
	Instance() InstanceStore
	// Ping tells whether the database answers.
	Ping(context.Context) error
	Close() error
}

// An InstanceStore is the short list of what spans workspaces: who may sign
// in, which workspaces there are, and which passbacks are due.
type InstanceStore interface {
	// CreateWorkspace adds a workspace with its first key, and makes owner its
	// owner if that is not empty; the entries open its audit log. ErrTaken if
	// the slug is used.
	CreateWorkspace(ctx context.Context, w Workspace, k Key, owner PersonID, log ...AuditEntry) error
	// Workspaces returns all, by name.
	Workspaces(ctx context.Context) ([]Workspace, error)
	// FindWorkspace takes an ID or a slug; an ID wins. ErrNotFound.
	FindWorkspace(ctx context.Context, ref string) (Workspace, error)
	// Host returns whose host a name is. ErrNotFound if it is nobody's.
	Host(ctx context.Context, name string) (Host, error)
	// HasHosts tells whether any workspace has a host of its own.
	HasHosts(ctx context.Context) (bool, error)

	// CreatePerson adds a person. ErrTaken if the e-mail address is used.
	CreatePerson(ctx context.Context, p Person) error
	// CreateFirstOwner adds the first person of the instance, a workspace and
	// its key at once, and opens the audit log with the entries. ErrTaken if
	// there is any person already.
	CreateFirstOwner(ctx context.Context, p Person, w Workspace, k Key, log ...AuditEntry) error
	// HasPeople tells whether anybody can sign in.
	HasPeople(ctx context.Context) (bool, error)
	// Person and PersonByEmail return ErrNotFound if there is none.
	Person(ctx context.Context, id PersonID) (Person, error)
	PersonByEmail(ctx context.Context, email string) (Person, error)
	// People returns everybody who can sign in, by e-mail address.
	People(ctx context.Context) ([]Person, error)
	// Memberships returns the workspaces a person belongs to, by name.
	Memberships(ctx context.Context, id PersonID) ([]Membership, error)
	// PersonLink returns the link whose token has this hash, whatever became
	// of it. ErrNotFound if there never was one, or it was swept.
	PersonLink(ctx context.Context, tokenHash string) (PersonLink, error)
	// UpdatePeople runs fn in one write transaction, with the same promises as
	// WorkspaceStore.Update.
	UpdatePeople(ctx context.Context, fn func(ctx context.Context, tx PeopleTx) error) error
	// SweepPersonLinks forgets links that expired before a time.
	SweepPersonLinks(ctx context.Context, before time.Time) error

	// SignIn returns what was saved under the hash of a token. ErrNotFound if
	// there is nothing, or it has expired by now.
	SignIn(ctx context.Context, tokenHash string, now time.Time) (SignIn, error)
	SaveSignIn(ctx context.Context, s SignIn) error
	DeleteSignIn(ctx context.Context, tokenHash string) error
	// SweepSignIns forgets those that expired before now.
	SweepSignIns(ctx context.Context, now time.Time) error

	// DueLanes returns the connections that have a passback which is waiting,
	// whose next try has come and which no worker holds. Connections that are
	// switched off have none.
	DueLanes(ctx context.Context, now time.Time) ([]Lane, error)
	// NextTry returns when the next waiting passback falls due, ErrNotFound if
	// nothing waits.
	NextTry(ctx context.Context) (time.Time, error)

	// RosterLanes and NextRoster are DueLanes and NextTry for rosters.
	RosterLanes(ctx context.Context, now time.Time) ([]Lane, error)
	NextRoster(ctx context.Context) (time.Time, error)

	// PassbackQueue tells how much waits and has failed in all workspaces.
	// Failing has at most so many lanes.
	PassbackQueue(ctx context.Context, now time.Time, lanes int) (PassbackQueue, error)
	// RosterQueue and LineItemQueue tell the same of rosters and of line item
	// duties. A roster that is to be read at night waits for nobody.
	RosterQueue(ctx context.Context, now time.Time) (DutyQueue, error)
	LineItemQueue(ctx context.Context, now time.Time) (DutyQueue, error)
	// SigningKeys counts the keys that sign at a time; Oldest is when the one
	// that signs for longest began.
	SigningKeys(ctx context.Context, now time.Time) (Backlog, error)

	// LineItemLanes and NextLineItem are the same for line item duties.
	LineItemLanes(ctx context.Context, now time.Time) ([]Lane, error)
	NextLineItem(ctx context.Context) (time.Time, error)

	// Beat counts up the beats of a node, which is one server on this database,
	// and returns those of all nodes. One whose number stands still is gone;
	// clocks do not matter.
	Beat(ctx context.Context, node string) (map[string]int64, error)
	// ForgetNode forgets a node's beats.
	ForgetNode(ctx context.Context, node string) error
	// TakeChore gives a chore, which one server does for all, to the caller until
	// a time. It is false if the chore is somebody's by now. A lease that lasts
	// more than twice as long as this one would was made by a clock that was
	// wrong, and counts for nothing.
	TakeChore(ctx context.Context, name string, now, until time.Time) (bool, error)

	// InstanceAudit returns what was kept of workspaces that were deleted, and
	// what was done to shared registrations, the newest first.
	InstanceAudit(ctx context.Context) ([]AuditEntry, error)

	// SharedRegistrations returns all, by name.
	SharedRegistrations(ctx context.Context) ([]SharedRegistration, error)
	// SharedRegistration returns ErrNotFound if there is none.
	SharedRegistration(ctx context.Context, id SharedID) (SharedRegistration, error)
	// SharedRegistrationsOf returns those of an issuer, of one client if
	// clientID is not empty.
	SharedRegistrationsOf(ctx context.Context, issuer, clientID string) ([]SharedRegistration, error)
	// InstanceKeys returns the instance's keys, the newest first.
	InstanceKeys(ctx context.Context) ([]Key, error)
	// Claim returns whose a deployment is. ErrNotFound if it is nobody's.
	Claim(ctx context.Context, id SharedID, deployment string) (Claim, error)
	// Claims returns those of a registration, the newest first.
	Claims(ctx context.Context, id SharedID) ([]Claim, error)
	// UpdateShared runs fn in one write transaction, with the same promises as
	// WorkspaceStore.Update.
	UpdateShared(ctx context.Context, fn func(ctx context.Context, tx SharedTx) error) error
	// SweepArrivals forgets arrivals that expired before a time.
	SweepArrivals(ctx context.Context, before time.Time) error
}

// A SharedTx writes within one transaction what belongs to the instance's
// registrations, and through Workspace what comes of it in a workspace.
type SharedTx interface {
	// SharedRegistration returns ErrNotFound if there is none. It stays as it
	// is until the transaction ends.
	SharedRegistration(ctx context.Context, id SharedID) (SharedRegistration, error)
	SharedRegistrationsOf(ctx context.Context, issuer, clientID string) ([]SharedRegistration, error)
	// SaveSharedRegistration adds or changes one by its ID, and with it the
	// issuer, client ID and URLs of all connections that share it. ErrTaken if
	// another one has the issuer and client ID, or one of the workspaces has a
	// connection of its own with them.
	SaveSharedRegistration(ctx context.Context, r SharedRegistration) error
	// KeepSharedKeySet stores the last good key set of one. ErrNotFound.
	KeepSharedKeySet(ctx context.Context, id SharedID, document []byte, at time.Time) error
	// DeleteSharedRegistration removes one with its arrivals. ErrNotFound; it
	// fails while a deployment of it is claimed.
	DeleteSharedRegistration(ctx context.Context, id SharedID) error

	// InstanceKeys returns the instance's keys, the newest first. Nobody else
	// changes them until the transaction ends.
	InstanceKeys(ctx context.Context) ([]Key, error)
	AddKey(ctx context.Context, k Key) error
	// SaveKey changes a key's times and what is left of its private half.
	// ErrNotFound if there is no such key.
	SaveKey(ctx context.Context, k Key) error

	// AddArrival spends the state of a launch. ErrSpent if an arrival spent it
	// before.
	AddArrival(ctx context.Context, a Arrived) error
	// Arrival returns one that stays as it is until the transaction ends.
	// ErrNotFound.
	Arrival(ctx context.Context, id ArrivalID) (Arrived, error)
	// SaveArrival keeps how many codes were wrong, and when it was used.
	SaveArrival(ctx context.Context, a Arrived) error
	// WrongCodes counts the wrong codes of a deployment's arrivals since a time.
	WrongCodes(ctx context.Context, id SharedID, deployment string, since time.Time) (int, error)
	// ClaimCode returns the code that has a hash, whatever became of it. It
	// stays as it is until the transaction ends. ErrNotFound.
	ClaimCode(ctx context.Context, hash string) (ClaimCode, error)

	// Claim returns whose a deployment is. ErrNotFound if it is nobody's.
	Claim(ctx context.Context, id SharedID, deployment string) (Claim, error)
	Claims(ctx context.Context, id SharedID) ([]Claim, error)
	// AddClaim gives a deployment to a workspace. ErrTaken if any has it.
	AddClaim(ctx context.Context, c Claim) error
	// DropClaim makes the deployment of a workspace nobody's. ErrNotFound if
	// it has no such claim.
	DropClaim(ctx context.Context, c Claim) error

	// Workspace returns what writes into one workspace in this transaction.
	Workspace(w WorkspaceID) Tx
	// AddAudit adds an entry to the instance's audit log.
	AddAudit(ctx context.Context, e AuditEntry) error
}

// A PeopleTx writes within one transaction what belongs to people themselves,
// whatever workspaces they are in.
type PeopleTx interface {
	// Person, PersonByEmail and PersonLink return ErrNotFound if there is
	// none. What they return stays as it is until the transaction ends.
	Person(ctx context.Context, id PersonID) (Person, error)
	PersonByEmail(ctx context.Context, email string) (Person, error)
	PersonLink(ctx context.Context, tokenHash string) (PersonLink, error)
	Memberships(ctx context.Context, id PersonID) ([]Membership, error)

	// AddPerson returns ErrTaken if the e-mail address is used.
	AddPerson(ctx context.Context, p Person) error
	// SavePerson changes name, password and generation. ErrNotFound.
	SavePerson(ctx context.Context, p Person) error
	// PutMember gives a person a role in a workspace, whether or not they had
	// one. ErrNotFound if there is no such workspace.
	PutMember(ctx context.Context, w WorkspaceID, id PersonID, r Role, at time.Time) error
	// AddPersonLink adds a link to the workspace that it names, or to none.
	AddPersonLink(ctx context.Context, l PersonLink) error
	// SavePersonLink keeps when a link was used or revoked. ErrNotFound.
	SavePersonLink(ctx context.Context, l PersonLink) error
	// AddAudit adds an entry to the audit log of a workspace.
	AddAudit(ctx context.Context, w WorkspaceID, e AuditEntry) error
	// RevokeResets revokes every reset link of a person that is unused,
	// whichever workspace made it.
	RevokeResets(ctx context.Context, id PersonID, at time.Time) error
}

// A WorkspaceStore keeps what one workspace must remember. A row of another
// workspace does not exist for it: there is no argument that could reach one.
type WorkspaceStore interface {
	Reader

	// Update runs fn in one write transaction, committed if fn returns nil.
	// Inside fn use tx alone, and never wait for the network: with SQLite
	// there is a single writer, and for the moment it is you. Any other use of
	// the store with the context that fn was given fails with ErrNested.
	//
	// PostgreSQL may roll back one of two that wait for each other. fn is then
	// run again from its start: what it leaves outside it assigns, and never
	// adds to what was there.
	Update(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error

	// RecordLaunch does in one transaction what a verified launch does: it
	// spends the state, finds or adds the learner (names and e-mail that came
	// are kept, blanks do not erase them), the context (of which the same
	// holds), the resource link and the line item, notes the learner as an
	// active member of the context, pins the deployment if asked to, and adds
	// the launch. A departing
	// browser does not cancel it. It returns the launch with the identifiers
	// filled in; identifiers in the record are used for rows that are new.
	// ErrSpent if another launch spent the state before; nothing has changed
	// then. One that was recorded already is returned once more: whoever did not
	// hear the answer may ask again.
	RecordLaunch(ctx context.Context, r LaunchRecord) (Launch, error)

	// SweepLaunches forgets up to limit launches from before a time, the oldest
	// first, and returns how many. It keeps those whose sign-in lasts beyond
	// now, and each connection's last success. Learners, sessions and
	// passbacks stay.
	SweepLaunches(ctx context.Context, before, now time.Time, limit int) (int, error)

	// SweepSessions erases up to limit sessions that neither began nor ended
	// since a time, the oldest first, and returns how many. Passbacks stay.
	SweepSessions(ctx context.Context, before time.Time, limit int) (int, error)
	// SweepLearners erases, as EraseLearner does, up to limit learners of
	// histories in which nobody was seen or practised since a time, and
	// returns how many.
	SweepLearners(ctx context.Context, before time.Time, limit int) (int, error)

	// SweepNotices forgets notices that came before a time, and returns how many.
	SweepNotices(ctx context.Context, before time.Time) (int, error)

	// ClaimPassbacks leases up to limit due passbacks of one connection until
	// leaseUntil, the one that waits longest first. Two callers never get the
	// same row while its lease lasts.
	ClaimPassbacks(ctx context.Context, c ConnectionID, now, leaseUntil time.Time, limit int) ([]DuePassback, error)

	// ClaimLineItems does the same with line item duties.
	ClaimLineItems(ctx context.Context, c ConnectionID, now, leaseUntil time.Time, limit int) ([]LineItemDuty, error)

	// ClaimRosters does the same with rosters.
	ClaimRosters(ctx context.Context, c ConnectionID, now, leaseUntil time.Time, limit int) ([]Roster, error)
}

// A Reader answers questions about one workspace. Single things that are not
// there are ErrNotFound; lists are empty.
type Reader interface {
	Workspace(ctx context.Context) (Workspace, error)
	// SettingsVersion returns a number that grows with every change to the
	// workspace, its keys, its connections and their deployments, and its
	// scenarios, and when learners are erased, merged or separated. ErrNotFound if
	// the workspace is gone.
	SettingsVersion(ctx context.Context) (int64, error)
	// Hosts returns the hosts on which the workspace answers, the newest first.
	Hosts(ctx context.Context) ([]Host, error)

	// Members returns people with a sign-in, owners first, then by name.
	Members(ctx context.Context) ([]Member, error)
	Member(ctx context.Context, id PersonID) (Member, error)
	// PersonLink returns a link that was made in this workspace.
	PersonLink(ctx context.Context, id PersonLinkID) (PersonLink, error)
	// OpenInvitations returns those neither used nor revoked nor expired by
	// now, the newest first.
	OpenInvitations(ctx context.Context, now time.Time) ([]PersonLink, error)
	// Learners returns who came by launch, the newest first.
	Learners(ctx context.Context, limit int) ([]Learner, error)
	Learner(ctx context.Context, id LearnerID) (Learner, error)
	// LearnerBySubject returns whom a connection calls by a subject.
	LearnerBySubject(ctx context.Context, c ConnectionID, subject string) (Learner, error)
	// FindLearners returns one row for each history, in the order of the
	// filter; those that are alike, last seen first.
	FindLearners(ctx context.Context, f LearnerFilter) ([]LearnerRow, error)
	// Identities returns the learners of a history, last seen first.
	Identities(ctx context.Context, history LearnerID) ([]Learner, error)
	// LearnersLike returns learners of other histories with the name or the
	// e-mail address of one in this history, last seen first.
	LearnersLike(ctx context.Context, history LearnerID, limit int) ([]Learner, error)
	// History returns the sessions of all learners of a history, the newest
	// first.
	History(ctx context.Context, history LearnerID, limit int) ([]PastSession, error)
	// MembershipsOf returns the courses that the learners of a history are or
	// were in, last seen there first.
	MembershipsOf(ctx context.Context, history LearnerID) ([]MembershipRow, error)
	// Older counts what SweepSessions and SweepLearners would erase.
	Older(ctx context.Context, before time.Time) (Aged, error)

	// Connections returns all, the newest first.
	Connections(ctx context.Context) ([]Connection, error)
	Connection(ctx context.Context, id ConnectionID) (Connection, error)
	// ConnectionsOf returns those of an issuer, of one client if clientID is
	// not empty.
	ConnectionsOf(ctx context.Context, issuer, clientID string) ([]Connection, error)

	// ConnectionContents counts what came by a connection; a connection that
	// is not there has nothing.
	ConnectionContents(ctx context.Context, id ConnectionID) (ConnectionContents, error)

	// Keys returns all, the newest first.
	Keys(ctx context.Context) ([]Key, error)
	// KeyUses returns what platforms have made of the keys' signatures, by key
	// and connection.
	KeyUses(ctx context.Context) ([]KeyUse, error)

	// Claims returns the workspace's deployments of shared registrations, the
	// newest first.
	Claims(ctx context.Context) ([]Claim, error)
	// OpenClaimCodes returns those neither used nor revoked nor expired by now.
	OpenClaimCodes(ctx context.Context, now time.Time) ([]ClaimCode, error)

	Invite(ctx context.Context, id InviteID) (Invite, error)
	// OpenInvites returns those neither used nor revoked nor expired by now.
	OpenInvites(ctx context.Context, now time.Time) ([]Invite, error)

	// Scenarios returns all that are not archived, by title.
	Scenarios(ctx context.Context) ([]Scenario, error)
	Scenario(ctx context.Context, id ScenarioID) (Scenario, error)
	ScenarioBySlug(ctx context.Context, slug string) (Scenario, error)
	ScenarioVersion(ctx context.Context, id ScenarioID, version int) (ScenarioVersion, error)

	Launch(ctx context.Context, id LaunchID) (Launch, error)
	LaunchByReference(ctx context.Context, reference string) (Launch, error)
	// LaunchByState returns the launch that spent a state.
	LaunchByState(ctx context.Context, stateID string) (Launch, error)
	// Launches returns the launch log, the newest first; those of one
	// millisecond by ID.
	Launches(ctx context.Context, f LaunchFilter) ([]LaunchRow, error)
	ResourceLink(ctx context.Context, id ResourceLinkID) (ResourceLink, error)
	// LinksIn returns the links of a context, by title.
	LinksIn(ctx context.Context, id ContextID) ([]ResourceLink, error)
	// Contexts returns all, the one that was launched from last first.
	Contexts(ctx context.Context) ([]Context, error)
	Context(ctx context.Context, id ContextID) (Context, error)
	LineItem(ctx context.Context, id LineItemID) (LineItem, error)
	// LinkByPlatformID returns the link that a deployment of a connection calls
	// by an ID.
	LinkByPlatformID(ctx context.Context, c ConnectionID, deployment, id string) (ResourceLink, error)
	// LineItemDuty returns ErrNotFound for a link that no column was asked for.
	LineItemDuty(ctx context.Context, id ResourceLinkID) (LineItemDuty, error)
	// LineItemDuties returns those of the links of a context.
	LineItemDuties(ctx context.Context, id ContextID) ([]LineItemDuty, error)
	// LineItemByURL returns the line item of a connection at a URL.
	LineItemByURL(ctx context.Context, c ConnectionID, url string) (LineItem, error)

	// LinkOf and ContextOf return what a platform calls by an ID in one of its
	// deployments, and in no other.
	LinkOf(ctx context.Context, p Place) (ResourceLink, error)
	ContextOf(ctx context.Context, p Place) (Context, error)
	// Notices returns those of a connection, the newest first, without nonces.
	Notices(ctx context.Context, c ConnectionID, limit int) ([]Notice, error)
	// NoticeServices returns all, by connection and deployment.
	NoticeServices(ctx context.Context) ([]NoticeService, error)
	NoticeService(ctx context.Context, c ConnectionID, deployment string) (NoticeService, error)
	// Tombstone returns ErrNotFound unless somebody with this mark was erased.
	Tombstone(ctx context.Context, c ConnectionID, mark string) (Tombstone, error)
	// AnyTombstone tells whether there are any. SettingsVersion counts it.
	AnyTombstone(ctx context.Context) (bool, error)
	// LegacyKeys returns a connection's, by key.
	LegacyKeys(ctx context.Context, c ConnectionID) ([]LegacyKey, error)
	// LegacyLinks returns a connection's, by ID.
	LegacyLinks(ctx context.Context, c ConnectionID) ([]LegacyLink, error)
	LegacyLink(ctx context.Context, c ConnectionID, id string) (LegacyLink, error)
	// LineItemsIn returns those of the links of a context, the oldest first.
	LineItemsIn(ctx context.Context, id ContextID) ([]LineItem, error)

	// ContextMembers returns everybody who was ever seen in a context, by name.
	ContextMembers(ctx context.Context, id ContextID) ([]ContextMemberRow, error)
	ContextMember(ctx context.Context, id ContextID, l LearnerID) (ContextMemberRow, error)
	// CountContextMembers counts those who learn and have not left, by
	// context. Contexts without any are left out.
	CountContextMembers(ctx context.Context) (map[ContextID]int, error)
	// Roster returns ErrNotFound for a context whose roster nobody asked for.
	Roster(ctx context.Context, id ContextID) (Roster, error)
	// Rosters returns all, by context.
	Rosters(ctx context.Context) ([]Roster, error)

	Session(ctx context.Context, id SessionID) (Session, error)
	// OpenSession returns the learner's session at a link and scenario that
	// has not ended.
	OpenSession(ctx context.Context, l LearnerID, link ResourceLinkID, s ScenarioID) (Session, error)
	// SessionsOf returns the sessions of a learner, and of those who share the
	// history, at a link and scenario, the newest first.
	SessionsOf(ctx context.Context, l LearnerID, link ResourceLinkID, s ScenarioID) ([]Session, error)
	// EndedSessions returns the workspace's ended sessions, the newest first.
	EndedSessions(ctx context.Context, limit int) ([]Session, error)
	// SessionsAt returns the sessions at a link, those that are open first, then
	// in the order in which they ended.
	SessionsAt(ctx context.Context, id ResourceLinkID) ([]Session, error)
	// SessionsIn returns the sessions at the links of a context, the oldest
	// first.
	SessionsIn(ctx context.Context, id ContextID) ([]ContextSession, error)
	// Picks returns a session's picks in the order of their turns.
	Picks(ctx context.Context, id SessionID) ([]Pick, error)

	// Passbacks returns rows for a list, the one that changed last first.
	Passbacks(ctx context.Context, f PassbackFilter) ([]PassbackRow, error)
	Passback(ctx context.Context, id PassbackID) (Passback, error)
	// PassbackFor returns ErrNotFound before the first score.
	PassbackFor(ctx context.Context, item LineItemID, learner LearnerID) (Passback, error)
	// PassbacksOf returns those of all learners of a history, the one that
	// changed last first.
	PassbacksOf(ctx context.Context, history LearnerID) ([]PassbackRow, error)
	// PassbacksIn returns those for the line items of a context's links.
	PassbacksIn(ctx context.Context, id ContextID) ([]Passback, error)
	// CountPassbacks counts by state.
	CountPassbacks(ctx context.Context) (map[PassbackState]int, error)

	// Audit returns entries of the audit log, the newest first. Of entries of
	// the same time the greater ID comes first, and each entry is on one page.
	Audit(ctx context.Context, f AuditFilter) ([]AuditEntry, error)
	// AuditActors returns everybody who appears in the audit log, once each,
	// by name; those who never signed in are one.
	AuditActors(ctx context.Context) ([]AuditActor, error)

	// Contents counts what the workspace holds.
	Contents(ctx context.Context) (Contents, error)
}

// A Tx writes within one transaction of one workspace.
type Tx interface {
	Reader

	// SaveWorkspace changes name, slug, host and retention. ErrTaken if the slug is used.
	SaveWorkspace(ctx context.Context, w Workspace) error
	// AddHost adds a host to this workspace, whatever it says. ErrTaken if any
	// workspace has it.
	AddHost(ctx context.Context, h Host) error
	// DropHost removes a host of this workspace. ErrNotFound.
	DropHost(ctx context.Context, name string) error
	// PutMember gives a person a role, whether or not they had one.
	PutMember(ctx context.Context, id PersonID, r Role, at time.Time) error
	// RemoveMember takes a person's role away; the person stays. ErrNotFound
	// if they had none.
	RemoveMember(ctx context.Context, id PersonID) error

	// AddPersonLink adds a link to this workspace, whatever the link says.
	// ErrTaken if its token is known.
	AddPersonLink(ctx context.Context, l PersonLink) error
	// SavePersonLink keeps when a link was used or revoked. ErrNotFound.
	SavePersonLink(ctx context.Context, l PersonLink) error

	// SaveConnection adds or changes a connection by its ID, with its
	// deployments. ErrTaken if another one has the issuer and client ID.
	SaveConnection(ctx context.Context, c Connection) error
	// KeepKeySet stores the last good key set of a connection.
	KeepKeySet(ctx context.Context, id ConnectionID, document []byte, at time.Time) error
	// KeepHeard stores what a token endpoint said of scopes.
	KeepHeard(ctx context.Context, id ConnectionID, words []ScopeWord) error
	// SaveTest stores a connection's last test, nil for none, and until when
	// one is under way.
	SaveTest(ctx context.Context, id ConnectionID, t *ConnectionTest, until time.Time) error
	// DeleteConnection removes it with its learners, links, sessions,
	// launches and passbacks.
	DeleteConnection(ctx context.Context, id ConnectionID) error

	AddKey(ctx context.Context, k Key) error
	// SaveKey changes a key's times and what is left of its private half.
	// ErrNotFound if there is no such key.
	SaveKey(ctx context.Context, k Key) error
	// SaveKeyUse adds or changes what one platform made of one key. It goes
	// with its connection. ErrNotFound if there is no such key or connection.
	SaveKeyUse(ctx context.Context, u KeyUse) error

	// AddClaimCode adds a code to this workspace, whatever it says. ErrTaken if
	// its hash is known.
	AddClaimCode(ctx context.Context, c ClaimCode) error
	// SaveClaimCode keeps when a code was used or revoked. ErrNotFound.
	SaveClaimCode(ctx context.Context, c ClaimCode) error

	AddInvite(ctx context.Context, i Invite) error
	SaveInvite(ctx context.Context, i Invite) error

	// SaveScenario adds or changes a scenario and adds its version. ErrTaken
	// if another one has the slug.
	SaveScenario(ctx context.Context, s Scenario, v ScenarioVersion) error

	// SaveGrading changes how a scenario is graded. ErrNotFound.
	SaveGrading(ctx context.Context, id ScenarioID, r GradingRule, completion bool) error

	// AddLaunch writes a row of the launch log that signs nobody in.
	AddLaunch(ctx context.Context, l Launch) error

	// SaveLineItemDuty adds or changes the duty of a link.
	SaveLineItemDuty(ctx context.Context, d LineItemDuty) error
	// MeetLineItem finds or adds a line item by its URL, as a launch does, and
	// returns its ID: i.ID if it is new.
	MeetLineItem(ctx context.Context, i LineItem) (LineItemID, error)

	// MeetRosterLearner finds or adds whom a roster names, and returns their
	// ID: l.ID if they are new. Name and e-mail that came are kept, blanks do
	// not erase them, and nobody counts as seen again.
	MeetRosterLearner(ctx context.Context, l Learner) (LearnerID, error)
	// MeetContextMember adds a member or changes what is known of one. What a
	// launch told of their roles stays when a roster tells otherwise; the time
	// they were seen first stays, the last one never goes back.
	MeetContextMember(ctx context.Context, m ContextMember) error
	// LeaveContext marks as left those members of a context who were seen last
	// before a time.
	LeaveContext(ctx context.Context, id ContextID, before time.Time) error
	// SaveRoster adds or changes the roster of a context.
	SaveRoster(ctx context.Context, r Roster) error

	// MeetContext finds or adds a context, as RecordLaunch does, and returns its
	// ID. What it was copied from is kept once it is known.
	MeetContext(ctx context.Context, c Context) (ContextID, error)
	// AddNotice remembers a notice. ErrTaken if its deployment has one of this
	// ID, or its connection one of this nonce.
	AddNotice(ctx context.Context, n Notice) error
	// SaveNoticeService adds or changes that of a deployment.
	SaveNoticeService(ctx context.Context, n NoticeService) error
	// SaveLegacyKey adds or changes a connection's consumer key.
	SaveLegacyKey(ctx context.Context, k LegacyKey) error
	// DeleteLegacyKey returns ErrNotFound if there is none.
	DeleteLegacyKey(ctx context.Context, c ConnectionID, key string) error
	// ReplaceLegacyLinks puts a connection's links of an older tool in the
	// place of those that there were.
	ReplaceLegacyLinks(ctx context.Context, c ConnectionID, list []LegacyLink) error

	// SetHistory gives a learner a history. ErrNotFound.
	SetHistory(ctx context.Context, id, history LearnerID) error
	// EraseLearner removes a learner with their sessions and passbacks. Their
	// launches stay as nobody's, without what was told of anybody, and sign
	// nobody in. ErrNotFound.
	EraseLearner(ctx context.Context, id LearnerID) error

	// SaveTombstone remembers that somebody of a connection was erased, once for
	// each mark. ErrNotFound if there is no such connection.
	SaveTombstone(ctx context.Context, t Tombstone) error
	// LiftTombstone forgets that again. A mark that is not there is no error.
	LiftTombstone(ctx context.Context, c ConnectionID, mark string) error

	// AnswerDeepLinking marks a launch's deep linking request as answered, with
	// so many items, and forgets what it asked for. ErrAnswered if it was
	// answered before, or the launch asks for nothing. Of several at once one
	// succeeds.
	AnswerDeepLinking(ctx context.Context, id LaunchID, at time.Time, items int) error

	AddSession(ctx context.Context, s Session) error
	SaveSession(ctx context.Context, s Session) error
	// AddPick appends a reply. ErrTaken if the turn already has one.
	AddPick(ctx context.Context, p Pick) error

	// SaveLineItem keeps a new URL, title or maximum, and when its results were
	// read.
	SaveLineItem(ctx context.Context, i LineItem) error
	// SavePassback adds or changes a passback by its ID. What was read of it
	// stays. One that is said to be sent, and of which something else was posted
	// than an instructor decided, waits again instead: a server of before
	// decisions may have sent it.
	SavePassback(ctx context.Context, p Passback) error
	// KeepResult keeps what was read of a passback in the gradebook, and changes
	// nothing else of it. ErrNotFound.
	KeepResult(ctx context.Context, id PassbackID, r GradeResult) error

	// AddAudit writes an entry of the audit log. There is no way to change or
	// remove one.
	AddAudit(ctx context.Context, e AuditEntry) error

	// DeleteWorkspace removes the workspace with everything in it, the audit
	// log included, and keeps record with the instance. People stay, without
	// their membership. ErrNotFound if the workspace is gone; what others
	// write into it meanwhile is either removed as well or fails.
	DeleteWorkspace(ctx context.Context, record AuditEntry) error
}
