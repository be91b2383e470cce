package storetest

import (
	"context"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// The tables below have a row for every method that sees one workspace. Each
// asks b's store, in every way the method has, for what is a's: by a's IDs,
// and by the issuers, subjects, slugs and references that both have. What
// comes back must bear no mark of a, and a must be as it was.

// reading has the methods of greenroom.Reader, which a Tx has as well.
var reading = map[string]func(ctx context.Context, b greenroom.Reader, a *world) []any{
	"Workspace":       func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.Workspace(ctx)) },
	"Hosts":           func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.Hosts(ctx)) },
	"SettingsVersion": func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.SettingsVersion(ctx)) },
	"Members":         func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.Members(ctx)) },
	"Member":          func(ctx context.Context, b greenroom.Reader, a *world) []any { return got(b.Member(ctx, a.person.ID)) },
	"Learners":        func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.Learners(ctx, 0)) },
	"Claims":          func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.Claims(ctx)) },
	"OpenClaimCodes": func(ctx context.Context, b greenroom.Reader, _ *world) []any {
		return got(b.OpenClaimCodes(ctx, noon))
	},
	"Learner": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.Learner(ctx, a.learner.ID))
	},
	"LearnerBySubject": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.LearnerBySubject(ctx, a.connection.ID, subject))
	},
	"LinkOf": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.LinkOf(ctx, greenroom.Place{Connection: a.connection.ID, Deployment: deployment, PlatformID: activity}))
	},
	"ContextOf": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.ContextOf(ctx, greenroom.Place{Connection: a.connection.ID, Deployment: deployment, PlatformID: "course-1"}))
	},
	"Notices": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.Notices(ctx, a.connection.ID, 0))
	},
	"NoticeServices": func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.NoticeServices(ctx)) },
	"NoticeService": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.NoticeService(ctx, a.connection.ID, deployment))
	},
	"Tombstone": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.Tombstone(ctx, a.connection.ID, a.tombstone.Mark))
	},
	"AnyTombstone": func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.AnyTombstone(ctx)) },
	"LegacyKeys": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.LegacyKeys(ctx, a.connection.ID))
	},
	"LegacyLinks": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.LegacyLinks(ctx, a.connection.ID))
	},
	"LegacyLink": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.LegacyLink(ctx, a.connection.ID, "old-1"))
	},
	"FindLearners": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		all := got(b.FindLearners(ctx, greenroom.LearnerFilter{}))
		all = append(all, got(b.FindLearners(ctx, greenroom.LearnerFilter{Connection: a.connection.ID}))...)
		return append(all, got(b.FindLearners(ctx, greenroom.LearnerFilter{Query: a.learner.Email}))...)
	},
	"Identities": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.Identities(ctx, a.learner.ID))
	},
	"LearnersLike": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.LearnersLike(ctx, a.learner.ID, 0))
	},
	"History": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.History(ctx, a.learner.ID, 0))
	},
	"MembershipsOf": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.MembershipsOf(ctx, a.learner.ID))
	},
	"Older": func(ctx context.Context, b greenroom.Reader, _ *world) []any {
		aged, err := b.Older(ctx, minutes(9999))
		if err == nil && (aged.Sessions > 2 || aged.Learners > 1) {
			return []any{fmt.Sprintf("counts %+v instead of its own", aged)}
		}
		return got(aged, err)
	},
	"ContextMembers": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.ContextMembers(ctx, a.context.ID))
	},
	"ContextMember": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.ContextMember(ctx, a.context.ID, a.learner.ID))
	},
	"CountContextMembers": func(ctx context.Context, b greenroom.Reader, _ *world) []any {
		return got(b.CountContextMembers(ctx))
	},
	"Roster": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.Roster(ctx, a.context.ID))
	},
	"Rosters": func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.Rosters(ctx)) },
	"SessionsIn": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.SessionsIn(ctx, a.context.ID))
	},
	"PassbacksIn": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.PassbacksIn(ctx, a.context.ID))
	},
	"LinkByPlatformID": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.LinkByPlatformID(ctx, a.connection.ID, deployment, activity))
	},
	"LineItemDuty": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.LineItemDuty(ctx, a.link.ID))
	},
	"LineItemDuties": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.LineItemDuties(ctx, a.context.ID))
	},
	"SessionsAt": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.SessionsAt(ctx, a.link.ID))
	},
	"LineItemByURL": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return append(got(b.LineItemByURL(ctx, a.connection.ID, itemURL)), got(b.LineItemByURL(ctx, "", itemURL))...)
	},
	"LineItemsIn": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.LineItemsIn(ctx, a.context.ID))
	},
	"PassbacksOf": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.PassbacksOf(ctx, a.learner.ID))
	},
	"Connections": func(ctx context.Context, b greenroom.Reader, _ *world) []any {
		return got(b.Connections(ctx))
	},
	"Connection": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.Connection(ctx, a.connection.ID))
	},
	"ConnectionsOf": func(ctx context.Context, b greenroom.Reader, _ *world) []any {
		return append(got(b.ConnectionsOf(ctx, issuer, "")), got(b.ConnectionsOf(ctx, issuer, clientID))...)
	},
	"ConnectionContents": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		held, err := b.ConnectionContents(ctx, a.connection.ID)
		if mine, _ := b.Workspace(ctx); err == nil && mine.ID != a.workspace.ID && held != (greenroom.ConnectionContents{}) {
			return []any{fmt.Sprintf("counts what %s holds: %+v", a.mark, held)}
		}
		return got(held, err)
	},
	"KeyUses":     func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.KeyUses(ctx)) },
	"Keys":        func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.Keys(ctx)) },
	"Invite":      func(ctx context.Context, b greenroom.Reader, a *world) []any { return got(b.Invite(ctx, a.invite.ID)) },
	"OpenInvites": func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.OpenInvites(ctx, noon)) },
	"PersonLink": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.PersonLink(ctx, a.personLink.ID))
	},
	"OpenInvitations": func(ctx context.Context, b greenroom.Reader, _ *world) []any {
		return got(b.OpenInvitations(ctx, noon))
	},
	"Scenarios": func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.Scenarios(ctx)) },
	"Scenario": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.Scenario(ctx, a.scenario.ID))
	},
	"ScenarioBySlug": func(ctx context.Context, b greenroom.Reader, _ *world) []any {
		return got(b.ScenarioBySlug(ctx, slug))
	},
	"ScenarioVersion": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.ScenarioVersion(ctx, a.scenario.ID, 1))
	},
	"Launch": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return append(got(b.Launch(ctx, a.launch.ID)), got(b.Launch(ctx, a.refusal.ID))...)
	},
	"LaunchByReference": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return append(got(b.LaunchByReference(ctx, reference)), got(b.LaunchByReference(ctx, a.refusal.Reference))...)
	},
	"LaunchByState": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.LaunchByState(ctx, a.launch.StateID))
	},
	"Launches": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		all := got(b.Launches(ctx, greenroom.LaunchFilter{}))
		for _, f := range []greenroom.LaunchFilter{
			{Connection: a.connection.ID}, {Learner: a.learner.ID}, {Reference: reference[:4]}, {Reference: a.refusal.Reference},
			{Before: greenroom.LaunchCursor{At: minutes(9999), ID: a.launch.ID}},
		} {
			all = append(all, got(b.Launches(ctx, f))...)
		}
		return all
	},
	"LinksIn": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.LinksIn(ctx, a.context.ID))
	},
	"Contexts": func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.Contexts(ctx)) },
	"Context": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.Context(ctx, a.context.ID))
	},
	"ResourceLink": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.ResourceLink(ctx, a.link.ID))
	},
	"LineItem": func(ctx context.Context, b greenroom.Reader, a *world) []any { return got(b.LineItem(ctx, a.item.ID)) },
	"Session": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return append(got(b.Session(ctx, a.open.ID)), got(b.Session(ctx, a.ended.ID))...)
	},
	"OpenSession": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.OpenSession(ctx, a.learner.ID, a.link.ID, a.scenario.ID))
	},
	"SessionsOf": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.SessionsOf(ctx, a.learner.ID, a.link.ID, a.scenario.ID))
	},
	"EndedSessions": func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.EndedSessions(ctx, 0)) },
	"Picks":         func(ctx context.Context, b greenroom.Reader, a *world) []any { return got(b.Picks(ctx, a.open.ID)) },
	"Passbacks": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		all := got(b.Passbacks(ctx, greenroom.PassbackFilter{}))
		return append(all, got(b.Passbacks(ctx, greenroom.PassbackFilter{State: greenroom.PassbackWaiting, Connection: a.connection.ID}))...)
	},
	"Passback": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.Passback(ctx, a.passback.ID))
	},
	"PassbackFor": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		return got(b.PassbackFor(ctx, a.item.ID, a.learner.ID))
	},
	"Audit": func(ctx context.Context, b greenroom.Reader, a *world) []any {
		all := got(b.Audit(ctx, greenroom.AuditFilter{}))
		all = append(all, got(b.Audit(ctx, greenroom.AuditFilter{Actor: &a.person.ID, Noun: greenroom.NounConnection}))...)
		all = append(all, got(b.Audit(ctx, greenroom.AuditFilter{Noun: greenroom.NounConnection, NounID: string(a.connection.ID)}))...)
		return append(all, got(b.Audit(ctx, greenroom.AuditFilter{Before: a.entry.Cursor()}))...)
	},
	"AuditActors": func(ctx context.Context, b greenroom.Reader, _ *world) []any { return got(b.AuditActors(ctx)) },
	"Contents": func(ctx context.Context, b greenroom.Reader, _ *world) []any {
		held, err := b.Contents(ctx)
		if err == nil && held.Connections != 1 {
			return []any{fmt.Sprintf("counts %d connections instead of its one", held.Connections)}
		}
		return got(held, err)
	},
	"CountPassbacks": func(ctx context.Context, b greenroom.Reader, _ *world) []any {
		counts, err := b.CountPassbacks(ctx)
		if err == nil && counts[greenroom.PassbackWaiting] != 1 {
			return []any{fmt.Sprintf("counts %d passbacks instead of its one", counts[greenroom.PassbackWaiting])}
		}
		return got(counts, err)
	},
}

// writing has the methods of greenroom.Tx alone. A write may fail, or make a
// row of b that has the ID of one of a's: that is b's own affair.
var writing = map[string]func(ctx context.Context, b greenroom.Tx, a *world) error{
	"SaveWorkspace": func(ctx context.Context, b greenroom.Tx, a *world) error {
		w := a.workspace
		w.Slug, w.Name = "stolen-"+w.Slug, "stolen"
		return b.SaveWorkspace(ctx, w)
	},
	"AddClaimCode": func(ctx context.Context, b greenroom.Tx, a *world) error {
		c := a.code
		c.Hash, c.RevokedAt = "stolen"+a.mark, minutes(9)
		return b.AddClaimCode(ctx, c)
	},
	"SaveClaimCode": func(ctx context.Context, b greenroom.Tx, a *world) error {
		c := a.code
		c.UsedAt = minutes(9)
		return b.SaveClaimCode(ctx, c)
	},
	"AddHost": func(ctx context.Context, b greenroom.Tx, a *world) error { return b.AddHost(ctx, a.host) },
	"DropHost": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.DropHost(ctx, a.host.Name)
	},
	"PutMember": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.PutMember(ctx, a.person.ID, greenroom.MemberRole, minutes(9))
	},
	"RemoveMember": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.RemoveMember(ctx, a.person.ID)
	},
	"AddPersonLink": func(ctx context.Context, b greenroom.Tx, a *world) error {
		l := a.personLink
		l.TokenHash = "stolen" + a.mark
		return b.AddPersonLink(ctx, l)
	},
	"SavePersonLink": func(ctx context.Context, b greenroom.Tx, a *world) error {
		l := a.personLink
		l.RevokedAt = minutes(1)
		return b.SavePersonLink(ctx, l)
	},
	"SaveConnection": func(ctx context.Context, b greenroom.Tx, a *world) error {
		c := a.connection
		c.ClientID, c.Platform, c.Deployments = "stolen", "stolen", []string{"stolen"}
		return b.SaveConnection(ctx, c)
	},
	"KeepKeySet": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.KeepKeySet(ctx, a.connection.ID, []byte("stolen"), minutes(9))
	},
	"KeepHeard": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.KeepHeard(ctx, a.connection.ID, []greenroom.ScopeWord{{Scope: "stolen"}})
	},
	"SaveTest": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.SaveTest(ctx, a.connection.ID, &greenroom.ConnectionTest{At: minutes(9)}, minutes(9))
	},
	"DeleteConnection": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.DeleteConnection(ctx, a.connection.ID)
	},
	"AddKey": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.AddKey(ctx, greenroom.Key{ID: a.key.ID, Public: []byte("stolen")})
	},
	"SaveKey": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.SaveKey(ctx, greenroom.Key{ID: a.key.ID, Sealed: []byte("stolen"), WithdrawnAt: minutes(9)})
	},
	"SaveKeyUse": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.SaveKeyUse(ctx, greenroom.KeyUse{Key: a.key.ID, Connection: a.connection.ID, RefusedAt: minutes(9)})
	},
	"AddInvite": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.AddInvite(ctx, greenroom.Invite{ID: a.invite.ID, UsedAt: noon, Connection: a.connection.ID})
	},
	"SaveInvite": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.SaveInvite(ctx, greenroom.Invite{ID: a.invite.ID, RevokedAt: noon})
	},
	"SaveScenario": func(ctx context.Context, b greenroom.Tx, a *world) error {
		s, v := a.scenario, a.version
		s.Slug, s.Title, s.Archived, s.Version, v.Version = "stolen", "stolen", true, 2, 2
		return b.SaveScenario(ctx, s, v)
	},
	"AnswerDeepLinking": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.AnswerDeepLinking(ctx, a.launch.ID, minutes(9), 7)
	},
	"AddLaunch": func(ctx context.Context, b greenroom.Tx, a *world) error { return b.AddLaunch(ctx, a.launch) },
	"MeetRosterLearner": func(ctx context.Context, b greenroom.Tx, a *world) error {
		_, err := b.MeetRosterLearner(ctx, greenroom.Learner{ID: a.learner.ID, Connection: a.connection.ID, Subject: subject, Name: "stolen"})
		return err
	},
	"MeetContextMember": func(ctx context.Context, b greenroom.Tx, a *world) error {
		m := a.memberRow.ContextMember
		m.Status, m.Teaches, m.LastSeen = greenroom.MemberLeft, true, minutes(99)
		return b.MeetContextMember(ctx, m)
	},
	"LeaveContext": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.LeaveContext(ctx, a.context.ID, minutes(9999))
	},
	"SaveRoster": func(ctx context.Context, b greenroom.Tx, a *world) error {
		r := a.roster
		r.Answer = "stolen"
		return b.SaveRoster(ctx, r)
	},
	"SaveLineItemDuty": func(ctx context.Context, b greenroom.Tx, a *world) error {
		d := a.duty
		d.Answer = "stolen"
		return b.SaveLineItemDuty(ctx, d)
	},
	"MeetLineItem": func(ctx context.Context, b greenroom.Tx, a *world) error {
		i := a.item
		i.Title, i.Maximum = "stolen", 99
		_, err := b.MeetLineItem(ctx, i)
		return err
	},
	"SaveGrading": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.SaveGrading(ctx, a.scenario.ID, greenroom.GradeFirst, true)
	},
	"MeetContext": func(ctx context.Context, b greenroom.Tx, a *world) error {
		c := a.context
		c.Title = "stolen"
		_, err := b.MeetContext(ctx, c)
		return err
	},
	"AddNotice": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.AddNotice(ctx, greenroom.Notice{Connection: a.connection.ID, Deployment: deployment, ID: "stolen", Nonce: "stolen"})
	},
	"SaveNoticeService": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.SaveNoticeService(ctx, greenroom.NoticeService{Connection: a.connection.ID, Deployment: deployment, URL: "stolen"})
	},
	"SaveLegacyKey": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.SaveLegacyKey(ctx, greenroom.LegacyKey{Connection: a.connection.ID, Key: a.legacyKey.Key, Sealed: []byte("stolen")})
	},
	"DeleteLegacyKey": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.DeleteLegacyKey(ctx, a.connection.ID, a.legacyKey.Key)
	},
	"ReplaceLegacyLinks": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.ReplaceLegacyLinks(ctx, a.connection.ID, nil)
	},
	"SetHistory": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.SetHistory(ctx, a.learner.ID, "stolen")
	},
	"SaveTombstone": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.SaveTombstone(ctx, greenroom.Tombstone{Connection: a.connection.ID, Mark: a.tombstone.Mark, At: minutes(9)})
	},
	"LiftTombstone": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.LiftTombstone(ctx, a.connection.ID, a.tombstone.Mark)
	},
	"EraseLearner": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.EraseLearner(ctx, a.learner.ID)
	},
	"AddSession": func(ctx context.Context, b greenroom.Tx, a *world) error {
		s := a.newSession("stolen", 9)
		return b.AddSession(ctx, s)
	},
	"SaveSession": func(ctx context.Context, b greenroom.Tx, a *world) error {
		s := a.open
		s.EndedAt = minutes(9)
		return b.SaveSession(ctx, s)
	},
	"AddPick": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.AddPick(ctx, greenroom.Pick{Session: a.open.ID, Turn: 1, At: minutes(9)})
	},
	"SaveLineItem": func(ctx context.Context, b greenroom.Tx, a *world) error {
		i := a.item
		i.Maximum, i.Title = 99, "stolen"
		return b.SaveLineItem(ctx, i)
	},
	"SavePassback": func(ctx context.Context, b greenroom.Tx, a *world) error {
		p := a.passback
		p.State, p.Answer = greenroom.PassbackFailed, "stolen"
		return b.SavePassback(ctx, p)
	},
	"KeepResult": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.KeepResult(ctx, a.passback.ID, greenroom.GradeResult{At: minutes(9), Points: 1, Maximum: 1})
	},
	"AddAudit": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.AddAudit(ctx, greenroom.AuditEntry{ID: a.entry.ID, Label: "stolen"})
	},
	"DeleteWorkspace": func(ctx context.Context, b greenroom.Tx, a *world) error {
		return b.DeleteWorkspace(ctx, greenroom.AuditEntry{ID: greenroom.AuditID(a.mark), NounID: string(a.workspace.ID)})
	},
}

// outside has the methods of greenroom.WorkspaceStore alone.
var outside = map[string]func(ctx context.Context, b *world, a *world) []any{
	"SweepLaunches": func(ctx context.Context, b *world, _ *world) []any {
		return got(b.SweepLaunches(ctx, minutes(9999), minutes(9999), 0))
	},
	"SweepNotices": func(ctx context.Context, b *world, _ *world) []any {
		return got(b.SweepNotices(ctx, minutes(9999)))
	},
	"SweepSessions": func(ctx context.Context, b *world, _ *world) []any {
		return got(b.SweepSessions(ctx, minutes(9999), 0))
	},
	"SweepLearners": func(ctx context.Context, b *world, _ *world) []any {
		return got(b.SweepLearners(ctx, minutes(9999), 0))
	},
	"Update": func(ctx context.Context, b *world, a *world) []any {
		return got(nil, b.Update(ctx, func(ctx context.Context, tx greenroom.Tx) error {
			return tx.SaveSession(ctx, a.open)
		}))
	},
	"RecordLaunch": func(ctx context.Context, b *world, a *world) []any {
		mine := b.record(9)
		mine.Launch.StateID = "state-9"
		theirs := a.record(10) // a's IDs, among them the connection's
		theirs.PinDeployment, theirs.Launch.Deployment = true, "stolen"
		return append(got(b.RecordLaunch(ctx, mine)), got(b.RecordLaunch(ctx, theirs))...)
	},
	"ClaimLineItems": func(ctx context.Context, b *world, a *world) []any {
		theirs := got(b.ClaimLineItems(ctx, a.connection.ID, minutes(60), minutes(70), 10))
		return append(theirs, got(b.ClaimLineItems(ctx, b.connection.ID, minutes(60), minutes(70), 10))...)
	},
	"ClaimRosters": func(ctx context.Context, b *world, a *world) []any {
		theirs := got(b.ClaimRosters(ctx, a.connection.ID, minutes(60), minutes(70), 10))
		return append(theirs, got(b.ClaimRosters(ctx, b.connection.ID, minutes(60), minutes(70), 10))...)
	},
	"ClaimPassbacks": func(ctx context.Context, b *world, a *world) []any {
		theirs := got(b.ClaimPassbacks(ctx, a.connection.ID, minutes(60), minutes(70), 10))
		return append(theirs, got(b.ClaimPassbacks(ctx, b.connection.ID, minutes(60), minutes(70), 10))...)
	},
}

// got keeps a value if it came: an error says nothing about a.
func got(v any, err error) []any {
	if err != nil {
		return nil
	}
	return []any{v}
}

func testSealed(t *testing.T, s greenroom.Store) {
	t.Run("the tables know every method", testSealedTables)
	t.Run("twins with the same IDs know nothing of each other", func(t *testing.T) { testTwins(t, s) })
	for name, read := range reading {
		t.Run(name+" of the store shows nothing of another workspace", func(t *testing.T) {
			sealed(t, s, func(b, a *world) []any { return read(t.Context(), b, a) })
		})
		t.Run(name+" of a transaction shows nothing of another workspace", func(t *testing.T) {
			sealed(t, s, func(b, a *world) (answers []any) {
				ok(t, b.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
					answers = read(ctx, tx, a)
					return nil
				}))
				return answers
			})
		})
	}
	for name, write := range writing {
		t.Run(name+" changes nothing of another workspace", func(t *testing.T) {
			sealed(t, s, func(b, a *world) []any {
				return got(nil, b.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error { return write(ctx, tx, a) }))
			})
		})
	}
	for name, do := range outside {
		t.Run(name+" neither shows nor changes another workspace", func(t *testing.T) {
			sealed(t, s, func(b, a *world) []any { return do(t.Context(), b, a) })
		})
	}
}

// sealed lets b do something about a, and looks at what came of it.
func sealed(t *testing.T, s greenroom.Store, do func(b, a *world) []any) {
	t.Helper()
	a, b := full(t, s, "alpha"), full(t, s, "bravo")
	before := dump(t, a)
	for _, answer := range do(b, a) {
		text := fmt.Sprintf("%+v", answer)
		if strings.Contains(text, a.mark) {
			t.Errorf("%s was shown to %s: %s", a.mark, b.mark, text)
		}
		if said, wrong := answer.(string); wrong {
			t.Error(said)
		}
	}
	unchanged(t, a, before)
}

func testSealedTables(t *testing.T) {
	inTables := func(name string, tables ...any) bool {
		for _, table := range tables {
			if reflect.ValueOf(table).MapIndex(reflect.ValueOf(name)).IsValid() {
				return true
			}
		}
		return false
	}
	for m := range reflect.TypeFor[greenroom.WorkspaceStore]().Methods() {
		if !inTables(m.Name, reading, outside) {
			t.Errorf("WorkspaceStore.%s is in neither table", m.Name)
		}
	}
	for m := range reflect.TypeFor[greenroom.Tx]().Methods() {
		if !inTables(m.Name, reading, writing) {
			t.Errorf("Tx.%s is in neither table", m.Name)
		}
	}
}

// dump is all that a world's own store shows of it.
func dump(t *testing.T, a *world) map[string]string {
	t.Helper()
	shown := map[string]string{}
	for name, read := range reading {
		shown[name] = fmt.Sprintf("%+v", read(t.Context(), a, a))
	}
	return shown
}

// unchanged compares a dump with what is there now, method by method.
func unchanged(t *testing.T, a *world, before map[string]string) {
	t.Helper()
	after := dump(t, a)
	for name := range before {
		equal(t, a.mark+": "+name, after[name], before[name])
	}
}

// testTwins gives a second workspace the same IDs, and lets it do everything
// with them that can be done: the first must look as it did alone.
func testTwins(t *testing.T, s greenroom.Store) {
	b := full(t, s, "bravo")
	b.invite.UsedAt, b.invite.Connection = noon, b.connection.ID
	update(t, b, func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveInvite(ctx, b.invite) })
	alone := dump(t, b)

	a := full(t, s, "alpha", b)
	later := a.record(500)
	later.PinDeployment, later.Launch.Deployment = true, "later"
	must(a.RecordLaunch(t.Context(), later))(t)
	a.passback.PostedAt = minutes(500)
	update(t, a, func(ctx context.Context, tx greenroom.Tx) error { return tx.SavePassback(ctx, a.passback) })
	unchanged(t, b, alone)

	for name, do := range outside {
		t.Run(name, func(t *testing.T) {
			do(t.Context(), a, a)
			unchanged(t, b, alone)
		})
	}
	last := func(name string) int { // nothing can be done after it
		if name == "DeleteWorkspace" {
			return 1
		}
		return 0
	}
	names := slices.Sorted(maps.Keys(writing))
	slices.SortStableFunc(names, func(a, b string) int { return last(a) - last(b) })
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			_ = a.Update(t.Context(), func(ctx context.Context, tx greenroom.Tx) error { return writing[name](ctx, tx, a) })
			unchanged(t, b, alone)
		})
	}
}
