package platforms

import (
	"context"
	"errors"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// A sealedKey signs with a key that it opens for that: most requests go with an
// access token that is there, and opening a key costs more than a request.
type sealedKey struct {
	vault     *greenroom.Vault
	workspace greenroom.WorkspaceID
	key       greenroom.Key
}

// Sign implements lti.Signer. ErrMasterKey if the key does not open.
func (k sealedKey) Sign(ctx context.Context, claims map[string]any) (string, error) {
	pair, err := k.vault.OpenKey(k.workspace, k.key)
	if err != nil {
		return "", err
	}
	return lti.PrivateKey{ID: string(k.key.ID), RSA: pair}.Sign(ctx, claims)
}

// A retiringKey signs with the key that signed before the one that signs now,
// for a platform that has not heard of the new one. It is looked for only when
// it is needed.
type retiringKey struct {
	platforms *Platforms
	workspace greenroom.WorkspaceID
}

// Sign implements lti.Signer. ErrNotFound if no such key is published.
func (k retiringKey) Sign(ctx context.Context, claims map[string]any) (string, error) {
	p := k.platforms
	keys, err := p.store.Workspace(k.workspace).Keys(ctx)
	if err != nil {
		return "", err
	}
	key, err := greenroom.RetiringKey(keys, p.now())
	if err != nil {
		return "", err
	}
	return sealedKey{p.vault, k.workspace, key}.Sign(ctx, claims)
}

// noteTime bounds how long remembering a signature may take.
const noteTime = 5 * time.Second

// noteSigning returns what remembers which keys a platform has accepted. A
// score is sent whether or not that is remembered.
func (p *Platforms) noteSigning(w greenroom.WorkspaceID, c greenroom.ConnectionID) func(context.Context, string, error) {
	return func(ctx context.Context, kid string, err error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
		defer cancel()
		noted := greenroom.NoteSigning(ctx, p.store.Workspace(w), p.now(), greenroom.KeyID(kid), c, judged(err))
		if noted != nil {
			p.log.WarnContext(ctx, "use of a signing key not noted", "key", kid, "connection", c, "err", noted)
		}
	}
}

// judged sorts what a token endpoint answered.
func judged(err error) greenroom.Signing {
	if err == nil {
		return greenroom.SigningAccepted
	}
	if refused, ok := errors.AsType[*lti.ServiceError](err); ok && refused.RefusedAssertion() {
		return greenroom.SigningRefused
	}
	return greenroom.SigningUnjudged
}
