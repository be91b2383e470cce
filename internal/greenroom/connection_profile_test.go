package greenroom

import (
	"testing"
	"time"
)

func TestTheProfileIsTheChosenOneElseTheProducts(t *testing.T) {
	for name, tc := range map[string]struct {
		c        Connection
		code     string
		audience string
		storage  string
		grain    time.Duration
	}{
		"nothing known":              {Connection{}, "generic", "", "_parent", time.Second},
		"an unknown product":         {Connection{Product: "HomegrownLMS"}, "generic", "", "_parent", time.Second},
		"a product":                  {Connection{Product: "canvas"}, "canvas", "", "_parent", time.Millisecond},
		"a product in its case":      {Connection{Product: "BlackboardLearn"}, "blackboard", "", "lti_storage_frame", time.Second},
		"Moodle":                     {Connection{Product: "moodle"}, "moodle", "", "_parent", time.Second},
		"one chosen over it":         {Connection{Product: "moodle", Profile: "brightspace"}, "brightspace", "", "_parent", time.Second},
		"an audience of its own":     {Connection{Profile: "brightspace", Audience: "https://as.example.com"}, "brightspace", "https://as.example.com", "_parent", time.Second},
		"one chosen at the vendor's": {Connection{Product: "moodle", Profile: "brightspace", TokenURL: "https://auth.brightspace.com/core/connect/token"}, "brightspace", "https://api.brightspace.com/auth/token", "_parent", time.Second},
		"a product at the vendor's":  {Connection{Product: "desire2learn", TokenURL: "https://auth.brightspace.com/core/connect/token"}, "brightspace", "https://api.brightspace.com/auth/token", "_parent", time.Second},
		"one that only says so":      {Connection{Product: "desire2learn", TokenURL: "https://evil.example/token"}, "brightspace", "", "_parent", time.Second},
		"one that sounds like it":    {Connection{Product: "desire2learn", TokenURL: "https://auth.brightspace.com.evil.example/token"}, "brightspace", "", "_parent", time.Second},
		"one chosen that is gone":    {Connection{Product: "moodle", Profile: "no-such-lms"}, "moodle", "", "_parent", time.Second},
	} {
		if got := tc.c.LMS().Code; got != tc.code {
			t.Errorf("%s: profile %s", name, got)
		}
		if got := tc.c.TokenAudience(); got != tc.audience {
			t.Errorf("%s: audience %q", name, got)
		}
		if got := tc.c.StorageTarget(); got != tc.storage {
			t.Errorf("%s: storage in %q", name, got)
		}
		if got := tc.c.stampGrain(); got != tc.grain {
			t.Errorf("%s: grain %s", name, got)
		}
	}
}

// Two scores a moment apart: Moodle takes the second for the first again,
// Canvas does not.
func TestStampsAreAsFarApartAsTheLMSNeeds(t *testing.T) {
	earned := noon.Add(300 * time.Millisecond)
	for lms, want := range map[string]time.Time{
		"canvas": earned, "moodle": noon.Add(time.Second), "": noon.Add(time.Second),
	} {
		p := Passback{WantedAt: earned, Stamp: noon.Add(200 * time.Millisecond)}
		posted := percent(t, 50)
		p.Posted = &posted
		if got := p.nextStamp(noon.Add(time.Hour), false, Connection{Product: lms}.stampGrain()); !got.Equal(want) {
			t.Errorf("%q: %s, want %s", lms, got, want)
		}
	}
}
