package profile

import (
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"
)

// A Profile is what a tool should know of one LMS. The zero value of every
// field is what the specifications promise, or the more careful of two
// guesses.
type Profile struct {
	Code string // this package's name for it: short, lower case, never changes
	Name string // what its users call it

	// Families are the product_family_codes by which it names itself (Core 1.0
	// §5.4.3.2 tool_platform), as it writes them. For ignores case.
	Families []string

	// Endpoints are the addresses that all customers share, or that follow
	// from the issuer.
	Endpoints Endpoints
	// Environments are further installations of the vendor's with customers'
	// tools copied into them, such as Canvas' beta.
	Environments []Environment
	// SelfHosted says that others run it too, and that such an installation may
	// use the same issuer with other endpoints and keys.
	SelfHosted bool

	Registration Registration
	Launch       Launch
	Storage      Storage
	DeepLinking  DeepLinking
	Tokens       Tokens
	Grades       Grades
	Roster       Roster
	Copy         Copy

	// Unverified lists the fields, "Storage.Target" for one, that are known at
	// second hand only.
	Unverified []string
}

// Endpoints are a platform's addresses. An empty one is told by each customer's
// LMS. A text may hold {issuer} and {client_id}: see Fill.
type Endpoints struct {
	Issuer    string
	AuthURL   string
	TokenURL  string
	KeySetURL string
	Audience  string // of client assertions; empty: the token URL
}

// An Environment is one installation of a vendor's.
type Environment struct {
	Name      string // "beta", "test"
	Endpoints Endpoints
}

// A Registration is how a tool is made known to the LMS.
type Registration struct {
	// Dynamic: a tool may register itself (Dynamic Registration 1.0).
	Dynamic bool
	// Manual: an administrator can type the tool's addresses in.
	Manual bool
	// Update is how a registration is changed later by the tool.
	Update Update
	// Shared: the vendor registers a tool once, and all its customers have the
	// same client ID; only the deployment tells them apart.
	Shared bool
	// ConfigurationHosts are hosts from which the configuration may come though
	// the issuer names another: the host itself or one below it. An asterisk
	// means any host, so that an administrator must confirm what is shown.
	ConfigurationHosts []string
	// NamesDeployment: the answer to a registration holds a deployment ID.
	NamesDeployment bool
	// RefusesUnknownScopes: one scope that is not in scopes_supported refuses
	// the registration.
	RefusesUnknownScopes bool
	// AwaitsAdmin: an administrator of the LMS must switch the tool on
	// afterwards, and may cut what was asked.
	AwaitsAdmin bool
	// OneToolPerHost: a second tool with the same host is refused, or takes the
	// place of the first.
	OneToolPerHost bool
	// PerLink: every activity may be a registration of its own, with the same
	// issuer.
	PerLink bool
	// Extensions are vendor members that the LMS understands; nil: none.
	Extensions *Extensions
}

// An Update is a way in which a tool changes its registration.
type Update string

// The ways.
const (
	UpdateNone Update = ""
	// UpdateByToken: the administrator starts the registration again, with a
	// token that is good for reading (GET) and changing (POST) it at the
	// registration endpoint.
	UpdateByToken Update = "token"
	// UpdateByManagement: RFC 7592, registration_client_uri and
	// registration_access_token in the answer to the first registration.
	UpdateByManagement Update = "management"
)

// Extensions are vendor members of the tool configuration, with full names.
type Extensions struct {
	PrivacyLevel  string   // name of the member
	PrivacyLevels []string // its values, from most to least told
	ToolID        string   // name of the member
	Vendor        string   // name of the member
	Visibility    string   // name of the member of a message
	DisplayType   string   // name of the member of a message
	DisplayWindow string   // the display type for a window of its own
	// PlacementPrefix goes before a placement in its vendor form.
	PlacementPrefix string
	// Placements by the message type that they send.
	LinkPlacements        []string // LtiResourceLinkRequest
	DeepLinkingPlacements []string // LtiDeepLinkingRequest
}

// A Launch is what its messages look like.
type Launch struct {
	// TokenLife is from iat to exp of an id_token; 0: not known.
	TokenLife time.Duration
	// OpensInWindow: a window of its own is the better place for the tool.
	OpensInWindow bool
	// NoContext: messages come without a context; treat each resource link as
	// a context of its own.
	NoContext bool
	// NoRoles: everybody comes without a role, or as a learner.
	NoRoles bool
	// HidesPeople: names and addresses are told only after an administrator
	// has switched them on.
	HidesPeople bool
	// SmallIDs: user, context, link and deployment IDs are small numbers that
	// are the same at every customer.
	SmallIDs bool
	// AssistantsAreInstructors: teaching assistants cannot be told from
	// teachers.
	AssistantsAreInstructors bool
	// EmptyLineItem: ungraded links come with "lineitem": "".
	EmptyLineItem bool
	// LostKeyID: id_tokens without kid are in the field.
	LostKeyID bool
	// SubmissionReview: sends LtiSubmissionReviewRequest.
	SubmissionReview bool
	// UserNameClaim is a vendor claim with a user name inside; empty: none.
	UserNameClaim string
}

// A Storage is what the LMS lends a tool whose cookies are blocked (Platform
// Storage 0.1).
type Storage struct {
	Offered bool   // logins carry lti_storage_target
	Target  string // its usual value: "_parent" or the name of a frame
	// NotRepeated: the launch does not carry it again.
	NotRepeated bool
}

// A DeepLinking is how it lets instructors pick.
type DeepLinking struct {
	Supported bool
	// WantsSubject: the response must carry sub, with the client ID.
	WantsSubject bool
	// Audience of the response; empty: the issuer of the request.
	Audience string
	// OneItemPlacements take one item whatever accept_multiple says.
	OneItemPlacements []string
	// ItemTypes that it keeps; nil: those that the request accepts.
	ItemTypes []string
}

// A Tokens is how it grants access.
type Tokens struct {
	// WholeOrNothing: one scope that is not granted refuses the request
	// (invalid_scope); ask for one service's scopes at a time.
	WholeOrNothing bool
	// NoIssuedAhead: iat has no leeway, an assertion of a clock that is ahead
	// by a second is refused.
	NoIssuedAhead bool
	// AnyType: answers are JSON whatever their Content-Type says.
	AnyType bool
	// WantsUserAgent: calls without User-Agent are refused.
	WantsUserAgent bool
}

// A Grades is how it keeps line items and scores (AGS 2.0).
type Grades struct {
	Supported bool
	// Grain of timestamps: two scores closer than this are the same age to it.
	Grain time.Duration
	// StaleStatus answers a score that is not newer; 0: it is ignored.
	StaleStatus int
	// EqualIsStale: a score of the same age is refused as well.
	EqualIsStale bool
	// FutureBlocks: a stamp in the future is kept, and refuses every score
	// until that time has come.
	FutureBlocks bool
	// Strict: members that AGS 2.0 does not list refuse the score.
	Strict bool
	// WholeMaximum: scoreMaximum must be a whole number.
	WholeMaximum bool
	// Counts are the values of gradingProgress whose score is kept; nil:
	// FullyGraded.
	Counts []string
	// UnfinishedClears: a score that does not count wipes the one before.
	UnfinishedClears bool
	// OneAccept: Accept must be exactly the one right media type.
	OneAccept bool
	// ItemQuery: line item URLs have a query; "/scores" goes before it.
	ItemQuery bool
	// WantsReference: a new line item needs resourceId or resourceLinkId.
	WantsReference bool
	// KeepsCoupledItem: the line item of a link cannot be deleted by the tool.
	KeepsCoupledItem bool
	// MayLackItem: links come without a line item though they are graded; the
	// tool may have to make one.
	MayLackItem bool
	// ThrottledAs is the status of a refused burst of calls; 0: 429.
	ThrottledAs int
}

// A Roster is how it tells who is in a course (NRPS 2.0).
type Roster struct {
	Supported bool
	// PageLimit is the most members that one page holds; 0: not known.
	PageLimit int
	// PagesWithoutLimit: pages come though no limit was asked for.
	PagesWithoutLimit bool
	// MediaType in place of the specification's; empty: none.
	MediaType string
	// ShortRoles: "Learner" in place of the full URI.
	ShortRoles bool
	// EscapedNames: names are escaped as HTML.
	EscapedNames bool
	// ByLink: rlid is answered.
	ByLink bool
	// AlwaysActive: status is "Active" for everybody, whoever left is absent.
	AlwaysActive bool
}

// A Copy is what it tells about copied courses.
type Copy struct {
	ContextHistory bool // resolves $Context.id.history
	LinkHistory    bool // resolves $ResourceLink.id.history
	// Notice: sends LtiContextCopyNotice (Platform Notification Service 1.0).
	Notice bool
}

// All returns every profile in the order in which to list them: by name, the
// corporate one and Generic last.
func All() []Profile {
	all := make([]Profile, len(makers))
	for i, make := range makers {
		all[i] = make()
	}
	return all
}

var makers = []func() Profile{
	Blackboard, Brightspace, Canvas, Itslearning, Moodle, OpenEdX, Sakai, Schoology, Corporate, Generic,
}

// For returns the profile of a product_family_code, whatever its case and the
// blanks around it; Generic if nobody is known by it.
func For(productFamilyCode string) Profile {
	code := strings.TrimSpace(productFamilyCode)
	for _, k := range index() {
		if slices.ContainsFunc(k.families, func(f string) bool { return strings.EqualFold(f, code) }) {
			return k.make()
		}
	}
	return Generic()
}

// ByCode returns the profile of this package's own code.
func ByCode(code string) (Profile, bool) {
	for _, k := range index() {
		if k.code == code {
			return k.make(), true
		}
	}
	return Profile{}, false
}

// A known profile is made anew for everybody who asks, so that nobody changes
// another one's.
type known struct {
	code     string
	families []string
	make     func() Profile
}

// index is asked for with every launch; making all profiles to find one would
// cost more than what it is for.
var index = sync.OnceValue(func() []known {
	var all []known
	for _, make := range makers {
		p := make()
		all = append(all, known{p.Code, p.Families, make})
	}
	return all
})

// Fill puts an issuer and a client ID into the texts. What cannot be filled
// becomes empty.
func (e Endpoints) Fill(issuer, clientID string) Endpoints {
	if issuer == "" {
		issuer = e.Issuer
	}
	fill := func(s string) string {
		if !strings.Contains(s, "{") {
			return s
		}
		if issuer == "" && strings.Contains(s, "{issuer}") || clientID == "" && strings.Contains(s, "{client_id}") {
			return ""
		}
		return strings.NewReplacer("{issuer}", strings.TrimRight(issuer, "/"), "{client_id}", clientID).Replace(s)
	}
	return Endpoints{issuer, fill(e.AuthURL), fill(e.TokenURL), fill(e.KeySetURL), fill(e.Audience)}
}

// AudienceAt returns the audience of client assertions that are sent to a token
// URL: the vendor's, if the URL is on the host of the vendor's; else empty, and
// the URL itself is the audience. Whoever only says to be an LMS of the vendor's
// must not be sent what the vendor takes.
func (p Profile) AudienceAt(tokenURL string) string {
	vendors, err1 := url.Parse(p.Endpoints.TokenURL)
	asked, err2 := url.Parse(tokenURL)
	if err1 != nil || err2 != nil || vendors.Host == "" || vendors.Scheme != asked.Scheme || vendors.Host != asked.Host {
		return ""
	}
	return p.Endpoints.Audience
}

// ConfigurationMayComeFrom tells whether the configuration of a platform whose
// issuer is on another host may be read from a host (Dynamic Registration 1.0
// §3.1 asks for one and the same), and whether an administrator must confirm it.
func (r Registration) ConfigurationMayComeFrom(host string) (ok, confirm bool) {
	for _, h := range r.ConfigurationHosts {
		if h == "*" {
			ok, confirm = true, true
			continue
		}
		if strings.EqualFold(h, host) || strings.HasSuffix(strings.ToLower(host), "."+strings.ToLower(h)) {
			return true, false
		}
	}
	return ok, confirm
}

// Doubtful tells whether a field, "Storage.Target" for one, is known at second
// hand only.
func (p Profile) Doubtful(field string) bool { return slices.Contains(p.Unverified, field) }
