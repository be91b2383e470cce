package greenroom

import "time"

// A Person can sign in with an e-mail address and a password.
type Person struct {
	ID           PersonID
	Email        string // lower case, unique in the instance
	Name         string
	PasswordHash string // argon2id in PHC format
	CreatedAt    time.Time
}

// A Member is a person with a role in a workspace.
type Member struct {
	Person   Person
	Role     Role
	JoinedAt time.Time
}

// A Membership is the same fact seen from the person's side.
type Membership struct {
	Workspace Workspace
	Role      Role
}

// A SignIn is a browser that is known, as the session manager keeps it: the
// hash of its token and opaque data.
type SignIn struct {
	TokenHash string
	Data      []byte
	ExpiresAt time.Time
}
