package platforms

import (
	"bytes"
	"context"
	"crypto/rsa"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/outbound"
	"github.com/greenroom-lti/greenroom/lti"
)

// maxKeySet bounds a key set document.
const maxKeySet = 256 << 10

// A KeySetError says why a key set could not be read, in plain words.
type KeySetError struct {
	Text  string // part of a sentence, without a full stop; the platform is "it"
	Cause error  // nil if the text says all
}

func (e *KeySetError) Error() string {
	if e.Cause == nil {
		return "key set: " + e.Text
	}
	return "key set: " + e.Cause.Error()
}

func (e *KeySetError) Unwrap() error { return e.Cause }

// Explain returns the text.
func (e *KeySetError) Explain() string { return e.Text }

// FetchKeySet fetches a platform's key set once, past the cache, and tells
// what is in it. Errors are *KeySetError.
func (p *Platforms) FetchKeySet(ctx context.Context, url string) (greenroom.KeySetReport, error) {
	document, err := p.fetch(ctx, url)
	if err != nil {
		return greenroom.KeySetReport{}, err
	}
	set, err := lti.ParseKeySet(document)
	if err != nil {
		return greenroom.KeySetReport{}, &KeySetError{"what it answers is not a keyset in JSON", err}
	}
	return greenroom.KeySetReport{Document: document, Keys: len(set.Keys), Skipped: set.Skipped}, nil
}

func (p *Platforms) fetch(ctx context.Context, url string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, &KeySetError{"its address is not a URL", err}
	}
	r.Header.Set("Accept", "application/jwk-set+json, application/json;q=0.9, */*;q=0.1")
	answer, err := p.client.Do(r)
	if err != nil {
		return nil, &KeySetError{outbound.Explain(err), err}
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, &KeySetError{fmt.Sprintf("it answers with status %d where its keyset should be", answer.StatusCode), nil}
	}
	document, err := io.ReadAll(io.LimitReader(answer.Body, maxKeySet+1))
	switch {
	case err != nil:
		return nil, &KeySetError{outbound.Explain(err), err}
	case len(document) > maxKeySet:
		return nil, &KeySetError{"its answer is too large to be a keyset", nil}
	}
	return document, nil
}

// KeySets returns the key sets of one workspace's connections. They are cached
// for the whole process; the last good set of each is kept in the connection's
// row, and stands in while the platform is down.
func (p *Platforms) KeySets(w greenroom.WorkspaceID) lti.KeySets { return keySets{p, w} }

type keySets struct {
	platforms *Platforms
	workspace greenroom.WorkspaceID
}

func (k keySets) Key(ctx context.Context, r lti.Registration, kid string) (*rsa.PublicKey, error) {
	ctx = context.WithValue(ctx, workspaceKey{}, k.workspace)
	key, err := k.platforms.keySets.Key(ctx, r, kid)
	if err == nil {
		return key, nil
	}
	if moved, ok := k.platforms.moved(ctx, k.workspace, r); ok {
		return k.platforms.keySets.Key(ctx, moved, kid)
	}
	return nil, err
}

// workspaceKey carries, in a context, whose connection a key set is fetched
// for.
type workspaceKey struct{}

const (
	// keepAgain is how old the kept copy may get while nothing changes.
	keepAgain = 24 * time.Hour
	keepTime  = 5 * time.Second
)

// keep stores a key set that was just fetched in its connection's row, unless
// a fresh copy of it is there. Launches do not fail if that fails.
func (p *Platforms) keep(ctx context.Context, r lti.Registration, document []byte) {
	if ctx.Value(sharedKey{}) != nil {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
		defer cancel()
		if err := p.keepShared(ctx, greenroom.SharedID(r.ID), document); err != nil {
			p.log.WarnContext(ctx, "key set not kept", "registration", r.ID, "err", err)
		}
		return
	}
	w, ok := ctx.Value(workspaceKey{}).(greenroom.WorkspaceID)
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), keepTime)
	defer cancel()
	store, id, now := p.store.Workspace(w), greenroom.ConnectionID(r.ID), p.now()
	c, err := store.Connection(ctx, id)
	if err == nil && bytes.Equal(c.KeySet, document) && now.Before(c.KeySetAt.Add(keepAgain)) {
		return
	}
	if err == nil {
		err = store.Update(ctx, func(ctx context.Context, tx greenroom.Tx) error {
			return tx.KeepKeySet(ctx, id, document, now)
		})
	}
	if err != nil {
		p.log.WarnContext(ctx, "key set not kept", "connection", id, "err", err)
	}
}
