package lti_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
)

func toolKey() lti.PrivateKey { return lti.PrivateKey{ID: "tool-key", RSA: foreignKey()} }

type brokenSigner struct{}

func (brokenSigner) Sign(context.Context, map[string]any) (string, error) {
	return "", errors.New("vault is sealed")
}

// Trouble of our own is no platform's error.
func TestSigningFails(t *testing.T) {
	for name, client := range map[string]*lti.Client{
		"signer":     lti.NewClient(registration(), brokenSigner{}, newService()),
		"randomness": newClient(newService(), lti.WithRandom(strings.NewReader(""))),
	} {
		_, err := client.Do(t.Context(), call)
		if _, ok := errors.AsType[*lti.ServiceError](err); ok || err == nil || !strings.HasPrefix(err.Error(), "token: ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestPrivateKeyTravels(t *testing.T) {
	key := toolKey()
	der, err := key.MarshalPKCS8()
	if err != nil {
		t.Fatal(err)
	}
	back, err := lti.ParsePrivateKey("tool-key", der)
	if err != nil || !back.RSA.Equal(key.RSA) || back.ID != key.ID {
		t.Errorf("%v, %v", back.ID, err)
	}
	if _, err := lti.ParsePrivateKey("x", der[:10]); err == nil {
		t.Error("read half a key")
	}
}
