// Package demolms is a small LMS with pages over lti/platform: people sign in,
// an administrator connects tools, a teacher adds activities to a course and
// reads the gradebook, students launch. It is for greenroom demo and the
// browser tests; nothing in it is kept.
package demolms
