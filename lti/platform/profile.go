package platform

import "time"

// A Profile holds the ways in which LMSes differ, as data.
type Profile struct {
	Name              string // for people
	ProductFamilyCode string
	Version           string

	TokenLife time.Duration // from iat to exp of an id_token

	// WholeSeconds compares scores' timestamps by whole seconds.
	WholeSeconds bool
	// OneAccept answers only requests whose Accept is exactly the right media
	// type, or absent.
	OneAccept bool
	// TypedItems puts ?type_id= behind line item URLs.
	TypedItems bool
	// EmptyLineItem sends "lineitem": "" for links without a grade.
	EmptyLineItem bool
	// HTMLTokens labels the token endpoint's JSON as text/html.
	HTMLTokens bool
	// LaxAssertions leaves aud, iss and jti of client assertions unchecked.
	LaxAssertions bool
	// RegistrationStatus is that of a successful registration.
	RegistrationStatus int
	// NamesDeployment puts a deployment ID into the registration's answer.
	NamesDeployment bool
	// StorageTarget is the lti_storage_target of logins: "_parent", or the name
	// of a frame; empty: the platform lends tools no storage.
	StorageTarget string
	// StorageUnnamed leaves it out of logins: tools find it by asking the page
	// for its capabilities.
	StorageUnnamed bool
	// EmptyScoreAnswer answers an accepted score with an empty body.
	EmptyScoreAnswer bool
}

// Generic follows the specifications to the letter.
var Generic = Profile{
	Name: "Generic LMS", ProductFamilyCode: "generic", Version: "1.0",
	TokenLife: 5 * time.Minute, RegistrationStatus: 201, NamesDeployment: true, StorageTarget: "_parent",
}

// Moodle answers as Moodle 4.5 does, by its recorded answers.
var Moodle = Profile{
	Name: "Moodle", ProductFamilyCode: "moodle", Version: "4.5.6 (Build: 20250811)",
	TokenLife: time.Minute, WholeSeconds: true, OneAccept: true, TypedItems: true, EmptyLineItem: true,
	HTMLTokens: true, LaxAssertions: true, RegistrationStatus: 200, NamesDeployment: true, EmptyScoreAnswer: true,
}
