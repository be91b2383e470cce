package lti

import (
	"slices"
	"strings"
)

// A Role is the full URI of a role in the LIS vocabulary (Core 1.0 Appendix
// A.2).
type Role string

const (
	vocabulary      = "http://purl.imsglobal.org/vocab/lis/v2/"
	roleSystem      = vocabulary + "system/person#"
	roleInstitution = vocabulary + "institution/person#"
	roleContext     = vocabulary + "membership#"
	roleSubContext  = vocabulary + "membership/"

	// RoleTestUser marks a user who is not a real person, beside a real role.
	RoleTestUser Role = "http://purl.imsglobal.org/vocab/lti/system/person#TestUser"

	RoleInstructor       Role = roleContext + "Instructor"
	RoleLearner          Role = roleContext + "Learner"
	RoleAdministrator    Role = roleContext + "Administrator"
	RoleContentDeveloper Role = roleContext + "ContentDeveloper"
	RoleMentor           Role = roleContext + "Mentor"
)

// Principal returns the context role that a role stands for:
// "Instructor" for …membership#Instructor and for
// …membership/Instructor#TeachingAssistant. It is empty for the roles of a
// system or an institution, which say nothing about the course.
func (r Role) Principal() string {
	if name, ok := strings.CutPrefix(string(r), roleContext); ok {
		return name
	}
	if rest, ok := strings.CutPrefix(string(r), roleSubContext); ok {
		principal, _, _ := strings.Cut(rest, "#")
		return principal
	}
	return ""
}

// Roles are what somebody is, as far as the vocabulary knows it. Permissions
// follow from context roles only: a professor of the institution may be a
// learner in this course.
type Roles []Role

// Learner tells whether somebody learns in this course.
func (r Roles) Learner() bool { return r.principal("Learner") }

// Instructor tells whether somebody teaches this course; assistants do.
func (r Roles) Instructor() bool { return r.principal("Instructor") }

// Administrator tells whether somebody administers this course, which is not
// the platform's administrator.
func (r Roles) Administrator() bool { return r.principal("Administrator") }

// PlatformAdministrator tells whether somebody administers the platform or the
// institution, whatever they are in this course.
func (r Roles) PlatformAdministrator() bool {
	return slices.Contains(r, roleInstitution+"Administrator") || slices.ContainsFunc(r, func(role Role) bool {
		name, ok := strings.CutPrefix(string(role), roleSystem)
		return ok && slices.Contains([]string{"Administrator", "SysAdmin", "AccountAdmin"}, name)
	})
}

// Mentor tells whether somebody follows learners of this course.
func (r Roles) Mentor() bool { return r.principal("Mentor") }

// TestUser tells whether the user is made up, for a preview. Such users have a
// real role beside.
func (r Roles) TestUser() bool { return slices.Contains(r, RoleTestUser) }

func (r Roles) principal(name string) bool {
	return slices.ContainsFunc(r, func(role Role) bool { return role.Principal() == name })
}

// ParseRoles turns what platforms send into full URIs: short names of context
// roles, LTI 1.1 names and the prefix that old Moodles use are deprecated and
// taken all the same. Roles outside the vocabulary are left out: they are legal
// and grant nothing.
func ParseRoles(raw []string) Roles {
	var roles Roles
	for _, each := range raw {
		if role := parseRole(each); role != "" && !slices.Contains(roles, role) {
			roles = append(roles, role)
		}
	}
	return roles
}

var (
	contextRoles     = []string{"Administrator", "ContentDeveloper", "Instructor", "Learner", "Mentor", "Manager", "Member", "Officer"}
	institutionRoles = []string{"Administrator", "Faculty", "Guest", "None", "Other", "Staff", "Student", "Alumni", "Instructor", "Learner", "Member", "Mentor", "Observer", "ProspectiveStudent"}
	systemRoles      = []string{"Administrator", "None", "AccountAdmin", "Creator", "SysAdmin", "SysSupport", "User"}
)

// A spelling is one way to write the roles of one scope.
type spelling struct {
	prefix string
	names  []string
	full   string
}

// spellings in the order in which they are tried. LTI 1.1's sysrole comes
// before the bare person prefix, which does not tell the scope.
var spellings = []spelling{
	{roleContext, contextRoles, roleContext},
	{roleInstitution, institutionRoles, roleInstitution},
	{roleSystem, systemRoles, roleSystem},
	{vocabulary + "person#", institutionRoles, roleInstitution},
	{vocabulary + "person#", systemRoles, roleSystem},
	{"urn:lti:sysrole:ims/lis/", systemRoles, roleSystem},
	{"urn:lti:instrole:ims/lis/", institutionRoles, roleInstitution},
	{"urn:lti:role:ims/lis/", contextRoles, roleContext},
	{"", contextRoles, roleContext},
}

func parseRole(raw string) Role {
	if Role(raw) == RoleTestUser {
		return RoleTestUser
	}
	if role := parseSubRole(raw); role != "" {
		return role
	}
	for _, s := range spellings {
		name, ok := strings.CutPrefix(raw, s.prefix)
		if ok && slices.Contains(s.names, name) {
			return Role(s.full + name)
		}
	}
	return ""
}

// parseSubRole reads …membership/Instructor#Grader and Instructor/Grader.
func parseSubRole(raw string) Role {
	rest, full := strings.CutPrefix(raw, roleSubContext)
	separator := "#"
	if !full {
		rest, separator = strings.TrimPrefix(raw, "urn:lti:role:ims/lis/"), "/"
	}
	principal, sub, ok := strings.Cut(rest, separator)
	if !ok || sub == "" || strings.ContainsAny(sub, "/#") || !slices.Contains(contextRoles, principal) {
		return ""
	}
	return Role(roleSubContext + principal + "#" + sub)
}
