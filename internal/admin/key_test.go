package admin

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
)

const signingKeys = "/w/northwind/settings/keys"

func TestKeysPageFromTheFirstKeyToTheLast(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	first := must(s.service.SigningKey(t.Context(), s.northwind.ID))(t)

	page := dana.get(signingKeys)
	page.has(t, string(first.ID[len(first.ID)-8:]), "Signing</span>", "No LMS uses these keys yet", "on 24 November 2026, 12:00 UTC",
		"until 1 December 2026, 12:00 UTC", "Keys are not rotated by themselves", "Rotate at once: a key has leaked", "Not yet")
	page.hasNot(t, "Upcoming</span>")

	page = dana.follow(dana.post(signingKeys+"/rotate", nil))
	page.has(t, "The new key is published. It signs from 24 November 2026, 12:00 UTC on.", "Upcoming</span>", "A rotation is under way")
	page.hasNot(t, "Rotate the signing key?")

	// A second one, from a page that stayed open.
	dana.follow(dana.post(signingKeys+"/rotate", nil)).has(t, "A rotation is under way already", "Nothing was changed")

	s.now = noon.Add(25 * time.Hour)
	dana = s.as("dana")
	dana.get(signingKeys).has(t, "Signing</span>", "Retiring</span>", "Rotate the signing key?")

	page = dana.follow(dana.post(signingKeys+"/rotate", url.Values{"how": {"at-once"}}))
	page.has(t, "The new key signs from now on. All others are withdrawn.", "Signing</span>", "Withdrawn</span>")
	page.hasNot(t, "Retiring</span>")
	dana.follow(dana.post(signingKeys+"/rotate", url.Values{"how": {"at-once"}})).has(t, "The keys were rotated a moment ago")
}

func TestKeysPageTellsWhichPlatformKnowsWhichKey(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	dana.post(lti+"/connections", manual())
	c := must(s.service.Connections(t.Context(), s.owner))(t)[0]
	key := must(s.service.SigningKey(t.Context(), s.northwind.ID))(t)
	dana.get(signingKeys).has(t, "Campus Moodle", "Nothing signed with this key was shown to it so far")
	for what, want := range map[greenroom.Signing]string{
		greenroom.SigningAccepted: "Accepted</span>", greenroom.SigningRefused: "Refused</span>",
	} {
		s.now = s.now.Add(2 * time.Hour)
		err := greenroom.NoteSigning(t.Context(), s.service.Store.Workspace(s.northwind.ID), s.now, key.ID, c.ID, what)
		if err != nil {
			t.Fatal(err)
		}
		s.as("dana").get(signingKeys).has(t, want)
	}
}

func TestKeysPageNamesTheNextRotationByAge(t *testing.T) {
	s := newSite(t)
	s.service.KeyPolicy.MaxAge = 180 * 24 * time.Hour
	s.as("dana").get(signingKeys).has(t, "Greenroom makes the next key by itself", "in 5 months")
}

func TestWaysToTheKeysPage(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	for _, from := range []string{"/w/northwind/settings/integrations", lti} {
		dana.get(from).has(t, `href="`+signingKeys+`"`)
	}
}

// Nothing of a private half is in a page.
func TestKeysPageHoldsNoSecret(t *testing.T) {
	s := newSite(t)
	page := s.as("dana").get(signingKeys)
	for _, word := range []string{"PRIVATE", "sealed", "Sealed"} {
		if strings.Contains(page.body, word) {
			t.Errorf("the page has the word %q", word)
		}
	}
	if page.status != http.StatusOK {
		t.Errorf("status %d", page.status)
	}
}
