package greenroom

import "time"

// How a connection came to be.
type ConnectedBy string

// The ways of connecting an LMS.
const (
	ByHand         ConnectedBy = "manual"
	ByRegistration ConnectedBy = "dynamic"
	BySharing      ConnectedBy = "shared" // by claiming a deployment of a registration of the instance
)

// A Connection is a workspace's registration with one platform: one pair of
// issuer and client ID.
type Connection struct {
	ID       ConnectionID
	Platform string // display name
	Issuer   string // compared byte by byte; any text of up to 255 characters
	ClientID string
	// Deployments are the deployment IDs that may launch, in the order in
	// which they were added.
	Deployments []string
	// AcceptDeployments lets a verified launch add its deployment ID: after a
	// dynamic registration in which the platform named none.
	AcceptDeployments bool

	AuthURL   string // OIDC authentication request
	TokenURL  string // access tokens
	KeySetURL string // the platform's public keys
	Audience  string // of client assertions; empty means TokenURL

	How ConnectedBy
	// Shared names the registration of the instance whose deployments these
	// are; empty: the connection is the workspace's own. Issuer, client ID and
	// URLs are copies then, which change with it.
	Shared  SharedID
	Product string   // product_family_code, empty if the platform never said
	Scopes  []string // granted at registration; nil when nobody said
	Missing []string // asked for at registration and not granted

	Disabled bool

	// Profile is the code of the LMS that an administrator named; empty: as
	// Product says.
	Profile string
	// AllowAnonymous lets people in whom the platform does not name. What they
	// do is nobody's, and no grade.
	AllowAnonymous bool
	// MakeLineItems makes a gradebook column for an activity whose launch
	// brings none.
	MakeLineItems bool

	// ConfigurationURL is where the platform that registered itself publishes
	// its configuration; empty otherwise.
	ConfigurationURL string
	Asked            []string // scopes asked for at registration; nil when nobody asked
	// RegistrationURL is where the registration can be read and changed, and
	// RegistrationToken what opens it, sealed (RFC 7592). Empty where the
	// platform offers none.
	RegistrationURL   string
	RegistrationToken []byte

	KeySet   []byte    // the last good key set document, nil before the first
	KeySetAt time.Time // when it was fetched

	ConnectedAt time.Time
	UpdatedAt   time.Time

	// Heard is what the token endpoint last said of each scope, and Test the
	// last test, nil before the first. A test is under way until TestUntil.
	// SaveConnection leaves them as they are.
	Heard     []ScopeWord
	Test      *ConnectionTest
	TestUntil time.Time

	// What the launches and passbacks say; zero before the first. Read only.
	LastLaunchAt   time.Time
	LastPassbackAt time.Time
}

// Has tells whether the deployment is one of the connection's.
func (c Connection) Has(deployment string) bool {
	for _, d := range c.Deployments {
		if d == deployment {
			return true
		}
	}
	return false
}

// IssuerURL returns the issuer if it can be opened in a browser, else "".
func (c Connection) IssuerURL() string {
	if u, err := parseHTTPS(c.Issuer); err == nil {
		return u.String()
	}
	return ""
}

// A KeySetReport tells what was seen when a platform's key set was fetched.
type KeySetReport struct {
	Document []byte
	Keys     int      // usable RSA signing keys
	Skipped  []string // why other keys were left out
}
