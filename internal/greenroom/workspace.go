package greenroom

import "time"

// A Workspace is a tenant: it owns people, scenarios, connections and keys.
type Workspace struct {
	ID        WorkspaceID // immutable; what the LTI endpoint URLs carry
	Slug      string      // may change; what people see in admin URLs
	Name      string
	CreatedAt time.Time
}

// A Role is what a person may do in one workspace. LTI roles never raise it.
type Role string

// The roles, from strongest to weakest.
const (
	Owner      Role = "owner"
	Admin      Role = "admin"
	MemberRole Role = "member"
)

// ParseRole reads a role as the command line and the database write it.
func ParseRole(s string) (Role, bool) {
	switch r := Role(s); r {
	case Owner, Admin, MemberRole:
		return r, true
	}
	return "", false
}

// Administers tells whether the role opens the workspace's settings.
func (r Role) Administers() bool { return r == Owner || r == Admin }

// An Actor is a signed-in person at work in one workspace.
type Actor struct {
	Person    PersonID
	Workspace WorkspaceID
	Role      Role
}
