package greenroom

import "time"

// A Key is one of a workspace's RSA key pairs, its private half sealed.
type Key struct {
	ID        KeyID
	Public    []byte // PKIX, DER
	Sealed    []byte // PKCS #8, sealed by the Vault
	CreatedAt time.Time
}
