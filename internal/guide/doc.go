// Package guide says how Greenroom is connected in each LMS: that LMS's own
// field names, in its own order, with what goes into them, and where the seven
// values of our manual form are found there.
//
// It is data. The settings page shows a guide with a workspace's URLs filled
// in; docs/platforms holds the same guides as Markdown, and a test holds the
// files to the data:
//
//	go test ./internal/guide -update
//
// What nobody has told us is listed as unknown, not guessed.
package guide
