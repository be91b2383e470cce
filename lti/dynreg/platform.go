package dynreg

import (
	"encoding/json"
	"errors"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

// Keys of LTI's members in the two documents.
const (
	platformKey = "https://purl.imsglobal.org/spec/lti-platform-configuration"
	toolKey     = "https://purl.imsglobal.org/spec/lti-tool-configuration"
)

// A PlatformConfiguration is what a platform publishes of itself (Dynamic
// Registration 1.0 §3). From Discover, the endpoints are there and https.
type PlatformConfiguration struct {
	Issuer                string
	AuthorizationEndpoint string
	TokenEndpoint         string
	JWKSURI               string
	RegistrationEndpoint  string
	AuthorizationServer   string // audience of client assertions; empty: the token endpoint

	ScopesSupported []string
	ClaimsSupported []string

	ProductFamilyCode string // "moodle", "canvas", …
	Version           string // empty when not told
	MessagesSupported []Message
	Variables         []string // custom parameter variables, without "$"

	algorithms, authMethods, responseTypes []string
}

// readPlatform reads a configuration as platforms write it. Old Moodles put a
// blank behind the key of the LTI part and list messages as strings.
func readPlatform(document []byte) (PlatformConfiguration, error) {
	o, err := readMembers(document)
	if err != nil {
		return PlatformConfiguration{}, err
	}
	own, _ := readMembers(o.raw(platformKey)) // nothing in it is needed
	return PlatformConfiguration{
		Issuer:                o.text("issuer"),
		AuthorizationEndpoint: o.text("authorization_endpoint"),
		TokenEndpoint:         o.text("token_endpoint"),
		JWKSURI:               o.text("jwks_uri"),
		RegistrationEndpoint:  o.text("registration_endpoint"),
		AuthorizationServer:   o.text("authorization_server"),
		ScopesSupported:       o.texts("scopes_supported"),
		ClaimsSupported:       o.texts("claims_supported"),
		ProductFamilyCode:     own.text("product_family_code"),
		Version:               own.text("version"),
		MessagesSupported:     readMessages(own.raw("messages_supported")),
		Variables:             own.texts("variables"),
		algorithms:            o.texts("id_token_signing_alg_values_supported"),
		authMethods:           o.texts("token_endpoint_auth_methods_supported"),
		responseTypes:         o.texts("response_types_supported"),
	}, nil
}

func readMessages(raw json.RawMessage) []Message {
	var list []json.RawMessage
	if json.Unmarshal(raw, &list) != nil {
		return nil
	}
	var messages []Message
	for _, each := range list {
		var kind string
		if json.Unmarshal(each, &kind) == nil && kind != "" {
			messages = append(messages, Message{Type: kind})
			continue
		}
		if o, err := readMembers(each); err == nil {
			messages = append(messages, Message{
				Type: o.text("type"), TargetLinkURI: o.text("target_link_uri"), Label: o.text("label"), IconURI: o.text("icon_uri"),
				Placements: o.texts("placements"), Roles: o.texts("roles"), Custom: o.textMap("custom_parameters"),
				SupportedTypes: o.texts("supported_types"), SupportedMediaTypes: o.texts("supported_media_types"), Extra: o.vendors(),
			})
		}
	}
	return messages
}

// members are those of a JSON object, by their names without blanks around.
type members map[string]json.RawMessage

func readMembers(document []byte) (members, error) {
	var all map[string]json.RawMessage
	if lti.ReadJSON(document, &all) != nil || all == nil {
		return nil, errors.New("not a JSON object")
	}
	trimmed := make(members, len(all))
	for name, raw := range all {
		if _, exact := all[strings.TrimSpace(name)]; !exact || name == strings.TrimSpace(name) {
			trimmed[strings.TrimSpace(name)] = raw
		}
	}
	return trimmed, nil
}

func (m members) raw(name string) json.RawMessage { return m[name] }

// text returns a string, or the digits of a number; empty for anything else.
func (m members) text(name string) string {
	var s string
	if json.Unmarshal(m[name], &s) == nil {
		return strings.TrimSpace(s)
	}
	var n json.Number
	if json.Unmarshal(m[name], &n) == nil {
		return n.String()
	}
	return ""
}

// textMap returns the texts of an object.
func (m members) textMap(name string) map[string]string {
	o, err := readMembers(m[name])
	if err != nil {
		return nil
	}
	texts := map[string]string{}
	for name := range o {
		var s string
		if json.Unmarshal(o[name], &s) == nil {
			texts[name] = s
		}
	}
	return texts
}

// vendors returns the members that are named by URLs, nil if there are none.
func (m members) vendors() map[string]any {
	var all map[string]any
	for name, raw := range m {
		var value any
		if !isVendors(name) || json.Unmarshal(raw, &value) != nil || value == nil {
			continue
		}
		if all == nil {
			all = map[string]any{}
		}
		all[name] = value
	}
	return all
}

// texts returns the strings of a list.
func (m members) texts(name string) []string {
	var list []json.RawMessage
	if json.Unmarshal(m[name], &list) != nil {
		return nil
	}
	var texts []string
	for _, raw := range list {
		var s string
		if json.Unmarshal(raw, &s) == nil && s != "" {
			texts = append(texts, s)
		}
	}
	return texts
}
