package greenroom

import "time"

// A Context is mostly a course of the LMS (Core 1.0 §5.4.1). An activity that
// was launched outside of any course is a context of its own.
type Context struct {
	ID         ContextID
	Connection ConnectionID
	Deployment string
	// PlatformID is context.id, unique within the deployment; empty for the
	// context of a single link, whose resource_link.id is LinkPlatformID then.
	PlatformID     string
	LinkPlatformID string
	Label, Title   string // empty when the platform keeps them to itself

	// What the platform lets us do here, as the last launch that told anything
	// of it said.
	MembershipsURL string   // empty: it offers no roster
	LineItemsURL   string   // empty: it lets nobody make columns
	Scopes         []string // that may be asked for in its gradebook

	// CopiedFrom is the context that this one was made of, as the platform told;
	// empty if it told none that is known.
	CopiedFrom ContextID

	CreatedAt time.Time // zero if nobody has launched since contexts are kept
	SeenAt    time.Time // likewise
}

// DisplayName returns the title, or what stands in for it.
func (c Context) DisplayName() string {
	switch {
	case c.Title != "":
		return c.Title
	case c.Label != "":
		return c.Label
	case c.PlatformID != "":
		return "Course " + c.PlatformID
	}
	return "Outside of a course"
}
