package deeplink

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"io"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// Field is the name of the form field that carries Answer.JWT.
const Field = "JWT"

// messageResponse is the message type of an answer.
const messageResponse = "LtiDeepLinkingResponse"

const (
	claim   = "https://purl.imsglobal.org/spec/lti/claim/"
	claimDL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
)

const (
	// backdate allows for platforms whose clock is behind ours: Moodle refuses
	// an iat in the future.
	backdate = 5 * time.Second
	// life is from iat to exp. The form submits itself at once.
	life = 5 * time.Minute
)

// An Answer is to be posted by the user's browser: a form with method POST,
// action ReturnURL and JWT in the field named Field. A JWT can be used by
// whoever has it, for five minutes: it is for the page, not for a log.
type Answer struct {
	ReturnURL string
	JWT       string
}

// Texts are plain texts that go along with an answer (§4.5). The platform may
// show Message or Error to the user, and keep Log and ErrorLog.
type Texts struct {
	Message, Log    string
	Error, ErrorLog string
}

// An Option changes a default of Respond and Cancel.
type Option func(*response)

// WithTexts sends texts along.
func WithTexts(t Texts) Option { return func(r *response) { r.texts = t } }

// WithSubject names the tool's client id as sub, too. The specification does
// not ask for it; Blackboard does.
func WithSubject() Option { return func(r *response) { r.subject = true } }

// WithNow sets the clock; the default is time.Now.
func WithNow(now func() time.Time) Option { return func(r *response) { r.now = now } }

// WithRandom sets where nonces come from; the default is crypto/rand.
func WithRandom(random io.Reader) Option { return func(r *response) { r.random = random } }

// Respond makes the answer to a request: items in the order in which the
// platform is to add them (§4.5). s signs with a key of the tool's key set.
//
// What the platform has said it does not take is refused with a *Refused; a
// request of which something is lost, with ErrNoRequest. Other errors come from
// the signer or the source of randomness.
func Respond(ctx context.Context, s lti.Signer, r Request, items []Item, opts ...Option) (Answer, error) {
	if !r.complete() {
		return Answer{}, ErrNoRequest
	}
	if err := r.Check(items...); err != nil {
		return Answer{}, err
	}
	response := &response{now: time.Now, random: rand.Reader}
	for _, opt := range opts {
		opt(response)
	}
	claims, err := response.claims(r, items)
	if err != nil {
		return Answer{}, fmt.Errorf("deep linking: %w", err)
	}
	signed, err := s.Sign(ctx, claims)
	if err != nil {
		return Answer{}, fmt.Errorf("deep linking: %w", err)
	}
	return Answer{ReturnURL: r.Settings.ReturnURL, JWT: signed}, nil
}

// Cancel makes the answer of a user who picked nothing. A tool answers in any
// case: the platform's page waits. WithTexts can say why.
func Cancel(ctx context.Context, s lti.Signer, r Request, opts ...Option) (Answer, error) {
	return Respond(ctx, s, r, nil, opts...)
}

type response struct {
	texts   Texts
	subject bool
	now     func() time.Time
	random  io.Reader
}

func (r *response) claims(to Request, items []Item) (map[string]any, error) {
	var nonce [16]byte
	if _, err := io.ReadFull(r.random, nonce[:]); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	issued := r.now().Add(-backdate)
	claims := document{
		"iss": to.ClientID, "aud": to.Issuer,
		"iat": issued.Unix(), "exp": issued.Add(life).Unix(),
		"nonce":                   base64.RawURLEncoding.EncodeToString(nonce[:]),
		claim + "message_type":    messageResponse,
		claim + "version":         "1.3.0",
		claim + "deployment_id":   to.DeploymentID,
		claimDL + "content_items": documents(to.Settings, items),
	}
	if to.Settings.Data != nil {
		claims[claimDL+"data"] = *to.Settings.Data
	}
	if r.subject {
		claims["sub"] = to.ClientID
	}
	claims.set(claimDL+"msg", r.texts.Message)
	claims.set(claimDL+"log", r.texts.Log)
	claims.set(claimDL+"errormsg", r.texts.Error)
	claims.set(claimDL+"errorlog", r.texts.ErrorLog)
	return claims, nil
}

// documents is never nil: no items are an empty list, not null.
func documents(s lti.DeepLinking, items []Item) []document {
	list := make([]document, len(items))
	for i, item := range items {
		list[i] = item.document(s)
	}
	return list
}
