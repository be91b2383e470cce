package dynreg_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"reflect"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/dynreg"
)

const secret = "s3cr3t-token"

func management() dynreg.Management {
	return dynreg.Management{ClientID: "c1", URL: "https://lms.example/registrations/c1?x=1", Token: secret}
}

// What Moodle shows to a token for an update, before and after.
func TestMoodleCurrentRegistration(t *testing.T) {
	for name, want := range map[string]string{"reg2-update-02-get-current": "Stub Tool", "reg2-update-05-get-after": "Stub Tool (updated)"} {
		e := recording(t, name)
		p := answers(e.Response.Status, e.Response.Body)
		got, err := dynreg.Current(t.Context(), p, discovered(t), secret)
		if err != nil {
			t.Fatal(err)
		}
		if r := p.calls[0]; r.Method != http.MethodGet || r.URL.String() != e.Request.URL || r.Header.Get("Authorization") != "Bearer "+secret || r.Header.Get("Accept") != "application/json" {
			t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
		}
		if got.ClientID != "neIBJvaaMrFfHFO" || got.DeploymentID != "1" || got.Management.Offered() || len(got.Missing) != 0 || string(got.Raw) != e.Response.Body {
			t.Errorf("registered %+v", got)
		}
		asked, kept := stub(), got.Tool
		if kept.Name != want || kept.LoginURL != asked.LoginURL || kept.LaunchURL != asked.LaunchURL || kept.KeySetURL != asked.KeySetURL || kept.Domain != "tool.localhost:9444" || !sameSet(kept.Claims, asked.Claims) || !sameSet(kept.Scopes, asked.Scopes) || kept.Custom["context_history"] != "$Context.id.history" {
			t.Errorf("kept %+v", kept)
		}
		if len(kept.Messages) != 1 || kept.Messages[0].Type != lti.MessageDeepLinking || kept.Messages[0].TargetLinkURI != "https://tool.localhost:9444/deeplink" {
			t.Errorf("messages %+v", kept.Messages)
		}
	}
}

func TestUpdatesRegistration(t *testing.T) {
	token := func(payload string) string {
		return "e30." + base64.RawURLEncoding.EncodeToString([]byte(payload)) + ".sig"
	}
	for given, want := range map[string]string{
		token(`{"scope":"reg-update","sub":"1"}`):   "1",
		token(`{"scope":"a reg-update","sub":"2"}`): "2",
		token(`{"scope":"reg","sub":"client"}`):     "none",
		token(`{"scope":["reg-update"]}`):           "none",
		token(`[]`):                                 "none",
		"opaque":                                    "none",
		"a.%.c":                                     "none",
		"":                                          "none",
	} {
		deployment, ok := dynreg.UpdatesRegistration(given)
		if !ok {
			deployment = "none"
		}
		if deployment != want {
			t.Errorf("%q updates %q, want %q", given, deployment, want)
		}
	}
}

// A platform that offers management says how at the registration.
func TestManagementOffered(t *testing.T) {
	for name, row := range map[string]struct {
		answer string
		want   dynreg.Management
	}{
		"both":             {`"registration_client_uri":"https://lms.example/r/1","registration_access_token":"` + secret + `"`, dynreg.Management{ClientID: "c1", URL: "https://lms.example/r/1", Token: secret}},
		"no token":         {`"registration_client_uri":"https://lms.example/r/1"`, dynreg.Management{ClientID: "c1", URL: "https://lms.example/r/1"}},
		"http":             {`"registration_client_uri":"http://lms.example/r/1","registration_access_token":"` + secret + `"`, dynreg.Management{ClientID: "c1", Token: secret}},
		"with a user":      {`"registration_client_uri":"https://a@lms.example/r/1","registration_access_token":"` + secret + `"`, dynreg.Management{ClientID: "c1", Token: secret}},
		"to a script":      {`"registration_client_uri":"javascript:1","registration_access_token":"` + secret + `"`, dynreg.Management{ClientID: "c1", Token: secret}},
		"neither, as null": {`"registration_client_uri":null,"registration_access_token":null`, dynreg.Management{ClientID: "c1"}},
	} {
		p := answers(201, `{"client_id":"c1",`+row.answer+`}`)
		got, err := dynreg.Register(t.Context(), p, discovered(t), "", stub())
		if err != nil || got.Management != row.want || got.Management.Offered() != (name == "both") {
			t.Errorf("%s: %#v, %v", name, got.Management, err)
		}
		if strings.Contains(string(got.Raw), secret) {
			t.Errorf("%s: the token stays in %s", name, got.Raw)
		}
	}
}

// OWN-R10
func TestManagement(t *testing.T) {
	const kept = `{"client_id":"c1","client_name":"Renamed by hand","scope":"` + lti.ScopeScore + `"`
	for name, row := range map[string]struct {
		answer string
		want   dynreg.Management
	}{
		"says nothing of itself":  {kept + `}`, management()},
		"rotates the token":       {kept + `,"registration_access_token":"new"}`, dynreg.Management{ClientID: "c1", URL: management().URL, Token: "new"}},
		"moves":                   {kept + `,"registration_client_uri":"https://lms.example/r/2","registration_access_token":"new"}`, dynreg.Management{ClientID: "c1", URL: "https://lms.example/r/2", Token: "new"}},
		"moves where it must not": {kept + `,"registration_client_uri":"http://evil.example/"}`, management()},
	} {
		t.Run(name, func(t *testing.T) {
			p := answers(200, row.answer)
			read, err := management().Read(t.Context(), p)
			if err != nil || read.Management != row.want || read.Tool.Name != "Renamed by hand" {
				t.Errorf("read %+v, %v", read, err)
			}
			updated, err := management().Update(t.Context(), p, discovered(t), stub())
			if err != nil || updated.Management != row.want || updated.ClientID != "c1" || len(updated.Missing) != 4 {
				t.Errorf("updated %+v, %v", updated, err)
			}
			for i, method := range []string{http.MethodGet, http.MethodPut} {
				if r := p.calls[i]; r.Method != method || r.URL.String() != management().URL || r.Header.Get("Authorization") != "Bearer "+secret {
					t.Errorf("%s %s %v", r.Method, r.URL, r.Header)
				}
			}
			want := dynreg.Document(stub())
			want["client_id"] = "c1"
			text, err := json.Marshal(want)
			if err != nil {
				t.Fatal(err)
			}
			if sent := decode(t, p.body); !reflect.DeepEqual(sent, decode(t, string(text))) {
				t.Errorf("sent %v", sent)
			}
		})
	}
	p := answers(204, "")
	if err := management().Delete(t.Context(), p); err != nil || p.calls[0].Method != http.MethodDelete || p.calls[0].URL.String() != management().URL {
		t.Errorf("deleted: %v", err)
	}
}

func TestManagementRefused(t *testing.T) {
	all := func(m dynreg.Management, d lti.Doer) []error {
		_, read := m.Read(t.Context(), d)
		_, updated := m.Update(t.Context(), d, dynreg.PlatformConfiguration{}, stub())
		return []error{read, updated, m.Delete(t.Context(), d)}
	}
	for name, p := range map[string]*platform{
		"refused":            answers(401, `{"error":"invalid_token","error_description":"`+secret+` is not known"}`),
		"refused with words": answers(403, "no "+secret),
		"no answer":          {err: errors.New("connection refused")},
	} {
		for _, err := range all(management(), p) {
			problem, ok := errors.AsType[*dynreg.Problem](err)
			if !ok || problem.Step != dynreg.StepManagement || problem.Text == "" {
				t.Fatalf("%s: %v", name, err)
			}
			if text := fmt.Sprintf("%v %+v %#v %v", err, problem, *problem, problem.Cause); strings.Contains(text, secret) {
				t.Errorf("%s: the token is in %s", name, text)
			}
		}
	}
	for name, body := range map[string]string{"another client": `{"client_id":"c2"}`, "no client": `{}`, "a page": "<html>"} {
		for _, err := range all(management(), answers(200, body))[:2] {
			if problem, ok := errors.AsType[*dynreg.Problem](err); !ok || problem.Step != dynreg.StepManagement {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	for name, m := range map[string]dynreg.Management{"nothing": {}, "no token": {URL: "https://x"}, "no address": {Token: secret}, "no URL": {URL: "https://x/\x7f" + secret, Token: secret}} {
		p := answers(200, `{"client_id":""}`)
		for _, err := range all(m, p) {
			if _, ok := errors.AsType[*dynreg.Problem](err); !ok || len(p.calls) != 0 || strings.Contains(err.Error(), secret) {
				t.Errorf("%s: %v after %d calls", name, err, len(p.calls))
			}
		}
	}
}

// A token is a secret, and says so wherever it is printed.
func TestTokensDoNotShow(t *testing.T) {
	registered := dynreg.Registered{Management: management()}
	var log bytes.Buffer
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "token", registered.Management.Token)
	for _, text := range []string{
		fmt.Sprint(registered), fmt.Sprintf("%+v", registered), fmt.Sprintf("%#v", registered), fmt.Sprintf("%s %q", registered.Management.Token, registered.Management.Token), log.String(),
	} {
		if strings.Contains(text, secret) {
			t.Errorf("shown in %s", text)
		}
	}
	if dynreg.Token("").String() != "" || string(registered.Management.Token) != secret {
		t.Error("the token is lost")
	}
}

// What Canvas and others have added is data of the caller's.
func TestVendorsMembers(t *testing.T) {
	const privacy, display = "https://canvas.instructure.com/lti/privacy_level", "https://canvas.instructure.com/lti/display_type"
	tool := stub()
	tool.Extra = map[string]any{privacy: "public", "domain": "evil.example", "https://v.example/null": nil}
	tool.Messages = []dynreg.Message{
		{Type: lti.MessageDeepLinking, SupportedTypes: []string{"ltiResourceLink"}, SupportedMediaTypes: []string{"application/vnd.ims.lti.v1.ltilink"}, Placements: []string{"assignment_selection"}, Extra: map[string]any{display: "full_width", "type": "x"}},
		{Type: lti.MessageSubmissionReview, TargetLinkURI: "https://tool.localhost:9444/review"},
	}
	own := dynreg.Document(tool)[toolKey].(map[string]any)
	if own[privacy] != "public" || own["domain"] != "tool.localhost:9444" {
		t.Errorf("tool %v", own)
	}
	if _, sent := own["https://v.example/null"]; sent {
		t.Error("a null is sent")
	}
	messages := own["messages"].([]map[string]any)
	want := map[string]any{
		"type": lti.MessageDeepLinking, "placements": []string{"assignment_selection"}, display: "full_width",
		"supported_types": []string{"ltiResourceLink"}, "supported_media_types": []string{"application/vnd.ims.lti.v1.ltilink"},
	}
	if !reflect.DeepEqual(messages[0], want) || messages[1]["type"] != lti.MessageSubmissionReview {
		t.Errorf("messages %v", messages)
	}
	// And they come back.
	document := dynreg.Document(tool)
	document["client_id"] = "c1"
	text, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	m := management()
	got, err := m.Read(t.Context(), answers(200, string(text)))
	if err != nil || got.Tool.Extra[privacy] != "public" || len(got.Tool.Messages) != 2 || got.Tool.Messages[0].Extra[display] != "full_width" || got.Tool.Messages[0].SupportedTypes[0] != "ltiResourceLink" {
		t.Errorf("kept %+v, %v", got.Tool, err)
	}
}
