package dynreg

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

// Options are what a caller allows beyond the rules.
type Options struct {
	// AllowHTTP tells which http addresses are taken; nil means none. It is
	// for development on loopback.
	AllowHTTP func(*url.URL) bool

	// Hosts names hosts beside the issuer's from which a configuration may
	// come: each stands for itself and for those below it. Vendors whose
	// customers share an issuer need it; nil means none.
	Hosts func(PlatformConfiguration) []string

	// Audiences names values of authorization_server that are neither on the
	// host of the issuer or of the token endpoint nor below it: nil means none.
	// Vendors that have their own are taken at their word; nobody else is, for a
	// tool that signs for several platforms with one key would sign for one of
	// them what another one can use.
	Audiences func(PlatformConfiguration) []string
}

// Discover reads a platform's configuration and checks it: complete, https,
// RS256, and an issuer on the host that the document came from (Dynamic
// Registration 1.0 §3). Endpoints on other hosts are normal.
//
// token is the registration_token that came with the URL, empty if none did;
// Canvas wants it for this document already. The error is a *Problem.
func Discover(ctx context.Context, d lti.Doer, configurationURL, token string, o Options) (PlatformConfiguration, error) {
	at, err := o.address(configurationURL)
	if err != nil {
		return PlatformConfiguration{}, wrong("openid_configuration", "The address of the LMS's configuration %s.", err)
	}
	document, err := get(ctx, d, configurationURL, token)
	if err != nil {
		return PlatformConfiguration{}, unanswered(StepConfiguration, "to show its configuration", err)
	}
	c, err := readPlatform(document)
	if err != nil {
		return c, &Problem{Step: StepConfiguration, Text: "What the LMS shows as its configuration is not a JSON document.", Cause: err}
	}
	if problem := c.check(at, o); problem != nil {
		return c, problem
	}
	return c, nil
}

// get sends the token along: it came in the same request as the address, so
// whoever chose the one has the other.
func get(ctx context.Context, d lti.Doer, from, token string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, from, nil)
	if err != nil {
		return nil, err
	}
	r.Header.Set("Accept", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := lti.Call(d, r, StepConfiguration)
	if err != nil {
		return nil, err
	}
	return answer.Body, nil
}

// address parses a URL that may be called. The error ends a sentence about it.
func (o Options) address(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil || u.Host == "":
		return nil, errors.New("is not a web address")
	case u.User != nil:
		return nil, errors.New("holds a user name")
	case u.Scheme == "https" || u.Scheme == "http" && o.AllowHTTP != nil && o.AllowHTTP(u):
		return u, nil
	}
	return nil, errors.New("is not https")
}

func (c PlatformConfiguration) check(at *url.URL, o Options) *Problem {
	if missing := c.missing(); len(missing) > 0 {
		return wrong(strings.Join(missing, ", "), "The LMS's configuration lacks %s.", strings.Join(missing, ", "))
	}
	for _, e := range c.endpoints() {
		if _, err := o.address(e.url); err != nil {
			return wrong(e.member, "In the LMS's configuration, %s %s.", e.member, err)
		}
	}
	issuer, _ := url.Parse(c.Issuer)
	if issuer.RawQuery != "" || issuer.ForceQuery || issuer.Fragment != "" {
		return wrong("issuer", "In the LMS's configuration, issuer has a query or a fragment.")
	}
	if hostOf(issuer) != hostOf(at) && !o.excepts(c, at) {
		return wrong("issuer", "The LMS calls itself %s, but its configuration came from %s.", hostOf(issuer), hostOf(at))
	}
	if c.AuthorizationServer != "" && !o.ownAudience(c) {
		return wrong("authorization_server", "In the LMS's configuration, authorization_server is neither on the LMS's own host nor on that of its token endpoint.")
	}
	if c.authMethods != nil && !slices.Contains(c.authMethods, "private_key_jwt") {
		return wrong("token_endpoint_auth_methods_supported", "The LMS does not take private_key_jwt at its token endpoint.")
	}
	if c.responseTypes != nil && !slices.Contains(c.responseTypes, "id_token") {
		return wrong("response_types_supported", "The LMS does not answer logins with an id_token.")
	}
	return nil
}

// excepts tells whether a configuration may come from another host than its
// issuer's.
func (o Options) excepts(c PlatformConfiguration, at *url.URL) bool {
	return o.Hosts != nil && slices.ContainsFunc(o.Hosts(c), func(host string) bool {
		return hostOf(at) == host || strings.HasSuffix(hostOf(at), "."+host)
	})
}

// ownAudience tells whether the audience of client assertions is the platform's
// own.
func (o Options) ownAudience(c PlatformConfiguration) bool {
	if o.Audiences != nil && slices.Contains(o.Audiences(c), c.AuthorizationServer) {
		return true
	}
	u, err := url.Parse(c.AuthorizationServer)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	return slices.ContainsFunc([]string{c.Issuer, c.TokenEndpoint}, func(own string) bool {
		at, err := url.Parse(own)
		return err == nil && (hostOf(u) == hostOf(at) || strings.HasSuffix(hostOf(u), "."+hostOf(at)))
	})
}

type endpoint struct{ member, url string }

func (c PlatformConfiguration) endpoints() []endpoint {
	return []endpoint{
		{"issuer", c.Issuer},
		{"authorization_endpoint", c.AuthorizationEndpoint},
		{"token_endpoint", c.TokenEndpoint},
		{"jwks_uri", c.JWKSURI},
		{"registration_endpoint", c.RegistrationEndpoint},
	}
}

// missing names what a configuration must have and has not.
func (c PlatformConfiguration) missing() []string {
	var missing []string
	for _, e := range c.endpoints() {
		if e.url == "" {
			missing = append(missing, e.member)
		}
	}
	if !slices.Contains(c.algorithms, "RS256") {
		missing = append(missing, "RS256 in id_token_signing_alg_values_supported")
	}
	return missing
}

// hostOf is host and port of an address, without the scheme's own port.
func hostOf(u *url.URL) string {
	host, port := strings.ToLower(u.Hostname()), u.Port()
	if port == "" || u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		return host
	}
	return host + ":" + port
}
