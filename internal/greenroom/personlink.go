package greenroom

import "time"

// A PersonLink is a one-time link for a person, handed on by whoever made it:
// an invitation to a workspace, or the way to a new password. Its token is
// 32 random bytes, of which only the SHA-256 is kept.
type PersonLink struct {
	ID        PersonLinkID
	Workspace WorkspaceID // where it was made; empty for a reset by the operator
	Kind      PersonLinkKind
	TokenHash string   // hexadecimal
	Person    PersonID // of a reset
	Email     string   // of an invitation
	Name      string   // of an invitation, may be empty
	Role      Role     // of an invitation
	CreatedBy PersonID // empty when the operator made it
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero until used
	RevokedAt time.Time // zero unless revoked
}

// A PersonLinkKind says what a link is for.
type PersonLinkKind string

// The kinds, as the database writes them.
const (
	Invitation PersonLinkKind = "invitation"
	Reset      PersonLinkKind = "reset"
)
