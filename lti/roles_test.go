package lti_test

import (
	"slices"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
)

const vocabulary = "http://purl.imsglobal.org/vocab/lis/v2/"

func TestParseRoles(t *testing.T) {
	for raw, want := range map[string]string{
		vocabulary + "membership#Learner":                            vocabulary + "membership#Learner",
		vocabulary + "membership/Instructor#TeachingAssistant":       vocabulary + "membership/Instructor#TeachingAssistant",
		vocabulary + "membership/Learner#Instructor":                 vocabulary + "membership/Learner#Instructor",
		vocabulary + "institution/person#Faculty":                    vocabulary + "institution/person#Faculty",
		vocabulary + "system/person#SysAdmin":                        vocabulary + "system/person#SysAdmin",
		string(lti.RoleTestUser):                                     string(lti.RoleTestUser),
		"Learner":                                                    vocabulary + "membership#Learner",
		"Instructor":                                                 vocabulary + "membership#Instructor",
		"Instructor/TeachingAssistant":                               vocabulary + "membership/Instructor#TeachingAssistant",
		vocabulary + "person#Student":                                vocabulary + "institution/person#Student",
		vocabulary + "person#SysAdmin":                               vocabulary + "system/person#SysAdmin",
		vocabulary + "person#Administrator":                          vocabulary + "institution/person#Administrator",
		"urn:lti:role:ims/lis/Instructor":                            vocabulary + "membership#Instructor",
		"urn:lti:role:ims/lis/Learner/NonCreditLearner":              vocabulary + "membership/Learner#NonCreditLearner",
		"urn:lti:sysrole:ims/lis/SysAdmin":                           vocabulary + "system/person#SysAdmin",
		"urn:lti:instrole:ims/lis/Student":                           vocabulary + "institution/person#Student",
		"":                                                           "",
		"learner":                                                    "",
		"Wizard":                                                     "",
		"Wizard/Apprentice":                                          "",
		vocabulary + "membership#learner":                            "",
		vocabulary + "membership/Instructor#":                        "",
		vocabulary + "membership/Instructor#a#b":                     "",
		"https://purl.imsglobal.org/vocab/lis/v2/membership#Learner": "",
		"https://example.com/Instructor":                             "",
	} {
		got := lti.ParseRoles([]string{raw, raw})
		if want == "" && len(got) != 0 || want != "" && !slices.Equal(got, lti.Roles{lti.Role(want)}) {
			t.Errorf("%q is %q, want %q", raw, got, want)
		}
	}
}

func TestRolesGrantByContextOnly(t *testing.T) {
	type grants struct{ learner, instructor, administrator, mentor, test bool }
	for raw, want := range map[string]grants{
		"Learner":       {learner: true},
		"Instructor":    {instructor: true},
		"Administrator": {administrator: true},
		"Mentor":        {mentor: true},
		vocabulary + "membership/Instructor#Grader":     {instructor: true},
		vocabulary + "membership/Mentor#Auditor":        {mentor: true},
		vocabulary + "membership/Learner#Instructor":    {learner: true},
		vocabulary + "institution/person#Instructor":    {},
		vocabulary + "institution/person#Administrator": {},
		vocabulary + "system/person#Administrator":      {},
		string(lti.RoleTestUser):                        {test: true},
		"ContentDeveloper":                              {},
	} {
		r := lti.ParseRoles([]string{raw})
		if got := (grants{r.Learner(), r.Instructor(), r.Administrator(), r.Mentor(), r.TestUser()}); got != want {
			t.Errorf("%s grants %+v, want %+v", raw, got, want)
		}
	}
}
