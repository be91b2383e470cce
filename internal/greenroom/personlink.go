package greenroom

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"time"
)

// A PersonLink is a one-time link for a person, handed on by whoever made it:
// an invitation to a workspace, or the way to a new password. Its token is
// 32 random bytes, of which only the SHA-256 is kept.
type PersonLink struct {
	ID        PersonLinkID
	Workspace WorkspaceID // where it was made; empty for a reset by the operator
	Kind      PersonLinkKind
	TokenHash string   // hexadecimal
	Person    PersonID // of a reset
	Email     string   // of an invitation
	Name      string   // of an invitation, may be empty
	Role      Role     // of an invitation
	CreatedBy PersonID // empty when the operator made it
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero until used
	RevokedAt time.Time // zero unless revoked
}

// A PersonLinkKind says what a link is for.
type PersonLinkKind string

// The kinds, as the database writes them.
const (
	Invitation PersonLinkKind = "invitation"
	Reset      PersonLinkKind = "reset"
)

const (
	invitationLife = 7 * 24 * time.Hour
	resetLife      = 24 * time.Hour
)

// A LinkTrouble says why a person's link does not open.
type LinkTrouble string

// What can be wrong with a person's link.
const (
	LinkUnknown LinkTrouble = "unknown" // damaged, or never made here, or forgotten
	LinkUsed    LinkTrouble = "used"
	LinkRevoked LinkTrouble = "revoked" // or made by somebody who may not any more
	LinkExpired LinkTrouble = "expired"
	LinkForeign LinkTrouble = "for somebody else" // than who is signed in
	LinkKnown   LinkTrouble = "for somebody with an account"
)

// A LinkError turns a person's link away.
type LinkError struct {
	Trouble LinkTrouble
	Kind    PersonLinkKind // empty if the link is unknown
}

func (e *LinkError) Error() string { return "link: " + string(e.Trouble) }

// trouble says what keeps a link from being used now.
func (l PersonLink) trouble(now time.Time) error {
	switch {
	case !l.UsedAt.IsZero():
		return &LinkError{LinkUsed, l.Kind}
	case !l.RevokedAt.IsZero():
		return &LinkError{LinkRevoked, l.Kind}
	case !now.Before(l.ExpiresAt):
		return &LinkError{LinkExpired, l.Kind}
	}
	return nil
}

// newPersonLink makes a link that is good for life, and its token.
func (s *Service) newPersonLink(kind PersonLinkKind, by Actor, life time.Duration) (PersonLink, string, error) {
	id, err := newID[PersonLinkID](s.Random)
	if err != nil {
		return PersonLink{}, "", err
	}
	raw := make([]byte, 32)
	if _, err := io.ReadFull(s.Random, raw); err != nil {
		return PersonLink{}, "", err
	}
	token := base64.RawURLEncoding.EncodeToString(raw)
	now := s.Now().Truncate(time.Millisecond)
	return PersonLink{
		ID: id, Workspace: by.Workspace, Kind: kind, TokenHash: hashLinkToken(token),
		CreatedBy: by.Person, CreatedAt: now, ExpiresAt: now.Add(life),
	}, token, nil
}

func hashLinkToken(token string) string {
	sum := sha256.Sum256([]byte(token))
	return hex.EncodeToString(sum[:])
}

func cleanEmail(email string) string { return strings.ToLower(strings.TrimSpace(email)) }

// An InvitationForm is what somebody fills in to invite a person.
type InvitationForm struct {
	Email, Name string // the name may be empty
	Role        Role
}

// NewInvitation makes a link by which a person joins the workspace, good for
// seven days and once, and returns its token. An open one for the same address
// is revoked. *Invalid names the fields email, name, role.
func (s *Service) NewInvitation(ctx context.Context, a Actor, f InvitationForm) (PersonLink, string, error) {
	store, err := s.settings(a)
	if err != nil {
		return PersonLink{}, "", err
	}
	f.Email, f.Name = cleanEmail(f.Email), oneLine(f.Name)
	if err := f.check(); err != nil {
		return PersonLink{}, "", err
	}
	l, token, err := s.newPersonLink(Invitation, a, invitationLife)
	if err != nil {
		return PersonLink{}, "", err
	}
	l.Email, l.Name, l.Role = f.Email, f.Name, f.Role
	known, err := s.Store.Instance().PersonByEmail(ctx, f.Email)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return PersonLink{}, "", err
	}
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error { return s.addInvitation(ctx, tx, a, l, known.ID) })
	return l, token, err
}

func (f InvitationForm) check() error {
	var bad Invalid
	if text := checkEmail(f.Email); text != "" {
		bad.Add("email", text)
	}
	if f.Name != "" {
		if text := checkName(f.Name, "the person"); text != "" {
			bad.Add("name", text)
		}
	}
	if _, ok := ParseRole(string(f.Role)); !ok {
		bad.Add("role", "Choose a role.")
	}
	return bad.OrNil()
}

// addInvitation keeps an invitation for an address, which is a known person's
// unless that is empty.
func (s *Service) addInvitation(ctx context.Context, tx Tx, a Actor, l PersonLink, known PersonID) error {
	if _, err := tx.Workspace(ctx); err != nil {
		return err
	}
	by, err := roleNow(ctx, tx, a)
	if err != nil {
		return err
	}
	if !by.Reaches(l.Role) {
		return invalid("role", "Only an owner can invite an owner.")
	}
	if here, err := isMember(ctx, tx, known); err != nil {
		return err
	} else if here {
		return invalid("email", "This person is a member already.")
	}
	open, err := tx.OpenInvitations(ctx, s.Now())
	if err != nil {
		return err
	}
	for _, other := range open {
		if other.Email != l.Email {
			continue
		}
		if !by.Reaches(other.Role) {
			return invalid("email", "An owner has invited this person already.")
		}
		other.RevokedAt = s.Now()
		if err := tx.SavePersonLink(ctx, other); err != nil {
			return err
		}
	}
	e := linkEntry(PersonInvited, l)
	e.Changes = []Change{{"role", "", string(l.Role)}}
	if err := s.audit(ctx, tx, a, e); err != nil {
		return err
	}
	return tx.AddPersonLink(ctx, l)
}

// linkEntry begins an audit entry about an invitation.
func linkEntry(action AuditAction, l PersonLink) AuditEntry {
	return AuditEntry{Action: action, Noun: NounPerson, NounID: string(l.ID), Label: l.Email}
}

// Invitations returns those that still open, the newest first.
func (s *Service) Invitations(ctx context.Context, a Actor) ([]PersonLink, error) {
	store, err := s.settings(a)
	if err != nil {
		return nil, err
	}
	return store.OpenInvitations(ctx, s.Now())
}

// RenewInvitation makes a new link for the person of an open invitation; the
// old one is revoked. ErrNotFound if it does not open any more.
func (s *Service) RenewInvitation(ctx context.Context, a Actor, id PersonLinkID) (PersonLink, string, error) {
	store, err := s.settings(a)
	if err != nil {
		return PersonLink{}, "", err
	}
	old, err := store.PersonLink(ctx, id)
	if err != nil {
		return PersonLink{}, "", err
	}
	if old.Kind != Invitation || old.trouble(s.Now()) != nil {
		return PersonLink{}, "", ErrNotFound
	}
	return s.NewInvitation(ctx, a, InvitationForm{Email: old.Email, Name: old.Name, Role: old.Role})
}

// RevokeInvitation closes an invitation that nobody has used. *Invalid with
// the field role if it is out of the actor's reach; ErrNotFound if it does not
// open any more.
func (s *Service) RevokeInvitation(ctx context.Context, a Actor, id PersonLinkID) (PersonLink, error) {
	store, err := s.settings(a)
	if err != nil {
		return PersonLink{}, err
	}
	var l PersonLink
	err = store.Update(ctx, func(ctx context.Context, tx Tx) (err error) {
		by, err := roleNow(ctx, tx, a)
		if err != nil {
			return err
		}
		if l, err = tx.PersonLink(ctx, id); err != nil {
			return err
		}
		switch {
		case l.Kind != Invitation || l.trouble(s.Now()) != nil:
			return ErrNotFound
		case !by.Reaches(l.Role):
			return invalid("role", "Only an owner can revoke the invitation of an owner.")
		}
		l.RevokedAt = s.Now()
		if err := s.audit(ctx, tx, a, linkEntry(InvitationRevoked, l)); err != nil {
			return err
		}
		return tx.SavePersonLink(ctx, l)
	})
	return l, err
}

// An OpenLink is a link that can be used, and what its page must know.
type OpenLink struct {
	Link      PersonLink
	Workspace Workspace // of an invitation
	Email     string    // of the person it is for
	Name      string
	Known     bool // the person has an account
}

// PersonLink returns what a token opens, or *LinkError. Nothing is written.
func (s *Service) PersonLink(ctx context.Context, token string) (OpenLink, error) {
	var open OpenLink
	l, err := s.Store.Instance().PersonLink(ctx, hashLinkToken(token))
	if errors.Is(err, ErrNotFound) {
		return open, &LinkError{Trouble: LinkUnknown}
	}
	if err == nil {
		err = l.trouble(s.Now())
	}
	if err == nil {
		err = s.mayStill(ctx, s.Store.Instance(), l)
	}
	if err != nil {
		return open, err
	}
	open = OpenLink{Link: l, Email: l.Email, Name: l.Name}
	if l.Kind == Reset {
		p, err := s.Store.Instance().Person(ctx, l.Person)
		open.Email, open.Name, open.Known = p.Email, p.Name, true
		return open, err
	}
	switch p, err := s.Store.Instance().PersonByEmail(ctx, l.Email); {
	case err == nil:
		open.Name, open.Known = p.Name, true
	case !errors.Is(err, ErrNotFound):
		return open, err
	}
	open.Workspace, err = s.Store.Workspace(l.Workspace).Workspace(ctx)
	if errors.Is(err, ErrNotFound) { // deleted since
		err = &LinkError{LinkRevoked, l.Kind}
	}
	return open, err
}

// memberships is what both the instance and a transaction know.
type memberships interface {
	Memberships(ctx context.Context, id PersonID) ([]Membership, error)
}

// mayStill tells whether whoever made a link could make it today: roles change
// while links are under way.
func (s *Service) mayStill(ctx context.Context, known memberships, l PersonLink) error {
	if l.CreatedBy == "" {
		return nil
	}
	theirs, err := known.Memberships(ctx, l.CreatedBy)
	if err != nil {
		return err
	}
	allowed := roleIn(theirs, l.Workspace).Reaches(l.Role)
	if l.Kind == Reset {
		allowed, err = mayReset(ctx, known, theirs, l.Workspace, l.Person)
	}
	if err == nil && !allowed {
		err = &LinkError{LinkRevoked, l.Kind}
	}
	return err
}

func roleIn(all []Membership, w WorkspaceID) Role {
	for _, m := range all {
		if m.Workspace.ID == w {
			return m.Role
		}
	}
	return ""
}

// JoinWorkspace lets a person who is signed in accept an invitation to their
// own address. *LinkError.
func (s *Service) JoinWorkspace(ctx context.Context, token string, id PersonID) (Workspace, error) {
	open, err := s.PersonLink(ctx, token)
	if err != nil {
		return Workspace{}, err
	}
	err = s.Store.Instance().UpdatePeople(ctx, func(ctx context.Context, tx PeopleTx) error {
		l, err := s.spendLink(ctx, tx, token, Invitation)
		if err != nil {
			return err
		}
		p, err := tx.Person(ctx, id)
		if err != nil {
			return err
		}
		if p.Email != l.Email {
			return &LinkError{LinkForeign, l.Kind}
		}
		return s.join(ctx, tx, p, l)
	})
	return open.Workspace, err
}

// join makes a person a member with the invitation's role, or a stronger one
// if they have that by now.
func (s *Service) join(ctx context.Context, tx PeopleTx, p Person, l PersonLink) error {
	all, err := tx.Memberships(ctx, p.ID)
	if err != nil {
		return err
	}
	has := roleIn(all, l.Workspace)
	if has != "" && has.rank() >= l.Role.rank() {
		return nil
	}
	e := personEntry(PersonJoined, p)
	e.Changes = []Change{{"role", string(has), string(l.Role)}}
	if err := s.auditPersonIn(ctx, tx, l.Workspace, p, e); err != nil {
		return err
	}
	return tx.PutMember(ctx, l.Workspace, p.ID, l.Role, s.Now())
}

// A JoinForm is what an invited person without an account fills in.
type JoinForm struct {
	Name, Password string
}

// AcceptInvitation makes an account for an invited person, and a member of it.
// *LinkError, with LinkKnown if the address has an account: then its owner
// signs in and joins. *Invalid names the fields name, password.
func (s *Service) AcceptInvitation(ctx context.Context, token string, f JoinForm) (Person, Workspace, error) {
	open, err := s.PersonLink(ctx, token)
	switch {
	case err != nil:
		return Person{}, Workspace{}, err
	case open.Link.Kind != Invitation:
		return Person{}, Workspace{}, &LinkError{Trouble: LinkUnknown}
	case open.Known:
		return Person{}, Workspace{}, &LinkError{LinkKnown, Invitation}
	}
	var bad Invalid
	if text := checkName(oneLine(f.Name), "yourself"); text != "" {
		bad.Add("name", text)
	}
	if text := checkPassword(f.Password, open.Email); text != "" {
		bad.Add("password", text)
	}
	if err := bad.OrNil(); err != nil {
		return Person{}, Workspace{}, err
	}
	p, err := s.newPerson(ctx, open.Email, f.Name, f.Password)
	if err != nil {
		return Person{}, Workspace{}, err
	}
	err = s.Store.Instance().UpdatePeople(ctx, func(ctx context.Context, tx PeopleTx) error {
		l, err := s.spendLink(ctx, tx, token, Invitation)
		if err != nil {
			return err
		}
		if err := tx.AddPerson(ctx, p); err != nil {
			return err
		}
		return s.join(ctx, tx, p, l)
	})
	if errors.Is(err, ErrTaken) {
		err = &LinkError{LinkKnown, Invitation}
	}
	return p, open.Workspace, err
}

// spendLink marks a link as used in a transaction. Of two that come at once,
// the second waits for the first and finds it used.
func (s *Service) spendLink(ctx context.Context, tx PeopleTx, token string, kind PersonLinkKind) (PersonLink, error) {
	l, err := tx.PersonLink(ctx, hashLinkToken(token))
	if errors.Is(err, ErrNotFound) || err == nil && l.Kind != kind {
		err = &LinkError{Trouble: LinkUnknown}
	}
	if err == nil {
		err = l.trouble(s.Now())
	}
	if err == nil {
		err = s.mayStill(ctx, tx, l)
	}
	if err != nil {
		return PersonLink{}, err
	}
	l.UsedAt = s.Now()
	return l, tx.SavePersonLink(ctx, l)
}
