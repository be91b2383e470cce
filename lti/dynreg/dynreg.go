package dynreg

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"

	"github.com/greenroom-lti/greenroom/lti"
)

type Message struct {
	Type          string
	TargetLinkURI string
	Label         string
	IconURI       string
	Placements    []string
	Roles         []string
	Custom        map[string]string
}

type PlatformConfiguration struct {
	Issuer                string
	AuthorizationEndpoint string
	TokenEndpoint         string
	JWKSURI               string
	RegistrationEndpoint  string
	AuthorizationServer   string
	ScopesSupported       []string
	ClaimsSupported       []string
	ProductFamilyCode     string
	Version               string
	MessagesSupported     []Message
	Variables             []string
}

type ToolConfiguration struct {
	Name, Description                     string
	Domain                                string
	SecondaryDomains                      []string
	LoginURL, LaunchURL, KeySetURL        string
	RedirectURLs                          []string
	HomeURL, LogoURL, TermsURL, PolicyURL string
	Contacts                              []string
	Scopes                                []string
	Claims                                []string
	Custom                                map[string]string
	Messages                              []Message
}

type Registered struct {
	ClientID     string
	DeploymentID string
	Scopes       []string
	Missing      []string
	Raw          json.RawMessage
}

type Problem struct {
	Step   string
	Member string
	Text   string
	Status int
	Body   string
	Cause  error
}

func (p *Problem) Error() string { return p.Text }
func (p *Problem) Unwrap() error { return p.Cause }

const CloseMessage = "org.imsglobal.lti.close"

type Options struct {
	AllowHTTP func(*url.URL) bool
}

func Discover(ctx context.Context, d lti.Doer, configurationURL, token string, o Options) (PlatformConfiguration, error) {
	return PlatformConfiguration{}, errors.New("pending")
}
func Register(ctx context.Context, d lti.Doer, cfg PlatformConfiguration, token string, tool ToolConfiguration) (Registered, error) {
	return Registered{}, errors.New("pending")
}
func Document(tool ToolConfiguration) map[string]any { return nil }
