package platforms

import (
	"bytes"
	"context"
	"crypto/rsa"
	"errors"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// SharedRegistrations returns the instance's registrations as the protocol
// library asks for them. Every deployment passes, and so does a launch without
// a user: whose they are, and whether that workspace lets such launches in, is
// asked when all other checks have held. One that is switched off does not
// exist.
func (p *Platforms) SharedRegistrations() lti.Registrations { return sharedRegistrations{p} }

type sharedRegistrations struct{ platforms *Platforms }

func (r sharedRegistrations) Find(ctx context.Context, issuer, clientID string) ([]lti.Registration, error) {
	all, err := r.platforms.store.Instance().SharedRegistrationsOf(ctx, issuer, clientID)
	var found []lti.Registration
	for _, each := range all {
		if !each.Disabled {
			found = append(found, sharedRegistration(each))
		}
	}
	return found, err
}

func (r sharedRegistrations) Registration(ctx context.Context, id string) (lti.Registration, error) {
	found, err := r.platforms.store.Instance().SharedRegistration(ctx, greenroom.SharedID(id))
	if errors.Is(err, greenroom.ErrNotFound) || err == nil && found.Disabled {
		return lti.Registration{}, lti.ErrNoRegistration
	}
	return sharedRegistration(found), err
}

func sharedRegistration(r greenroom.SharedRegistration) lti.Registration {
	return lti.Registration{
		ID: string(r.ID), Issuer: r.Issuer, ClientID: r.ClientID,
		AuthURL: r.AuthURL, TokenURL: r.TokenURL, KeySetURL: r.KeySetURL, Audience: r.Audience,
		AcceptNewDeployments: true, AllowAnonymous: true, KeySet: r.KeySet,
	}
}

// SharedKeySets returns the key sets of the instance's registrations.
func (p *Platforms) SharedKeySets() lti.KeySets { return sharedKeySets{p} }

type sharedKeySets struct{ platforms *Platforms }

func (k sharedKeySets) Key(ctx context.Context, r lti.Registration, kid string) (*rsa.PublicKey, error) {
	ctx = context.WithValue(ctx, sharedKey{}, true)
	return k.platforms.keySets.Key(ctx, r, kid)
}

// sharedKey tells, in a context, that a key set is fetched for a registration
// of the instance.
type sharedKey struct{}

// keepShared is keep for a registration of the instance.
func (p *Platforms) keepShared(ctx context.Context, id greenroom.SharedID, document []byte) error {
	store, now := p.store.Instance(), p.now()
	r, err := store.SharedRegistration(ctx, id)
	if err != nil || bytes.Equal(r.KeySet, document) && now.Before(r.KeySetAt.Add(keepAgain)) {
		return err
	}
	return store.UpdateShared(ctx, func(ctx context.Context, tx greenroom.SharedTx) error {
		return tx.KeepSharedKeySet(ctx, id, document, now)
	})
}

// A sharedSigner signs with the instance's key what a workspace sends by a
// shared connection, as long as the deployment is the workspace's.
type sharedSigner struct {
	platforms  *Platforms
	workspace  greenroom.WorkspaceID
	connection greenroom.Connection
	deployment string
	pick       func([]greenroom.Key) (greenroom.Key, error)
}

// Sign implements lti.Signer. *greenroom.ClaimError; ErrNotFound if no such key
// is published.
func (s sharedSigner) Sign(ctx context.Context, claims map[string]any) (string, error) {
	p := s.platforms
	if err := greenroom.MaySend(ctx, p.store.Instance(), s.workspace, s.connection, s.deployment); err != nil {
		return "", err
	}
	keys, err := p.store.Instance().InstanceKeys(ctx)
	if err != nil {
		return "", err
	}
	key, err := s.pick(keys)
	if err != nil {
		return "", err
	}
	pair, err := p.vault.OpenKey(greenroom.InstanceOwner, key)
	if err != nil {
		return "", err
	}
	return lti.PrivateKey{ID: string(key.ID), RSA: pair}.Sign(ctx, claims)
}

// noteShared returns what remembers that a key of the instance was used.
func (p *Platforms) noteShared(c greenroom.ConnectionID) func(context.Context, string, error) {
	return func(ctx context.Context, kid string, _ error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
		defer cancel()
		if err := greenroom.NoteInstanceSigning(ctx, p.store.Instance(), p.now(), greenroom.KeyID(kid)); err != nil {
			p.log.WarnContext(ctx, "use of a signing key not noted", "key", kid, "connection", c, "err", err)
		}
	}
}

// sharedClient is clientFor a shared connection.
func (p *Platforms) sharedClient(w greenroom.WorkspaceID, c greenroom.Connection, deployment string) *lti.Client {
	signer := sharedSigner{p, w, c, deployment, func(keys []greenroom.Key) (greenroom.Key, error) {
		return greenroom.SigningKeyOf(keys, p.now())
	}}
	before := signer
	before.pick = func(keys []greenroom.Key) (greenroom.Key, error) { return greenroom.RetiringKey(keys, p.now()) }
	return lti.NewClient(registration(c), signer, p.client,
		lti.WithTokens(p.tokens), lti.WithDeployment(deployment),
		lti.WithNow(p.now), lti.WithRandom(p.random),
		lti.WithFallback(before), lti.WithOnToken(p.noteShared(c.ID)))
}
