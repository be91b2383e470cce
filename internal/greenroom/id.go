package greenroom

import (
	"io"
	"time"

	"github.com/google/uuid"
)

// Identifiers are UUIDv7 in their text form: they sort by age and can be
// shown in a URL without telling how many there are.
type (
	WorkspaceID    string
	PersonID       string
	ConnectionID   string
	LearnerID      string
	ResourceLinkID string
	LineItemID     string
	ContextID      string
	ScenarioID     string
	SessionID      string
	LaunchID       string
	PassbackID     string
	InviteID       string
	AuditID        string
	SharedID       string
	ClaimCodeID    string
	ArrivalID      string
	PersonLinkID   string
	// KeyID is the kid under which a public key is published.
	KeyID string
)

// newID makes an identifier out of the given randomness.
func newID[T ~string](random io.Reader) (T, error) {
	id, err := uuid.NewV7FromReader(random)
	return T(id.String()), err
}

// referenceAlphabet leaves out what is mistaken for something else when a
// reference is read out over the telephone: I, L, O, U.
const referenceAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// ReferenceLength is the length of a reference in characters.
const ReferenceLength = 12

// RequestReference makes the 12 characters by which a person can name one
// request to an administrator. Those of one second begin alike, 25 bits of the
// time, so that a database's index has them side by side; the rest is chance.
func RequestReference(now time.Time, random io.Reader) (string, error) {
	text, err := NewReference(random)
	if err != nil {
		return "", err
	}
	reference := []byte(text)
	for i, seconds := 4, now.Unix(); i >= 0; i, seconds = i-1, seconds/32 {
		reference[i] = referenceAlphabet[seconds&31]
	}
	return string(reference), nil
}

// NewReference makes 12 such characters of chance alone (60 bits).
func NewReference(random io.Reader) (string, error) {
	raw := make([]byte, ReferenceLength)
	if _, err := io.ReadFull(random, raw); err != nil {
		return "", err
	}
	for i, b := range raw {
		raw[i] = referenceAlphabet[b%32]
	}
	return string(raw), nil
}
