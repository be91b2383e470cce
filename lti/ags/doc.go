// Package ags is the tool's side of Assignment and Grade Services 2.0: it posts
// scores to a platform's gradebook and reads its line items, the columns.
//
// A launch tells whether the platform offers the service, and which line item
// belongs to the resource link:
//
//	if launch.Grades.Can(lti.ScopeScore) && launch.Grades.LineItem != "" { … }
//
// Keep the URL with the learner's Subject. Later, with no launch at hand:
//
//	client := lti.NewClient(registration, key, http.DefaultClient)
//	err := ags.PostScore(ctx, client, lineItem, ags.Score{Subject: s, Given: 8, Maximum: 10, At: earned})
//
// Platforms' refusals are *lti.ServiceError: TryLater, Conflict (a newer score
// is there) and Permanent sort them.
package ags
