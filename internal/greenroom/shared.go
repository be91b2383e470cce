package greenroom

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/profile"
)

// A SharedRegistration belongs to the instance: some vendors give one client
// ID for all customers of a tool, and tell the customers apart by deployment
// alone. A workspace claims a deployment of it (see Claim) and then has a
// connection like any other, whose key and client ID are the instance's.
type SharedRegistration struct {
	ID       SharedID
	Platform string // display name
	Issuer   string
	ClientID string

	AuthURL   string
	TokenURL  string
	KeySetURL string
	Audience  string // of client assertions; empty means TokenURL
	Product   string // code of the LMS, empty if the operator named none

	Claimants Claimants
	Disabled  bool

	KeySet   []byte    // the last good key set document, nil before the first
	KeySetAt time.Time // when it was fetched

	ConnectedAt time.Time
	UpdatedAt   time.Time
}

// Claimants says whom a platform must sign a person to be before they can bring
// a deployment into a workspace. With the code of the workspace alone nobody
// can.
type Claimants string

// The claimants.
const (
	// ClaimByAdministrators: an administrator of the institution or the system.
	ClaimByAdministrators Claimants = "administrator"
	// ClaimByInstructors: an instructor as well, for platforms that send no
	// role of an administrator.
	ClaimByInstructors Claimants = "instructor"
)

// may tells whether somebody with these roles may claim. The administrator of a
// course is none of the institution.
func (c Claimants) may(roles lti.Roles) bool {
	if roles.TestUser() {
		return false
	}
	return roles.PlatformAdministrator() || c == ClaimByInstructors && roles.Instructor()
}

// A SharedForm is what the operator types about a shared registration. Where
// Product is an LMS that has the same name and addresses for all customers, they
// need not be typed.
type SharedForm struct {
	Platform  string // field platform
	Issuer    string // field issuer
	ClientID  string // field client_id
	AuthURL   string // field auth_url
	TokenURL  string // field token_url
	KeySetURL string // field jwks_url
	Audience  string // field audience, may be empty
	Product   string // field product, may be empty: a code of package profile, or what the LMS calls itself
	Claimants string // field claimants; empty: administrators
}

// filled is the form with what is known of the LMS where nothing was typed, and
// with the product as the LMS itself calls it. It tells whether the product is
// one that is known.
func (f SharedForm) filled() (SharedForm, bool) {
	product := strings.TrimSpace(f.Product)
	lms, ok := profile.ByCode(strings.ToLower(product))
	if ok {
		f.Product = lms.Families[0]
	} else if lms = profile.For(product); lms.Code == profile.Generic().Code {
		return f, false
	}
	issuer := strings.TrimSpace(f.Issuer)
	known := lms.Endpoints
	for _, other := range lms.Environments {
		if other.Endpoints.Issuer == issuer {
			known = other.Endpoints
		}
	}
	known = known.Fill(issuer, strings.TrimSpace(f.ClientID))
	f.Platform, f.Issuer = cmp.Or(f.Platform, lms.Name), cmp.Or(issuer, known.Issuer)
	f.AuthURL, f.TokenURL, f.KeySetURL = cmp.Or(f.AuthURL, known.AuthURL), cmp.Or(f.TokenURL, known.TokenURL), cmp.Or(f.KeySetURL, known.KeySetURL)
	return f, true
}

func (f SharedForm) check(allowHTTP bool) (SharedRegistration, error) {
	// The rules are those of the manual form. A deployment is claimed, not typed.
	c, err := ConnectionForm{
		Platform: f.Platform, Issuer: f.Issuer, ClientID: f.ClientID, Deployments: "claimed",
		AuthURL: f.AuthURL, TokenURL: f.TokenURL, KeySetURL: f.KeySetURL,
	}.check(allowHTTP)
	var bad Invalid
	if found, ok := errors.AsType[*Invalid](err); ok {
		bad = *found
	} else if err != nil {
		return SharedRegistration{}, err
	}
	r := SharedRegistration{
		Platform: c.Platform, Issuer: c.Issuer, ClientID: c.ClientID,
		AuthURL: c.AuthURL, TokenURL: c.TokenURL, KeySetURL: c.KeySetURL,
		Audience: strings.TrimSpace(f.Audience), Product: strings.TrimSpace(f.Product), Claimants: Claimants(f.Claimants),
	}
	for field, value := range map[string]string{"audience": r.Audience, "product": r.Product} {
		if value == "" {
			continue
		}
		if text := checkIdentifier(value, ""); text != "" {
			bad.Add(field, text)
		}
	}
	switch r.Claimants {
	case "":
		r.Claimants = ClaimByAdministrators
	case ClaimByAdministrators, ClaimByInstructors:
	default:
		bad.Add("claimants", "Say administrator or instructor.")
	}
	return r, bad.OrNil()
}

// SavedShared is what saving a shared registration did.
type SavedShared struct {
	Registration SharedRegistration
	Created      bool
	Warnings     []string // sentences for the operator
}

// SaveShared adds a shared registration, or changes the one that has its issuer
// and client ID, and gives the instance its first key if it has none. The key
// set is fetched once; a platform that cannot be reached is a warning. It is
// for the operator. *Invalid names fields.
func (s *Service) SaveShared(ctx context.Context, f SharedForm) (SavedShared, error) {
	f, known := f.filled()
	r, err := f.check(s.AllowHTTP)
	if err != nil {
		return SavedShared{}, err
	}
	if _, err := s.EnsureInstanceKey(ctx); err != nil {
		return SavedShared{}, err
	}
	saved := SavedShared{Warnings: issuerWarning(Connection{Issuer: r.Issuer})}
	if r.Product != "" && !known {
		saved.Warnings = append(saved.Warnings, "Greenroom knows nothing of an LMS called “"+r.Product+"”, so it treats it as any LMS that follows the specifications.")
	}
	report, err := s.Platforms.FetchKeySet(ctx, r.KeySetURL)
	if err != nil {
		saved.Warnings = append(saved.Warnings, keySetWarning(err))
		s.Log.WarnContext(ctx, "key set not fetched", "url", r.KeySetURL, "err", err)
	} else {
		r.KeySet, r.KeySetAt = report.Document, s.Now()
	}
	err = s.Store.Instance().UpdateShared(ctx, func(ctx context.Context, tx SharedTx) error {
		saved.Registration, saved.Created, err = s.upsertShared(ctx, tx, r)
		return err
	})
	if errors.Is(err, ErrTaken) {
		err = invalidToday("client_id", "A workspace that shares this registration has a connection of its own with the issuer and client ID.")
	}
	return saved, err
}

func (s *Service) upsertShared(ctx context.Context, tx SharedTx, r SharedRegistration) (SharedRegistration, bool, error) {
	same, err := tx.SharedRegistrationsOf(ctx, r.Issuer, r.ClientID)
	if err != nil {
		return r, false, err
	}
	action, old := SharedAdded, SharedRegistration{}
	r.ConnectedAt, r.UpdatedAt = s.Now(), s.Now()
	if len(same) > 0 {
		action, old = SharedChanged, same[0]
		r.ID, r.ConnectedAt, r.Disabled = old.ID, old.ConnectedAt, old.Disabled
		if r.KeySet == nil && r.KeySetURL == old.KeySetURL {
			r.KeySet, r.KeySetAt = old.KeySet, old.KeySetAt
		}
	} else if r.ID, err = newID[SharedID](s.Random); err != nil {
		return r, false, err
	}
	if err := tx.SaveSharedRegistration(ctx, r); err != nil {
		return r, false, err
	}
	e := sharedEntry(action, old, r)
	if len(e.Changes) == 0 {
		return r, false, nil
	}
	return r, action == SharedAdded, s.auditInstance(ctx, tx, Actor{}, e)
}

func sharedEntry(action AuditAction, old, r SharedRegistration) AuditEntry {
	return AuditEntry{
		Action: action, Noun: NounShared, NounID: string(r.ID), Label: r.Platform,
		Changes: changes(
			Change{"name", old.Platform, r.Platform}, Change{"issuer", old.Issuer, r.Issuer},
			Change{"client ID", old.ClientID, r.ClientID}, Change{"authentication request URL", old.AuthURL, r.AuthURL},
			Change{"access token URL", old.TokenURL, r.TokenURL}, Change{"public keyset URL", old.KeySetURL, r.KeySetURL},
			Change{"audience", old.Audience, r.Audience}, Change{"product", old.Product, r.Product},
			Change{"claimed by", string(old.Claimants), string(r.Claimants)},
		),
	}
}

// SwitchShared switches a shared registration off or on again. While it is off
// nobody comes in by it, and no score goes out. It is for the operator.
func (s *Service) SwitchShared(ctx context.Context, id SharedID, on bool) (SharedRegistration, error) {
	var r SharedRegistration
	err := s.Store.Instance().UpdateShared(ctx, func(ctx context.Context, tx SharedTx) (err error) {
		if r, err = tx.SharedRegistration(ctx, id); err != nil || r.Disabled == !on {
			return err
		}
		r.Disabled, r.UpdatedAt = !on, s.Now()
		if err := tx.SaveSharedRegistration(ctx, r); err != nil {
			return err
		}
		action := SharedSwitchedOn
		if !on {
			action = SharedSwitchedOff
		}
		return s.auditInstance(ctx, tx, Actor{}, AuditEntry{Action: action, Noun: NounShared, NounID: string(r.ID), Label: r.Platform})
	})
	return r, err
}

// ErrClaimed: a shared registration cannot go while workspaces share it.
var ErrClaimed = errors.New("workspaces have deployments of it")

// RemoveShared removes a shared registration of which no deployment is claimed;
// with release it releases them first. It is for the operator. ErrClaimed.
func (s *Service) RemoveShared(ctx context.Context, id SharedID, release bool) (SharedRegistration, error) {
	var r SharedRegistration
	err := s.Store.Instance().UpdateShared(ctx, func(ctx context.Context, tx SharedTx) (err error) {
		if r, err = tx.SharedRegistration(ctx, id); err != nil {
			return err
		}
		claims, err := tx.Claims(ctx, id)
		if err != nil {
			return err
		}
		if len(claims) > 0 && !release {
			return fmt.Errorf("%d: %w", len(claims), ErrClaimed)
		}
		for _, c := range claims {
			if err := s.release(ctx, tx, Operator(c.Workspace), r, c); err != nil {
				return err
			}
		}
		if err := tx.DeleteSharedRegistration(ctx, id); err != nil {
			return err
		}
		return s.auditInstance(ctx, tx, Actor{}, AuditEntry{Action: SharedRemoved, Noun: NounShared, NounID: string(r.ID), Label: r.Platform})
	})
	return r, err
}

// auditInstance writes into the instance's audit log. An actor is somebody of a
// workspace; nobody is the operator.
func (s *Service) auditInstance(ctx context.Context, tx SharedTx, a Actor, e AuditEntry) error {
	if a.Person != "" && e.ActorName == "" {
		m, err := tx.Workspace(a.Workspace).Member(ctx, a.Person)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		e.ActorName = unknownName
		if err == nil {
			e.ActorName = m.Person.Name
		}
	}
	e, err := s.auditEntry(a, e)
	if err != nil {
		return err
	}
	return tx.AddAudit(ctx, e)
}
