package lti

import (
	"context"
	"crypto/rsa"
	"errors"
	"io"
	"net/http"
	"net/url"
	"time"
)

var errPending = errors.New("pending")

type Sealer struct{}

func NewSealer(key [32]byte) *Sealer                    { return &Sealer{} }
func (*Sealer) Seal(PendingLogin) (string, error)       { return "", errPending }
func (*Sealer) Open(state string) (PendingLogin, error) { return PendingLogin{}, ErrUnknownState }

type MemoryStates struct{ *Sealer }

func NewMemoryStates(key [32]byte) *MemoryStates                      { return &MemoryStates{NewSealer(key)} }
func (*MemoryStates) Spend(ctx context.Context, launch *Launch) error { return errPending }

type KeySets interface {
	Key(ctx context.Context, r Registration, kid string) (*rsa.PublicKey, error)
}
type KeySetCache struct {
	OnFetched func(ctx context.Context, r Registration, document []byte)
	UserAgent string
}

func NewKeySets(doer Doer, now func() time.Time) *KeySetCache { return &KeySetCache{} }
func (*KeySetCache) Key(ctx context.Context, r Registration, kid string) (*rsa.PublicKey, error) {
	return nil, errPending
}
func ParseKeySet(document []byte) (*KeySet, error) { return nil, errPending }

type Params struct {
	method string
	values url.Values
}

func (p Params) Get(name string) string                                 { return p.values.Get(name) }
func (p Params) Has(name string) bool                                   { return p.values.Has(name) }
func FormParams(w http.ResponseWriter, r *http.Request) (Params, error) { return Params{}, errPending }
func NewParams(method string, values url.Values) (Params, error)        { return Params{method, values}, nil }

type Login struct {
	RedirectURL  string
	Cookie       *http.Cookie
	DropCookies  []*http.Cookie
	Pending      PendingLogin
	Registration Registration
}

func (t *Tool) StartLogin(ctx context.Context, p Params, launchURL string, have ...*http.Cookie) (*Login, error) {
	return nil, errPending
}
func (t *Tool) FinishLaunch(ctx context.Context, p Params, cookies []*http.Cookie, launchURL string) (*Launch, error) {
	return nil, errPending
}
func Checks() []Check { return nil }

type Role string
type Roles []Role

func ParseRoles(raw []string) Roles { return nil }
func (r Roles) Learner() bool       { return false }
func (r Roles) Instructor() bool    { return false }
func (r Roles) Administrator() bool { return false }
func (r Roles) Mentor() bool        { return false }
func (r Roles) TestUser() bool      { return false }

type Signer interface {
	Sign(ctx context.Context, claims map[string]any) (string, error)
}
type PrivateKey struct {
	ID  string
	RSA *rsa.PrivateKey
}

func (k PrivateKey) Sign(ctx context.Context, claims map[string]any) (string, error) {
	return "", errPending
}
func (k PrivateKey) Public() PublicKey                              { return PublicKey{} }
func (k PrivateKey) MarshalPKCS8() ([]byte, error)                  { return nil, errPending }
func ParsePrivateKey(id string, pkcs8 []byte) (PrivateKey, error)   { return PrivateKey{}, errPending }
func NewPrivateKey(random io.Reader, id string) (PrivateKey, error) { return PrivateKey{}, errPending }
func KeySetDocument(keys ...PublicKey) []byte                       { return nil }

type Client struct{}
type ClientOption func(*Client)
type TokenCache struct{}

func NewTokenCache() *TokenCache                                               { return &TokenCache{} }
func NewClient(r Registration, s Signer, d Doer, opts ...ClientOption) *Client { return &Client{} }
func WithNow(now func() time.Time) ClientOption                                { return nil }
func WithTokens(t *TokenCache) ClientOption                                    { return nil }
func WithDeployment(id string) ClientOption                                    { return nil }
func WithUserAgent(ua string) ClientOption                                     { return nil }
func WithRandom(r io.Reader) ClientOption                                      { return nil }
func (c *Client) Token(ctx context.Context, scopes ...string) (string, error)  { return "", errPending }
func (c *Client) Do(ctx context.Context, req Request) (*Response, error)       { return nil, errPending }
func (e *ServiceError) TryLater() bool                                         { return false }
func (e *ServiceError) Permanent() bool                                        { return !e.TryLater() }
func (e *ServiceError) Conflict() bool                                         { return e.Status == http.StatusConflict }
