package profile

import "time"

// Generic is an LMS of which nothing is known but that it follows the
// specifications.
func Generic() Profile {
	return Profile{
		Code: "generic", Name: "Another LMS", Families: []string{"generic"},
		Registration: Registration{Dynamic: true, Manual: true, Update: UpdateByManagement, NamesDeployment: true},
		Launch:       Launch{SubmissionReview: true},
		Storage:      Storage{Offered: true, Target: "_parent"},
		DeepLinking:  DeepLinking{Supported: true},
		Grades:       Grades{Supported: true, StaleStatus: 409, EqualIsStale: true},
		Roster:       Roster{Supported: true, ByLink: true},
		Copy:         Copy{ContextHistory: true, LinkHistory: true, Notice: true},
	}
}

// Moodle is Moodle 4.5 with its own LTI, mod_lti. Unless said otherwise, its
// facts are recorded.
func Moodle() Profile {
	return Profile{
		Code: "moodle", Name: "Moodle", Families: []string{"moodle"},
		Endpoints: Endpoints{
			AuthURL: "{issuer}/mod/lti/auth.php", TokenURL: "{issuer}/mod/lti/token.php", KeySetURL: "{issuer}/mod/lti/certs.php",
		},
		Registration: Registration{
			Dynamic: true, Manual: true, Update: UpdateByToken, NamesDeployment: true, AwaitsAdmin: true,
			OneToolPerHost: true, // offers to update the other tool of the host
		},
		Launch: Launch{
			TokenLife: time.Minute, SmallIDs: true, HidesPeople: true, AssistantsAreInstructors: true, EmptyLineItem: true,
			SubmissionReview: true,
			OpensInWindow:    true, // lends no storage
		},
		DeepLinking: DeepLinking{Supported: true},
		Tokens:      Tokens{NoIssuedAhead: true, AnyType: true},
		Grades: Grades{
			Supported: true, Grain: time.Second, StaleStatus: 409, EqualIsStale: true, FutureBlocks: true,
			UnfinishedClears: true, OneAccept: true, ItemQuery: true,
		},
		Roster: Roster{Supported: true, ShortRoles: true, EscapedNames: true, ByLink: true, AlwaysActive: true},
		Copy:   Copy{ContextHistory: true},
	}
}

// Canvas is Instructure's, in its cloud.
func Canvas() Profile {
	return Profile{
		Code: "canvas", Name: "Canvas", Families: []string{"canvas"},
		Endpoints:    canvasAt("canvas.instructure.com", "sso.canvaslms.com"), // canvas-lms: doc/api/lti_launch_overview.md
		Environments: canvasEnvironments(),
		SelfHosted:   true, // issuer unless config/security.yml is changed
		Registration: Registration{
			Dynamic: true, Manual: true, RefusesUnknownScopes: true, AwaitsAdmin: true, // canvas-lms: app/controllers/lti/ims/dynamic_registration_controller.rb
			ConfigurationHosts: []string{"canvaslms.com", "instructure.com", "*"}, // a school's own domain
			Extensions:         canvasExtensions(),
		},
		Launch:  Launch{HidesPeople: true},                 // privacy level, anonymous by default: doc/api/registration.md
		Storage: Storage{Offered: true, Target: "_parent"}, // ui/shared/lti/jquery/platform_storage.ts; a login names the frame
		DeepLinking: DeepLinking{
			Supported: true, OneItemPlacements: []string{"assignment_selection", "link_selection"}, // doc/api/document_processor.md
		},
		Tokens: Tokens{WholeOrNothing: true, NoIssuedAhead: true, WantsUserAgent: true}, // release notes of 2026-01-17
		Grades: Grades{
			Supported: true, StaleStatus: 400, // app/controllers/lti/ims/scores_controller.rb: older only
			Counts: []string{"FullyGraded", "PendingManual"}, KeepsCoupledItem: true, // line_items_controller.rb: 401
			ThrottledAs: 403, // doc/api/throttling.md: "Rate Limit Exceeded"
		},
		Roster: Roster{ // names_and_roles_controller.rb, memberships_provider.rb
			Supported: true, PageLimit: 50, PagesWithoutLimit: true, ByLink: true,
			MediaType: "application/vnd.ims.lis.v2.membershipcontainer+json",
		},
		Copy:       Copy{ContextHistory: true, Notice: true}, // doc/api/pns.md
		Unverified: []string{"Storage.Target", "Tokens.NoIssuedAhead"},
	}
}

func canvasAt(issuer, sso string) Endpoints {
	return Endpoints{
		Issuer: "https://" + issuer, AuthURL: "https://" + sso + "/api/lti/authorize_redirect",
		TokenURL: "https://" + sso + "/login/oauth2/token", KeySetURL: "https://" + sso + "/api/lti/security/jwks",
	}
}

func canvasEnvironments() []Environment {
	return []Environment{
		{"beta", canvasAt("canvas.beta.instructure.com", "sso.beta.canvaslms.com")},
		{"test", canvasAt("canvas.test.instructure.com", "sso.test.canvaslms.com")},
	}
}

// canvasExtensions: canvas-lms doc/api/registration.md,
// app/models/lti/ims/registration.rb.
func canvasExtensions() *Extensions {
	const at = "https://canvas.instructure.com/lti/"
	return &Extensions{
		PrivacyLevel: at + "privacy_level", PrivacyLevels: []string{"public", "name_only", "email_only", "anonymous"},
		ToolID: at + "tool_id", Vendor: at + "vendor", Visibility: at + "visibility",
		DisplayType: at + "display_type", DisplayWindow: "new_window", PlacementPrefix: at,
		LinkPlacements:        []string{"course_navigation", "account_navigation", "global_navigation", "user_navigation"},
		DeepLinkingPlacements: []string{"assignment_selection", "link_selection", "module_index_menu_modal", "editor_button"},
	}
}

// Brightspace is D2L's.
func Brightspace() Profile {
	return Profile{
		Code: "brightspace", Name: "Brightspace", Families: []string{"desire2learn", "brightspace"},
		Endpoints: Endpoints{ // D2L knowledge base 23662; the audience: hypothesis/lms, Tsugi
			AuthURL: "{issuer}/d2l/lti/authenticate", KeySetURL: "{issuer}/d2l/.well-known/jwks",
			TokenURL: "https://auth.brightspace.com/core/connect/token", Audience: "https://api.brightspace.com/auth/token",
		},
		Registration: Registration{ // knowledge base 18081: one enabled registration per domain; updates are out of scope
			Dynamic: true, Manual: true, OneToolPerHost: true,
		},
		Launch: Launch{
			HidesPeople:   true, // security settings of the deployment
			UserNameClaim: "http://www.brightspace.com",
		},
		Storage:     Storage{Offered: true, Target: "_parent"}, // knowledge base 27427, since July 2022
		DeepLinking: DeepLinking{Supported: true},
		Grades:      Grades{Supported: true, StaleStatus: 409, EqualIsStale: true, MayLackItem: true}, // knowledge base 18094
		Roster:      Roster{Supported: true, ByLink: true},
		Copy:        Copy{ContextHistory: true, Notice: true}, // knowledge base 26215, 25978
		Unverified:  []string{"Storage.Target", "Grades.StaleStatus", "Grades.EqualIsStale", "Roster.ByLink", "Copy.ContextHistory"},
	}
}

// Blackboard is Blackboard Learn by Anthology. Its pages are in
// blackboard/anthologydevdocs, docs/blackboard/lti/1.3.
func Blackboard() Profile {
	return Profile{
		Code: "blackboard", Name: "Blackboard Learn", Families: []string{"BlackboardLearn"},
		Endpoints: Endpoints{ // 01-register-an-application.md
			Issuer: "https://blackboard.com", AuthURL: "https://developer.blackboard.com/api/v1/gateway/oidcauth",
			TokenURL:  "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
			KeySetURL: "https://developer.blackboard.com/api/v1/management/applications/{client_id}/jwks.json",
		},
		Registration: Registration{
			Manual: true, Shared: true, OneToolPerHost: true, // 02-best-practices.md: a FQDN belongs to one application
			ConfigurationHosts: []string{"developer.blackboard.com"},
		},
		Launch:      Launch{HidesPeople: true},
		Storage:     Storage{Offered: true, Target: "lti_storage_frame", NotRepeated: true},               // poidc-login-lti_storage_target
		DeepLinking: DeepLinking{Supported: true, WantsSubject: true, Audience: "https://blackboard.com"}, // dl/03
		Grades:      Grades{Supported: true, StaleStatus: 409, EqualIsStale: true, WholeMaximum: true},    // lineItems: scoreMaximum is whole
		Roster:      Roster{Supported: true, ByLink: true},                                                // tutorials/names-and-roles
		Unverified:  []string{"Launch.HidesPeople", "Grades.StaleStatus", "Grades.EqualIsStale", "Roster.ByLink"},
	}
}

// Schoology is PowerSchool's: developers.schoology.com, LTI apps; ltiaas.com
// guide.
func Schoology() Profile {
	return Profile{
		Code: "schoology", Name: "Schoology", Families: []string{"schoology"},
		Endpoints: Endpoints{
			Issuer: "https://schoology.schoology.com", AuthURL: "https://lti-service.svc.schoology.com/lti-service/authorize-redirect",
			TokenURL:  "https://lti-service.svc.schoology.com/lti-service/access-token",
			KeySetURL: "https://lti-service.svc.schoology.com/lti-service/.well-known/jwks",
		},
		Registration: Registration{Manual: true, Shared: true},
		Launch:       Launch{HidesPeople: true}, // privacy of the app
		DeepLinking:  DeepLinking{Supported: true},
		Grades:       Grades{Supported: true, StaleStatus: 409, EqualIsStale: true, Strict: true, ItemQuery: true}, // packbackbooks/lti-1-3-php-library src/LtiGrade.php
		Roster:       Roster{Supported: true},
		Unverified:   []string{"Families", "Grades.StaleStatus", "Grades.EqualIsStale", "Grades.ItemQuery"},
	}
}

// Sakai is the Sakai project's: its source and documents, and
// tsugiproject/tsugi#129.
func Sakai() Profile {
	return Profile{
		Code: "sakai", Name: "Sakai", Families: []string{"sakai"},
		Endpoints: Endpoints{ // the token URL ends with the tool's number
			AuthURL: "{issuer}/imsoidc/lti13/oidc_auth", KeySetURL: "{issuer}/imsblis/lti13/keyset",
		},
		Registration: Registration{Dynamic: true, Manual: true, NamesDeployment: true},
		Launch:       Launch{SmallIDs: true, SubmissionReview: true}, // deployment "1" for all tools
		Storage:      Storage{Offered: true, Target: "_parent"},
		DeepLinking:  DeepLinking{Supported: true},
		Grades:       Grades{Supported: true, StaleStatus: 409, EqualIsStale: true},
		Roster:       Roster{Supported: true, ByLink: true},
		Copy:         Copy{ContextHistory: true, LinkHistory: true},
		Unverified: []string{
			"Endpoints.AuthURL", "Registration.NamesDeployment", "Launch.SubmissionReview", "Storage.Offered", "Storage.Target",
			"Grades.StaleStatus", "Grades.EqualIsStale", "Roster.ByLink", "Copy.ContextHistory", "Copy.LinkHistory",
		},
	}
}

// OpenEdX is Open edX with openedx/xblock-lti-consumer: its models, README and
// CHANGELOG.
func OpenEdX() Profile {
	return Profile{
		Code: "openedx", Name: "Open edX", Families: []string{"open edx", "openedx", "edx"},
		Endpoints: Endpoints{AuthURL: "{issuer}/api/lti_consumer/v1/launch/"}, // key set and token URL end with a configuration's ID
		Registration: Registration{
			Manual: true, PerLink: true, // before 11.0 every block is a registration
		},
		Launch: Launch{
			SmallIDs: true, HidesPeople: true, LostKeyID: true, // no kid before 9.13.1
			OpensInWindow: true, // lends no storage
		},
		DeepLinking: DeepLinking{Supported: true},
		Grades: Grades{
			Supported: true, StaleStatus: 400, EqualIsStale: true, WholeMaximum: true, WantsReference: true,
		},
		Roster:     Roster{Supported: true}, // pages since 11.4.0
		Unverified: []string{"Families", "Grades.StaleStatus"},
	}
}

// Itslearning is itslearning's: developer.itslearning.com, LTI configuration
// information.
func Itslearning() Profile {
	return Profile{
		Code: "itslearning", Name: "itslearning", Families: []string{"itslearning"},
		Registration: Registration{Manual: true, Shared: true}, // by the vendor, into its app library
		Launch:       Launch{HidesPeople: true},                // privacy level Anonymous by default
		DeepLinking:  DeepLinking{Supported: true},
		Grades:       Grades{Supported: true, StaleStatus: 409, EqualIsStale: true},
		Roster:       Roster{Supported: true},
		Unverified:   []string{"Families", "Grades.Supported", "Grades.StaleStatus", "Grades.EqualIsStale", "Roster.Supported"},
	}
}

// Corporate is what LMSes for companies have in common, where they know LTI 1.3
// at all: a launch and a completion. Cornerstone's and imc's public help pages
// say no more than that.
func Corporate() Profile {
	return Profile{
		Code: "corporate", Name: "Corporate LMS", Families: []string{"corporate", "cornerstone", "csod", "imc"},
		Registration: Registration{Manual: true},
		Launch:       Launch{OpensInWindow: true, NoContext: true, NoRoles: true},
		Grades:       Grades{Supported: true, StaleStatus: 409, EqualIsStale: true},
		Unverified: []string{
			"Families", "Launch.NoContext", "Launch.NoRoles", "Grades.Supported", "Grades.StaleStatus", "Grades.EqualIsStale",
		},
	}
}
