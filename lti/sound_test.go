package lti_test

import (
	"slices"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

func TestLaunchPasses(t *testing.T) {
	a := newAttempt(t)
	launch, err := a.run(t)
	if err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(launch.Passed, lti.Checks()) {
		t.Errorf("passed %v, want all", launch.Passed)
	}
	if launch.Subject != "u1" || launch.ResourceLink.ID != "link-1" || launch.DeploymentID != "d1" || launch.NewDeployment {
		t.Errorf("launch %+v", launch)
	}
	if launch.StateID != a.started.Pending.ID || launch.Nonce != a.started.Pending.Nonce || launch.TargetLinkURI != target {
		t.Errorf("login's values are lost: %+v", launch)
	}
	if len(launch.Claims) == 0 || !launch.IssuedAt.Equal(now) || !launch.Expires.Equal(now.Add(time.Minute)) {
		t.Errorf("token's values are lost: %+v", launch)
	}
}

// Each row changes something in a launch that still passes.
var soundLaunches = map[string]struct {
	change func(*attempt)
	check  func(*lti.Launch) bool
}{
	"CERT-V01 instructor":        {with(claim+"roles", []string{string(lti.RoleInstructor)}), func(l *lti.Launch) bool { return l.Roles.Instructor() && !l.Roles.Learner() }},
	"CERT-V01 learner":           {nothing, func(l *lti.Launch) bool { return l.Roles.Learner() && !l.Roles.Instructor() }},
	"CERT-V02 several roles":     {with(claim+"roles", []string{"Learner", "Instructor"}), func(l *lti.Launch) bool { return l.Roles.Learner() && l.Roles.Instructor() }},
	"CERT-V03 short role":        {with(claim+"roles", []string{"Instructor"}), func(l *lti.Launch) bool { return slices.Equal(l.Roles, lti.Roles{lti.RoleInstructor}) }},
	"CERT-V04 unknown role":      {with(claim+"roles", []string{"https://example.com/roles#Wizard"}), func(l *lti.Launch) bool { return len(l.Roles) == 0 && len(l.RawRoles) == 1 }},
	"CERT-V05 no roles":          {with(claim+"roles", []string{}), func(l *lti.Launch) bool { return len(l.Roles) == 0 }},
	"CERT-V06 email only":        {with("email", "a@b.example"), func(l *lti.Launch) bool { return l.User == lti.User{Email: "a@b.example"} }},
	"CERT-V07 names only":        {spoils(with("given_name", "Ada"), with("family_name", "L")), func(l *lti.Launch) bool { return l.User == lti.User{GivenName: "Ada", FamilyName: "L"} }},
	"CERT-V08 only sub":          {nothing, func(l *lti.Launch) bool { return l.User == lti.User{} && l.Subject == "u1" }},
	"CERT-V09 email, no context": {with("email", "a@b.example"), func(l *lti.Launch) bool { return l.Context == nil }},
	"CERT-V10 only a resource link": {nothing, func(l *lti.Launch) bool {
		return l.Context == nil && l.Presentation == nil && l.LIS == nil && l.Custom == nil && l.Grades == nil
	}},
	"OWN-T04 x5u beside our key":          {func(a *attempt) { a.header["x5u"] = "https://evil.example"; a.header["jku"] = "https://evil.example" }, anything},
	"OWN-T11 key without alg":             {func(a *attempt) { delete(a.keys[0], "alg") }, anything},
	"OWN-T11 key without use":             {func(a *attempt) { delete(a.keys[0], "use") }, anything},
	"OWN-T12 EC key with the same kid":    {func(a *attempt) { a.keys = slices.Insert(a.keys, 0, map[string]any{"kty": "EC", "kid": "k1"}) }, anything},
	"OWN-T17 audience in a list":          {with("aud", []string{clientID}), anything},
	"OWN-T18 azp ours":                    {with("azp", clientID), anything},
	"OWN-T19 exp 30 seconds ago":          {spoils(with("exp", now.Add(-30*time.Second).Unix()), with("iat", now.Add(-90*time.Second).Unix())), anything},
	"OWN-T19 iat 30 seconds ahead":        {spoils(with("iat", now.Add(30*time.Second).Unix()), with("exp", now.Add(90*time.Second).Unix())), anything},
	"OWN-T19 nbf 30 seconds ahead":        {with("nbf", now.Add(30*time.Second).Unix()), anything},
	"no typ":                              {func(a *attempt) { delete(a.header, "typ") }, anything},
	"RS512 where it is allowed":           {spoils(allow("RS512"), rs512), anything},
	"OWN-L01 new deployment accepted":     {spoils(with(claim+"deployment_id", "d9"), noDeploymentAtLogin, acceptNew), func(l *lti.Launch) bool { return l.NewDeployment && l.DeploymentID == "d9" }},
	"OWN-L01 known deployment is not new": {acceptNew, func(l *lti.Launch) bool { return !l.NewDeployment }},
	"OWN-L05 ids of 255": {spoils(with("sub", long(255)), with(claim+"deployment_id", long(255)), noDeploymentAtLogin, deployments(long(255)),
		with(claim+"resource_link", map[string]any{"id": long(255)}), with(claim+"context", map[string]any{"id": long(255)})), func(l *lti.Launch) bool { return len(l.Context.ID) == 255 }},
	"OWN-L07 anonymous, where allowed": {spoils(without("sub"), anonymous), func(l *lti.Launch) bool { return l.Subject == "" }},
	"OWN-L13 unknown claims":           {spoils(with("https://example.com/x", map[string]any{"a": []int{1}}), with("y", nil)), func(l *lti.Launch) bool { return len(l.Odd) == 0 }},
	"OWN-L13 context as text":          {with(claim+"context", "course"), odd(claim+"context: not a JSON object", func(l *lti.Launch) bool { return l.Context == nil })},
	"OWN-L13 custom as list":           {with(claim+"custom", []int{1}), odd(claim+"custom: not a JSON object", func(l *lti.Launch) bool { return l.Custom == nil })},
	"OWN-L13 custom values of all types": {with(claim+"custom", map[string]any{"n": 1.5, "b": true, "o": map[string]any{}, "z": nil, "s": ""}), odd(claim+"custom o: not a string", func(l *lti.Launch) bool {
		return len(l.Custom) == 3 && l.Custom["n"] == "1.5" && l.Custom["b"] == "true"
	})},
	"OWN-L13 name as number":           {with("name", 5), odd("name: not a string", func(l *lti.Launch) bool { return l.User.Name == "" })},
	"OWN-L13 grades as text":           {with(claimAGS, "x"), odd(claimAGS+": not a JSON object", func(l *lti.Launch) bool { return !l.Grades.Can(lti.ScopeScore) })},
	"OWN-L13 window of half a pixel":   {with(claim+"launch_presentation", map[string]any{"width": 1.5, "locale": "en"}), odd(claim+"launch_presentation width: not a whole number", func(l *lti.Launch) bool { return l.Presentation.Locale == "en" })},
	"OWN-L14 institution's instructor": {with(claim+"roles", []string{"http://purl.imsglobal.org/vocab/lis/v2/institution/person#Instructor"}), func(l *lti.Launch) bool { return !l.Roles.Instructor() && len(l.Roles) == 1 }},
	"OWN-L15 sub-role only":            {with(claim+"roles", []string{"http://purl.imsglobal.org/vocab/lis/v2/membership/Instructor#TeachingAssistant"}), func(l *lti.Launch) bool { return l.Roles.Instructor() }},
	"OWN-L16 test user":                {with(claim+"roles", []string{"Learner", string(lti.RoleTestUser)}), func(l *lti.Launch) bool { return l.Roles.TestUser() && l.Roles.Learner() }},
	"OWN-L19 review of one's own":      {spoils(reviews, with(claim+"for_user", map[string]any{"user_id": "u1"})), func(l *lti.Launch) bool { return l.ForUser.UserID == "u1" }},
	"OWN-L19 review by a teacher":      {spoils(reviews, with(claim+"roles", []string{"Instructor"})), func(l *lti.Launch) bool { return l.ForUser.UserID == "u2" }},
	"OWN-L22 unresolved variable": {with(claim+"custom", map[string]any{"h": "$Context.id.history", "price": "$5", "d": "$"}), func(l *lti.Launch) bool {
		_, ok := l.Custom["h"]
		return !ok && l.Custom["price"] == "$5" && l.Custom["d"] == "$"
	}},
	"OWN-L23 NUL in a name": {with("name", "A\x00B"), func(l *lti.Launch) bool { return l.User.Name == "A\uFFFDB" }},
	"deep linking": {deepLinks, func(l *lti.Launch) bool {
		return l.DeepLinking.ReturnURL == "https://lms.example/dl" && l.ResourceLink == nil
	}},
	"deep linking without target or roles": {spoils(deepLinks, without(claim+"target_link_uri"), without(claim+"roles")), func(l *lti.Launch) bool { return l.TargetLinkURI == "" }},
	"deep linking keeps data":              {spoils(deepLinks, withSetting("data", "∂ata")), func(l *lti.Launch) bool { return *l.DeepLinking.Data == "∂ata" }},
	"deep linking with line items": {spoils(deepLinks, withSetting("accept_lineitem", true)), func(l *lti.Launch) bool {
		return *l.DeepLinking.AcceptLineItem && !l.DeepLinking.IgnoresLineItems()
	}},
	"deep linking without line items": {spoils(deepLinks, withSetting("accept_lineitem", false)), func(l *lti.Launch) bool { return l.DeepLinking.IgnoresLineItems() }},
	"deep linking that does not speak of line items": {deepLinks, func(l *lti.Launch) bool {
		return l.DeepLinking.AcceptLineItem == nil && !l.DeepLinking.IgnoresLineItems()
	}},
	"deep linking with accept_lineitem as text": {spoils(deepLinks, withSetting("accept_lineitem", "false")), odd(claimDL+" accept_lineitem: not a boolean", func(l *lti.Launch) bool { return l.DeepLinking.AcceptLineItem == nil })},
	"deep linking with data that is no text":    {spoils(deepLinks, withSetting("data", 5)), odd(claimDL+" data: not a string", func(l *lti.Launch) bool { return l.DeepLinking.Data == nil })},
	"notices": {with(claim+"platformnotificationservice", map[string]any{"platform_notification_service_url": "https://lms.example/pns", "service_versions": []string{"1.0"}, "scope": []string{lti.ScopeNoticeHandlers}, "notice_types_supported": []string{"LtiContextCopyNotice"}}), func(l *lti.Launch) bool {
		return l.Notices.URL == "https://lms.example/pns" && l.Notices.Sends("LtiContextCopyNotice") && !l.Notices.Sends("LtiHelloWorldNotice") && slices.Equal(l.Notices.Scopes, []string{lti.ScopeNoticeHandlers})
	}},
	"notices as text":                     {with(claim+"platformnotificationservice", "x"), odd(claim+"platformnotificationservice: not a JSON object", func(l *lti.Launch) bool { return !l.Notices.Sends("") })},
	"ext, as Moodle has it":               {with(claim+"ext", map[string]any{"user_username": "ada", "lms": "moodle-2", "n": nil}), func(l *lti.Launch) bool { return len(l.Ext) == 2 && l.Ext["user_username"] == "ada" }},
	"placement, Canvas'":                  {with("https://www.instructure.com/placement", "course_navigation"), func(l *lti.Launch) bool { return l.Placement == "course_navigation" }},
	"line item empty, as Moodle sends it": {with(claimAGS, map[string]any{"scope": []string{lti.ScopeScore}, "lineitem": ""}), func(l *lti.Launch) bool { return l.Grades.LineItem == "" && l.Grades.Can(lti.ScopeScore) }},
	"login without deployment":            {noDeploymentAtLogin, anything},
	"a target judged by the caller":       {func(a *attempt) { a.tool.Hosts = hostIs("tool.example") }, anything},
}

func TestSoundLaunches(t *testing.T) {
	for name, row := range soundLaunches {
		t.Run(name, func(t *testing.T) {
			a := newAttempt(t)
			row.change(a)
			launch, err := a.run(t)
			if err != nil {
				t.Fatal(err)
			}
			if !row.check(launch) {
				t.Errorf("launch %+v", launch)
			}
		})
	}
}
