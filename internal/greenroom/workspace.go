package greenroom

import (
	"context"
	"crypto/rsa"
	"errors"
	"fmt"
	"strings"
	"time"
)

// A Workspace is a tenant: it owns people, scenarios, connections and keys.
type Workspace struct {
	ID        WorkspaceID // immutable; what the LTI endpoint URLs carry
	Slug      string      // may change; what people see in admin URLs
	Name      string
	CreatedAt time.Time
	// RetentionMonths is after how many months practice is erased; 0: never.
	RetentionMonths int
	// Host is the name that its URLs carry; empty: the instance's own.
	Host string
}

// A Role is what a person may do in one workspace. LTI roles never raise it.
type Role string

// The roles, from strongest to weakest.
const (
	Owner      Role = "owner"
	Admin      Role = "admin"
	MemberRole Role = "member"
)

// ParseRole reads a role as the command line and the database write it.
func ParseRole(s string) (Role, bool) {
	switch r := Role(s); r {
	case Owner, Admin, MemberRole:
		return r, true
	}
	return "", false
}

// Administers tells whether the role opens the workspace's settings.
func (r Role) Administers() bool { return r == Owner || r == Admin }

// rank grows with what a role may do.
func (r Role) rank() int {
	switch r {
	case Owner:
		return 2
	case Admin:
		return 1
	}
	return 0
}

// Reaches tells whether somebody with this role may give the other one, take
// it away, or touch whoever has it: nobody reaches above their own.
func (r Role) Reaches(other Role) bool { return r.Administers() && r.rank() >= other.rank() }

// An Actor is a signed-in person at work in one workspace.
type Actor struct {
	Person    PersonID
	Workspace WorkspaceID
	Role      Role
}

// Bounds of what people type, in characters.
const (
	maxName  = 200
	maxEmail = 254
	maxSlug  = 64
)

// A WorkspaceForm is what the general settings change.
type WorkspaceForm struct {
	Name, Slug string
}

// CreateWorkspace adds a workspace with its first signing key, and with the
// sample scenarios if asked to. The slug is made of the name. owner may be
// empty: the operator makes people afterwards.
func (s *Service) CreateWorkspace(ctx context.Context, name string, owner PersonID, samples bool) (Workspace, error) {
	w, key, err := s.newWorkspace(name)
	if err != nil {
		return Workspace{}, err
	}
	actor, actorName := Operator(w.ID), OperatorName
	if owner != "" {
		p, err := s.Store.Instance().Person(ctx, owner)
		if err != nil {
			return Workspace{}, err
		}
		actor.Person, actorName = owner, p.Name
	}
	base := w.Slug
	for n := 2; ; n++ {
		var e AuditEntry
		if e, err = s.auditEntry(actor, createdEntry(w, actorName)); err != nil {
			break
		}
		err = s.Store.Instance().CreateWorkspace(ctx, w, key, owner, e)
		if !errors.Is(err, ErrTaken) || n > 99 {
			break
		}
		w.Slug = fmt.Sprintf("%s-%d", base, n)
	}
	if err != nil {
		return Workspace{}, fmt.Errorf("create workspace: %w", err)
	}
	if samples {
		err = s.addSamples(ctx, actor)
	}
	return w, err
}

func createdEntry(w Workspace, actorName string) AuditEntry {
	return AuditEntry{
		ActorName: actorName, Action: WorkspaceCreated, Noun: NounWorkspace, NounID: string(w.ID), Label: w.Name,
		Changes: []Change{{"address", "", w.Slug}},
	}
}

// newWorkspace makes a workspace and its first key, and checks the name.
func (s *Service) newWorkspace(name string) (Workspace, Key, error) {
	name = oneLine(name)
	if text := checkName(name, "the workspace"); text != "" {
		return Workspace{}, Key{}, invalid("name", text)
	}
	id, err := newID[WorkspaceID](s.Random)
	if err != nil {
		return Workspace{}, Key{}, err
	}
	key, err := s.newKey(id)
	w := Workspace{ID: id, Slug: slugOf(name), Name: name, CreatedAt: s.Now()}
	return w, key, err
}

// newKey makes an RSA key pair of 2048 bits, sealed for a workspace, that signs
// from now on.
func (s *Service) newKey(w WorkspaceID) (Key, error) {
	id, err := newID[KeyID](s.Random)
	if err != nil {
		return Key{}, err
	}
	pair, err := rsa.GenerateKey(s.Random, 2048)
	if err != nil {
		return Key{}, fmt.Errorf("make signing key: %w", err)
	}
	key, err := s.Vault.SealKey(w, id, pair)
	key.CreatedAt = s.Now().Truncate(time.Millisecond)
	key.SignsAt = key.CreatedAt
	return key, err
}

// RenameWorkspace changes name and slug. *Invalid names the field.
func (s *Service) RenameWorkspace(ctx context.Context, a Actor, f WorkspaceForm) (Workspace, error) {
	store, err := s.settings(a)
	if err != nil {
		return Workspace{}, err
	}
	var bad Invalid
	f.Name, f.Slug = oneLine(f.Name), strings.TrimSpace(f.Slug)
	if text := checkName(f.Name, "the workspace"); text != "" {
		bad.Add("name", text)
	}
	if text := checkSlug(f.Slug); text != "" {
		bad.Add("slug", text)
	}
	if err := bad.OrNil(); err != nil {
		return Workspace{}, err
	}
	var w Workspace
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if w, err = tx.Workspace(ctx); err != nil {
			return err
		}
		changed := changes(Change{"name", w.Name, f.Name}, Change{"address", w.Slug, f.Slug})
		if len(changed) == 0 {
			return nil
		}
		w.Name, w.Slug = f.Name, f.Slug
		if err := tx.SaveWorkspace(ctx, w); err != nil {
			return err
		}
		return s.audit(ctx, tx, a, AuditEntry{
			Action: WorkspaceRenamed, Noun: NounWorkspace, NounID: string(w.ID), Label: w.Name, Changes: changed,
		})
	})
	if errors.Is(err, ErrTaken) {
		return Workspace{}, invalidToday("slug", "Another workspace already uses this address.")
	}
	return w, err
}

// Enter returns who a signed-in person is in a workspace, named by slug or ID.
// ErrNotFound unless the person belongs to it.
func (s *Service) Enter(ctx context.Context, person PersonID, ref string) (Actor, Workspace, error) {
	w, err := s.Store.Instance().FindWorkspace(ctx, ref)
	if err != nil {
		return Actor{}, Workspace{}, err
	}
	m, err := s.Store.Workspace(w.ID).Member(ctx, person)
	if err != nil {
		return Actor{}, Workspace{}, err
	}
	return Actor{Person: person, Workspace: w.ID, Role: m.Role}, w, nil
}

// Memberships returns the workspaces a person can switch to.
func (s *Service) Memberships(ctx context.Context, person PersonID) ([]Membership, error) {
	return s.Store.Instance().Memberships(ctx, person)
}

// shownLearners is how many of those who came by launch stand beside the people
// who sign in; the list of learners has all.
const shownLearners = 50

// Members returns who signs in here, and the newest of those who came by
// launch.
func (s *Service) Members(ctx context.Context, a Actor) ([]Member, []Learner, error) {
	store, err := s.settings(a)
	if err != nil {
		return nil, nil, err
	}
	members, err := store.Members(ctx)
	if err != nil {
		return nil, nil, err
	}
	learners, err := store.Learners(ctx, shownLearners)
	return members, learners, err
}

// Operator is whoever holds the server's command line: an owner everywhere.
func Operator(w WorkspaceID) Actor { return Actor{Workspace: w, Role: Owner} }
