package greenroom_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

// a token as Moodle sends it, with what other LMSes add.
const payload = `{
	"iss": "https://moodle.example.edu", "aud": ["yZ3kQm81LtQ0xB2"], "exp": 1775044800, "iat": 1775044740, "sub": "1c9b-77-amira",
	"nonce": "n0nc3-value", "jti": "j-value", "name": "Amira Haddad", "given_name": "Amira", "family_name": "Haddad", "middle_name": "Zoe",
	"email": "amira@students.example.edu", "picture": "https://moodle.example.edu/pluginfile.php/77/amira.png", "locale": "de",
	"https://purl.imsglobal.org/spec/lti/claim/message_type": "LtiResourceLinkRequest",
	"https://purl.imsglobal.org/spec/lti/claim/context": {"id": "12", "title": "Sales, group of tom@example.edu", "type": ["CourseSection"]},
	"https://purl.imsglobal.org/spec/lti/claim/roles": ["http://purl.imsglobal.org/vocab/lis/v2/membership#Learner"],
	"https://purl.imsglobal.org/spec/lti/claim/launch_presentation": {"return_url": "https://moodle.example.edu/mod/lti/return.php?course=12&sesskey=Ab3xYzQ9&debug#access_token=fr4gment"},
	"https://purl.imsglobal.org/spec/lti/claim/tool_platform": {"guid": "g1", "contact_email": "root@moodle.example.edu", "name": "Campus"},
	"https://purl.imsglobal.org/spec/lti/claim/lis": {"person_sourcedid": "SIS-4711", "course_offering_sourcedid": "SALES-26"},
	"https://purl.imsglobal.org/spec/lti/claim/for_user": {"user_id": "u-1234567", "name": "Jonas Weber", "email": "jonas@example.edu", "roles": ["Learner"]},
	"https://purl.imsglobal.org/spec/lti/claim/role_scope_mentor": ["mentee-12345"],
	"https://purl.imsglobal.org/spec/lti/claim/custom": {"scenario_id": "discovery-call", "section": "$CourseSection.label", "person_name_full": "Amira H",
		"boss": "Tom <tom@example.edu>", "user_phone": "0301234", "api_token": "t0k3n", "week": 3},
	"https://purl.imsglobal.org/spec/lti/claim/ext": {"user_username": "ahaddad", "lms": "moodle-2"},
	"https://purl.imsglobal.org/spec/lti-ags/claim/endpoint": {"lineitem": "https://moodle.example.edu/lineitems/7/lineitem?type_id=1"},
	"https://purl.imsglobal.org/spec/lti-dl/claim/deep_linking_settings": {"accept_multiple": true, "data": "op4que-d4ta"},
	"https://vendor.example/claim": {"department": "Radiology", "badge": 471147, "vip": true, "nothing": null, "of": {"amira@example.edu": "boss-value"}, "id_token": "v3nd0r"}
}`

func lineOf(claims, name string) string {
	for _, l := range greenroom.ClaimLines(claims) {
		if l.Name == name {
			return l.Value
		}
	}
	return "(not there)"
}

func TestMaskedClaims(t *testing.T) {
	claims := greenroom.MaskClaims(json.RawMessage(payload))
	for name, want := range map[string]string{
		"iss": "https://moodle.example.edu", "aud": "yZ3kQm81LtQ0xB2", "exp": "2026-04-01 12:00:00 UTC", "locale": "de",
		"sub": "1••• (13 characters)", "name": "A••• (12 characters)", "middle_name": "••• (3 characters)",
		"email":        "•••@students.example.edu (26 characters)",
		"message_type": "LtiResourceLinkRequest", "context › id": "12", "context › type": "CourseSection",
		"context › title":                         "Sales, group of •••@example.edu",
		"roles":                                   "http://purl.imsglobal.org/vocab/lis/v2/membership#Learner",
		"launch_presentation › return_url":        "https://moodle.example.edu/mod/lti/return.php?course=12&sesskey=•••&debug",
		"tool_platform › contact_email":           "•••@moodle.example.edu",
		"tool_platform › name":                    "Campus",
		"lis › person_sourcedid":                  "S••• (8 characters)",
		"lis › course_offering_sourcedid":         "SALES-26",
		"for_user › user_id":                      "u••• (9 characters)",
		"for_user › name":                         "J••• (11 characters)",
		"for_user › email":                        "•••@example.edu (17 characters)",
		"for_user › roles":                        "Learner",
		"role_scope_mentor":                       "m••• (12 characters)",
		"custom › scenario_id":                    "discovery-call",
		"custom › section":                        "$CourseSection.label",
		"custom › week":                           "3",
		"custom › person_name_full":               "A••• (7 characters)",
		"custom › boss":                           "•••@example.edu (21 characters)",
		"custom › user_phone":                     "0••• (7 characters)",
		"ext › user_username":                     "a••• (7 characters)",
		"endpoint › lineitem":                     "https://moodle.example.edu/lineitems/7/lineitem?type_id=1",
		"deep_linking_settings › data":            "(not there)",
		"deep_linking_settings › accept_multiple": "true",
		"nonce":              "(not there)",
		"jti":                "(not there)",
		"custom › api_token": "(not there)",
		"https://vendor.example/claim › department":           "R••• (9 characters)",
		"https://vendor.example/claim › badge":                "••• (number)",
		"https://vendor.example/claim › vip":                  "true",
		"https://vendor.example/claim › nothing":              "null",
		"https://vendor.example/claim › id_token":             "(not there)",
		"https://vendor.example/claim › of › •••@example.edu": "b••• (10 characters)",
	} {
		if got := lineOf(claims, name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
}

func TestNothingPersonalIsKept(t *testing.T) {
	claims := greenroom.MaskClaims(json.RawMessage(payload))
	for _, secret := range []string{
		"Amira", "amira", "Haddad", "haddad", "Zoe", "Jonas", "jonas@", "tom@", "root@", "SIS-4711", "u-1234567", "mentee", "0301234",
		"471147", "Radiology", "boss-value", "n0nc3", "j-value", "t0k3n", "op4que", "v3nd0r", "Ab3xYzQ9", "fr4gment", "1c9b",
	} {
		if strings.Contains(claims, secret) {
			t.Errorf("%q is kept: %s", secret, claims)
		}
	}
}

func TestHostileClaimsAreBounded(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	nested := strings.Repeat(`{"a":`, 5000) + "1" + strings.Repeat("}", 5000)
	many := func(n int, member string) string {
		all := make([]string, n)
		for i := range all {
			all[i] = fmt.Sprintf(member, i)
		}
		return strings.Join(all, ",")
	}
	const custom = `"https://purl.imsglobal.org/spec/lti/claim/custom":`
	for name, payload := range map[string]string{
		"a megabyte in a value":         `{"iss":"` + long + `"}`,
		"a megabyte in a name":          `{"` + long + `":"v"}`,
		"a megabyte in a custom name":   `{` + custom + `{"` + long + `":"v"}}`,
		"a tower":                       `{"iss":"i","aud":` + nested + `}`,
		"many claims":                   `{"iss":"i",` + many(9999, `"claim-%d":"value"`) + `}`,
		"many custom parameters":        `{"iss":"i",` + custom + `{` + many(9999, `"p%d":"value"`) + `}}`,
		"many long custom parameters":   `{"iss":"i",` + custom + `{` + many(40, `"p%d":"`+long[:9999]+`"`) + `}}`,
		"a long list":                   `{"iss":"i","aud":[` + many(9999, `"%d"`) + `]}`,
		"an endless number":             `{"iss":"i","exp":` + strings.Repeat("9", 1<<20) + `}`,
		"an endless e-mail address":     `{"email":"a@` + long + `"}`,
		"names that look alike":         `{"iss":"i","a\u202e":"1","a":"2","a\u0000":"3"}`,
		"text that is no UTF-8":         "{\"iss\":\"\xff\xfe\"}",
		"an object in place of a text":  `{"sub":{"name":"Amira Haddad"}}`,
		"a list in place of an object":  `{` + custom + `["amira@example.edu"]}`,
		"a number in place of a person": `{"sub":4711,"name":["Amira Haddad"]}`,
	} {
		got := greenroom.MaskClaims(json.RawMessage(payload))
		if len(got) > 8<<10 || got == "" || !json.Valid([]byte(got)) {
			t.Errorf("%s: %d bytes, %.100s", name, len(got), got)
		}
		if strings.Contains(payload, `"iss":"i"`) && !strings.Contains(got, `"iss":"i"`) {
			t.Errorf("%s: the issuer was pushed out: %.200s", name, got)
		}
		if strings.Contains(got, "Amira") || strings.Contains(got, "amira") || strings.Contains(got, "4711") {
			t.Errorf("%s: %s", name, got)
		}
	}
	for name, payload := range map[string]string{
		"nothing": "", "null": "null", "a list": "[]", "a text": `"x"`, "half an object": `{"iss":`, "no JSON": "eyJhbGciOi",
	} {
		if got := greenroom.MaskClaims(json.RawMessage(payload)); got != "" {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestClaimsCannotSteerWhoReadsThem(t *testing.T) {
	claims := greenroom.MaskClaims(json.RawMessage(`{"iss":"a\r\nb\u001b[31m\u202ec\u2066d\u0000",
		"https://purl.imsglobal.org/spec/lti/claim/context":{"title":"see eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln now"}}`))
	if got, want := lineOf(claims, "iss"), "a b[31mcd"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got, want := lineOf(claims, "context › title"), "see (token) now"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestClaimLines(t *testing.T) {
	if got := greenroom.ClaimLines(""); got != nil {
		t.Errorf("of nothing: %v", got)
	}
	got := greenroom.ClaimLines(`{"iss":"i","https://purl.imsglobal.org/spec/lti/claim/context":{"id":"1"},"empty":{},"exp":1e99}`)
	const context = "https://purl.imsglobal.org/spec/lti/claim/context"
	want := []greenroom.ClaimLine{{"context › id", context, "1"}, {"empty", "empty", "{}"}, {"exp", "exp", "1e99"}, {"iss", "iss", "i"}}
	if !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}
