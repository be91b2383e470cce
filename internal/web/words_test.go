package web

import (
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

func TestAgo(t *testing.T) {
	for at, want := range map[time.Duration]string{
		0:                      "just now",
		-59 * time.Second:      "just now",
		-time.Minute:           "1 minute ago",
		-119 * time.Minute:     "1 hour ago",
		-36 * time.Hour:        "1 day ago",
		-65 * 24 * time.Hour:   "2 months ago",
		-1000 * 24 * time.Hour: "2 years ago",
		30 * time.Second:       "now",
		7 * time.Minute:        "in 7 minutes",
	} {
		if got := ago(noon, noon.Add(at)); got != want {
			t.Errorf("%v from now: %q, want %q", at, got, want)
		}
	}
}

func TestCutKeepsEveryCharacter(t *testing.T) {
	for _, s := range []string{"", "short", "0123456789abcdef", strings.Repeat("é漢", 200), "https://lms.example.com/a-long-one"} {
		c := cut(s)
		if c.Head+c.Tail != s || c.Whole != s {
			t.Errorf("%q is cut into %q and %q", s, c.Head, c.Tail)
		}
	}
	if c := cut("0123456789abcdefg"); c.Tail != "9abcdefg" {
		t.Errorf("tail %q", c.Tail)
	}
}

func TestInitials(t *testing.T) {
	for name, want := range map[string]string{
		"Dana Whitfield": "DW", "dana": "D", "": "?", "…": "?", "李小龙": "李",
		"Anna  von der  Tann": "AT", "O'Neil": "ON", "7 Seas": "7S",
	} {
		if got := initials(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestSupportLink(t *testing.T) {
	for contact, want := range map[string]string{
		"help@example.com":                 "mailto:help@example.com",
		"https://help.example.com/lms":     "https://help.example.com/lms",
		"Ring 4711, or knock at room 3.":   "",
		"javascript:alert(1)":              "",
		"http://help.example.com":          "",
		"Help Desk <help@example.com> now": "",
		"":                                 "",
	} {
		if got := supportLink(contact); got != want {
			t.Errorf("%q: %q, want %q", contact, got, want)
		}
	}
}

func TestURLs(t *testing.T) {
	u := URLs{origin: "https://practice.example.com"}
	const w = greenroom.WorkspaceID("0193-w")
	for got, want := range map[string]string{
		u.Login(w):               "https://practice.example.com/lti/0193-w/login",
		u.Launch(w):              "https://practice.example.com/lti/0193-w/launch",
		u.KeySet(w):              "https://practice.example.com/lti/0193-w/jwks.json",
		u.OpenIDConfiguration(w): "https://practice.example.com/lti/0193-w/.well-known/openid-configuration",
		u.Registration(w, "a.b"): "https://practice.example.com/lti/0193-w/register?token=a.b",
		u.Registration(w, ""):    "https://practice.example.com/lti/0193-w/register",
		u.Stage(w, "l1"):         "https://practice.example.com/stage/0193-w/l1",
		u.Logo():                 "https://practice.example.com/assets/logo.png",
		u.PersonLink("t"):        "https://practice.example.com/links/t",
		u.SetUp("t"):             "https://practice.example.com/setup?token=t",
	} {
		if got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
