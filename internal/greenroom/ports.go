package greenroom

import (
	"context"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// Platforms is how Greenroom deals with LMSes. Implementations go out through
// the guarded client only; they never see a Store's transaction.
type Platforms interface {
	// FetchKeySet fetches a platform's public keys once.
	FetchKeySet(ctx context.Context, url string) (KeySetReport, error)

	// Register does the tool's side of a dynamic registration. Errors are
	// *RegistrationError when the platform or its document is at fault.
	Register(ctx context.Context, r RegistrationRequest) (Registered, error)

	// UpdateRegistration asks for what Greenroom wants today, by the way that the
	// platform left for it (RFC 7592). token is the opened RegistrationToken.
	// Errors are *RegistrationError.
	UpdateRegistration(ctx context.Context, c Connection, token string, t ToolEndpoints) (Registered, error)

	// PostScore brings one score to a line item. Errors are
	// *lti.ServiceError when the platform had something to say.
	// The workspace is the one that owns both.
	PostScore(ctx context.Context, w WorkspaceID, c Connection, k Key, p ScorePost) error

	// ReadConfiguration reads what a platform that registered itself publishes
	// of itself now. Errors are *RegistrationError.
	ReadConfiguration(ctx context.Context, url string) (PlatformConfiguration, error)

	// AskScopes asks for an access token for just these scopes, past what is
	// cached, and returns those that were granted. Errors are
	// *lti.ServiceError when the platform had something to say.
	AskScopes(ctx context.Context, w WorkspaceID, c Connection, k Key, deployment string, scopes ...string) ([]string, error)

	// CountLineItems and CountMembers read the first of a context's columns and
	// members, at most most, and return how many there were. Errors as above.
	CountLineItems(ctx context.Context, w WorkspaceID, c Connection, k Key, in Context, most int) (int, error)
	CountMembers(ctx context.Context, w WorkspaceID, c Connection, k Key, in Context, most int) (int, error)

	// SignDeepLinking signs the answer to a deep linking request, for the form
	// that the browser posts to the platform. Nothing goes out.
	SignDeepLinking(ctx context.Context, w WorkspaceID, c Connection, k Key, r LinkResponse) (string, error)

	// LineItemResource reads the resourceId of a line item, empty if it has none.
	LineItemResource(ctx context.Context, w WorkspaceID, c Connection, k Key, lineItemURL, deployment string) (string, error)

	// SetNoticeHandler asks a deployment to send notices of copied courses to
	// an address, or to none if it is empty. Errors are *lti.ServiceError when
	// the platform had something to say.
	SetNoticeHandler(ctx context.Context, w WorkspaceID, c Connection, k Key, deployment, service, handler string) error

	// ReadResults reads the results of a line item page by page and calls each
	// for every one of them; an error of each ends it and comes back. Errors are
	// *lti.ServiceError when the platform had something to say.
	ReadResults(ctx context.Context, w WorkspaceID, c Connection, k Key, lineItemURL, deployment string, each func(PlatformResult) error) error

	// ScoreMaximum reads the maximum of a line item.
	ScoreMaximum(ctx context.Context, w WorkspaceID, c Connection, k Key, lineItemURL, deployment string) (float64, error)

	// FindOrMakeLineItem returns URL and maximum of a link's column. Errors are
	// as those of PostScore.
	FindOrMakeLineItem(ctx context.Context, w WorkspaceID, c Connection, k Key, q LineItemQuery) (LineItem, error)

	// ReadRoster reads the members of a course page by page and calls each for
	// every one of them; an error of each ends it and comes back. Errors are
	// *lti.ServiceError when the platform had something to say.
	ReadRoster(ctx context.Context, w WorkspaceID, c Connection, k Key, q RosterQuery, each func(RosterMember) error) (RosterAnswer, error)
}

// A RosterQuery says what of a roster to read.
type RosterQuery struct {
	URL        string // of the roster, or of its changes
	Deployment string
}

// A RosterMember is one person as a roster tells of them. All text is as it
// came.
type RosterMember struct {
	Subject     string
	Name, Email string // empty when the platform keeps them to itself
	Roles       lti.Roles
	Status      MemberStatus
}

// A RosterAnswer is what a platform said beside the members.
type RosterAnswer struct {
	ChangesURL string // where what changes from now on can be read; may be empty
}

// A PlatformResult is what a gradebook has of one learner (AGS 2.0 §3.3).
type PlatformResult struct {
	Subject string
	Score   *float64 // nil for none
	Maximum float64
}

// A RegistrationRequest is what an LMS opened a registration URL with, and who
// we are.
type RegistrationRequest struct {
	ConfigurationURL string // openid_configuration
	Token            string // registration_token, may be empty; never logged
	Tool             ToolEndpoints
	// Known tells whether a connection of this workspace has the issuer and
	// client ID. An LMS that wants to change another tool's registration is
	// refused: it may be another workspace's.
	Known func(ctx context.Context, issuer, clientID string) (bool, error)
}

// ToolEndpoints are the URLs by which a platform knows one workspace.
type ToolEndpoints struct {
	Name         string // client_name
	Login        string // OIDC login initiation
	Launch       string // redirect URI and target link URI
	KeySet       string // JWKS
	OpenID       string // the tool's own configuration
	Canvas       string // the same as Canvas reads it
	PEM          string // the signing key's public half
	Logo         string
	Registration string // where registration URLs begin
}

// Registered is a platform's answer to a registration.
type Registered struct {
	Platform   string // display name
	Issuer     string
	ClientID   string
	Deployment string // empty if the platform named none
	AuthURL    string
	TokenURL   string
	KeySetURL  string
	Audience   string
	Product    string
	Asked      []string // scopes
	Scopes     []string // granted
	Missing    []string // asked for and not granted
	Updated    bool     // a registration that was there before
	// ManagementURL and ManagementToken open the registration later (RFC 7592);
	// empty if the platform offers that not.
	ManagementURL, ManagementToken string
	// ConfigurationURL is where the platform publishes what it is.
	ConfigurationURL string
	KeySet           []byte // nil if it could not be fetched yet
}

// A PlatformConfiguration is what a platform publishes of itself.
type PlatformConfiguration struct {
	Issuer    string
	AuthURL   string
	TokenURL  string
	KeySetURL string
	Audience  string
	Product   string
	Scopes    []string // that tools may ask for; nil when it does not say
}

// A RegistrationError says what went wrong between us and the platform. Text
// is for the administrator who looks at the page; Cause is for the log.
type RegistrationError struct {
	Text  string
	Cause error
}

func (e *RegistrationError) Error() string {
	if e.Cause == nil {
		return e.Text
	}
	return e.Text + ": " + e.Cause.Error()
}

func (e *RegistrationError) Unwrap() error { return e.Cause }

// A ScorePost is one score on its way to one line item.
type ScorePost struct {
	LineItemURL string
	Subject     string
	Given       float64
	Maximum     float64
	At          time.Time // the stamp, milliseconds
	Deployment  string
	// Cleared takes the learner's points away: Given and Maximum say nothing.
	Cleared bool
	Comment string // of whoever graded; empty for none
	// ScoringUserID is the subject of whoever graded; empty for Greenroom.
	ScoringUserID string
}
