package ltitest

// A Row is a row of the conformance list that is no case of the suite, and
// why.
type Row struct {
	ID  string
	Why string
	// Test proves it elsewhere, as folder.Name; empty: it awaits a feature.
	Test string
}

const (
	inBrowser = "is about a browser, and is seen in one"
	inside    = "is about the inside of a tool"
	ofLibrary = "is about the library's own calls"
	ofQueue   = "is about days of waiting"
)

// OtherRows returns all rows that Cases leaves out.
func OtherRows() []Row {
	return []Row{
		{ID: "CERT-A02", Why: ofLibrary, Test: "lti/ags.TestMoodleCreates"},
		{ID: "CERT-A03", Why: ofLibrary, Test: "lti/ags.TestMoodleLineItems"},
		{ID: "CERT-A05", Why: ofLibrary, Test: "lti/ags.TestMoodleResults"},

		{ID: "OWN-O20", Why: inBrowser, Test: "internal/app.TestALaunchInAFrame"},
		{ID: "OWN-O21", Why: inBrowser, Test: "internal/app.TestALaunchInAFrame"},
		{ID: "OWN-O22", Why: inBrowser, Test: "internal/app.TestALaunchInAFrame"},
		{ID: "OWN-O23", Why: inBrowser, Test: "internal/app.TestALaunchInAFrame"},
		{ID: "OWN-O24", Why: inBrowser, Test: "lti.TestTheBrowserIsRecognisedByThePlatformsStorage"},

		{ID: "OWN-L04", Why: inside, Test: "internal/launch.TestConnectionSwitchedOffBetweenLoginAndLaunch"},
		{ID: "OWN-L08", Why: inside, Test: "internal/greenroom.TestTwoWorkspacesOnOneLMS"},
		{ID: "OWN-L09", Why: inside, Test: "internal/store.TestPromises"},
		{ID: "OWN-L21", Why: inside, Test: "internal/greenroom.TestSubmissionReviewOfAnotherCoursesColumnIsRefused"},
		{ID: "OWN-L22", Why: inside, Test: "lti.TestSoundLaunches"},
		{ID: "OWN-L24", Why: inside, Test: "internal/web.TestCSVCell"},
		{ID: "OWN-L27", Why: inside, Test: "internal/web.TestLogLines"},

		{ID: "OWN-S02", Why: ofLibrary, Test: "lti/ags.TestScoresURL"},
		{ID: "OWN-S04", Why: ofLibrary, Test: "lti/ags.TestPagesWithoutEnd"},
		{ID: "OWN-S07", Why: ofLibrary, Test: "lti.TestTokenAnswers"},
		{ID: "OWN-S08", Why: ofLibrary, Test: "lti.TestBundleOfScopes"},
		{ID: "OWN-S10", Why: ofLibrary, Test: "lti.TestOneTokenForManyCalls"},
		{ID: "OWN-S12", Why: ofLibrary, Test: "lti.TestAssertionHasTheRegistrationsAudience"},
		{ID: "OWN-S14", Why: ofLibrary, Test: "lti/ags.TestInvalidScores"},
		{ID: "OWN-S15", Why: ofLibrary, Test: "lti/ags.TestScoreDocument"},
		{ID: "OWN-S19", Why: ofQueue, Test: "internal/greenroom.TestAConflictIsMended"},
		{ID: "OWN-S20", Why: ofQueue, Test: "internal/jobs.TestRetryAfterRestsTheWholeLane"},
		{ID: "OWN-S21", Why: ofQueue, Test: "internal/greenroom.TestAFailedScoreWaitsForSendAgain"},
		{ID: "OWN-S22", Why: ofQueue, Test: "internal/greenroom.TestAFailedScoreWaitsForSendAgain"},
		{ID: "OWN-S23", Why: ofLibrary, Test: "lti.TestAnswerIsCapped"},
		{ID: "OWN-S24", Why: ofLibrary, Test: "lti/ags.TestOneColumn"},
		{ID: "OWN-S25", Why: ofLibrary, Test: "lti/ags.TestIgnoredFilters"},
		{ID: "OWN-S26", Why: ofLibrary, Test: "lti/nrps.TestOddMembers"}, {ID: "OWN-S27", Why: ofLibrary, Test: "lti/nrps.TestOddMembers"},
		{ID: "OWN-S29", Why: "awaits an API"}, {ID: "OWN-S30", Why: "awaits an API"},

		{ID: "OWN-D02", Why: inside, Test: "internal/course.TestOnlyTheRequestsOwnBrowserPicks"},
		{ID: "OWN-D03", Why: ofLibrary, Test: "lti/deeplink.TestRefused"},
		{ID: "OWN-D04", Why: "is about a tool's own policy", Test: "internal/launch.TestWhoMayPick"},
		{ID: "OWN-D06", Why: ofLibrary, Test: "lti/deeplink.TestRefused"},

		{ID: "OWN-R07", Why: inside, Test: "internal/greenroom.TestTwoWorkspacesOnOneLMS"},
		{ID: "OWN-R10", Why: ofLibrary, Test: "lti/dynreg.TestManagement"},
		{ID: "OWN-P01", Why: ofLibrary, Test: "lti/pns.TestSpoiledNotices"},
		{ID: "OWN-P02", Why: inside, Test: "internal/greenroom.TestCopiesStayInTheirDeployment"},
		{ID: "OWN-P03", Why: inside, Test: "internal/greenroom.TestANoticeOfACopy"},
		{ID: "OWN-K01", Why: inside, Test: "internal/launch.TestKeySetDuringARotation"},
		{ID: "OWN-K03", Why: inside, Test: "internal/greenroom.TestKeysOfOneWorkspaceNeverSignForAnother"},
	}
}
