package platforms

import (
	"context"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti/nrps"
)

// rosterPage is how many members are asked for at a time, where the LMS is not
// known to give fewer. Without a limit a Moodle puts all of them into one
// answer, which may be longer than any that is read.
const rosterPage = 100

// ReadRoster reads the members of a course, or what changed among them.
func (p *Platforms) ReadRoster(
	ctx context.Context, w greenroom.WorkspaceID, c greenroom.Connection, k greenroom.Key, q greenroom.RosterQuery,
	each func(greenroom.RosterMember) error,
) (greenroom.RosterAnswer, error) {
	client := p.clientFor(w, c, k, q.Deployment)
	roster := &nrps.Roster{URL: q.URL, Client: client, Limit: membersPerPage(c)}
	for m, err := range roster.Members(ctx) {
		if err == nil {
			err = each(rosterMember(m))
		}
		if err != nil {
			return greenroom.RosterAnswer{}, err
		}
	}
	return greenroom.RosterAnswer{ChangesURL: roster.Differences}, nil
}

// membersPerPage is how many members of a connection's rosters to ask for at a
// time.
func membersPerPage(c greenroom.Connection) int {
	if most := c.LMS().Roster.PageLimit; most > 0 {
		return most
	}
	return rosterPage
}

func rosterMember(m nrps.Member) greenroom.RosterMember {
	name := m.Name
	if strings.TrimSpace(name) == "" {
		name = m.GivenName + " " + m.FamilyName
	}
	return greenroom.RosterMember{Subject: m.UserID, Name: name, Email: m.Email, Roles: m.Roles, Status: memberStatus(m.Status)}
}

func memberStatus(s nrps.Status) greenroom.MemberStatus {
	switch s {
	case nrps.Inactive:
		return greenroom.MemberInactive
	case nrps.Deleted:
		return greenroom.MemberLeft
	}
	return greenroom.MemberActive
}
