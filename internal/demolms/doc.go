// Package demolms is a small LMS with pages over lti/platform: people sign in,
// an administrator connects tools and lets them update themselves, a teacher
// adds activities to a course, by a tool's picker as well, reads the gradebook,
// opens submissions, enrols people and copies the course, students launch. It
// is for greenroom demo and the browser tests; nothing in it is kept.
package demolms
