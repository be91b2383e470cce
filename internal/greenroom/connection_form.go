package greenroom

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

// A ConnectionForm is what the manual connection form holds, as typed.
type ConnectionForm struct {
	Platform    string // field platform
	Issuer      string // field issuer
	ClientID    string // field client_id
	Deployments string // field deployment_ids: separated by spaces or commas
	AuthURL     string // field auth_url
	TokenURL    string // field token_url
	KeySetURL   string // field jwks_url
}

// The bounds of what a platform hands out (Core 1.0 §5.3, §3.1.3), and ours.
const (
	maxIdentifier  = 255
	maxURL         = 2000
	maxDeployments = 100
)

// check returns the form's values as a connection, or *Invalid.
func (f ConnectionForm) check(allowHTTP bool) (Connection, error) {
	var bad Invalid
	c := Connection{
		Platform: oneLine(f.Platform),
		Issuer:   strings.TrimSpace(f.Issuer),
		ClientID: strings.TrimSpace(f.ClientID),
		How:      ByHand,
	}
	note := func(field, text string) {
		if text != "" {
			bad.Add(field, text)
		}
	}
	note("platform", checkPlatform(c.Platform))
	note("issuer", checkIdentifier(c.Issuer, "Enter the issuer that your LMS shows, usually its address."))
	note("client_id", checkIdentifier(c.ClientID, "Enter the client ID that your LMS made for this tool."))
	var text string
	c.Deployments, text = splitDeployments(f.Deployments)
	note("deployment_ids", text)
	c.AuthURL, text = checkURL(f.AuthURL, "Enter the authentication request URL of your LMS.", allowHTTP)
	note("auth_url", text)
	c.TokenURL, text = checkURL(f.TokenURL, "Enter the access token URL of your LMS.", allowHTTP)
	note("token_url", text)
	c.KeySetURL, text = checkURL(f.KeySetURL, "Enter the public keyset URL of your LMS.", allowHTTP)
	note("jwks_url", text)
	return c, bad.OrNil()
}

func checkPlatform(name string) string {
	switch {
	case name == "":
		return "Enter a name for this LMS."
	case utf8.RuneCountInString(name) > maxName:
		return fmt.Sprintf("Use at most %d characters.", maxName)
	}
	return ""
}

func checkIdentifier(s, empty string) string {
	switch {
	case s == "":
		return empty
	case utf8.RuneCountInString(s) > maxIdentifier:
		return fmt.Sprintf("Use at most %d characters.", maxIdentifier)
	case oneLine(s) != s:
		return "Paste it as it is, without line breaks or invisible characters."
	}
	return ""
}

// deploymentGaps are between deployment IDs.
const deploymentGaps = " ,;\t\r\n\u00a0"

// splitDeployments reads a list separated by spaces, commas, semicolons or
// line breaks. The same ID twice counts once.
func splitDeployments(s string) (ids []string, text string) {
	seen := map[string]bool{}
	for _, id := range strings.FieldsFunc(s, func(r rune) bool {
		return strings.ContainsRune(deploymentGaps, r)
	}) {
		if text := checkIdentifier(id, ""); text != "" {
			return nil, text
		}
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	switch {
	case len(ids) == 0:
		return nil, "Enter the deployment ID that your LMS shows. Separate several with spaces or commas."
	case len(ids) > maxDeployments:
		return nil, fmt.Sprintf("Enter at most %d deployment IDs.", maxDeployments)
	}
	return ids, ""
}

// checkURL returns the URL as it will be called, and what is wrong with it.
func checkURL(s, empty string, allowHTTP bool) (string, string) {
	s = strings.TrimSpace(s)
	if s == "" {
		return s, empty
	}
	if len(s) > maxURL {
		return s, fmt.Sprintf("Use at most %d characters.", maxURL)
	}
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Hostname() == "" || oneLine(s) != s || strings.Contains(s, " "):
		return s, "This is not a URL. It looks like https://lms.example.com/…"
	case u.User != nil:
		return s, "Leave out the user name and password in front of the host."
	case u.Fragment != "":
		return s, "Leave out the part from # on."
	case u.Scheme == "https":
		return s, ""
	case u.Scheme == "http" && allowHTTP && IsLoopback(u.Hostname()):
		return s, ""
	}
	return s, "The URL must begin with https://."
}

// SavedConnection is what saving the manual form did.
type SavedConnection struct {
	Connection Connection
	Created    bool
	KeySet     *KeySetReport // nil when it could not be fetched
	Warnings   []string      // sentences for the administrator
}

// SaveConnection adds the connection, or changes the one that has its issuer
// and client ID. The key set is fetched once; a platform that cannot be
// reached is a warning. *Invalid names fields.
func (s *Service) SaveConnection(ctx context.Context, a Actor, f ConnectionForm) (SavedConnection, error) {
	store, err := s.settings(a)
	if err != nil {
		return SavedConnection{}, err
	}
	c, err := f.check(s.AllowHTTP)
	if err != nil {
		return SavedConnection{}, err
	}
	saved := SavedConnection{Warnings: issuerWarning(c)}
	s.fetchKeySet(ctx, &c, &saved)
	err = store.Update(ctx, func(ctx context.Context, tx Tx) error {
		saved.Connection, saved.Created, err = s.upsertConnection(ctx, tx, a, c)
		return err
	})
	return saved, err
}

func issuerWarning(c Connection) []string {
	if c.IssuerURL() != "" || isLoopbackURL(c.Issuer) {
		return nil
	}
	return []string{"The issuer is no https address. That is right for a few LMSes only; compare it with what yours shows, letter by letter."}
}

func isLoopbackURL(s string) bool {
	u, err := url.Parse(s)
	return err == nil && u.Scheme == "http" && IsLoopback(u.Hostname())
}

func keySetWarning(err error) string {
	text := "Greenroom could not fetch the keyset of your LMS yet"
	if explained, ok := errors.AsType[interface {
		error
		Explain() string
	}](err); ok {
		text += ": " + explained.Explain()
	}
	return strings.TrimSuffix(text, ".") + ". The connection is saved; check the public keyset URL before the first launch."
}

// upsertConnection saves c under its issuer and client ID. What the form does
// not hold is kept.
func (s *Service) upsertConnection(ctx context.Context, tx Tx, a Actor, c Connection) (Connection, bool, error) {
	now := s.Now()
	same, err := tx.ConnectionsOf(ctx, c.Issuer, c.ClientID)
	if err != nil {
		return Connection{}, false, err
	}
	if len(same) > 0 && same[0].Shared != "" {
		return Connection{}, false, invalidToday("client_id", "This workspace shares this registration already. Whoever runs Greenroom looks after it.")
	}
	if len(same) > 0 {
		return s.changeConnection(ctx, tx, a, same[0], c)
	}
	if c.ID, err = newID[ConnectionID](s.Random); err != nil {
		return Connection{}, false, err
	}
	c.ConnectedAt, c.UpdatedAt = now, now
	if err := tx.SaveConnection(ctx, c); err != nil {
		return Connection{}, false, err
	}
	action := ConnectionCreated
	if c.How == ByRegistration {
		action = ConnectionRegistered
	}
	return c, true, s.audit(ctx, tx, a, connectionEntry(action, Connection{}, c))
}

func (s *Service) changeConnection(ctx context.Context, tx Tx, a Actor, old, c Connection) (Connection, bool, error) {
	c.ID, c.ConnectedAt, c.UpdatedAt = old.ID, old.ConnectedAt, s.Now()
	c.LastLaunchAt, c.LastPassbackAt = old.LastLaunchAt, old.LastPassbackAt
	c.Disabled = old.Disabled
	c.Profile, c.AllowAnonymous, c.MakeLineItems = old.Profile, old.AllowAnonymous, old.MakeLineItems
	c.keepAudience(old)
	if c.How == ByHand {
		c.Product = old.Product
		c.Scopes, c.Missing, c.Asked = old.Scopes, old.Missing, old.Asked
		c.ConfigurationURL, c.RegistrationURL, c.RegistrationToken = old.ConfigurationURL, old.RegistrationURL, old.RegistrationToken
	} else {
		c.joinDeployments(old)
		c.RegistrationURL, c.RegistrationToken = old.RegistrationURL, old.RegistrationToken
	}
	if c.KeySet == nil && c.KeySetURL == old.KeySetURL {
		c.KeySet, c.KeySetAt = old.KeySet, old.KeySetAt
	}
	if err := tx.SaveConnection(ctx, c); err != nil {
		return Connection{}, false, err
	}
	e := connectionEntry(ConnectionChanged, old, c)
	if c.How == ByRegistration {
		e.Action = ConnectionRegistered
	} else if len(e.Changes) == 0 { // the same form again
		return c, false, nil
	}
	return c, false, s.audit(ctx, tx, a, e)
}

// joinDeployments keeps those that were known before the platform registered
// itself again. It goes on taking new ones if it did, or if there are none.
func (c *Connection) joinDeployments(old Connection) {
	named := c.Deployments
	c.Deployments, c.AcceptDeployments = slices.Clone(old.Deployments), old.AcceptDeployments
	for _, id := range named {
		if !old.Has(id) {
			c.Deployments = append(c.Deployments, id)
		}
	}
	if len(c.Deployments) == 0 {
		c.AcceptDeployments = true
	}
}

// connectionEntry tells in what the new connection differs from the old. The
// platform's keys are no setting, and are left out.
func connectionEntry(action AuditAction, old, c Connection) AuditEntry {
	list := func(ids []string) string { return strings.Join(ids, ", ") }
	return AuditEntry{
		Action: action, Noun: NounConnection, NounID: string(c.ID), Label: c.Platform,
		Changes: changes(
			Change{"name", old.Platform, c.Platform},
			Change{"issuer", old.Issuer, c.Issuer},
			Change{"client ID", old.ClientID, c.ClientID},
			Change{"deployment IDs", list(old.Deployments), list(c.Deployments)},
			Change{"any deployment", yesNo(old.AcceptDeployments), yesNo(c.AcceptDeployments)},
			Change{"authentication request URL", old.AuthURL, c.AuthURL},
			Change{"access token URL", old.TokenURL, c.TokenURL},
			Change{"public keyset URL", old.KeySetURL, c.KeySetURL},
			Change{"audience", old.Audience, c.Audience},
			Change{"LMS profile", old.Profile, c.Profile},
			Change{"anonymous launches", yesNo(old.AllowAnonymous), yesNo(c.AllowAnonymous)},
			Change{"makes gradebook columns", yesNo(old.MakeLineItems), yesNo(c.MakeLineItems)},
			Change{"connected by", string(old.How), string(c.How)},
			Change{"granted", list(old.Scopes), list(c.Scopes)},
			Change{"not granted", list(old.Missing), list(c.Missing)},
		),
	}
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// Connections returns a workspace's connections for its administrators.
func (s *Service) Connections(ctx context.Context, a Actor) ([]Connection, error) {
	store, err := s.settings(a)
	if err != nil {
		return nil, err
	}
	return store.Connections(ctx)
}

// HasConnection tells whether any LMS is connected.
func (s *Service) HasConnection(ctx context.Context, w WorkspaceID) (bool, error) {
	all, err := s.Store.Workspace(w).Connections(ctx)
	return len(all) > 0, err
}
