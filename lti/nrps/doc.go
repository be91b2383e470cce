// Package nrps reads rosters: LTI Names and Role Provisioning Services 2.0.
//
//	roster := nrps.Roster{URL: launch.Names.MembershipsURL, Client: client}
//	for member, err := range roster.Members(ctx) { … }
//
// A launch tells the URL (lti.NamesService); the scope is lti.ScopeMemberships.
// Pages are followed as they come. What a platform tells of a person depends on
// what it is allowed to: every member but UserID may be empty, names included.
//
// Moodle writes names as HTML here (&amp;) and not in launches, and short roles
// here and full ones in launches. Roles are made full ones; names are left as
// they came.
package nrps
