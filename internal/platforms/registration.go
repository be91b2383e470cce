package platforms

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/outbound"
	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/deeplink"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
	"github.com/greenroom-lti/greenroom/lti/profile"
)

// wantedScopes are what works today: scores, the columns that they go to, what
// has become of them there, who is in a course, and notices of copied courses.
var wantedScopes = []string{
	lti.ScopeScore, lti.ScopeLineItem, lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeMemberships, lti.ScopeNoticeHandlers,
}

// missedScopes are those of wanted ones that an administrator would miss: few
// LMSes send notices, and nothing waits for one.
func missedScopes(scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(scopes), func(s string) bool { return s == lti.ScopeNoticeHandlers })
}

// wantedClaims are what Greenroom shows of a person. None of them is needed
// but the first two.
var wantedClaims = []string{"iss", "sub", "name", "given_name", "family_name", "email", "locale"}

// ToolConfiguration says what Greenroom is to a platform and what it asks for:
// the registration's content, and the published configuration's.
func (p *Platforms) ToolConfiguration(t greenroom.ToolEndpoints) dynreg.ToolConfiguration {
	return dynreg.ToolConfiguration{
		Name:        t.Name,
		Description: "Practise conversations with a character, and get a score for them.",
		LoginURL:    t.Login, LaunchURL: t.Launch, KeySetURL: t.KeySet, LogoURL: t.Logo,
		Scopes: wantedScopes,
		Claims: wantedClaims,
		Custom: greenroom.HistoryParameters(),
		Messages: []dynreg.Message{
			{Type: lti.MessageResourceLink, TargetLinkURI: t.Launch},
			{Type: lti.MessageDeepLinking, TargetLinkURI: t.Launch, Label: "Add practice from " + t.Name, SupportedTypes: []string{deeplink.TypeResourceLink}},
			{Type: lti.MessageSubmissionReview, TargetLinkURI: t.Launch},
		},
	}
}

// toolFor is the configuration with what the platform's product understands
// beside the specifications: the places that an instructor adds content from,
// and that people's names may be told.
func (p *Platforms) toolFor(cfg dynreg.PlatformConfiguration, t greenroom.ToolEndpoints) dynreg.ToolConfiguration {
	tool := p.ToolConfiguration(t)
	theirs := profile.For(cfg.ProductFamilyCode).Registration.Extensions
	if theirs == nil {
		theirs = &profile.Extensions{}
	}
	for i, m := range tool.Messages {
		if m.Type == lti.MessageDeepLinking {
			tool.Messages[i].Placements = append([]string{"ContentArea"}, theirs.DeepLinkingPlacements...)
		}
	}
	if theirs.PrivacyLevel != "" && len(theirs.PrivacyLevels) > 0 {
		tool.Extra = map[string]any{theirs.PrivacyLevel: theirs.PrivacyLevels[0], theirs.ToolID: "greenroom", theirs.Vendor: "Greenroom"}
	}
	return tool
}

// options say from where platforms' documents may come.
func (p *Platforms) options() dynreg.Options {
	return dynreg.Options{AllowHTTP: p.allowHTTP, Hosts: configurationHosts, Audiences: vendorAudiences}
}

// vendorAudiences are a vendor's own, for a document that names the vendor's own
// token endpoint: what is signed goes nowhere else.
func vendorAudiences(cfg dynreg.PlatformConfiguration) []string {
	if audience := profile.For(cfg.ProductFamilyCode).AudienceAt(cfg.TokenEndpoint); audience != "" {
		return []string{audience}
	}
	return nil
}

// configurationHosts are a vendor's own, for a document that names the vendor's
// own issuer. Where any host could be right, nobody is here to confirm it.
func configurationHosts(cfg dynreg.PlatformConfiguration) []string {
	theirs := profile.For(cfg.ProductFamilyCode)
	issuers := []string{theirs.Endpoints.Issuer}
	for _, e := range theirs.Environments {
		issuers = append(issuers, e.Endpoints.Issuer)
	}
	if cfg.Issuer == "" || !slices.Contains(issuers, cfg.Issuer) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(theirs.Registration.ConfigurationHosts), func(host string) bool { return host == "*" })
}

// Register does the tool's side of a dynamic registration. Errors are
// *greenroom.RegistrationError when the platform, its document or the way to
// it is at fault.
func (p *Platforms) Register(ctx context.Context, r greenroom.RegistrationRequest) (greenroom.Registered, error) {
	cfg, err := dynreg.Discover(ctx, p.client, r.ConfigurationURL, r.Token, p.options())
	if err != nil {
		return greenroom.Registered{}, registrationError(err)
	}
	_, updates := dynreg.UpdatesRegistration(r.Token)
	if updates {
		if err := p.mayUpdate(ctx, cfg, r); err != nil {
			return greenroom.Registered{}, err
		}
	}
	answer, err := dynreg.Register(ctx, p.client, cfg, r.Token, p.toolFor(cfg, r.Tool))
	if err != nil {
		return greenroom.Registered{}, registrationError(err)
	}
	registered := greenroom.Registered{
		Platform: platformName(cfg), Issuer: cfg.Issuer, ClientID: answer.ClientID, Deployment: answer.DeploymentID,
		AuthURL: cfg.AuthorizationEndpoint, TokenURL: cfg.TokenEndpoint, KeySetURL: cfg.JWKSURI,
		Audience: cfg.AuthorizationServer, Product: cfg.ProductFamilyCode,
		Asked: missedScopes(wantedScopes), Scopes: answer.Scopes, Missing: missedScopes(answer.Missing),
		ConfigurationURL: keptURL(r.ConfigurationURL), Updated: updates,
		ManagementURL: answer.Management.URL, ManagementToken: string(answer.Management.Token),
	}
	// The registration stands, whether or not the keys can be had already.
	if report, err := p.FetchKeySet(ctx, cfg.JWKSURI); err == nil {
		registered.KeySet = report.Document
	} else {
		p.log.WarnContext(ctx, "key set not fetched", "url", cfg.JWKSURI, "err", err)
	}
	return registered, nil
}

// mayUpdate refuses to change the registration of a tool that is not one of the
// workspace's connections. An LMS offers all tools of our host to be changed.
func (p *Platforms) mayUpdate(ctx context.Context, cfg dynreg.PlatformConfiguration, r greenroom.RegistrationRequest) error {
	current, err := dynreg.Current(ctx, p.client, cfg, r.Token)
	if err != nil {
		return registrationError(err)
	}
	known, err := r.Known(ctx, cfg.Issuer, current.ClientID)
	if err != nil || known {
		return err
	}
	return &greenroom.RegistrationError{
		Text: "The LMS asked to change a tool that this workspace is not connected by; it may be another workspace's. In the LMS, choose to register a new tool instead.",
	}
}

// UpdateRegistration changes a registration by RFC 7592. Errors are
// *greenroom.RegistrationError.
func (p *Platforms) UpdateRegistration(ctx context.Context, c greenroom.Connection, token string, t greenroom.ToolEndpoints) (greenroom.Registered, error) {
	var cfg dynreg.PlatformConfiguration // what it lists, if it can be had
	if c.ConfigurationURL != "" {
		if found, err := dynreg.Discover(ctx, p.client, c.ConfigurationURL, "", p.options()); err == nil {
			cfg = found
		}
	}
	way := dynreg.Management{ClientID: c.ClientID, URL: c.RegistrationURL, Token: dynreg.Token(token)}
	answer, err := way.Update(ctx, p.client, cfg, p.toolFor(cfg, t))
	if err != nil {
		return greenroom.Registered{}, registrationError(err)
	}
	return greenroom.Registered{
		ClientID: answer.ClientID, Asked: missedScopes(wantedScopes), Scopes: answer.Scopes, Missing: missedScopes(answer.Missing), Updated: true,
		ManagementURL: answer.Management.URL, ManagementToken: string(answer.Management.Token),
	}, nil
}

// keptURL is the address of a configuration without what may open something:
// some LMSes put the registration's token there as well.
func keptURL(configurationURL string) string {
	u, err := url.Parse(configurationURL)
	if err != nil || u.Host == "" {
		return ""
	}
	if query := u.Query(); query.Has("registration_token") {
		query.Del("registration_token")
		u.RawQuery = query.Encode()
	}
	u.User, u.Fragment, u.RawFragment = nil, "", ""
	return u.String()
}

// allowHTTP tells which http addresses a platform's document may name.
func (p *Platforms) allowHTTP(u *url.URL) bool {
	return p.development && greenroom.IsLoopback(u.Hostname())
}

// products are the names of LMSes by product_family_code.
var products = map[string]string{
	"blackboardlearn": "Blackboard Learn",
	"brightspace":     "Brightspace",
	"canvas":          "Canvas",
	"desire2learn":    "Brightspace",
	"itslearning":     "itslearning",
	"moodle":          "Moodle",
	"openolat":        "OpenOlat",
	"sakai":           "Sakai",
	"schoology":       "Schoology",
	"totara":          "Totara",
	"ilias":           "ILIAS",
}

// platformName returns what to call a platform: its product if that is known,
// else its host.
func platformName(cfg dynreg.PlatformConfiguration) string {
	if name, ok := products[strings.ToLower(strings.TrimSpace(cfg.ProductFamilyCode))]; ok {
		return name
	}
	if u, err := url.Parse(cfg.Issuer); err == nil && u.Host != "" {
		return u.Host
	}
	return cfg.Issuer
}

// registrationError says in plain words what went wrong.
func registrationError(err error) error {
	if _, unreachable := errors.AsType[*outbound.Error](err); unreachable {
		return &greenroom.RegistrationError{Text: "Greenroom could not reach the LMS: " + outbound.Explain(err) + ".", Cause: err}
	}
	if problem, ok := errors.AsType[*dynreg.Problem](err); ok {
		return &greenroom.RegistrationError{Text: problem.Text, Cause: err}
	}
	return fmt.Errorf("register: %w", err)
}
