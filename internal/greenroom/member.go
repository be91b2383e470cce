package greenroom

import (
	"context"
	"errors"
	"time"
)

// SetRole gives a member another role. *Invalid with the field role if the
// actor may not, or the workspace would be left without an owner; ErrNotFound
// if there is no such member.
func (s *Service) SetRole(ctx context.Context, a Actor, id PersonID, role Role) (Member, error) {
	if _, ok := ParseRole(string(role)); !ok {
		return Member{}, invalid("role", "Choose owner, admin or member.")
	}
	var m Member
	err := s.changeMember(ctx, a, id, "role", func(ctx context.Context, tx Tx, by Role, found Member) error {
		if !by.Reaches(role) {
			return invalid("role", "Only an owner can make somebody an owner.")
		}
		m = found
		m.Role = role
		return s.putRole(ctx, tx, a, found, role)
	})
	return m, err
}

// RemoveMember takes somebody out of the workspace, from their next request
// on. They keep their account and their other workspaces; invitations,
// registration URLs and claim codes that they made and nobody has used are
// revoked. *Invalid with the field member.
func (s *Service) RemoveMember(ctx context.Context, a Actor, id PersonID) error {
	return s.changeMember(ctx, a, id, "member", func(ctx context.Context, tx Tx, _ Role, m Member) error {
		if err := keepAnOwner(ctx, tx, m, "member"); err != nil {
			return err
		}
		if err := s.revokeUngranted(ctx, tx, id, ""); err != nil {
			return err
		}
		if err := s.audit(ctx, tx, a, personEntry(PersonRemoved, m.Person)); err != nil {
			return err
		}
		return tx.RemoveMember(ctx, id)
	})
}

// changeMember runs fn with what the actor's role is by now, if that reaches
// the member. The workspace is read first, which keeps everybody else from
// changing roles meanwhile: two owners who demote each other would leave none.
func (s *Service) changeMember(ctx context.Context, a Actor, id PersonID, field string, fn func(ctx context.Context, tx Tx, by Role, m Member) error) error {
	store, err := s.settings(a)
	if err != nil {
		return err
	}
	return store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Workspace(ctx); err != nil {
			return err
		}
		by, err := roleNow(ctx, tx, a)
		if err != nil {
			return err
		}
		m, err := tx.Member(ctx, id)
		if err != nil {
			return err
		}
		if !by.Reaches(m.Role) {
			return invalid(field, "Only an owner can change or remove an owner.")
		}
		return fn(ctx, tx, by, m)
	})
}

// roleNow returns the actor's role as the transaction sees it: it may have
// changed since the request began. ErrNotFound if it opens no settings.
func roleNow(ctx context.Context, r Reader, a Actor) (Role, error) {
	if a.Person == "" { // the operator
		return a.Role, nil
	}
	m, err := r.Member(ctx, a.Person)
	if err == nil && !m.Role.Administers() {
		err = ErrNotFound
	}
	return m.Role, err
}

// administers tells whether a person still opens the workspace's settings; the
// operator, who is nobody, does.
func administers(ctx context.Context, r Reader, id PersonID) (bool, error) {
	_, err := roleNow(ctx, r, Actor{Person: id})
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}

// putRole changes a member's role. Whoever calls it has read the workspace in
// the same transaction.
func (s *Service) putRole(ctx context.Context, tx Tx, a Actor, m Member, role Role) error {
	if role != Owner {
		if err := keepAnOwner(ctx, tx, m, "role"); err != nil {
			return err
		}
	}
	if err := s.revokeUngranted(ctx, tx, m.Person.ID, role); err != nil {
		return err
	}
	return s.giveRole(ctx, tx, a, m.Person, role)
}

// keepAnOwner refuses to take the role from the only owner.
func keepAnOwner(ctx context.Context, tx Tx, m Member, field string) error {
	if m.Role != Owner {
		return nil
	}
	all, err := tx.Members(ctx)
	if err != nil {
		return err
	}
	for _, other := range all {
		if other.Role == Owner && other.Person.ID != m.Person.ID {
			return nil
		}
	}
	return invalidToday(field, "This is the only owner of the workspace. Make somebody else an owner first.")
}

// A MemberView is one member as somebody who administers the workspace sees
// them, and what that person may do.
type MemberView struct {
	Member   Member
	Roles    []Role // that the actor may give; empty if the member is out of reach
	CanReset bool   // the actor may try to make a reset link
}

// ViewMember returns a member for the page on which they are changed.
// ErrNotFound if there is none.
func (s *Service) ViewMember(ctx context.Context, a Actor, id PersonID) (MemberView, error) {
	store, err := s.settings(a)
	if err != nil {
		return MemberView{}, err
	}
	m, err := store.Member(ctx, id)
	if err != nil {
		return MemberView{}, err
	}
	v := MemberView{Member: m, CanReset: a.Role == Owner && a.Person != id}
	if a.Role.Reaches(m.Role) {
		v.Roles = GrantableRoles(a.Role)
	}
	return v, nil
}

// GrantableRoles returns the roles that somebody with a role may give, the
// weakest first.
func GrantableRoles(by Role) []Role {
	var roles []Role
	for _, r := range []Role{MemberRole, Admin, Owner} {
		if by.Reaches(r) {
			roles = append(roles, r)
		}
	}
	return roles
}

// revokeUngranted revokes what somebody made that is still open and that, with
// the role they will have, they could not make.
func (s *Service) revokeUngranted(ctx context.Context, tx Tx, by PersonID, role Role) error {
	open, err := tx.OpenInvitations(ctx, s.Now())
	if err != nil {
		return err
	}
	for _, l := range open {
		if l.CreatedBy != by || role.Reaches(l.Role) {
			continue
		}
		l.RevokedAt = s.Now()
		if err := tx.SavePersonLink(ctx, l); err != nil {
			return err
		}
	}
	if role.Administers() {
		return nil
	}
	return s.revokeConnecting(ctx, tx, by)
}

// revokeConnecting revokes the open registration URLs and claim codes that
// somebody made.
func (s *Service) revokeConnecting(ctx context.Context, tx Tx, by PersonID) error {
	now := s.Now().Truncate(time.Millisecond)
	invites, err := tx.OpenInvites(ctx, now)
	if err != nil {
		return err
	}
	for _, i := range invites {
		if i.CreatedBy != by {
			continue
		}
		i.RevokedAt = now
		if err := tx.SaveInvite(ctx, i); err != nil {
			return err
		}
	}
	codes, err := tx.OpenClaimCodes(ctx, now)
	if err != nil {
		return err
	}
	for _, c := range codes {
		if c.CreatedBy != by {
			continue
		}
		c.RevokedAt = now
		if err := tx.SaveClaimCode(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// MemberByEmail returns a member by their e-mail address. ErrNotFound.
func (s *Service) MemberByEmail(ctx context.Context, a Actor, email string) (Member, error) {
	store, err := s.settings(a)
	if err != nil {
		return Member{}, err
	}
	p, err := s.Store.Instance().PersonByEmail(ctx, cleanEmail(email))
	if err != nil {
		return Member{}, err
	}
	return store.Member(ctx, p.ID)
}

// isMember tells whether a person belongs to the reader's workspace.
func isMember(ctx context.Context, r Reader, id PersonID) (bool, error) {
	_, err := r.Member(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return false, nil
	}
	return err == nil, err
}
