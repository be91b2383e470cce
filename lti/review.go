package lti

// A SubmissionReview asks a platform to offer a submission review from its
// gradebook: a launch with MessageSubmissionReview into what one learner handed
// in (Submission Review 1.0 §2). It belongs to a line item, made by package ags
// or by an item of package deeplink.
type SubmissionReview struct {
	// ReviewableStatus are the activity progresses in which there is something
	// to see. Nil leaves that to the platform; an empty list is sent as such.
	ReviewableStatus []string `json:"reviewableStatus,omitzero"`

	Label  string            `json:"label,omitempty"`  // of the platform's button
	URL    string            `json:"url,omitempty"`    // target_link_uri of the review; empty: the tool's
	Custom map[string]string `json:"custom,omitempty"` // beside the custom parameters of the link
}
