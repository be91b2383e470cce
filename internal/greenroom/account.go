package greenroom

import "context"

// RenameSelf changes a person's own name. *Invalid names the field name.
func (s *Service) RenameSelf(ctx context.Context, id PersonID, name string) (Person, error) {
	name = oneLine(name)
	if text := checkName(name, "yourself"); text != "" {
		return Person{}, invalid("name", text)
	}
	return s.changePerson(ctx, id, func(_ context.Context, _ PeopleTx, p *Person) error {
		p.Name = name
		return nil
	})
}

// A PasswordForm is what somebody fills in to change their own password.
type PasswordForm struct {
	Present, New string
}

// ChangePassword gives a person who knows the present password a new one. All
// their sign-ins end, and so do reset links that nobody has used; the caller
// signs the one browser in again. *Invalid names the fields present, password.
func (s *Service) ChangePassword(ctx context.Context, id PersonID, f PasswordForm) (Person, error) {
	p, err := s.Store.Instance().Person(ctx, id)
	if err != nil {
		return Person{}, err
	}
	switch text := checkPassword(f.New, p.Email); {
	case text != "":
		return Person{}, invalid("password", text)
	case f.New == f.Present:
		return Person{}, invalid("password", "This is the present password. Choose another.")
	}
	ok, err := s.hashing.verify(ctx, p.PasswordHash, f.Present)
	if err != nil {
		return Person{}, err
	}
	if !ok {
		return Person{}, invalid("present", "This is not your present password.")
	}
	hash, err := s.hashing.hash(ctx, f.New, s.Random)
	if err != nil {
		return Person{}, err
	}
	verified := p.PasswordHash
	return s.changePerson(ctx, id, func(ctx context.Context, tx PeopleTx, p *Person) error {
		if p.PasswordHash != verified { // changed meanwhile: what was asked for is not the present one
			return invalid("present", "This is not your present password.")
		}
		return s.putPassword(ctx, tx, p, hash, PasswordChanged)
	})
}

// putPassword sets a new password in a person who is about to be saved.
func (s *Service) putPassword(ctx context.Context, tx PeopleTx, p *Person, hash string, action AuditAction) error {
	p.PasswordHash = hash
	p.Generation++
	if err := s.auditPerson(ctx, tx, *p, *p, action); err != nil {
		return err
	}
	return tx.RevokeResets(ctx, p.ID, s.Now())
}

// SignOutEverywhere ends all sign-ins of a person, on every node, from the
// next request on.
func (s *Service) SignOutEverywhere(ctx context.Context, id PersonID) error {
	_, err := s.changePerson(ctx, id, func(ctx context.Context, tx PeopleTx, p *Person) error {
		p.Generation++
		return s.auditPerson(ctx, tx, *p, *p, SignInEnded)
	})
	return err
}

// changePerson reads a person, lets fn change them, and saves what came of it.
func (s *Service) changePerson(ctx context.Context, id PersonID, fn func(ctx context.Context, tx PeopleTx, p *Person) error) (Person, error) {
	var p Person
	err := s.Store.Instance().UpdatePeople(ctx, func(ctx context.Context, tx PeopleTx) (err error) {
		if p, err = tx.Person(ctx, id); err != nil {
			return err
		}
		if err := fn(ctx, tx, &p); err != nil {
			return err
		}
		return tx.SavePerson(ctx, p)
	})
	return p, err
}
