package pns

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// Types of notices. A platform may send others; Notice.Message.Claims has what
// they say.
const (
	HelloWorldNotice  = "LtiHelloWorldNotice"  // a trial, which asks for nothing
	ContextCopyNotice = "LtiContextCopyNotice" // a context was made of others
)

const (
	// maxBody and maxNotices bound one request.
	maxBody    = 1 << 20
	maxNotices = 100
	// maxOrigins bounds what one context can be made of.
	maxOrigins = 100
	maxID      = 255

	claimNotice  = "https://purl.imsglobal.org/spec/lti/claim/notice"
	claimOrigins = "https://purl.imsglobal.org/spec/lti/claim/origin_contexts"
)

// A Notice is what a platform tells a tool by itself. Every check of
// lti.MessageChecks and lti.CheckNotice has passed. Read is the only way to get
// one.
type Notice struct {
	Message *lti.Message // registration, deployment, and all claims

	ID   string    // the platform's, at most 255 bytes
	Type string    // HelloWorldNotice, ContextCopyNotice, or another
	At   time.Time // when it happened; zero when not told

	ContextCopy *ContextCopy // nil unless Type is ContextCopyNotice
}

// A ContextCopy says that a context was made of others, with their links in it.
type ContextCopy struct {
	Context lti.Context // the new one
	Origins []string    // ids of those that it was made of; one at least
}

// A ReplayKey is the same for two notices only if one is a copy of the other.
type ReplayKey struct{ Issuer, ClientID, Nonce string }

// Replay returns what to remember of a notice, for lti.MessageLife. A platform
// that tells the same thing again makes a new token of it: that notice has
// another ReplayKey and, in its deployment, the same ID.
func (n *Notice) Replay() ReplayKey {
	return ReplayKey{n.Message.Registration.Issuer, n.Message.Registration.ClientID, n.Message.Nonce}
}

// Received is one notice of a request, or why there is none.
type Received struct {
	Notice *Notice // nil if Err is not
	Err    error   // a *lti.Refusal
}

// Read reads the notices of a request that came to a handler, and checks each
// by itself, so that a bad one does not lose the good ones. At most 1 MiB and
// 100 notices are taken (Handler.MaxBatchSize asks for fewer). A token that
// comes twice in one request is refused the second time, by lti.CheckReplay;
// what came in earlier requests the caller knows (Notice.Replay).
//
// The error is a *lti.Refusal by lti.CheckRequest: the body is not a list of
// notices, or too large.
func Read(ctx context.Context, tool *lti.Tool, body io.Reader) ([]Received, error) {
	tokens, err := readTokens(body)
	if err != nil {
		return nil, refuse(lti.CheckRequest, nil, err)
	}
	received := make([]Received, len(tokens))
	seen := map[ReplayKey]bool{}
	for i, token := range tokens {
		notice, err := readNotice(ctx, tool, token)
		if err == nil && seen[notice.Replay()] {
			err = refuse(lti.CheckReplay, notice.Message, errors.New("the notice came twice in one request"))
		}
		if err != nil {
			received[i].Err = err
			continue
		}
		seen[notice.Replay()] = true
		received[i].Notice = notice
	}
	return received, nil
}

// readTokens reads {"notices":[{"jwt":"…"}]}. An entry without a token is an
// empty one, which no check lets pass.
func readTokens(body io.Reader) ([]string, error) {
	raw, err := io.ReadAll(io.LimitReader(body, maxBody+1))
	if err != nil {
		return nil, fmt.Errorf("read notices: %w", err)
	}
	if len(raw) > maxBody {
		return nil, fmt.Errorf("more than %d bytes", maxBody)
	}
	var request struct {
		Notices []json.RawMessage `json:"notices"`
	}
	if err := lti.ReadJSON(raw, &request); err != nil {
		return nil, err
	}
	if len(request.Notices) == 0 || len(request.Notices) > maxNotices {
		return nil, fmt.Errorf("%d notices, and 1 to %d are taken", len(request.Notices), maxNotices)
	}
	tokens := make([]string, len(request.Notices))
	for i, each := range request.Notices {
		var entry struct {
			JWT string `json:"jwt"`
		}
		if json.Unmarshal(each, &entry) == nil {
			tokens[i] = entry.JWT
		}
	}
	return tokens, nil
}

func readNotice(ctx context.Context, tool *lti.Tool, token string) (*Notice, error) {
	message, err := tool.ReadMessage(ctx, token)
	if err != nil {
		return nil, err
	}
	notice, err := noticeOf(message)
	if err != nil {
		return nil, refuse(lti.CheckNotice, message, err)
	}
	return notice, nil
}

func noticeOf(m *lti.Message) (*Notice, error) {
	var claims map[string]json.RawMessage // names as they are written
	if err := json.Unmarshal(m.Claims, &claims); err != nil {
		return nil, err
	}
	var said struct {
		ID        string `json:"id"`
		Type      string `json:"type"`
		Timestamp any    `json:"timestamp"`
	}
	if err := json.Unmarshal(claims[claimNotice], &said); err != nil {
		return nil, errors.New("claim notice is absent, or not an object of texts")
	}
	if err := checkID(said.ID); err != nil {
		return nil, fmt.Errorf("id of the notice %w", err)
	}
	if said.Type == "" || len(said.Type) > maxID {
		return nil, errors.New("type of the notice is absent or too long")
	}
	notice := &Notice{Message: m, ID: said.ID, Type: said.Type}
	if text, ok := said.Timestamp.(string); ok {
		notice.At, _ = time.Parse(time.RFC3339, text) // zero if it cannot be read
	}
	if notice.Type != ContextCopyNotice {
		return notice, nil
	}
	var err error
	notice.ContextCopy, err = contextCopy(m, claims[claimOrigins])
	return notice, err
}

func contextCopy(m *lti.Message, raw json.RawMessage) (*ContextCopy, error) {
	if m.Context == nil {
		return nil, errors.New("context is absent")
	}
	var origins []string
	if json.Unmarshal(raw, &origins) != nil || len(origins) == 0 {
		return nil, errors.New("origin_contexts is absent, empty or not a list of texts")
	}
	if len(origins) > maxOrigins {
		return nil, fmt.Errorf("%d origin_contexts are more than %d", len(origins), maxOrigins)
	}
	for _, id := range origins {
		if err := checkID(id); err != nil {
			return nil, fmt.Errorf("an id of origin_contexts %w", err)
		}
	}
	return &ContextCopy{Context: *m.Context, Origins: origins}, nil
}

// checkID is what LTI asks of its identifiers.
func checkID(id string) error {
	switch {
	case id == "":
		return errors.New("is absent")
	case len(id) > maxID:
		return fmt.Errorf("is longer than %d bytes", maxID)
	case slices.ContainsFunc([]rune(id), func(r rune) bool { return r < 0x20 || r == 0x7f }):
		return errors.New("holds a control character")
	}
	return nil
}

func refuse(check lti.Check, m *lti.Message, cause error) *lti.Refusal {
	r := &lti.Refusal{Check: check, Spec: check.Spec(), Cause: cause}
	if m != nil {
		r.Passed, r.Registration = m.Passed, m.Registration.ID
	}
	return r
}
