package deeplink

import (
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

// Types of items, as in lti.DeepLinking.AcceptTypes (§3.1).
const (
	TypeResourceLink = "ltiResourceLink"
	TypeLink         = "link"
	TypeFile         = "file"
	TypeHTML         = "html"
	TypeImage        = "image"
)

// An Item is a piece of content: ResourceLink, Link, File, HTML or Image.
// What is empty is left out of the answer, never sent as null.
//
// Each has a Title and a Text, plain, for people; an Icon and a Thumbnail; and
// Extra for members of vendors, whose names are full URLs. Platforms may refuse
// what they do not know: send vendors' members to that vendor only.
type Item interface {
	// Type is the item's type, one of the Type constants.
	Type() string

	check(*checker)
	document(lti.DeepLinking) document
}

// A ResourceLink is content of the tool that is launched (§3.3, ltiResourceLink).
type ResourceLink struct {
	Title, Text     string
	Icon, Thumbnail *Picture
	Extra           map[string]any

	// URL becomes the target_link_uri of launches. Empty means the tool's base
	// URL.
	URL string
	// Custom comes back in Launch.Custom. Values may be "$Variables" for the
	// platform to fill in.
	Custom map[string]string
	// LineItem asks for a column in the gradebook; nil: none. It is left out
	// where the platform has said that it ignores them.
	LineItem *LineItem

	Available  Period // when learners may open it
	Submission Period // when they may hand in

	Window *Window // opens in a window
	Frame  *Frame  // opens in a frame
}

// A Link is a page anywhere on the web (§3.2, link). Without Embed, Window or
// Frame it opens in a new tab.
type Link struct {
	Title, Text     string
	Icon, Thumbnail *Picture
	Extra           map[string]any

	URL    string // required
	Embed  string // HTML to put in the page
	Window *Window
	Frame  *PageFrame
}

// A File is fetched by the platform and kept there (§3.4, file).
type File struct {
	Title, Text     string
	Icon, Thumbnail *Picture
	Extra           map[string]any

	URL       string    // required; may be short-lived, for it is fetched within minutes
	MediaType string    // held to the request's accept_media_types; empty: not told
	ExpiresAt time.Time // when URL stops working; zero: not told
}

// HTML is a fragment to put in a page (§3.5, html).
type HTML struct {
	Title, Text     string
	Icon, Thumbnail *Picture
	Extra           map[string]any

	HTML string // required
}

// An Image is shown by the platform from where it is (§3.6, image).
type Image struct {
	Title, Text     string
	Icon, Thumbnail *Picture
	Extra           map[string]any

	URL           string // required
	Width, Height int    // pixels; 0: not told
}

// A Picture is an icon or a thumbnail.
type Picture struct {
	URL           string // required
	Width, Height int    // pixels; 0: not told
}

// A LineItem is the column that a platform makes for a ResourceLink (§3.3).
type LineItem struct {
	Maximum    float64 // points, above 0
	Label      string  // empty: the item's title
	ResourceID string  // the tool's own id, by which the column is found again
	Tag        string

	GradesReleased   *bool // false: learners do not see grades yet; nil: not told
	SubmissionReview *lti.SubmissionReview
}

// A Period is from Start to End. A zero time leaves that side open.
type Period struct{ Start, End time.Time }

// A Window is a browser window of its own. All members may be empty.
type Window struct {
	TargetName    string // links with the same name share one window
	Width, Height int    // pixels; 0: not told
	Features      string // as for JavaScript's window.open
}

// A Frame is a frame that shows a launch.
type Frame struct {
	Width, Height int // pixels; 0: not told
}

// A PageFrame is a frame that shows a page.
type PageFrame struct {
	Source        string // URL of the page, required
	Width, Height int    // pixels; 0: not told
}

func (ResourceLink) Type() string { return TypeResourceLink }
func (Link) Type() string         { return TypeLink }
func (File) Type() string         { return TypeFile }
func (HTML) Type() string         { return TypeHTML }
func (Image) Type() string        { return TypeImage }
