package greenroom

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// An Invite is a registration URL: signed, valid for one hour, good for one
// registration, bound to its workspace.
type Invite struct {
	ID         InviteID
	CreatedBy  PersonID // empty when the operator made it
	CreatedAt  time.Time
	ExpiresAt  time.Time
	UsedAt     time.Time // zero until a registration succeeded
	RevokedAt  time.Time // zero unless revoked
	LeaseUntil time.Time // a registration is under way until then
	Connection ConnectionID
}

const (
	inviteLife  = time.Hour
	inviteLease = time.Minute
)

// InviteTrouble says why a registration URL does not open.
type InviteTrouble string

// What can be wrong with a registration URL.
const (
	InviteTampered InviteTrouble = "tampered"
	InviteForeign  InviteTrouble = "foreign" // of another workspace
	InviteExpired  InviteTrouble = "expired"
	InviteUsed     InviteTrouble = "used"
	InviteRevoked  InviteTrouble = "revoked"
	InviteBusy     InviteTrouble = "busy" // a registration is under way
)

// An InviteError turns a registration URL away.
type InviteError struct {
	Trouble InviteTrouble
}

func (e *InviteError) Error() string { return "registration URL: " + string(e.Trouble) }

// NewInvite makes a registration URL and returns the token that its query
// carries.
func (s *Service) NewInvite(ctx context.Context, a Actor) (Invite, string, error) {
	store, err := s.settings(a)
	if err != nil {
		return Invite{}, "", err
	}
	id, err := newID[InviteID](s.Random)
	if err != nil {
		return Invite{}, "", err
	}
	now := s.Now().Truncate(time.Millisecond)
	i := Invite{ID: id, CreatedBy: a.Person, CreatedAt: now, ExpiresAt: now.Add(inviteLife)}
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		if _, err := tx.Workspace(ctx); err != nil {
			return err
		}
		if err := tx.AddInvite(ctx, i); err != nil {
			return err
		}
		return s.audit(ctx, tx, a, AuditEntry{Action: InviteCreated, Noun: NounInvite, NounID: string(i.ID)})
	})
	return i, s.inviteToken(a.Workspace, i), err
}

// InviteToken returns the token of an invite again, so that an open settings
// page can show its URL.
func (s *Service) InviteToken(a Actor, i Invite) string { return s.inviteToken(a.Workspace, i) }

// inviteToken is base64url(workspace "|" invite "|" expiry) "." base64url(MAC).
// The workspace is inside, so that a URL taken to another one can be told from
// a damaged one.
func (s *Service) inviteToken(w WorkspaceID, i Invite) string {
	body := strings.Join([]string{string(w), string(i.ID), strconv.FormatInt(i.ExpiresAt.Unix(), 10)}, "|")
	b64 := base64.RawURLEncoding.EncodeToString
	return b64([]byte(body)) + "." + b64(s.inviteMAC(body))
}

func (s *Service) inviteMAC(body string) []byte {
	key := s.Vault.Derive("registration URL")
	mac := hmac.New(sha256.New, key[:])
	mac.Write([]byte(body))
	return mac.Sum(nil)[:16]
}

func (s *Service) readInviteToken(token string) (w WorkspaceID, id InviteID, expires time.Time, err error) {
	tampered := &InviteError{InviteTampered}
	if strings.ContainsAny(token, "\r\n") { // the decoder would skip them
		return "", "", time.Time{}, tampered
	}
	head, tail, _ := strings.Cut(token, ".")
	body, err1 := base64.RawURLEncoding.Strict().DecodeString(head)
	mac, err2 := base64.RawURLEncoding.Strict().DecodeString(tail)
	if errors.Join(err1, err2) != nil || !hmac.Equal(mac, s.inviteMAC(string(body))) {
		return "", "", time.Time{}, tampered
	}
	parts := strings.Split(string(body), "|")
	if len(parts) != 3 {
		return "", "", time.Time{}, tampered
	}
	seconds, err := strconv.ParseInt(parts[2], 10, 64)
	if err != nil {
		return "", "", time.Time{}, tampered
	}
	return WorkspaceID(parts[0]), InviteID(parts[1]), time.Unix(seconds, 0), nil
}

// CheckInvite returns the invite that a registration URL names, or
// *InviteError. Nothing is written.
func (s *Service) CheckInvite(ctx context.Context, w WorkspaceID, token string) (Invite, error) {
	of, id, expires, err := s.readInviteToken(token)
	switch {
	case err != nil:
		return Invite{}, err
	case of != w:
		return Invite{}, &InviteError{InviteForeign}
	}
	i, err := s.Store.Workspace(w).Invite(ctx, id)
	if errors.Is(err, ErrNotFound) { // swept
		i, err = Invite{ExpiresAt: expires}, nil
	}
	if err == nil {
		err = i.trouble(s.Now())
	}
	if err == nil {
		err = makerStands(ctx, s.Store.Workspace(w), i)
	}
	return i, err
}

// makerStands refuses an invite whose maker does not administer the workspace
// any more: who is gone connects no LMS.
func makerStands(ctx context.Context, r Reader, i Invite) error {
	stands, err := administers(ctx, r, i.CreatedBy)
	if err == nil && !stands {
		err = &InviteError{InviteRevoked}
	}
	return err
}

// trouble says what keeps an invite from being used now.
func (i Invite) trouble(now time.Time) error {
	switch {
	case !i.UsedAt.IsZero():
		return &InviteError{InviteUsed}
	case !i.RevokedAt.IsZero():
		return &InviteError{InviteRevoked}
	case !now.Before(i.ExpiresAt):
		return &InviteError{InviteExpired}
	case now.Before(i.LeaseUntil):
		return &InviteError{InviteBusy}
	}
	return nil
}

// OpenInvites returns the registration URLs that still open.
func (s *Service) OpenInvites(ctx context.Context, a Actor) ([]Invite, error) {
	store, err := s.settings(a)
	if err != nil {
		return nil, err
	}
	return store.OpenInvites(ctx, s.Now())
}

// RevokeInvites closes all registration URLs that nobody has used, and returns
// how many there were.
func (s *Service) RevokeInvites(ctx context.Context, a Actor) (int, error) {
	store, err := s.settings(a)
	if err != nil {
		return 0, err
	}
	n := 0
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		open, err := tx.OpenInvites(ctx, s.Now())
		if err != nil {
			return err
		}
		for _, i := range open {
			i.RevokedAt = s.Now()
			if err := tx.SaveInvite(ctx, i); err != nil {
				return err
			}
		}
		if n = len(open); n == 0 {
			return nil
		}
		return s.audit(ctx, tx, a, AuditEntry{
			Action: InvitesRevoked, Noun: NounInvite, Changes: []Change{{"open registration URLs", strconv.Itoa(n), "0"}},
		})
	})
	return n, err
}

// Register completes a dynamic registration: it leases the URL, asks the
// platform, and saves the connection and burns the URL at once. Half-way
// failures leave the URL usable. *InviteError, *RegistrationError.
func (s *Service) Register(ctx context.Context, w WorkspaceID, token string, r RegistrationRequest) (Connection, error) {
	i, err := s.CheckInvite(ctx, w, token)
	if err != nil {
		return Connection{}, err
	}
	store := s.Store.Workspace(w)
	lease := s.Now().Add(inviteLease).Truncate(time.Millisecond)
	if err := s.leaseInvite(ctx, store, i.ID, lease); err != nil {
		return Connection{}, err
	}
	// A popup that closes must not cut the exchange in two: what the platform
	// has registered is kept.
	ctx = context.WithoutCancel(ctx)
	r.Known = func(ctx context.Context, issuer, clientID string) (bool, error) {
		same, err := store.ConnectionsOf(ctx, issuer, clientID)
		return len(same) > 0 && clientID != "", err
	}
	answer, err := s.Platforms.Register(ctx, r)
	if err == nil {
		err = answer.check(s.AllowHTTP)
	}
	if err != nil {
		return Connection{}, errors.Join(err, s.releaseInvite(ctx, store, i.ID, lease))
	}
	var saved Connection
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		i, err := tx.Invite(ctx, i.ID)
		if err != nil {
			return err
		}
		if !i.UsedAt.IsZero() {
			return &InviteError{InviteUsed}
		}
		if err := makerStands(ctx, tx, i); err != nil {
			return err
		}
		// The registration is its maker's doing: the URL was theirs to hand out.
		by := Actor{Person: i.CreatedBy, Workspace: w}
		if saved, _, err = s.upsertConnection(ctx, tx, by, answer.connection(s.Now())); err != nil {
			return err
		}
		if saved, err = s.keepManagement(ctx, tx, w, saved, answer); err != nil {
			return err
		}
		i.UsedAt, i.LeaseUntil, i.Connection = s.Now(), time.Time{}, saved.ID
		return tx.SaveInvite(ctx, i)
	})
	return saved, err
}

func (s *Service) leaseInvite(ctx context.Context, store WorkspaceStore, id InviteID, until time.Time) error {
	return store.Update(ctx, func(ctx context.Context, tx Tx) error {
		i, err := tx.Invite(ctx, id)
		if err != nil {
			return err
		}
		if err := i.trouble(s.Now()); err != nil {
			return err
		}
		i.LeaseUntil = until
		return tx.SaveInvite(ctx, i)
	})
}

// releaseInvite ends our own lease only: another opener may hold a later one.
func (s *Service) releaseInvite(ctx context.Context, store WorkspaceStore, id InviteID, lease time.Time) error {
	return store.Update(ctx, func(ctx context.Context, tx Tx) error {
		i, err := tx.Invite(ctx, id)
		if err != nil || !i.LeaseUntil.Equal(lease) {
			return err
		}
		i.LeaseUntil = time.Time{}
		return tx.SaveInvite(ctx, i)
	})
}

// check holds what a platform says of itself to the rules for what people type:
// it is shown on pages and in terminals, and goes into each token request.
func (r Registered) check(allowHTTP bool) error {
	for _, id := range []struct{ name, value string }{
		{"issuer", r.Issuer}, {"client_id", r.ClientID}, {"deployment_id", r.Deployment}, {"authorization_server", r.Audience}, {"product_family_code", r.Product},
	} {
		if id.value == "" {
			continue
		}
		if text := checkIdentifier(id.value, ""); text != "" {
			return &RegistrationError{Text: fmt.Sprintf("What the LMS gives as %s is longer than %d characters, or holds characters that cannot be seen.", id.name, maxIdentifier)}
		}
	}
	for _, at := range []struct{ name, value string }{
		{"authorization_endpoint", r.AuthURL}, {"token_endpoint", r.TokenURL}, {"jwks_uri", r.KeySetURL},
	} {
		if address, text := checkURL(at.value, "", allowHTTP); text != "" || address != at.value {
			return &RegistrationError{Text: fmt.Sprintf("What the LMS gives as %s cannot be used: %s", at.name, text)}
		}
	}
	return nil
}

// connection turns a platform's answer into a connection. A platform that
// names no deployment may launch from any: each is pinned when it is first
// seen in a verified launch.
func (r Registered) connection(now time.Time) Connection {
	c := Connection{
		Platform: clip(oneLine(r.Platform), maxName), Issuer: r.Issuer, ClientID: r.ClientID,
		AuthURL: r.AuthURL, TokenURL: r.TokenURL, KeySetURL: r.KeySetURL, Audience: r.Audience,
		How: ByRegistration, Product: r.Product, Scopes: r.Scopes, Missing: r.Missing, Asked: r.Asked,
		ConfigurationURL: r.ConfigurationURL,
		KeySet:           r.KeySet,
	}
	if r.KeySet != nil {
		c.KeySetAt = now
	}
	if r.Deployment != "" {
		c.Deployments = []string{r.Deployment}
	} else {
		c.AcceptDeployments = true
	}
	return c
}
