package greenroom

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// A deployment of a shared registration is a customer of the vendor's: a school.
// It comes to a workspace in two steps, so that neither side alone can take
// what is the other's. An administrator of the workspace makes a one-time code;
// an administrator of the school, whom the LMS signs as such, launches the tool
// there and enters it.

// A Claim says that a deployment belongs to a workspace, and to no other.
type Claim struct {
	Workspace  WorkspaceID
	Shared     SharedID
	Deployment string
	Connection ConnectionID // of the workspace
	SiteID     string       // tool_platform.guid as the LMS signed it, may be empty
	SiteName   string       // tool_platform.name, likewise
	ClaimedAt  time.Time
}

// A ClaimCode lets one deployment into a workspace. The code itself is shown
// once and not kept.
type ClaimCode struct {
	Workspace WorkspaceID
	ID        ClaimCodeID
	Hash      string   // hexadecimal, keyed
	CreatedBy PersonID // empty when the operator made it
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero until a deployment was claimed with it
	RevokedAt time.Time // zero unless revoked
}

func (c ClaimCode) opens(now time.Time) bool {
	return c.UsedAt.IsZero() && c.RevokedAt.IsZero() && now.Before(c.ExpiresAt)
}

// Arrived is an administrator of an LMS who launched from a deployment that is
// nobody's.
type Arrived struct {
	ID         ArrivalID
	Shared     SharedID
	Deployment string
	StateID    string // of the launch, spent
	SiteID     string // tool_platform.guid, may be empty
	SiteName   string // tool_platform.name, likewise
	Product    string // product_family_code, likewise
	At         time.Time
	ExpiresAt  time.Time
	WrongCodes int
	UsedAt     time.Time // zero until it has claimed
}

const (
	claimCodeLife = time.Hour
	arrivalLife   = 30 * time.Minute
	// What a deployment may try: five codes for each launch, twenty an hour. A
	// code has 60 bits.
	maxWrongCodes     = 5
	maxWrongCodesHour = 20
)

// ClaimTrouble says why a deployment was not claimed.
type ClaimTrouble string

// What can be wrong.
const (
	ClaimCodeWrong   ClaimTrouble = "code"      // there is no such code, or it has been used, revoked, or expired
	ClaimTooOften    ClaimTrouble = "too often" // too many wrong codes
	ClaimExpired     ClaimTrouble = "expired"   // the launch is too long ago, or has claimed already
	ClaimTaken       ClaimTrouble = "taken"     // the deployment belongs to a workspace
	ClaimOwn         ClaimTrouble = "own"       // the workspace has a connection of its own with issuer and client ID
	ClaimSwitchedOff ClaimTrouble = "off"       // the operator has switched the registration off
)

// A ClaimError turns a claim away.
type ClaimError struct{ Trouble ClaimTrouble }

func (e *ClaimError) Error() string { return "claim: " + string(e.Trouble) }

// NewClaimCode makes a one-time code and returns it as it is read out. Codes of
// the workspace that are still open are revoked: one is enough.
func (s *Service) NewClaimCode(ctx context.Context, a Actor) (ClaimCode, string, error) {
	store, err := s.settings(a)
	if err != nil {
		return ClaimCode{}, "", err
	}
	text, err := NewReference(s.Random)
	if err != nil {
		return ClaimCode{}, "", err
	}
	id, err := newID[ClaimCodeID](s.Random)
	if err != nil {
		return ClaimCode{}, "", err
	}
	now := s.Now().Truncate(time.Millisecond)
	c := ClaimCode{
		Workspace: a.Workspace, ID: id, Hash: s.claimHash(text), CreatedBy: a.Person,
		CreatedAt: now, ExpiresAt: now.Add(claimCodeLife),
	}
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if err := s.revokeClaimCodes(ctx, tx, a); err != nil {
			return err
		}
		if err := tx.AddClaimCode(ctx, c); err != nil {
			return err
		}
		return s.audit(ctx, tx, a, AuditEntry{Action: ClaimCodeCreated, Noun: NounShared, NounID: string(c.ID)})
	})
	return c, text[:4] + "-" + text[4:8] + "-" + text[8:], err
}

// RevokeClaimCodes closes the workspace's codes that nobody has used.
func (s *Service) RevokeClaimCodes(ctx context.Context, a Actor) error {
	store, err := s.settings(a)
	if err != nil {
		return err
	}
	return store.Update(ctx, func(ctx context.Context, tx Tx) error { return s.revokeClaimCodes(ctx, tx, a) })
}

func (s *Service) revokeClaimCodes(ctx context.Context, tx Tx, a Actor) error {
	open, err := tx.OpenClaimCodes(ctx, s.Now())
	if err != nil {
		return err
	}
	for _, c := range open {
		c.RevokedAt = s.Now().Truncate(time.Millisecond)
		if err := tx.SaveClaimCode(ctx, c); err != nil {
			return err
		}
		if err := s.audit(ctx, tx, a, AuditEntry{Action: ClaimCodeRevoked, Noun: NounShared, NounID: string(c.ID)}); err != nil {
			return err
		}
	}
	return nil
}

// claimHash is what is kept of a code. The key is not in the database, so that
// a copy of it does not let anybody try codes.
func (s *Service) claimHash(code string) string {
	key := s.Vault.Derive("claim code")
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(NormalReference(code)))
	return hex.EncodeToString(mac.Sum(nil))
}

// A SharedView is what a workspace's administrators see of the instance's
// registrations.
type SharedView struct {
	Registrations []SharedRegistration
	Claims        []Claim     // the workspace's own
	Codes         []ClaimCode // open ones
}

// Shared returns the instance's registrations and what the workspace has of
// them.
func (s *Service) Shared(ctx context.Context, a Actor) (SharedView, error) {
	store, err := s.settings(a)
	if err != nil {
		return SharedView{}, err
	}
	var v SharedView
	if v.Registrations, err = s.Store.Instance().SharedRegistrations(ctx); err != nil {
		return v, err
	}
	if v.Claims, err = store.Claims(ctx); err != nil {
		return v, err
	}
	v.Codes, err = store.OpenClaimCodes(ctx, s.Now())
	return v, err
}

// ClaimOf returns whose the deployment of a verified launch is. ErrNotFound if
// it is nobody's.
func (s *Service) ClaimOf(ctx context.Context, id SharedID, deployment string) (Claim, error) {
	return s.Store.Instance().Claim(ctx, id, deployment)
}

// MayClaim tells whether a verified launch of a shared registration comes from
// somebody who may claim its deployment.
func (s *Service) MayClaim(ctx context.Context, l *lti.Launch) (bool, error) {
	r, err := s.Store.Instance().SharedRegistration(ctx, SharedID(l.Registration.ID))
	return err == nil && !r.Disabled && l.Subject != "" && r.Claimants.may(l.Roles), err
}

// Arrive spends the state of a verified launch from a deployment that is
// nobody's, and returns what the claiming page is about. ErrSpent.
func (s *Service) Arrive(ctx context.Context, l *lti.Launch) (Arrived, error) {
	id, err := newID[ArrivalID](s.Random)
	if err != nil {
		return Arrived{}, err
	}
	now := s.Now().Truncate(time.Millisecond)
	a := Arrived{
		ID: id, Shared: SharedID(l.Registration.ID), Deployment: l.DeploymentID, StateID: l.StateID,
		At: now, ExpiresAt: now.Add(arrivalLife),
	}
	if p := l.Platform; p != nil {
		a.SiteID, a.SiteName = clip(oneLine(p.GUID), maxIdentifier), clip(oneLine(p.Name), maxName)
		a.Product = clip(oneLine(p.ProductFamilyCode), maxIdentifier)
	}
	err = s.Store.Instance().UpdateShared(ctx, func(ctx context.Context, tx SharedTx) error { return tx.AddArrival(ctx, a) })
	return a, err
}

// ArrivalOf returns an arrival again, for its page.
func (s *Service) ArrivalOf(ctx context.Context, id ArrivalID) (Arrived, error) {
	var a Arrived
	err := s.Store.Instance().UpdateShared(ctx, func(ctx context.Context, tx SharedTx) (err error) {
		a, err = tx.Arrival(ctx, id)
		return err
	})
	return a, err
}

// ReadClaimCode tells into which workspace a code leads, so that who entered it
// can say yes. *ClaimError.
func (s *Service) ReadClaimCode(ctx context.Context, id ArrivalID, code string) (Workspace, error) {
	var w Workspace
	err := s.withCode(ctx, id, code, func(ctx context.Context, tx SharedTx, _ Arrived, c ClaimCode) (err error) {
		w, err = tx.Workspace(c.Workspace).Workspace(ctx)
		return err
	})
	return w, err
}

// ClaimDeployment gives the deployment of an arrival to the workspace of the
// code, and spends both. *ClaimError.
func (s *Service) ClaimDeployment(ctx context.Context, id ArrivalID, code string) (Claim, Workspace, error) {
	var claim Claim
	var w Workspace
	err := s.withCode(ctx, id, code, func(ctx context.Context, tx SharedTx, a Arrived, c ClaimCode) (err error) {
		in, now := tx.Workspace(c.Workspace), s.Now().Truncate(time.Millisecond)
		if claim, err = s.claim(ctx, tx, a, c); err != nil {
			return err
		}
		if w, err = in.Workspace(ctx); err != nil {
			return err
		}
		c.UsedAt, a.UsedAt = now, now
		return errors.Join(in.SaveClaimCode(ctx, c), tx.SaveArrival(ctx, a))
	})
	return claim, w, err
}

// withCode runs fn if the arrival may still claim and the code opens. A wrong
// code is counted; fn's own troubles are not.
func (s *Service) withCode(ctx context.Context, id ArrivalID, code string, fn func(context.Context, SharedTx, Arrived, ClaimCode) error) error {
	hash := s.claimHash(code)
	var refused error
	err := s.Store.Instance().UpdateShared(ctx, func(ctx context.Context, tx SharedTx) error {
		a, err := tx.Arrival(ctx, id)
		if errors.Is(err, ErrNotFound) {
			return &ClaimError{ClaimExpired}
		}
		if err == nil {
			err = s.mayTry(ctx, tx, a)
		}
		if err != nil {
			return err
		}
		c, err := tx.ClaimCode(ctx, hash)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		opens := err == nil && hmac.Equal([]byte(c.Hash), []byte(hash)) && c.opens(s.Now())
		if opens { // whoever made it may have been removed since
			if opens, err = administers(ctx, tx.Workspace(c.Workspace), c.CreatedBy); err != nil {
				return err
			}
		}
		if !opens {
			refused = &ClaimError{ClaimCodeWrong}
			a.WrongCodes++
			return tx.SaveArrival(ctx, a)
		}
		return fn(ctx, tx, a, c)
	})
	if err == nil {
		err = refused
	}
	return err
}

// mayTry says what keeps an arrival from trying another code.
func (s *Service) mayTry(ctx context.Context, tx SharedTx, a Arrived) error {
	now := s.Now()
	if !a.UsedAt.IsZero() || !now.Before(a.ExpiresAt) {
		return &ClaimError{ClaimExpired}
	}
	// Held, so that all tries of one registration are counted one by one.
	r, err := tx.SharedRegistration(ctx, a.Shared)
	if err != nil {
		return err
	}
	if r.Disabled {
		return &ClaimError{ClaimSwitchedOff}
	}
	wrong, err := tx.WrongCodes(ctx, a.Shared, a.Deployment, now.Add(-time.Hour))
	if err == nil && (a.WrongCodes >= maxWrongCodes || wrong >= maxWrongCodesHour) {
		err = &ClaimError{ClaimTooOften}
	}
	return err
}

// claim makes the claim, and the connection if it is the workspace's first of
// the registration.
func (s *Service) claim(ctx context.Context, tx SharedTx, a Arrived, code ClaimCode) (Claim, error) {
	r, err := tx.SharedRegistration(ctx, a.Shared)
	if err != nil {
		return Claim{}, err
	}
	if _, err := tx.Claim(ctx, r.ID, a.Deployment); err == nil {
		return Claim{}, &ClaimError{ClaimTaken}
	} else if !errors.Is(err, ErrNotFound) {
		return Claim{}, err
	}
	in, actor := tx.Workspace(code.Workspace), Actor{Workspace: code.Workspace, Person: code.CreatedBy}
	c, err := s.sharingConnection(ctx, in, r, a)
	if err != nil {
		return Claim{}, err
	}
	claim := Claim{
		Workspace: code.Workspace, Shared: r.ID, Deployment: a.Deployment, Connection: c.ID,
		SiteID: a.SiteID, SiteName: a.SiteName, ClaimedAt: s.Now().Truncate(time.Millisecond),
	}
	if err := tx.AddClaim(ctx, claim); err != nil {
		return claim, err
	}
	e := claimEntry(DeploymentClaimed, r, claim)
	e.Changes = append(e.Changes, Change{"code", "", string(code.ID)})
	return claim, errors.Join(s.audit(ctx, in, actor, e), s.auditClaim(ctx, tx, actor, e))
}

// sharingConnection adds the deployment to the workspace's connection, or makes
// one.
func (s *Service) sharingConnection(ctx context.Context, in Tx, r SharedRegistration, a Arrived) (Connection, error) {
	same, err := in.ConnectionsOf(ctx, r.Issuer, r.ClientID)
	if err != nil {
		return Connection{}, err
	}
	var c Connection
	switch {
	case len(same) > 0 && same[0].Shared != r.ID:
		return c, &ClaimError{ClaimOwn}
	case len(same) > 0:
		c = same[0]
	default:
		c = Connection{
			Platform: r.Platform, Issuer: r.Issuer, ClientID: r.ClientID, AuthURL: r.AuthURL, TokenURL: r.TokenURL,
			KeySetURL: r.KeySetURL, KeySet: r.KeySet, KeySetAt: r.KeySetAt, Audience: r.Audience, Product: r.Product, How: BySharing, Shared: r.ID, ConnectedAt: s.Now(),
		}
		if c.Product == "" {
			c.Product = a.Product
		}
		if c.ID, err = newID[ConnectionID](s.Random); err != nil {
			return c, err
		}
	}
	if !c.Has(a.Deployment) {
		c.Deployments = append(c.Deployments, a.Deployment)
	}
	c.UpdatedAt = s.Now()
	return c, in.SaveConnection(ctx, c)
}

// ReleaseDeployment makes a deployment nobody's again: nobody comes in by it,
// and none of its scores goes out. What its people did stays in the workspace.
// ErrNotFound if the workspace has no such claim.
func (s *Service) ReleaseDeployment(ctx context.Context, a Actor, id SharedID, deployment string) error {
	if _, err := s.settings(a); err != nil {
		return err
	}
	return s.Store.Instance().UpdateShared(ctx, func(ctx context.Context, tx SharedTx) error {
		r, err := tx.SharedRegistration(ctx, id)
		if err != nil {
			return err
		}
		c, err := tx.Claim(ctx, id, deployment)
		if err == nil && c.Workspace != a.Workspace {
			err = ErrNotFound
		}
		if err != nil {
			return err
		}
		return s.release(ctx, tx, a, r, c)
	})
}

func (s *Service) release(ctx context.Context, tx SharedTx, a Actor, r SharedRegistration, claim Claim) error {
	in := tx.Workspace(claim.Workspace)
	c, err := in.Connection(ctx, claim.Connection)
	if err != nil {
		return err
	}
	c.Deployments = slices.DeleteFunc(slices.Clone(c.Deployments), func(d string) bool { return d == claim.Deployment })
	c.UpdatedAt = s.Now()
	if err := errors.Join(in.SaveConnection(ctx, c), tx.DropClaim(ctx, claim)); err != nil {
		return err
	}
	e := claimEntry(DeploymentReleased, r, claim)
	return errors.Join(s.audit(ctx, in, a, e), s.auditClaim(ctx, tx, a, e))
}

// auditClaim writes the same into the instance's log, with the workspace.
func (s *Service) auditClaim(ctx context.Context, tx SharedTx, a Actor, e AuditEntry) error {
	w, err := tx.Workspace(a.Workspace).Workspace(ctx)
	if err != nil {
		return err
	}
	e.Changes = append(slices.Clone(e.Changes), Change{"workspace", "", w.Name + " (" + string(w.ID) + ")"})
	return s.auditInstance(ctx, tx, a, e)
}

func claimEntry(action AuditAction, r SharedRegistration, c Claim) AuditEntry {
	change := Change{"deployment", "", c.Deployment}
	if action == DeploymentReleased {
		change = Change{"deployment", c.Deployment, ""}
	}
	return AuditEntry{
		Action: action, Noun: NounShared, NounID: string(r.ID), Label: r.Platform,
		Changes: slices.DeleteFunc([]Change{change, {"site", "", c.SiteName}, {"site ID", "", c.SiteID}},
			func(c Change) bool { return c.From == c.To }),
	}
}

// MaySend refuses what a workspace would send by a shared connection whose
// deployment is no longer its own, or whose registration is switched off. An
// empty deployment is any that the workspace has. Connections of the
// workspace's own are its own affair. *ClaimError.
func MaySend(ctx context.Context, store InstanceStore, w WorkspaceID, c Connection, deployment string) error {
	if c.Shared == "" {
		return nil
	}
	r, err := store.SharedRegistration(ctx, c.Shared)
	if errors.Is(err, ErrNotFound) {
		return &ClaimError{ClaimExpired}
	}
	if err != nil {
		return err
	}
	if r.Disabled {
		return &ClaimError{ClaimSwitchedOff}
	}
	claims, err := store.Claims(ctx, c.Shared)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(claims, func(x Claim) bool {
		return x.Workspace == w && (deployment == "" || x.Deployment == deployment)
	}) {
		return &ClaimError{ClaimExpired}
	}
	return nil
}
