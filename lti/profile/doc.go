// Package profile holds what a tool should know of each LMS, as data: how it
// is registered, which addresses all its customers share, and where it departs
// from the specifications or leaves a choice that a tool notices.
//
//	p := profile.For("moodle")            // product_family_code of a launch or a configuration
//	p := profile.ByCode("canvas")         // this package's own name, safe to store
//	for _, p := range profile.All() { … } // in the order in which to list them
//
// Every LMS that is not known is Generic: it follows the specifications to the
// letter and promises nothing beyond them. A profile is a hint, never a proof:
// product_family_code comes from the platform itself, and what a connection
// was given by its administrator goes before what its profile says.
//
// Where a fact comes from stands beside it, in the comment of its row: a file
// of the LMS's source or documentation, an article of its vendor, or "recorded"
// for what a real Moodle 4.5 was seen to do. What is known at second hand only
// is listed in Profile.Unverified by the path of its field. There is no text
// for people here but the LMS's name.
package profile
