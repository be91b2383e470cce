package greenroom

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"net/mail"
	"strings"
	"time"
)

// A Person can sign in with an e-mail address and a password.
type Person struct {
	ID           PersonID
	Email        string // lower case, unique in the instance
	Name         string
	PasswordHash string // argon2id in PHC format
	CreatedAt    time.Time
	// Generation counts up when all sign-ins of the person end at once: a
	// sign-in keeps the number it began with. Forgetting rows of sign-ins would
	// not do, for a request under way on another node writes its own back.
	Generation int64
}

// A Member is a person with a role in a workspace.
type Member struct {
	Person   Person
	Role     Role
	JoinedAt time.Time
}

// A Membership is the same fact seen from the person's side.
type Membership struct {
	Workspace Workspace
	Role      Role
}

// A SignIn is a browser that is known, as the session manager keeps it: the
// hash of its token and opaque data.
type SignIn struct {
	TokenHash string
	Data      []byte
	ExpiresAt time.Time
}

// ErrCredentials: no such person, or another password. It does not tell which.
var ErrCredentials = errors.New("e-mail address or password wrong")

// NewUser is what makes a person who can sign in.
type NewUser struct {
	Email, Name, Password string
	Role                  Role
}

// CreateUser gives a person a role in a workspace, and makes the person first
// if the e-mail address is new. Somebody who exists keeps name and password.
// *Invalid names the fields email, password, role.
//
// A role that is given again may be a lower one; the last owner keeps theirs.
func (s *Service) CreateUser(ctx context.Context, w WorkspaceID, u NewUser) (Person, error) {
	u.Email = strings.ToLower(strings.TrimSpace(u.Email))
	var bad Invalid
	if text := checkEmail(u.Email); text != "" {
		bad.Add("email", text)
	}
	if _, ok := ParseRole(string(u.Role)); !ok {
		bad.Add("role", "Choose owner, admin or member.")
	}
	if err := bad.OrNil(); err != nil {
		return Person{}, err
	}
	p, err := s.Store.Instance().PersonByEmail(ctx, u.Email)
	if errors.Is(err, ErrNotFound) {
		p, err = s.createPerson(ctx, u)
	}
	if err != nil {
		return Person{}, err
	}
	return p, s.Store.Workspace(w).Update(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Workspace(ctx); err != nil {
			return err
		}
		m, err := tx.Member(ctx, p.ID)
		if errors.Is(err, ErrNotFound) {
			return s.giveRole(ctx, tx, Operator(w), p, u.Role)
		}
		if err != nil {
			return err
		}
		return s.putRole(ctx, tx, Operator(w), m, u.Role)
	})
}

// giveRole makes a person a member, or changes what they may do.
func (s *Service) giveRole(ctx context.Context, tx Tx, a Actor, p Person, r Role) error {
	e := personEntry(RoleChanged, p)
	before, err := tx.Member(ctx, p.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		e.Action = PersonAdded
	case err != nil:
		return err
	case before.Role == r:
		return nil
	}
	if err := tx.PutMember(ctx, p.ID, r, s.Now()); err != nil {
		return err
	}
	e.Changes = []Change{{"role", string(before.Role), string(r)}}
	return s.audit(ctx, tx, a, e)
}

// personEntry begins an audit entry about a person who signs in.
func personEntry(action AuditAction, p Person) AuditEntry {
	return AuditEntry{Action: action, Noun: NounPerson, NounID: string(p.ID), Label: p.Name + " (" + p.Email + ")"}
}

func (s *Service) createPerson(ctx context.Context, u NewUser) (Person, error) {
	p, err := s.newPerson(ctx, u.Email, u.Name, u.Password)
	if err != nil {
		return Person{}, err
	}
	return p, s.Store.Instance().CreatePerson(ctx, p)
}

func (s *Service) newPerson(ctx context.Context, email, name, password string) (Person, error) {
	if text := checkPassword(password, email); text != "" {
		return Person{}, invalid("password", text)
	}
	name = clip(oneLine(name), maxName)
	if name == "" {
		name, _, _ = strings.Cut(email, "@")
	}
	hash, err := s.hashing.hash(ctx, password, s.Random)
	if err != nil {
		return Person{}, err
	}
	id, err := newID[PersonID](s.Random)
	return Person{ID: id, Email: email, Name: name, PasswordHash: hash, CreatedAt: s.Now()}, err
}

func checkEmail(email string) string {
	switch addr, err := mail.ParseAddress(email); {
	case email == "":
		return "Enter an e-mail address."
	case len(email) > maxEmail:
		return fmt.Sprintf("Use at most %d characters.", maxEmail)
	case err != nil || addr.Address != email:
		return "This is no e-mail address. It looks like name@example.com."
	}
	return ""
}

// Authenticate returns the person with this e-mail address and password, or
// ErrCredentials. Both refusals take the same work.
func (s *Service) Authenticate(ctx context.Context, email, password string) (Person, error) {
	p, err := s.Store.Instance().PersonByEmail(ctx, strings.ToLower(strings.TrimSpace(email)))
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Person{}, err
	}
	known := err == nil
	hash := p.PasswordHash
	if !known {
		hash = nobodysHash
	}
	ok, err := s.hashing.verify(ctx, hash, password)
	if err != nil {
		return Person{}, err
	}
	s.Observing().SignIn(known && ok)
	if !known || !ok {
		return Person{}, ErrCredentials
	}
	return p, nil
}

// A SetUpForm is what the first owner fills in.
type SetUpForm struct {
	Name, Email, Password, Workspace string
	Samples                          bool
}

// SetUpToken is the secret of the link with which the first owner is made. It
// opens nothing once anybody can sign in.
func (s *Service) SetUpToken() string {
	key := s.Vault.Derive("set-up link")
	return base64.RawURLEncoding.EncodeToString(key[:18])
}

// SetUpOpen tells whether a set-up link with this token still opens.
func (s *Service) SetUpOpen(ctx context.Context, token string) (bool, error) {
	if subtle.ConstantTimeCompare([]byte(token), []byte(s.SetUpToken())) != 1 {
		return false, nil
	}
	taken, err := s.Store.Instance().HasPeople(ctx)
	return !taken, err
}

// SetUp makes the first owner and workspace. ErrNotFound if the link is wrong
// or has done its work; *Invalid names the fields name, email, password,
// workspace.
func (s *Service) SetUp(ctx context.Context, token string, f SetUpForm) (Person, Workspace, error) {
	open, err := s.SetUpOpen(ctx, token)
	if err == nil && !open {
		err = ErrNotFound
	}
	if err != nil {
		return Person{}, Workspace{}, err
	}
	f.Email = strings.ToLower(strings.TrimSpace(f.Email))
	var bad Invalid
	for _, c := range []FieldError{
		{"name", checkName(oneLine(f.Name), "yourself")},
		{"email", checkEmail(f.Email)},
		{"password", checkPassword(f.Password, f.Email)},
		{"workspace", checkName(oneLine(f.Workspace), "the workspace")},
	} {
		if c.Text != "" {
			bad.Add(c.Field, c.Text)
		}
	}
	if err := bad.OrNil(); err != nil {
		return Person{}, Workspace{}, err
	}
	p, err := s.newPerson(ctx, f.Email, f.Name, f.Password)
	if err != nil {
		return Person{}, Workspace{}, err
	}
	w, key, err := s.newWorkspace(f.Workspace)
	if err != nil {
		return Person{}, Workspace{}, err
	}
	actor := Actor{Person: p.ID, Workspace: w.ID, Role: Owner}
	log, err := s.firstEntries(actor, p, w)
	if err != nil {
		return Person{}, Workspace{}, err
	}
	if err := s.Store.Instance().CreateFirstOwner(ctx, p, w, key, log...); err != nil {
		if errors.Is(err, ErrTaken) {
			err = ErrNotFound
		}
		return Person{}, Workspace{}, err
	}
	if f.Samples {
		err = s.addSamples(ctx, actor)
	}
	return p, w, err
}

// firstEntries open the audit log of the first workspace.
func (s *Service) firstEntries(a Actor, p Person, w Workspace) ([]AuditEntry, error) {
	created, err := s.auditEntry(a, createdEntry(w, p.Name))
	if err != nil {
		return nil, err
	}
	added := personEntry(PersonAdded, p)
	added.ActorName, added.Changes = p.Name, []Change{{"role", "", string(Owner)}}
	added, err = s.auditEntry(a, added)
	return []AuditEntry{created, added}, err
}
