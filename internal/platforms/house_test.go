package platforms

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/outbound"
	"github.com/greenroom-lti/greenroom/internal/store"
	"github.com/greenroom-lti/greenroom/internal/store/ready"
	"github.com/greenroom-lti/greenroom/lti"
)

// A house is a workspace over a real store, and an LMS that a test builds on
// mux.
type house struct {
	t         *testing.T
	store     *store.Store
	platforms *Platforms
	mux       *http.ServeMux
	lms       *httptest.Server
	workspace greenroom.WorkspaceID
	key       greenroom.Key
	now       time.Time
}

var signingPair = sync.OnceValue(func() *rsa.PrivateKey {
	pair, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	return pair
})

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, mux: http.NewServeMux(), workspace: "w", now: time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)}
	h.lms = httptest.NewServer(h.mux)
	t.Cleanup(h.lms.Close)
	var err error
	if h.store, err = store.Open(t.Context(), ready.SQLite(t)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.store.Close() })
	vault := greenroom.NewVault([32]byte{1})
	if h.key, err = vault.SealKey(h.workspace, "key-1", signingPair()); err != nil {
		t.Fatal(err)
	}
	h.key.CreatedAt = h.now
	w := greenroom.Workspace{ID: h.workspace, Slug: "w", Name: "W", CreatedAt: h.now}
	if err := h.store.Instance().CreateWorkspace(t.Context(), w, h.key, ""); err != nil {
		t.Fatal(err)
	}
	client, err := outbound.New(outbound.Options{Development: true, Version: "test"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	h.platforms = New(Options{
		Store: h.store, Vault: vault, Client: client, Now: func() time.Time { return h.now },
		Random: rand.Reader, Log: slog.New(slog.NewTextHandler(io.Discard, nil)), Development: true,
	})
	return h
}

// connect saves a connection with the LMS; change may alter it first.
func (h *house) connect(id greenroom.ConnectionID, change func(*greenroom.Connection)) greenroom.Connection {
	h.t.Helper()
	c := greenroom.Connection{
		ID: id, Platform: "School", Issuer: "https://lms.example.com", ClientID: string(id), Deployments: []string{"1"},
		AuthURL: h.lms.URL + "/auth", TokenURL: h.lms.URL + "/token", KeySetURL: h.lms.URL + "/jwks",
		How: greenroom.ByHand, ConnectedAt: h.now, UpdatedAt: h.now,
	}
	if change != nil {
		change(&c)
	}
	err := h.store.Workspace(h.workspace).Update(h.t.Context(), func(ctx context.Context, tx greenroom.Tx) error {
		return tx.SaveConnection(ctx, c)
	})
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

func (h *house) connection(id greenroom.ConnectionID) greenroom.Connection {
	h.t.Helper()
	c, err := h.store.Workspace(h.workspace).Connection(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}

// keySet is a key set of one key with an id.
func keySet(id string) []byte {
	return lti.KeySetDocument(lti.PublicKey{ID: id, RSA: &signingPair().PublicKey})
}

// answers serves what document returns, with a status.
func answers(status int, body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}
}
