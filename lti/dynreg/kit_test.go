package dynreg_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
)

const (
	moodle           = "https://moodle.localhost:9443"
	configurationURL = moodle + "/mod/lti/openid-configuration.php"
	platformKey      = "https://purl.imsglobal.org/spec/lti-platform-configuration"
	toolKey          = "https://purl.imsglobal.org/spec/lti-tool-configuration"
)

// A platform answers every call in one way and keeps what it was sent.
type platform struct {
	response func() *http.Response
	err      error
	calls    []*http.Request
	body     string
}

func (p *platform) Do(r *http.Request) (*http.Response, error) {
	p.calls = append(p.calls, r)
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		p.body = string(body)
	}
	if p.err != nil {
		return nil, p.err
	}
	return p.response(), nil
}

func answers(status int, body string) *platform {
	return &platform{response: func() *http.Response {
		return &http.Response{
			StatusCode: status, Status: fmt.Sprint(status, " ", http.StatusText(status)),
			Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body)),
		}
	}}
}

// An exchange is one recorded call of a real Moodle.
type exchange struct {
	Request struct {
		Method, URL, Body string
	}
	Response struct {
		Status int
		Body   string
	}
}

func recording(t testing.TB, name string) exchange {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var e exchange
	if err := json.Unmarshal(raw, &e); err != nil {
		t.Fatal(err)
	}
	return e
}

// stub is the tool of the recordings.
func stub() dynreg.ToolConfiguration {
	return dynreg.ToolConfiguration{
		Name: "Stub Tool", Description: "A stub tool",
		LoginURL: "https://tool.localhost:9444/login", LaunchURL: "https://tool.localhost:9444/launch",
		RedirectURLs: []string{"https://tool.localhost:9444/launch", "https://tool.localhost:9444/deeplink"},
		KeySetURL:    "https://tool.localhost:9444/jwks", LogoURL: "https://tool.localhost:9444/logo.png",
		HomeURL: "https://tool.localhost:9444/", TermsURL: "https://tool.localhost:9444/tos",
		PolicyURL: "https://tool.localhost:9444/policy", Contacts: []string{"ops@example.test"},
		Scopes: []string{lti.ScopeLineItem, lti.ScopeLineItemReadOnly, lti.ScopeResultReadOnly, lti.ScopeScore, lti.ScopeMemberships},
		Claims: []string{"iss", "sub", "name", "given_name", "family_name", "email"},
		Custom: map[string]string{"tool_level": "from-registration", "context_history": "$Context.id.history"},
		Messages: []dynreg.Message{
			{Type: lti.MessageResourceLink, TargetLinkURI: "https://tool.localhost:9444/launch", Label: "Stub"},
			{Type: lti.MessageDeepLinking, TargetLinkURI: "https://tool.localhost:9444/deeplink", Label: "Pick content", Placements: []string{"ContentArea"}, Custom: map[string]string{"dl": "1"}},
		},
	}
}

func discovered(t testing.TB) dynreg.PlatformConfiguration {
	t.Helper()
	e := recording(t, "reg-02-openid-configuration")
	c, err := dynreg.Discover(t.Context(), answers(e.Response.Status, e.Response.Body), configurationURL, "", dynreg.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func decode(t *testing.T, document string) map[string]any {
	t.Helper()
	var members map[string]any
	if err := json.Unmarshal([]byte(document), &members); err != nil {
		t.Fatal(err)
	}
	return members
}

func long(n int) string { return strings.Repeat("x", n) }

func without(all []string, one string) []string {
	return slices.DeleteFunc(slices.Clone(all), func(s string) bool { return s == one })
}

func sameSet(a, b []string) bool {
	a, b = slices.Sorted(slices.Values(a)), slices.Sorted(slices.Values(b))
	return slices.Equal(a, b)
}
