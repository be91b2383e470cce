package admin

import (
	"bytes"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

const scenarioFile = `---
title: Ask before you offer
slug: ask-first
objective: Learn what the customer needs.
description: Ten minutes with a buyer.
difficulty: Easy
character:
  name: Marta Keller
  role: Head of purchasing
rubric:
  - name: Understanding
    items:
      - {id: needs, name: Asks openly, good: Asks and follows up., fair: Asks once., poor: Pitches at once.}
---
Good morning.
* What brings you here? -> bye
* Buy this. -> sorry
== bye
Glad you ask. # good: needs: You asked first.
-> END
== sorry
No. # poor: needs: You pitched.
-> END
`

const scenarioImport = "/w/northwind/scenarios/import"

func TestImportScenario(t *testing.T) {
	s := newSite(t)
	dana, mel := s.as("dana"), s.as("mel")
	dana.get("/w/northwind/scenarios").has(t, "No scenarios yet", "Import the first one")
	mel.get("/w/northwind/scenarios").has(t, "They appear here as soon as an admin of this workspace adds one.")

	page := dana.follow(dana.post(scenarioImport, url.Values{"source": {strings.ReplaceAll(scenarioFile, "\n", "\r\n")}}))
	page.has(t, "“Ask before you offer” is saved as version 1", "Learn what the customer needs.", "Marta Keller",
		"Head of purchasing", "Ten minutes with a buyer.", "Asks and follows up.", "Asks once.", "Pitches at once.")
	mel.get("/w/northwind/scenarios").has(t, `href="/w/northwind/scenarios/ask-first"`, "Ask before you offer", "Easy")
	mel.get("/w/northwind/scenarios/ask-first").has(t, "Asks openly")
	if got := s.as("eve").get("/w/elsewhere/scenarios/ask-first"); got.status != http.StatusNotFound {
		t.Errorf("in another workspace: %d", got.status)
	}

	again := strings.Replace(scenarioFile, "Ten minutes", "Five minutes", 1)
	dana.follow(dana.post(scenarioImport, url.Values{"source": {again}})).has(t, "saved as version 2", "Five minutes")
}

func TestImportRefuses(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	for name, tc := range map[string]struct {
		source string
		want   []string
	}{
		"nothing":                    {"  \n", []string{"Choose a scenario file, or paste one."}},
		"no front matter":            {"Hello.\n", []string{"The file was not saved"}},
		"ink that does not compile":  {strings.Replace(scenarioFile, "-> bye", "-> nowhere", 1), []string{"Line 16:", "nowhere"}},
		"a tag that names no item":   {strings.Replace(scenarioFile, "# good: needs", "# good: other", 1), []string{"Line 19:", "other"}},
		"a rubric without its items": {strings.Replace(scenarioFile, "      - {id: needs", "      # {id: needs", 1), []string{"The file was not saved", "rubric"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := dana.post(scenarioImport, url.Values{"source": {tc.source}})
			if got.status != http.StatusUnprocessableEntity {
				t.Fatalf("status %d", got.status)
			}
			got.has(t, tc.want...)
			if first, _, _ := strings.Cut(tc.source, "\n"); !strings.Contains(got.body, ">"+first) {
				t.Error("what was pasted is lost")
			}
			dana.get("/w/northwind/scenarios").has(t, "No scenarios yet")
		})
	}
}

// What can be played and looks unintended is said once, on the page that the
// import leads to, and again by every import of such a file.
func TestImportWarns(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	idle := strings.Replace(scenarioFile, "      - {id: needs", "      - {id: idle, name: Says goodbye, good: Warmly., fair: Shortly., poor: Not.}\n      - {id: needs", 1)
	for range 2 {
		page := dana.follow(dana.post(scenarioImport, url.Values{"source": {idle}}))
		page.has(t, "is saved as version 1", "One thing looks unintended", "idle", `href="`+scenarioImport+`"`)
		dana.get("/w/northwind/scenarios/ask-first").hasNot(t, "unintended")
	}
	dana.follow(dana.post(scenarioImport, url.Values{"source": {scenarioFile}})).hasNot(t, "unintended")
}

func TestUploadScenario(t *testing.T) {
	s := newSite(t)
	dana := s.as("dana")
	send := func(b *browser, file string) answer {
		var body bytes.Buffer
		form := multipart.NewWriter(&body)
		_ = form.WriteField("source", "")
		part := must(form.CreateFormFile("file", "ask.scenario.md"))(t)
		_, _ = part.Write([]byte(file))
		_ = form.Close()
		r := httptest.NewRequest("POST", scenarioImport, &body)
		r.Header.Set("Content-Type", form.FormDataContentType())
		r.Header.Set("Sec-Fetch-Site", "same-origin")
		return b.send(r)
	}
	upload := func(file string) answer { return send(dana, file) }
	got := upload("no scenario")
	if got.status != http.StatusUnprocessableEntity {
		t.Errorf("a file that is none: %d", got.status)
	}
	got.has(t, "no scenario</textarea>")
	dana.follow(upload(scenarioFile)).has(t, "saved as version 1")
	if got := upload(strings.Repeat("x", 2<<20)); got.status != http.StatusRequestEntityTooLarge {
		t.Errorf("a huge file: %d", got.status)
	}

	// A file is a thing that was typed, too.
	nobody := s.as("")
	form := send(nobody, strings.Replace(scenarioFile, "Ten minutes", "Six minutes", 1)).carried()
	form.Set("email", "dana@example.com")
	form.Set("password", password)
	kept := nobody.post("/sign-in", form)
	nobody.follow(nobody.post(scenarioImport, kept.carried())).has(t, "saved as version 2", "Six minutes")
}

func TestLTICustomProperty(t *testing.T) {
	s := newSite(t)
	dana, mel := s.as("dana"), s.as("mel")
	dana.post(scenarioImport, url.Values{"source": {scenarioFile}})
	const page, property = "/w/northwind/scenarios/ask-first", `value="scenario_id=ask-first"`
	dana.get(page).hasNot(t, property, "LTI custom property")
	dana.get(page).has(t, "Connect an LMS")

	dana.post(lti+"/connections", manual())
	got := dana.get(page)
	got.has(t, ">LTI custom property</label>", property, `data-copy="lti-property"`)
	mel.get(page).hasNot(t, property, "LTI custom property", "Connect an LMS")
}
