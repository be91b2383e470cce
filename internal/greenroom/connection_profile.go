package greenroom

import (
	"cmp"
	"time"

	"github.com/greenroom-lti/greenroom/lti/profile"
)

// LMS returns what is known of the connection's kind of LMS: of the one that an
// administrator named, else of the one that the platform says it is.
func (c Connection) LMS() profile.Profile {
	if p, ok := profile.ByCode(c.Profile); ok {
		return p
	}
	return profile.For(c.Product)
}

// TokenAudience returns whom requests for access tokens are addressed to: the
// connection's own audience, else that of its kind of LMS, where its token URL is
// the vendor's; empty for the access token URL. The workspace's key signs for other
// LMSes as well, and saying to be one of a vendor's is not enough.
func (c Connection) TokenAudience() string {
	return cmp.Or(c.Audience, c.LMS().AudienceAt(c.TokenURL))
}

// keepAudience takes over the audience of the connection as it was, unless the
// platform has another token URL since: what is signed for the one must not go to
// the other.
func (c *Connection) keepAudience(old Connection) {
	if c.Audience == "" && c.TokenURL == old.TokenURL {
		c.Audience = old.Audience
	}
}

// StorageTarget returns where the LMS keeps things for a tool when a login does
// not say (Platform Storage 0.1).
func (c Connection) StorageTarget() string { return cmp.Or(c.LMS().Storage.Target, "_parent") }

// stampGrain is how far apart the timestamps of two scores must be. Where that
// is not known, they are whole seconds apart, as Moodle wants them.
func (c Connection) stampGrain() time.Duration {
	lms := c.LMS()
	switch {
	case lms.Grades.Grain > 0:
		return lms.Grades.Grain
	case lms.Code == profile.Generic().Code, lms.Doubtful("Grades.StaleStatus"):
		return time.Second
	}
	return time.Millisecond
}
