package pns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/greenroom-lti/greenroom/lti"
)

// A Handler is where a platform sends notices of a type. A deployment has one
// for each type.
type Handler struct {
	NoticeType   string // ContextCopyNotice, …
	URL          string // the tool's; https
	MaxBatchSize int    // most notices at a time; 0 leaves it to the platform
}

// Subscriptions are the handlers of one deployment.
type Subscriptions struct {
	ClientID, DeploymentID string // as the platform tells them; may be empty
	Handlers               []Handler
}

// ErrInvalid is wrapped by errors about handlers that no platform would take.
// They were not sent.
var ErrInvalid = errors.New("invalid")

const mediaType = "application/json"

// Handlers reads the handlers of a deployment; service is its
// platform_notification_service_url. The scope is lti.ScopeNoticeHandlers.
// Errors are *lti.ServiceError.
func Handlers(ctx context.Context, c *lti.Client, service string) (Subscriptions, error) {
	answer, err := c.Do(ctx, lti.Request{Op: "notice handlers", URL: service, Accept: mediaType, Scope: lti.ScopeNoticeHandlers})
	if err != nil {
		return Subscriptions{}, err
	}
	var body struct {
		ClientID     loose     `json:"client_id"` // a number in Canvas
		DeploymentID loose     `json:"deployment_id"`
		Handlers     []handler `json:"notice_handlers"`
	}
	if err := readAnswer(answer, &body); err != nil {
		return Subscriptions{}, unreadable(http.MethodGet, service, answer, err)
	}
	s := Subscriptions{ClientID: string(body.ClientID), DeploymentID: string(body.DeploymentID)}
	for _, h := range body.Handlers {
		if h.Handler != "" { // empty: there was one
			s.Handlers = append(s.Handlers, h.public())
		}
	}
	return s, nil
}

// SetHandler asks the platform to send notices of a type, in place of what was
// asked before, and returns what it made of it. Canvas takes a handler on the
// tool's own domains alone. Errors are *lti.ServiceError, or wrap ErrInvalid.
func SetHandler(ctx context.Context, c *lti.Client, service string, h Handler) (Handler, error) {
	if why := h.invalid(service); why != "" {
		return Handler{}, fmt.Errorf("notice handler: %w: %s", ErrInvalid, why)
	}
	return put(ctx, c, service, handler{loose(h.NoticeType), loose(h.URL), h.MaxBatchSize})
}

// RemoveHandler ends notices of a type. There need be none. Errors are
// *lti.ServiceError, or wrap ErrInvalid.
func RemoveHandler(ctx context.Context, c *lti.Client, service, noticeType string) error {
	if noticeType == "" {
		return fmt.Errorf("notice handler: %w: no notice type", ErrInvalid)
	}
	_, err := put(ctx, c, service, handler{NoticeType: loose(noticeType)})
	return err
}

func put(ctx context.Context, c *lti.Client, service string, h handler) (Handler, error) {
	body, err := json.Marshal(h)
	if err != nil {
		return Handler{}, fmt.Errorf("notice handler: %w", err)
	}
	answer, err := c.Do(ctx, lti.Request{
		Op: "notice handler", Method: http.MethodPut, URL: service, Scope: lti.ScopeNoticeHandlers,
		Accept: mediaType, ContentType: mediaType, Body: body,
	})
	if err != nil {
		return Handler{}, err
	}
	if len(answer.Body) == 0 { // taken without a word
		return h.public(), nil
	}
	var taken handler
	if err := readAnswer(answer, &taken); err != nil {
		return Handler{}, unreadable(http.MethodPut, service, answer, err)
	}
	if taken.NoticeType == "" {
		return h.public(), nil
	}
	return taken.public(), nil
}

// invalid: http is for tools that deal with the platform over http themselves.
func (h Handler) invalid(service string) string {
	u, err := url.Parse(h.URL)
	switch {
	case h.NoticeType == "":
		return "no notice type"
	case err != nil || u.Host == "" || u.User != nil:
		return fmt.Sprintf("handler %.100q is not a web address", h.URL)
	case u.Scheme != "https" && (u.Scheme != "http" || !strings.HasPrefix(service, "http://")):
		return fmt.Sprintf("handler %.100q is not https", h.URL)
	case h.MaxBatchSize < 0:
		return fmt.Sprintf("a batch of %d", h.MaxBatchSize)
	}
	return ""
}

// A handler is a Handler on the wire.
type handler struct {
	NoticeType   loose `json:"notice_type"`
	Handler      loose `json:"handler"` // sent when empty: that ends it
	MaxBatchSize int   `json:"max_batch_size,omitempty"`
}

func (h handler) public() Handler {
	return Handler{string(h.NoticeType), string(h.Handler), h.MaxBatchSize}
}

// UnmarshalJSON takes a size of an odd type for absent.
func (h *handler) UnmarshalJSON(data []byte) error {
	var wire struct {
		NoticeType   loose `json:"notice_type"`
		Handler      loose `json:"handler"`
		MaxBatchSize any   `json:"max_batch_size"`
	}
	if err := json.Unmarshal(data, &wire); err != nil {
		return err
	}
	*h = handler{NoticeType: wire.NoticeType, Handler: wire.Handler}
	if size, ok := wire.MaxBatchSize.(float64); ok && size > 0 && size < 1<<31 {
		h.MaxBatchSize = int(size)
	}
	return nil
}

// loose is the text of a JSON string or number; empty for others.
type loose string

func (l *loose) UnmarshalJSON(data []byte) error {
	*l = ""
	switch data[0] {
	case '"':
		return json.Unmarshal(data, (*string)(l))
	case '{', '[', 'n', 't', 'f':
		return nil
	}
	*l = loose(data)
	return nil
}

// readAnswer reads a JSON object.
func readAnswer(answer *lti.Response, v any) error {
	var members map[string]json.RawMessage
	if err := lti.ReadJSON(answer.Body, &members); err != nil {
		return err
	}
	if members == nil {
		return errors.New("not a JSON object")
	}
	return json.Unmarshal(answer.Body, v)
}

func unreadable(method, service string, answer *lti.Response, err error) error {
	bare, _, _ := strings.Cut(service, "?")
	return &lti.ServiceError{
		Op: "notice handlers", Method: method, URL: bare, Status: answer.Status,
		Text: "The answer is not what was asked for.", Cause: fmt.Errorf("%w: %w", lti.ErrUnreadable, err),
	}
}
