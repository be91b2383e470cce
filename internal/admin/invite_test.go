package admin

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"
)

const urls = lti + "/registration-urls"

var registrationURL = regexp.MustCompile(`value="(https://practice\.example\.com/lti/[^"]+/register\?token=[^"]+)"`)

func TestGenerateRegistrationURL(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	got := dana.part("POST", urls)
	if got.status != http.StatusOK {
		t.Fatalf("status %d", got.status)
	}
	found := registrationURL.FindStringSubmatch(got.body)
	if found == nil || !strings.Contains(found[1], "/lti/"+string(s.northwind.ID)+"/register?token=") {
		t.Fatalf("no URL of this workspace:\n%s", got.body)
	}
	got.has(t, "data-copy-now", `data-until="2026-11-23T13:00:00Z"`, "Revoke unused URLs")
	got.hasNot(t, "<html")

	// The page shows it again, and does not copy it again.
	page := dana.get(lti)
	page.has(t, found[1], `data-until="2026-11-23T13:00:00Z"`)
	page.hasNot(t, "data-copy-now")
	s.as("ada").get(lti).has(t, found[1])

	s.now = noon.Add(time.Hour)
	dana.get(lti).hasNot(t, found[1], "Revoke unused URLs")
}

func TestGenerateWithoutScript(t *testing.T) {
	dana := newSite(t).as("dana")
	answer := dana.post(urls, nil)
	if to := answer.header.Get("Location"); to != lti+"#registration-section" {
		t.Errorf("leads to %q", to)
	}
	if page := dana.follow(answer); !registrationURL.MatchString(page.body) {
		t.Error("the page does not show the URL")
	}
}

func TestOnlyTheNewURLIsCopied(t *testing.T) {
	dana := newSite(t).as("dana")
	dana.part("POST", urls)
	got := dana.part("POST", urls)
	if n := len(registrationURL.FindAllString(got.body, -1)); n != 2 {
		t.Errorf("%d URLs are shown", n)
	}
	if n := strings.Count(got.body, "data-copy-now"); n != 1 {
		t.Errorf("%d URLs are copied", n)
	}
}

func TestRevoke(t *testing.T) {
	dana := newSite(t).as("dana")
	dana.part("POST", urls+"/revoke").has(t, "There was no unused URL to revoke.")
	dana.part("POST", urls)
	dana.part("POST", urls).has(t, "data-confirm=")
	got := dana.part("POST", urls+"/revoke")
	got.has(t, "2 unused URLs were revoked. They no longer open.")
	got.hasNot(t, "register?token=")
	dana.post(urls, nil)
	dana.follow(dana.post(urls+"/revoke", nil)).has(t, "1 unused URL was revoked. It no longer opens.")
}
