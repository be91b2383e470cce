package deeplink_test

import (
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/deeplink"
)

// Whatever a platform asks for and a person picks, an answer is refused by name
// or keeps to what the platform has said, and holds no null and no address that
// is not of the web.
func FuzzRespond(f *testing.F) {
	settings, err := json.Marshal(moodle(f).Settings)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(settings), "Discovery call", "https://tool.example/l", "scenario_id", "discovery-call", 100.0, int64(0), int64(3600), 800)
	f.Add(`{"deep_link_return_url":"https://lms.example/dl","accept_types":["link","html"],"accept_multiple":true,"accept_lineitem":false,"data":""}`, "", "javascript:alert(1)", "", "$User.id", -1.0, int64(1), int64(0), -1)
	f.Add(`{"deep_link_return_url":"data:x","data":"\u2028"}`, "\x00", "https://a@b/", "a", "\xff", 1e-9, int64(1<<40), int64(-1<<40), 0)
	f.Fuzz(func(t *testing.T, settings, text, address, name, value string, maximum float64, start, end int64, width int) {
		r := request()
		r.Settings = lti.DeepLinking{}
		if json.Unmarshal([]byte(settings), &r.Settings) != nil {
			return
		}
		items := []deeplink.Item{
			deeplink.ResourceLink{
				Title: text, URL: address, Custom: map[string]string{name: value}, LineItem: &deeplink.LineItem{Maximum: maximum, Tag: value},
				Available: deeplink.Period{time.Unix(start, 0), time.Unix(end, 0)}, Window: &deeplink.Window{Width: width}, Extra: map[string]any{name: value},
			},
			deeplink.Link{Text: text, URL: address, Embed: text, Frame: &deeplink.PageFrame{Source: address, Width: width}},
			deeplink.File{URL: address, MediaType: value}, deeplink.HTML{HTML: text}, deeplink.Image{URL: address, Width: width},
		}
		for i := range items {
			wantSound(t, r, items[i:i+1])
		}
		wantSound(t, r, items)
	})
}

func wantSound(t *testing.T, r deeplink.Request, items []deeplink.Item) {
	t.Helper()
	signer := &unsigned{}
	answer, err := deeplink.Respond(t.Context(), signer, r, items, deeplink.WithNow(clock))
	if err != nil {
		if refused, ok := errors.AsType[*deeplink.Refused](err); !ok && !errors.Is(err, deeplink.ErrNoRequest) || ok && (refused.Rule == "" || refused.Item >= len(items)) {
			t.Errorf("error %v", err)
		}
		if signer.claims != nil {
			t.Error("signed what was refused")
		}
		return
	}
	if u, err := url.Parse(answer.ReturnURL); err != nil || u.Scheme != "https" && u.Scheme != "http" {
		t.Errorf("posted to %q", answer.ReturnURL)
	}
	var claims map[string]any
	if err := json.Unmarshal(signer.claims, &claims); err != nil {
		t.Fatal(err)
	}
	wantNoNull(t, claims)
	data, sent := claims[claimDL+"data"]
	if sent != (r.Settings.Data != nil) || sent && data != *r.Settings.Data {
		t.Errorf("data %v, was %v", data, r.Settings.Data)
	}
	list := claims[claimDL+"content_items"].([]any)
	if len(list) != len(items) || len(list) > 1 && !r.Settings.AcceptMultiple {
		t.Errorf("%d items of %d, several: %t", len(list), len(items), r.Settings.AcceptMultiple)
	}
	for _, each := range list {
		item := each.(map[string]any)
		if !slices.Contains(r.Settings.AcceptTypes, item["type"].(string)) {
			t.Errorf("type %v of %q", item["type"], r.Settings.AcceptTypes)
		}
		if address, ok := item["url"].(string); ok {
			if u, err := url.Parse(address); err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" {
				t.Errorf("url %q", address)
			}
		}
		if line, ok := item["lineItem"].(map[string]any); ok && (line["scoreMaximum"].(float64) <= 0 || r.Settings.IgnoresLineItems()) {
			t.Errorf("line item %v", line)
		}
	}
}

func wantNoNull(t *testing.T, value any) {
	t.Helper()
	switch v := value.(type) {
	case nil:
		t.Error("null")
	case []any:
		for _, each := range v {
			wantNoNull(t, each)
		}
	case map[string]any:
		for _, each := range v {
			wantNoNull(t, each)
		}
	}
}
