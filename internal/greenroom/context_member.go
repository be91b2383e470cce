package greenroom

import (
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A ContextMember is what somebody is in one course, as launches and rosters
// tell. Who left the course stays, with all that they did there.
type ContextMember struct {
	Context ContextID
	Learner LearnerID
	Learns  bool // a learner, or somebody without any role in the course
	Teaches bool
	Status  MemberStatus
	// Source is who told the roles. A launch outranks a roster: LMSes give
	// people fewer roles there.
	Source    MemberSource
	FirstSeen time.Time // in the course, by launch or roster
	LastSeen  time.Time
}

// A MemberStatus tells whether somebody still belongs to a course.
type MemberStatus string

// The statuses.
const (
	MemberActive   MemberStatus = "active"
	MemberInactive MemberStatus = "inactive" // on the roster, and may not work in the course
	MemberLeft     MemberStatus = "left"
)

// A MemberSource is who told that somebody belongs to a course.
type MemberSource string

// The sources.
const (
	FromLaunch MemberSource = "launch"
	FromRoster MemberSource = "roster"
)

// A ContextMemberRow is a member with who they are.
type ContextMemberRow struct {
	ContextMember
	Person Learner
}

// launchMember is what a launch tells of somebody's place in its course; nil
// for test users and for those whom the platform does not name.
func launchMember(l *lti.Launch, now time.Time) *ContextMember {
	if l.Subject == "" || l.Roles.TestUser() {
		return nil
	}
	return &ContextMember{
		Learns: learns(l.Roles), Teaches: l.Roles.Instructor(),
		Status: MemberActive, Source: FromLaunch, FirstSeen: now, LastSeen: now,
	}
}

// learns tells whether somebody with these roles is a learner of the course, as
// StandingOf sees it: whoever has no role at all is.
func learns(roles lti.Roles) bool { return len(roles) == 0 || roles.Learner() }
