package dynreg

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

// Registered is what a platform made of a registration (Dynamic Registration
// 1.0 §3). Its answer is the truth, whatever was asked.
type Registered struct {
	ClientID     string
	DeploymentID string // empty if the platform made no deployment yet, as Canvas

	Scopes  []string // granted; as asked if the platform does not say
	Missing []string // scopes that the tool wanted and did not get

	// Tool is what the platform has kept of the tool's configuration, as far as
	// it tells. Moodle tells of one message alone, and cuts custom values.
	Tool ToolConfiguration

	// Management is how to read and change the registration later; the zero
	// value if the platform offers no way (RFC 7592).
	Management Management

	// Raw is the whole answer but for the token, which Management has.
	Raw json.RawMessage
}

// Register sends a tool's registration to a platform that Discover has read.
// Scopes, message types and placements that the platform does not list are not
// asked for: Canvas refuses all for one that it does not know. token is the
// registration_token, empty if there is none; it works once. The error is a
// *Problem.
func Register(ctx context.Context, d lti.Doer, cfg PlatformConfiguration, token string, tool ToolConfiguration) (Registered, error) {
	asked := cfg.narrow(tool)
	body, err := json.Marshal(Document(asked))
	if err != nil {
		return Registered{}, unanswered(StepRegistration, "the registration", err)
	}
	answer, err := call(ctx, d, StepRegistration, http.MethodPost, cfg.RegistrationEndpoint, token, body)
	if err != nil {
		return Registered{}, unanswered(StepRegistration, "the registration", err)
	}
	registered, err := readRegistered(StepRegistration, answer, asked.Scopes, cfg.RegistrationEndpoint)
	if err != nil {
		return Registered{}, err
	}
	registered.Missing = without(tool.Scopes, registered.Scopes)
	return registered, nil
}

// readRegistered reads the answer of an address to a registration.
func readRegistered(step string, answer *lti.Response, asked []string, from string) (Registered, error) {
	o, err := readMembers(answer.Body)
	if err != nil {
		return Registered{}, &Problem{
			Step: step, Status: answer.Status, Cause: err,
			Text: fmt.Sprintf("The LMS answered the registration with %d, but not with a JSON document.", answer.Status),
		}
	}
	id := o.text("client_id")
	if id == "" {
		return Registered{}, &Problem{
			Step: step, Member: "client_id", Status: answer.Status,
			Text: "The LMS took the registration, but gave no client_id.",
		}
	}
	own, _ := readMembers(o.raw(toolKey)) // optional
	return Registered{
		ClientID: id, DeploymentID: own.text("deployment_id"), Scopes: granted(o, asked),
		Tool: readTool(o, own), Management: readManagement(o, id, from), Raw: withoutToken(answer.Body),
	}, nil
}

// granted reads scope: a text with blanks between, or a list. Empty means that
// there are none; absent, that there is nothing to say.
func granted(o members, asked []string) []string {
	if list := o.texts("scope"); list != nil {
		return list
	}
	if raw := o.raw("scope"); raw == nil || string(raw) == "null" {
		return asked
	}
	return strings.Fields(o.text("scope"))
}

// narrow leaves out what the platform does not list. A platform that lists
// nothing is asked for everything.
func (c PlatformConfiguration) narrow(t ToolConfiguration) ToolConfiguration {
	if len(c.ScopesSupported) > 0 {
		t.Scopes = within(t.Scopes, c.ScopesSupported)
	}
	if len(c.MessagesSupported) == 0 {
		return t
	}
	var messages []Message
	for _, m := range t.Messages {
		if placements, ok := c.placements(m.Type); ok {
			if len(placements) > 0 {
				m.Placements = within(m.Placements, placements)
			}
			messages = append(messages, m)
		}
	}
	t.Messages = messages
	return t
}

// placements returns those of a message type, and whether the platform sends
// that type. Resource link launches go without saying.
func (c PlatformConfiguration) placements(kind string) ([]string, bool) {
	for _, m := range c.MessagesSupported {
		if m.Type == kind {
			return m.Placements, true
		}
	}
	return nil, kind == lti.MessageResourceLink
}

func within(wanted, listed []string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(s string) bool { return !slices.Contains(listed, s) })
}

func without(wanted, have []string) []string {
	return slices.DeleteFunc(slices.Clone(wanted), func(s string) bool { return slices.Contains(have, s) })
}
