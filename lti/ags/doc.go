// Package ags is the tool's side of Assignment and Grade Services 2.0: the
// columns of a platform's gradebook (line items), what a tool puts into them
// (scores) and what stands there (results).
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
// # Scores
//
// A score is a state at a time, not an event: platforms keep the newest and
// refuse what is not newer than what they have. Zero points are a score; a
// score with NoScore has none and takes away what was there (Cleared).
//
//	situation                        ActivityProgress      GradingProgress  points
//	begun                            Started               NotReady         no
//	half done                        InProgress            Pending          if you like
//	handed in, a person will grade   Submitted, Completed  PendingManual    if you like
//	handed in and graded, may retry  Submitted             FullyGraded      yes
//	done                             Completed             FullyGraded      yes
//
// # Line items
//
//	for item, err := range ags.LineItems(ctx, client, launch.Grades.LineItems, ags.Filter{ResourceID: "r"}) { … }
//
// Where a link has no column and the platform grants lti.ScopeLineItem, a tool
// may make one: Columns.FindOrCreate looks first, for a copied course has its
// columns already. UpdateLineItem changes one without losing what it does not
// know; DeleteLineItem removes one with its grades. Results reads grades.
//
// # Errors
//
// Platforms' refusals are *lti.ServiceError: TryLater, Conflict (a newer score
// is there) and Permanent sort them. What no platform would take is not sent
// and wraps ErrInvalid.
//
// # Vendors' members
//
// Score.Extra and LineItem.Extra hold members that vendors have added to the
// specification, such as "https://canvas.instructure.com/lti/submission". They
// leave the tool only by a client that was made with lti.WithExtensions.
package ags
