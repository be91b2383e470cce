package platform

import (
	"net/http"
	"slices"
	"time"

	"github.com/greenroom-lti/greenroom/lti/profile"
)

// A Profile holds the ways in which LMSes differ, as data: what a tool can know
// of one (LMS), and what only its other side needs.
type Profile struct {
	// LMS steers whatever it says something about.
	LMS profile.Profile

	Name              string // for people
	ProductFamilyCode string
	Version           string

	TokenLife time.Duration // from iat to exp of an id_token

	// WholeSeconds compares scores' timestamps by whole seconds.
	WholeSeconds bool
	// OneAccept answers only requests whose Accept is exactly the right media
	// type, or absent.
	OneAccept bool
	// TypedItems puts ?type_id= behind line item URLs.
	TypedItems bool
	// EmptyLineItem sends "lineitem": "" for links without a grade.
	EmptyLineItem bool
	// HTMLTokens labels the token endpoint's JSON as text/html.
	HTMLTokens bool
	// LaxAssertions leaves aud, iss and jti of client assertions unchecked.
	LaxAssertions bool
	// RegistrationStatus is that of a successful registration.
	RegistrationStatus int
	// NamesDeployment puts a deployment ID into the registration's answer.
	NamesDeployment bool
	// StorageTarget is the lti_storage_target of logins: "_parent", or the name
	// of a frame; empty: the platform lends tools no storage.
	StorageTarget string
	// StorageUnnamed leaves it out of logins: tools find it by asking the page
	// for its capabilities.
	StorageUnnamed bool
	// EmptyScoreAnswer answers an accepted score with an empty body.
	EmptyScoreAnswer bool
	// SharesPeople tells every tool names and addresses; otherwise a tool gets
	// those that its settings or its registration ask for.
	SharesPeople bool
	// LongIDs gives out IDs that are unlike those of any other site.
	LongIDs bool
	// NumericClients numbers client IDs, as Canvas does.
	NumericClients bool
	// LowerBearer writes token_type as "bearer".
	LowerBearer bool
	// TokenForConfiguration shows the configuration only to whoever has the
	// registration token.
	TokenForConfiguration bool
	// RefusesSecondTool refuses a second registration with a host.
	RefusesSecondTool bool
	// LaxReturns checks only signature, iss and exp of deep linking responses.
	LaxReturns bool
	// LaxItems takes a line item of another course of the same tool under this
	// course's address.
	LaxItems bool
	// UnknownLearner is the status of a score for somebody who is no learner.
	UnknownLearner int
	// LockedItem is the status of a score for a column that a teacher has
	// locked.
	LockedItem int
	// CoupledDelete is the status of deleting a link's own line item; 0: it may
	// be deleted.
	CoupledDelete int
	// ForeignLink is the status of a new line item for a link of another tool.
	ForeignLink int
	// ContextType of courses.
	ContextType string
	// Variables are the custom variables that are resolved, without "$"; others
	// stay as they are.
	Variables []string
	// Roles changes the roles of launches; nil: as enrolled.
	Roles func([]string) []string
	// RosterRoles changes those of rosters; nil: as enrolled.
	RosterRoles func([]string) []string
}

// usual are the variables that most platforms resolve (Core 1.0 appendix B).
var usual = []string{
	"User.id", "User.username", "Person.name.full", "Person.name.given", "Person.name.family", "Person.email.primary",
	"Person.sourcedId", "Context.id", "Context.title", "Context.label", "Context.sourcedId", "ResourceLink.id",
	"ResourceLink.title", "ResourceLink.description", "Membership.role", "ToolPlatform.productFamilyCode",
}

// generous are what the specification adds to them.
var generous = append(slices.Clone(usual),
	"Message.locale", "Message.returnUrl", "Message.documentTarget",
	"ResourceLink.available.startDateTime", "ResourceLink.available.endDateTime",
	"ResourceLink.submission.startDateTime", "ResourceLink.submission.endDateTime",
)

// Generic follows the specifications to the letter.
var Generic = play(profile.Generic(), func(p *Profile) {
	p.Name, p.ProductFamilyCode, p.Version, p.Variables = "Generic LMS", "generic", "1.0", generous
	p.SharesPeople, p.RegistrationStatus = true, http.StatusCreated
})

// Moodle answers as Moodle 4.5 does, by its recorded answers.
var Moodle = play(profile.Moodle(), func(p *Profile) {
	p.ProductFamilyCode, p.Version, p.Variables = "moodle", "4.5.6 (Build: 20250811)", append(slices.Clone(usual), "ToolProxyBinding.memberships.url", "LineItem.url", "LineItems.url")
	p.HTMLTokens, p.LaxAssertions, p.EmptyScoreAnswer, p.LaxReturns, p.LaxItems = true, true, true, true, true
	p.LockedItem, p.SharesPeople, p.RegistrationStatus = http.StatusInternalServerError, true, http.StatusOK
	p.ContextType = "CourseSection"
	p.Roles, p.RosterRoles = assistants(Instructor), assistants(Learner)
})

// Canvas plays what canvas-lms' sources and documents tell.
var Canvas = play(profile.Canvas(), func(p *Profile) {
	p.Version, p.LongIDs, p.NumericClients, p.TokenForConfiguration = "cloud", true, true, true
	p.UnknownLearner, p.CoupledDelete, p.ForeignLink = http.StatusUnprocessableEntity, http.StatusUnauthorized, http.StatusNotFound
	p.Variables = append(slices.Clone(usual), "Canvas.course.id", "Canvas.user.id", "Canvas.course.previousContextIds")
	p.Roles = func(roles []string) []string { // a sub-role comes with its principal
		if slices.Contains(roles, TeachingAssistant) && !slices.Contains(roles, Instructor) {
			return append([]string{Instructor}, roles...)
		}
		return roles
	}
})

// Brightspace plays D2L's.
var Brightspace = play(profile.Brightspace(), func(p *Profile) {
	p.Version, p.LongIDs, p.RefusesSecondTool = "20.26", true, true
})

// Blackboard plays Blackboard Learn, whose tools are registered once for all
// institutions.
var Blackboard = play(profile.Blackboard(), func(p *Profile) {
	p.Version, p.LongIDs, p.LowerBearer = "4000", true, true
})

// Schoology plays PowerSchool's.
var Schoology = play(profile.Schoology(), func(p *Profile) { p.LongIDs, p.TypedItems = true, true })

// Sakai plays the Sakai project's.
var Sakai = play(profile.Sakai(), func(p *Profile) { p.Version, p.SharesPeople, p.Variables = "25", true, generous })

// OpenEdX plays Open edX with xblock-lti-consumer.
var OpenEdX = play(profile.OpenEdX(), func(p *Profile) { p.LongIDs = true })

// Itslearning plays itslearning.
var Itslearning = play(profile.Itslearning(), func(p *Profile) { p.LongIDs = true })

// Corporate plays an LMS for companies: no context, no roles, no roster.
var Corporate = play(profile.Corporate(), func(p *Profile) { p.SharesPeople = true })

// Profiles returns every profile, in the order of profile.All.
func Profiles() []Profile {
	return []Profile{Blackboard, Brightspace, Canvas, Itslearning, Moodle, OpenEdX, Sakai, Schoology, Corporate, Generic}
}

// play makes a profile of what a tool may know of an LMS, and details.
func play(lms profile.Profile, details func(*Profile)) Profile {
	p := Profile{
		LMS: lms, Name: lms.Name, ProductFamilyCode: lms.Families[0], Version: "1.0",
		TokenLife: lms.Launch.TokenLife, WholeSeconds: lms.Grades.Grain == time.Second, OneAccept: lms.Grades.OneAccept,
		TypedItems: lms.Grades.ItemQuery, EmptyLineItem: lms.Launch.EmptyLineItem, StorageTarget: lms.Storage.Target,
		RegistrationStatus: http.StatusOK, NamesDeployment: lms.Registration.NamesDeployment,
		UnknownLearner: http.StatusBadRequest, LockedItem: http.StatusForbidden, ForeignLink: http.StatusForbidden, Variables: usual,
		ContextType: "http://purl.imsglobal.org/vocab/lis/v2/course#CourseOffering",
	}
	if p.TokenLife == 0 {
		p.TokenLife = 5 * time.Minute
	}
	details(&p)
	return p
}

// assistants makes something else of teaching assistants.
func assistants(role string) func([]string) []string {
	return func(roles []string) []string {
		changed := slices.Clone(roles)
		for i, r := range changed {
			if r == TeachingAssistant {
				changed[i] = role
			}
		}
		slices.Sort(changed)
		return slices.Compact(changed)
	}
}
