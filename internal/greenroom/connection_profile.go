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
// connection's own audience, else that of its kind of LMS; empty for the access
// token URL. What a platform says of its kind counts only where its token URL is
// the vendor's: the workspace's key signs for other LMSes as well.
func (c Connection) TokenAudience() string {
	if _, named := profile.ByCode(c.Profile); named {
		return cmp.Or(c.Audience, c.LMS().Endpoints.Fill(c.Issuer, c.ClientID).Audience)
	}
	return cmp.Or(c.Audience, c.LMS().AudienceAt(c.TokenURL))
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
