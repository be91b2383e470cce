package store

import (
	"context"
	"slices"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/store/column"
	"github.com/greenroom-lti/greenroom/internal/store/q"
)

// Members implements greenroom.Reader.
func (r reader) Members(ctx context.Context) ([]greenroom.Member, error) {
	list, err := many(ctx, r, "members", (*q.Queries).Members, r.workspace, func(m q.MembersRow) greenroom.Member {
		return toMember(q.MemberRow(m))
	})
	sortByName(list, func(m greenroom.Member) string { return m.Person.Name })
	slices.SortStableFunc(list, func(a, b greenroom.Member) int { return ownersFirst(a) - ownersFirst(b) })
	return list, err
}

func ownersFirst(m greenroom.Member) int {
	if m.Role == greenroom.Owner {
		return 0
	}
	return 1
}

// Member implements greenroom.Reader.
func (r reader) Member(ctx context.Context, id greenroom.PersonID) (greenroom.Member, error) {
	arg := q.MemberParams{WorkspaceID: r.workspace, PersonID: id}
	return one(ctx, r, "member "+string(id), (*q.Queries).Member, arg, toMember)
}

// PutMember implements greenroom.Tx. Who is a member already keeps the time
// of joining.
func (t *workspaceTx) PutMember(ctx context.Context, id greenroom.PersonID, role greenroom.Role, at time.Time) error {
	return t.fail("member "+string(id), t.txn.db.PutMember(ctx, q.PutMemberParams{
		WorkspaceID: t.workspace, PersonID: id, Role: role, JoinedAt: column.Time(at),
	}))
}

// RemoveMember implements greenroom.Tx.
func (t *workspaceTx) RemoveMember(ctx context.Context, id greenroom.PersonID) error {
	return t.fail("member "+string(id), wrote(t.txn.db.RemoveMember(ctx, q.RemoveMemberParams{
		WorkspaceID: t.workspace, PersonID: id,
	})))
}

func toMember(r q.MemberRow) greenroom.Member {
	return greenroom.Member{Person: toPerson(r.Person), Role: r.Role, JoinedAt: time.Time(r.JoinedAt)}
}

func toPerson(r q.Person) greenroom.Person {
	return greenroom.Person{
		ID: r.ID, Email: r.Email, Name: r.Name, PasswordHash: r.PasswordHash, CreatedAt: time.Time(r.CreatedAt),
		Generation: r.Generation,
	}
}

func fromPerson(p greenroom.Person) q.AddPersonParams {
	return q.AddPersonParams{
		ID: p.ID, Email: p.Email, Name: p.Name, PasswordHash: p.PasswordHash, CreatedAt: column.Time(p.CreatedAt),
	}
}
