package greenroom

import (
	"context"
	"errors"
)

// NewReset makes a link by which a member chooses a new password, good for a
// day and once, and returns its token. Only owners can, and not for everybody:
// *Invalid with the field member says why. ErrNotFound if there is no such
// member.
func (s *Service) NewReset(ctx context.Context, a Actor, id PersonID) (PersonLink, string, error) {
	store, err := s.settings(a)
	if err != nil {
		return PersonLink{}, "", err
	}
	m, err := store.Member(ctx, id)
	if err != nil {
		return PersonLink{}, "", err
	}
	l, token, err := s.newPersonLink(Reset, a, resetLife)
	if err != nil {
		return PersonLink{}, "", err
	}
	l.Person = id
	return l, token, s.Store.Instance().UpdatePeople(ctx, func(ctx context.Context, tx PeopleTx) error {
		theirs, err := tx.Memberships(ctx, a.Person)
		if err != nil {
			return err
		}
		allowed, err := mayReset(ctx, tx, theirs, a.Workspace, id)
		switch {
		case err != nil:
			return err
		case id == a.Person:
			return invalid("member", "Change your own password under Your account.")
		case roleIn(theirs, a.Workspace) != Owner:
			return invalid("member", "Only an owner can make a reset link.")
		case !allowed:
			return invalid("member", "This person also belongs to a workspace that you do not own. "+
				"Whoever runs the server can make a link: greenroom user reset-link "+m.Person.Email)
		}
		by, err := tx.Person(ctx, a.Person)
		if err == nil {
			err = s.auditPersonIn(ctx, tx, a.Workspace, by, personEntry(PasswordResetLink, m.Person))
		}
		if err != nil {
			return err
		}
		return tx.AddPersonLink(ctx, l)
	})
}

// mayReset tells whether somebody with these memberships may set a person's
// password, as an owner of w. A password opens all workspaces of its person:
// whoever could set it from one of them would get into the others. So the
// owner must own every workspace that the person belongs to, w among them.
func mayReset(ctx context.Context, known memberships, owners []Membership, w WorkspaceID, id PersonID) (bool, error) {
	all, err := known.Memberships(ctx, id)
	if err != nil || roleIn(all, w) == "" {
		return false, err
	}
	for _, m := range all {
		if roleIn(owners, m.Workspace.ID) != Owner {
			return false, nil
		}
	}
	return true, nil
}

// NewResetByOperator makes such a link for anybody, from the command line.
// ErrNotFound if nobody has the e-mail address.
func (s *Service) NewResetByOperator(ctx context.Context, email string) (PersonLink, string, error) {
	l, token, err := s.newPersonLink(Reset, Actor{}, resetLife)
	if err != nil {
		return PersonLink{}, "", err
	}
	return l, token, s.Store.Instance().UpdatePeople(ctx, func(ctx context.Context, tx PeopleTx) error {
		p, err := tx.PersonByEmail(ctx, cleanEmail(email))
		if err != nil {
			return err
		}
		l.Person = p.ID
		if err := s.auditPerson(ctx, tx, Person{Name: OperatorName}, p, PasswordResetLink); err != nil {
			return err
		}
		return tx.AddPersonLink(ctx, l)
	})
}

// ResetPassword sets a new password by a link. All sign-ins of the person end,
// and so do their other reset links; the caller signs the one browser in.
// *LinkError; *Invalid names the field password.
func (s *Service) ResetPassword(ctx context.Context, token, password string) (Person, error) {
	open, err := s.PersonLink(ctx, token)
	if err != nil {
		return Person{}, err
	}
	if open.Link.Kind != Reset {
		return Person{}, &LinkError{Trouble: LinkUnknown}
	}
	if text := checkPassword(password, open.Email); text != "" {
		return Person{}, invalid("password", text)
	}
	hash, err := s.hashing.hash(ctx, password, s.Random)
	if err != nil {
		return Person{}, err
	}
	var p Person
	err = s.Store.Instance().UpdatePeople(ctx, func(ctx context.Context, tx PeopleTx) error {
		l, err := s.spendLink(ctx, tx, token, Reset)
		if err != nil {
			return err
		}
		if p, err = tx.Person(ctx, l.Person); err != nil {
			return err
		}
		if err := s.putPassword(ctx, tx, &p, hash, PasswordReset); err != nil {
			return err
		}
		return tx.SavePerson(ctx, p)
	})
	if errors.Is(err, ErrNotFound) {
		err = &LinkError{Trouble: LinkUnknown}
	}
	return p, err
}
