package profile_test

import (
	"fmt"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti/profile"
)

func TestEveryLMSIsFoundByWhatItCallsItself(t *testing.T) {
	for code, want := range map[string]string{
		"canvas": "canvas", "Canvas": "canvas", "moodle": "moodle", "desire2learn": "brightspace", "Desire2Learn": "brightspace",
		"BlackboardLearn": "blackboard", "blackboardlearn": "blackboard", " sakai\n": "sakai",
		"": "generic", "somebody new": "generic", "can": "generic",
	} {
		if got := profile.For(code).Code; got != want {
			t.Errorf("product_family_code %q is %s, not %s", code, got, want)
		}
	}
	for _, p := range profile.All() {
		for _, family := range p.Families {
			for _, written := range []string{family, strings.ToUpper(family), strings.ToLower(family)} {
				if got := profile.For(written); got.Code != p.Code {
					t.Errorf("%q of %s is taken for %s", written, p.Name, got.Name)
				}
			}
		}
	}
}

func TestCodesCanBeStored(t *testing.T) {
	stable := regexp.MustCompile(`^[a-z]{3,20}$`)
	seen := map[string]bool{}
	for _, p := range profile.All() {
		got, known := profile.ByCode(p.Code)
		if !known || !reflect.DeepEqual(got, p) || seen[p.Code] || !stable.MatchString(p.Code) || p.Name == "" {
			t.Errorf("%q: %v %v", p.Code, known, seen)
		}
		seen[p.Code] = true
	}
	if len(seen) != 10 || profile.All()[9].Code != "generic" {
		t.Errorf("%d profiles, and %s at the end", len(seen), profile.All()[9].Code)
	}
	if _, known := profile.ByCode("nobody"); known {
		t.Error("a code that nobody has")
	}
}

func TestAProfileCannotBeChangedForOthers(t *testing.T) {
	p := profile.Canvas()
	p.Families[0], p.Registration.Extensions.PrivacyLevel, p.DeepLinking.OneItemPlacements[0] = "spoilt", "spoilt", "spoilt"
	if s := fmt.Sprintf("%+v %+v", profile.Canvas(), profile.Canvas().Registration.Extensions); strings.Contains(s, "spoilt") {
		t.Error(s)
	}
}

func TestEndpointsAreFilled(t *testing.T) {
	for name, tc := range map[string]struct {
		profile          profile.Profile
		issuer, clientID string
		want             profile.Endpoints
	}{
		"Moodle's follow from the issuer, with its path": {profile.Moodle(), "https://uni.example.com/moodle", "abc", profile.Endpoints{
			Issuer: "https://uni.example.com/moodle", AuthURL: "https://uni.example.com/moodle/mod/lti/auth.php",
			TokenURL: "https://uni.example.com/moodle/mod/lti/token.php", KeySetURL: "https://uni.example.com/moodle/mod/lti/certs.php",
		}},
		"Blackboard's key set has the client ID in it": {profile.Blackboard(), "", "app-1", profile.Endpoints{
			Issuer: "https://blackboard.com", AuthURL: "https://developer.blackboard.com/api/v1/gateway/oidcauth",
			TokenURL:  "https://developer.blackboard.com/api/v1/gateway/oauth2/jwttoken",
			KeySetURL: "https://developer.blackboard.com/api/v1/management/applications/app-1/jwks.json",
		}},
		"Brightspace has an audience of its own": {profile.Brightspace(), "https://uni.example.com", "", profile.Endpoints{
			Issuer: "https://uni.example.com", AuthURL: "https://uni.example.com/d2l/lti/authenticate",
			TokenURL: "https://auth.brightspace.com/core/connect/token", KeySetURL: "https://uni.example.com/d2l/.well-known/jwks",
			Audience: "https://api.brightspace.com/auth/token",
		}},
		"without an issuer, what needs one is empty": {profile.Brightspace(), "", "", profile.Endpoints{
			TokenURL: "https://auth.brightspace.com/core/connect/token", Audience: "https://api.brightspace.com/auth/token",
		}},
		"Generic promises none": {profile.Generic(), "https://lms.example.com", "c", profile.Endpoints{Issuer: "https://lms.example.com"}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := tc.profile.Endpoints.Fill(tc.issuer, tc.clientID); got != tc.want {
				t.Errorf("%+v\nnot %+v", got, tc.want)
			}
		})
	}
}

func TestAllAddressesAreHTTPS(t *testing.T) {
	check := func(name string, e profile.Endpoints) {
		e = e.Fill("https://lms.example.com", "client")
		for _, raw := range []string{e.AuthURL, e.TokenURL, e.KeySetURL, e.Audience} {
			u, err := url.Parse(raw)
			if err != nil || raw != "" && (u.Scheme != "https" || u.Host == "" || strings.Contains(raw, "{")) {
				t.Errorf("%s: %q", name, raw)
			}
		}
	}
	for _, p := range profile.All() {
		check(p.Name, p.Endpoints)
		for _, e := range p.Environments {
			check(p.Name+" "+e.Name, e.Endpoints)
		}
		if e := p.Endpoints; p.Registration.Shared && e.Issuer == "" && p.Code != "itslearning" {
			t.Errorf("%s has one registration for all and no issuer", p.Name)
		}
	}
}

func TestConfigurationsOnOtherHosts(t *testing.T) {
	for _, tc := range []struct {
		of          profile.Profile
		host        string
		ok, confirm bool
	}{
		{profile.Canvas(), "sso.canvaslms.com", true, false},
		{profile.Canvas(), "uni.instructure.com", true, false},
		{profile.Canvas(), "Canvas.Example.edu", true, true},
		{profile.Canvas(), "notcanvaslms.com", true, true},
		{profile.Blackboard(), "developer.blackboard.com", true, false},
		{profile.Blackboard(), "blackboard.example.com", false, false},
		{profile.Moodle(), "elsewhere.example.com", false, false},
	} {
		if ok, confirm := tc.of.Registration.ConfigurationMayComeFrom(tc.host); ok != tc.ok || confirm != tc.confirm {
			t.Errorf("%s from %s: %v, to be confirmed %v", tc.of.Name, tc.host, ok, confirm)
		}
	}
}

// What is marked as unverified is a field, and one that says something.
func TestUnverifiedNamesFields(t *testing.T) {
	for _, p := range profile.All() {
		for _, path := range p.Unverified {
			v := reflect.ValueOf(p)
			for _, name := range strings.Split(path, ".") {
				if v.Kind() != reflect.Struct || !v.FieldByName(name).IsValid() {
					t.Fatalf("%s: there is no field %s", p.Name, path)
				}
				v = v.FieldByName(name)
			}
			if v.IsZero() {
				t.Errorf("%s: %s says nothing that could be doubted", p.Name, path)
			}
		}
	}
	if !profile.Sakai().Doubtful("Endpoints.AuthURL") || profile.Moodle().Doubtful("Grades.Grain") {
		t.Error("Doubtful does not follow the list")
	}
}

func TestProfilesAreOfOnePiece(t *testing.T) {
	for _, p := range profile.All() {
		for rule, broken := range map[string]bool{
			"can be connected in some way":                     !p.Registration.Dynamic && !p.Registration.Manual,
			"is updated only where it registers dynamically":   p.Registration.Update != profile.UpdateNone && !p.Registration.Dynamic,
			"names a storage target exactly where it lends it": p.Storage.Offered != (p.Storage.Target != ""),
			"keeps id_tokens for a sensible time":              p.Launch.TokenLife != 0 && (p.Launch.TokenLife < time.Minute || p.Launch.TokenLife > time.Hour),
			"pages only where it has a roster":                 !p.Roster.Supported && !reflect.DeepEqual(p.Roster, profile.Roster{}),
			"has no rules of a service that it lacks":          !p.Grades.Supported && !reflect.DeepEqual(p.Grades, profile.Grades{}),
		} {
			if broken {
				t.Errorf("%s: a platform %s", p.Name, rule)
			}
		}
	}
}
