package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/alexedwards/scs/v2"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// signInLife ends a sign-in, however busy it was.
const signInLife = 7 * 24 * time.Hour

// newSessions does not use scs.New: that would start a store of its own, with
// a goroutine that sweeps it for as long as the process lives.
func (k *Kit) newSessions() *scs.SessionManager {
	return &scs.SessionManager{
		Lifetime:         signInLife,
		Store:            signIns{k.Service.Store.Instance()},
		Codec:            scs.GobCodec{},
		ErrorFunc:        func(w http.ResponseWriter, r *http.Request, err error) { k.fail(w, r, err) },
		HashTokenInStore: true,
		Cookie: scs.SessionCookie{
			Name:     k.HostPrefix() + "greenroom",
			Path:     "/",
			HttpOnly: true,
			Secure:   k.secure,
			SameSite: http.SameSiteLaxMode,
			Persist:  true,
		},
	}
}

// signIns keeps sessions in the store: scs.CtxStore. Tokens arrive hashed. The
// manager reckons by the system's clock, and so does this.
type signIns struct {
	store greenroom.InstanceStore
}

func (s signIns) FindCtx(ctx context.Context, token string) ([]byte, bool, error) {
	found, err := s.store.SignIn(ctx, token, time.Now())
	if errors.Is(err, greenroom.ErrNotFound) {
		return nil, false, nil
	}
	return found.Data, err == nil, err
}

func (s signIns) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.store.SaveSignIn(ctx, greenroom.SignIn{TokenHash: token, Data: data, ExpiresAt: expiry})
}

func (s signIns) DeleteCtx(ctx context.Context, token string) error {
	err := s.store.DeleteSignIn(ctx, token)
	if errors.Is(err, greenroom.ErrNotFound) {
		return nil
	}
	return err
}

func (s signIns) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

func (s signIns) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

func (s signIns) Delete(token string) error {
	return s.DeleteCtx(context.Background(), token)
}
