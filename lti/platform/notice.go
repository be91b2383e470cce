package platform

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// The Platform Notification Service 1.0, as far as it is played here.
const (
	ScopeNotices      = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
	ContextCopyNotice = "LtiContextCopyNotice"
	HelloWorldNotice  = "LtiHelloWorldNotice"
)

// A notice waits for its handler.
type notice struct {
	tool, deployment string
	course, origin   string // empty in a hello
}

func (p *Platform) noticesURL(t *Tool) string { return p.base + "/lti/notices/" + t.ClientID }

// noticeHandlers shows and sets where a tool wants its notices.
func (p *Platform) noticeHandlers(w http.ResponseWriter, r *http.Request) {
	if p.failed(w, r, Notices) {
		return
	}
	t, ok := p.allowed(r, ScopeNotices)
	switch {
	case !ok || t.ClientID != r.PathValue("client") || !p.profile.LMS.Copy.Notice:
		p.problem(w, r, 401, "Unauthorized")
		return
	case r.Method == http.MethodPut:
		if problem := p.setHandler(r, t); problem != "" {
			p.problem(w, r, 400, problem)
			return
		}
	case r.Method != http.MethodGet:
		p.problem(w, r, 405, "Method Not Allowed")
		return
	}
	p.mu.Lock()
	list := []map[string]any{}
	for kind, handler := range p.handlers[t.ClientID] {
		list = append(list, map[string]any{"notice_type": kind, "handler": handler})
	}
	p.mu.Unlock()
	var client any = t.ClientID
	if p.profile.NumericClients {
		if n, err := strconv.ParseInt(t.ClientID, 10, 64); err == nil {
			client = n
		}
	}
	writeJSON(w, 200, "application/json", map[string]any{"client_id": client, "deployment_id": t.DeploymentID, "notice_handlers": list})
}

// setHandler takes a handler, or with an empty one takes it away. Its host must
// be the tool's.
func (p *Platform) setHandler(r *http.Request, t Tool) string {
	var sent struct {
		Type    string `json:"notice_type"`
		Handler string
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<16))
	if err != nil || json.Unmarshal(body, &sent) != nil || sent.Type != ContextCopyNotice && sent.Type != HelloWorldNotice {
		return "notice_type is missing or unknown"
	}
	handler, err1 := url.Parse(sent.Handler)
	tool, err2 := url.Parse(t.ToolURL)
	if err1 != nil || err2 != nil || sent.Handler != "" && handler.Host != tool.Host {
		return "handler is not on the tool's host"
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.handlers[t.ClientID] == nil {
		p.handlers[t.ClientID] = map[string]string{}
	}
	if sent.Handler == "" {
		delete(p.handlers[t.ClientID], sent.Type)
		return ""
	}
	p.handlers[t.ClientID][sent.Type] = sent.Handler
	return ""
}

// DeliverNotices sends what waits to the tools' handlers, each once: there is
// no second try, as at Canvas. What has no handler is dropped. It returns how
// many were answered with 2xx.
func (p *Platform) DeliverNotices(ctx context.Context) (delivered int, err error) {
	p.mu.Lock()
	waiting := p.notices
	p.notices = nil
	p.mu.Unlock()
	for _, n := range waiting {
		p.mu.Lock()
		handler := p.handlers[n.tool][n.kind()]
		p.mu.Unlock()
		if handler == "" {
			continue
		}
		token, err := p.SignNotice(ctx, n.tool, n.kind(), n.course, n.origin)
		if err != nil {
			return delivered, err
		}
		if err := p.post(ctx, handler, token); err != nil {
			return delivered, err
		}
		delivered++
	}
	return delivered, nil
}

func (n notice) kind() string {
	if n.course == "" {
		return HelloWorldNotice
	}
	return ContextCopyNotice
}

// SignNotice makes the JWT of one notice about a course that was copied from
// another; both are empty in a hello.
func (p *Platform) SignNotice(ctx context.Context, clientID, kind, course, origin string) (string, error) {
	t, known := p.Tool(clientID)
	if !known {
		return "", fmt.Errorf("there is no tool %q", clientID)
	}
	now := p.now()
	all := map[string]any{
		"iss": p.issuer, "aud": clientID, "azp": clientID, "iat": now.Unix(), "exp": now.Add(time.Hour).Unix(), "nonce": p.token(12),
		claim + "version": "1.3.0", claim + "deployment_id": t.DeploymentID,
		claim + "notice": map[string]any{"id": p.token(8), "timestamp": now.UTC().Format(time.RFC3339), "type": kind},
	}
	if c, ok := p.Course(course); ok {
		all[claim+"context"] = map[string]any{"id": c.ID, "title": c.Title, "label": c.Label, "type": []string{p.profile.ContextType}}
		all[claim+"origin_contexts"] = []string{origin}
	}
	key := p.Key()
	return key.Sign(ctx, all)
}

func (p *Platform) post(ctx context.Context, handler, token string) error {
	raw, err := json.Marshal(map[string]any{"notices": []any{map[string]any{"jwt": token}}})
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, handler, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := p.doer.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= 300 {
		said, _ := io.ReadAll(io.LimitReader(resp.Body, 300))
		return fmt.Errorf("the handler answered %d: %s", resp.StatusCode, strings.TrimSpace(string(said)))
	}
	return nil
}
