package lti

import (
	"encoding/json"
	"slices"
	"time"
)

// Message types that a tool can be launched with. Others are refused.
const (
	MessageResourceLink     = "LtiResourceLinkRequest"
	MessageDeepLinking      = "LtiDeepLinkingRequest"
	MessageSubmissionReview = "LtiSubmissionReviewRequest"
)

// Scopes of the Advantage services.
const (
	ScopeLineItem         = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
	ScopeLineItemReadOnly = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem.readonly"
	ScopeResultReadOnly   = "https://purl.imsglobal.org/spec/lti-ags/scope/result.readonly"
	ScopeScore            = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
	ScopeNoticeHandlers   = "https://purl.imsglobal.org/spec/lti/scope/noticehandlers"
	ScopeMemberships      = "https://purl.imsglobal.org/spec/lti-nrps/scope/contextmembership.readonly"
)

// A Launch is a message from a platform in which every check of Checks has
// passed. FinishLaunch is the only way to get one.
//
// Texts come from the platform as they are, markup and all; escape them.
type Launch struct {
	Registration Registration // the one the login began with

	DeploymentID  string
	NewDeployment bool // not among Registration.Deployments; the caller pins it

	MessageType string // one of the Message constants

	// Subject is the user's id at this issuer, at most 255 bytes; empty when
	// the platform launches anonymously. A user is (Registration, Subject),
	// never a name or an address.
	Subject string
	User    User // what the platform chose to tell; each field may be empty

	Roles    Roles    // the roles we know, as full URIs
	RawRoles []string // the claim as it came

	// TargetLinkURI is the login's. Empty only in a deep linking request that
	// names none.
	TargetLinkURI string

	Context      *Context          // nil when launched outside a course
	ResourceLink *ResourceLink     // nil in a deep linking request
	Custom       map[string]string // without nulls and "$Variables" that the platform left unresolved; numbers and booleans as text
	Platform     *PlatformInstance // nil when not told
	Presentation *Presentation     // nil when not told
	Grades       *GradeService     // nil when the platform offers none
	Names        *NamesService     // nil when the platform offers none
	DeepLinking  *DeepLinking      // nil unless this is a deep linking request
	ForUser      *ForUser          // nil unless this is a submission review
	LIS          *LIS              // nil when not told
	Notices      *NoticeService    // nil when the platform offers none
	Migration    *Migration        // nil when not told; to be believed after MigratesFrom
	Ext          map[string]string // the platform's own claim ext, texts only: Moodle's user_username
	Placement    string            // where in Canvas' pages the launch began; empty when not told

	Nonce         string
	StateID       string // PendingLogin.ID, what Spend makes unique
	StorageTarget string // the login's lti_storage_target
	Stored        bool   // the browser was recognised by the platform's storage, not by a cookie
	IssuedAt      time.Time
	Expires       time.Time

	Passed []Check         // in the order in which they were made
	Odd    []string        // optional claims of odd types, which were ignored
	Claims json.RawMessage // the verified payload: a JSON object
}

// User is who the launch is about, as far as the platform tells.
type User struct {
	Name, GivenName, FamilyName, MiddleName string
	Email, Locale, Picture                  string
}

// Context is mostly a course (Core 1.0 §5.4.1).
type Context struct {
	ID           string // at most 255 bytes, unique in the deployment
	Label, Title string
	Types        []string
}

// ResourceLink is the place in a course that was clicked (Core 1.0 §5.3.5).
type ResourceLink struct {
	ID                 string // at most 255 bytes, unique in the deployment
	Title, Description string
}

// PlatformInstance tells customers of one issuer apart (Core 1.0 §5.4.2). It
// is a hint, not an authority.
type PlatformInstance struct {
	GUID, Name, Description, URL, ContactEmail string
	ProductFamilyCode, Version                 string
}

// Presentation is how the platform shows the tool (Core 1.0 §5.4.4).
type Presentation struct {
	DocumentTarget string // frame, iframe or window; Moodle says iframe at top level too
	ReturnURL      string // unchecked: any scheme, any host
	Locale         string
	Width, Height  int // 0 when not told
}

// GradeService is the claim of Assignment and Grade Services 2.0 §3.1.
type GradeService struct {
	Scopes    []string // what the tool may ask for here
	LineItems string   // URL of the container; empty when not told
	LineItem  string   // URL of the link's only line item; empty when it has none, or several
}

// Can tells whether the platform grants a scope here. A nil service grants
// none.
func (g *GradeService) Can(scope string) bool {
	return g != nil && slices.Contains(g.Scopes, scope)
}

// NamesService is the claim of Names and Role Provisioning Services 2.0 §3.6.
type NamesService struct {
	MembershipsURL string
	Versions       []string
}

// NoticeService is the claim of the Platform Notification Service 1.0: notices
// that a platform sends without a browser. Package pns asks for them and reads
// them.
type NoticeService struct {
	URL      string // where handlers are set, for this deployment
	Versions []string
	Scopes   []string
	Types    []string // notices that the platform sends
}

// Sends tells whether the platform sends notices of a type. A nil service sends
// none.
func (n *NoticeService) Sends(noticeType string) bool {
	return n != nil && slices.Contains(n.Types, noticeType)
}

// DeepLinking are the settings of a deep linking request (Deep Linking 2.0
// §4.4). Package deeplink answers it.
//
// As JSON it is the claim again, so that an answer can be made in a later
// request than the launch.
type DeepLinking struct {
	ReturnURL        string   `json:"deep_link_return_url"`                 // where the answer is posted
	AcceptTypes      []string `json:"accept_types"`                         // link, file, html, ltiResourceLink, image, …
	AcceptTargets    []string `json:"accept_presentation_document_targets"` // iframe, window, embed
	AcceptMediaTypes string   `json:"accept_media_types,omitempty"`         // for files: media types with commas between
	AcceptMultiple   bool     `json:"accept_multiple,omitempty"`            // more than one item
	AcceptLineItem   *bool    `json:"accept_lineitem,omitempty"`            // nil: the platform does not say; see IgnoresLineItems
	AutoCreate       bool     `json:"auto_create,omitempty"`                // items are made without the user's confirmation
	Title            string   `json:"title,omitempty"`                      // default for the item
	Text             string   `json:"text,omitempty"`                       // default for the item
	Data             *string  `json:"data,omitempty"`                       // returned unchanged; nil when not sent
}

// Accepts tells whether the platform takes items of a type.
func (d *DeepLinking) Accepts(itemType string) bool {
	return d != nil && slices.Contains(d.AcceptTypes, itemType)
}

// IgnoresLineItems tells whether the platform has said that it makes no column
// for an item. One that says nothing may make it: Moodle does.
func (d *DeepLinking) IgnoresLineItems() bool {
	return d != nil && d.AcceptLineItem != nil && !*d.AcceptLineItem
}

// ForUser is the owner of a submission under review (Submission Review 1.0
// §3).
type ForUser struct {
	UserID                             string
	PersonSourcedID                    string
	Name, GivenName, FamilyName, Email string
	Roles                              Roles
}

// LIS are ids of a student information system (Core 1.0 §5.4.5).
type LIS struct {
	PersonSourcedID, CourseOfferingSourcedID, CourseSectionSourcedID string
}
