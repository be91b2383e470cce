package deeplink_test

import (
	"encoding/json"
	"errors"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/deeplink"
)

const (
	claim   = "https://purl.imsglobal.org/spec/lti/claim/"
	claimDL = "https://purl.imsglobal.org/spec/lti-dl/claim/"
)

// CERT-D03 to CERT-D07.
func TestAnswer(t *testing.T) {
	r := request()
	data := "opaque \u2028 <\u00e9> \"" + strings.Repeat("∂", 20_000)
	r.Settings.Data = &data
	answer, err := deeplink.Respond(t.Context(), key(), r, []deeplink.Item{deeplink.ResourceLink{Title: "A"}}, deeplink.WithNow(clock))
	if err != nil {
		t.Fatal(err)
	}
	if answer.ReturnURL != r.Settings.ReturnURL {
		t.Errorf("posted to %q", answer.ReturnURL)
	}
	claims := read(t, answer)
	issued, expires := claims["iat"].(float64), claims["exp"].(float64)
	if at := float64(now.Unix()); issued > at || expires <= at || expires-issued > 300 {
		t.Errorf("issued %v, expires %v, at %v", issued, expires, at)
	}
	if nonce := claims["nonce"].(string); len(nonce) < 22 {
		t.Errorf("nonce %q", nonce)
	}
	for _, name := range []string{"iat", "exp", "nonce"} {
		delete(claims, name)
	}
	want := map[string]any{
		"iss": "client-1", "aud": "https://lms.example",
		claim + "message_type": "LtiDeepLinkingResponse", claim + "version": "1.3.0", claim + "deployment_id": "d1",
		claimDL + "data": data, claimDL + "content_items": []any{map[string]any{"type": "ltiResourceLink", "title": "A"}},
	}
	if !reflect.DeepEqual(claims, want) {
		t.Errorf("claims %v, want %v", claims, want)
	}
}

func TestNoncesDiffer(t *testing.T) {
	var nonces []string
	for range 2 {
		answer, err := deeplink.Cancel(t.Context(), key(), request())
		if err != nil {
			t.Fatal(err)
		}
		nonces = append(nonces, read(t, answer)["nonce"].(string))
	}
	if nonces[0] == nonces[1] {
		t.Errorf("nonces %q", nonces)
	}
}

// OWN-D05, OWN-D06: data comes back only if it came, and as it came; sub only
// for those who want it.
func TestOptionalClaims(t *testing.T) {
	for name, tc := range map[string]struct {
		data *string
		opts []deeplink.Option
		want map[string]any
	}{
		"nothing":           {nil, nil, map[string]any{}},
		"empty data":        {new(string), nil, map[string]any{claimDL + "data": ""}},
		"sub, Blackboard's": {nil, []deeplink.Option{deeplink.WithSubject()}, map[string]any{"sub": "client-1"}},
		"texts": {nil, []deeplink.Option{deeplink.WithTexts(deeplink.Texts{Message: "m", Log: "l", Error: "e", ErrorLog: "x"})}, map[string]any{
			claimDL + "msg": "m", claimDL + "log": "l", claimDL + "errormsg": "e", claimDL + "errorlog": "x",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			r := request()
			r.Settings.Data = tc.data
			answer, err := deeplink.Cancel(t.Context(), key(), r, tc.opts...)
			if err != nil {
				t.Fatal(err)
			}
			claims := read(t, answer)
			if items, ok := claims[claimDL+"content_items"].([]any); !ok || len(items) != 0 {
				t.Errorf("items %v", claims[claimDL+"content_items"])
			}
			always := []string{"iss", "aud", "iat", "exp", "nonce", claim + "message_type", claim + "version", claim + "deployment_id", claimDL + "content_items"}
			maps.DeleteFunc(claims, func(name string, _ any) bool { return slices.Contains(always, name) })
			if !reflect.DeepEqual(claims, tc.want) {
				t.Errorf("claims %v, want %v", claims, tc.want)
			}
		})
	}
}

// What a real Moodle took, the package writes in the same way.
func TestMoodleTookTheseItems(t *testing.T) {
	const tool = "https://tool.localhost:9444"
	crane := func(title string, custom map[string]string, item *deeplink.LineItem) deeplink.ResourceLink {
		return deeplink.ResourceLink{
			Title: title, Text: "Lift <b>it</b>", URL: tool + "/launch", Custom: custom, LineItem: item,
			Icon: &deeplink.Picture{URL: tool + "/icon.png", Width: 32, Height: 32}, Frame: &deeplink.Frame{Width: 800, Height: 600},
		}
	}
	graded := &deeplink.LineItem{Maximum: 25, Label: "Crane score", ResourceID: "dl-res-1", Tag: "dl-tag"}
	first := map[string]string{"scenario_id": "dl-1", "level": "2"}
	noURL := crane("No url item", map[string]string{"scenario_id": "dl-nourl"}, nil)
	noURL.URL = ""
	for name, tc := range map[string]struct {
		items []deeplink.Item
		texts deeplink.Texts
	}{
		"one": {items: []deeplink.Item{crane("Crane scenario A", first, graded)}},
		"several": {items: []deeplink.Item{
			crane("Multi 1", map[string]string{"scenario_id": "m1"}, graded),
			crane("Multi 2", map[string]string{"scenario_id": "m2"}, &deeplink.LineItem{Maximum: 10}),
			crane("Multi 3 no grade", map[string]string{"scenario_id": "m3"}, nil),
		}},
		"one_nourl": {items: []deeplink.Item{noURL}},
		"html":      {items: []deeplink.Item{deeplink.HTML{Title: "Html", HTML: "<p>hello</p>"}}},
		"link":      {items: []deeplink.Item{deeplink.Link{Title: "A page", URL: "https://example.test/page"}}},
		"empty":     {},
		"errormsg":  {texts: deeplink.Texts{Error: "Tool says it failed", ErrorLog: "details"}},
		"msg":       {[]deeplink.Item{crane("With msg", first, graded)}, deeplink.Texts{Message: "Tool says done", Log: "log text"}},
	} {
		t.Run(name, func(t *testing.T) {
			want := recorded(t, "dl-return-"+name)
			r := moodle(t)
			r.Settings.AcceptTypes = append(r.Settings.AcceptTypes, "html", "link") // Moodle lists one type and takes more
			answer, err := deeplink.Respond(t.Context(), key(), r, tc.items, deeplink.WithTexts(tc.texts))
			if err != nil {
				t.Fatal(err)
			}
			got := read(t, answer)
			// The recorded tool sent a list of one audience.
			if audience := want["aud"].([]any); len(audience) == 1 {
				want["aud"] = audience[0]
			}
			for _, name := range []string{"iat", "exp", "nonce"} {
				if reflect.TypeOf(got[name]) != reflect.TypeOf(want[name]) {
					t.Errorf("%s is %v, as in %v", name, got[name], want[name])
				}
				delete(got, name)
				delete(want, name)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("claims %v\nwant   %v", got, want)
			}
		})
	}
}

// moodle is the request of a recorded launch.
func moodle(t testing.TB) deeplink.Request {
	claims := recorded(t, "dl-tool-deeplink")
	raw, err := json.Marshal(claims[claimDL+"deep_linking_settings"])
	if err != nil {
		t.Fatal(err)
	}
	l := &lti.Launch{
		Registration: lti.Registration{Issuer: claims["iss"].(string), ClientID: claims["aud"].(string)},
		DeploymentID: claims[claim+"deployment_id"].(string), DeepLinking: &lti.DeepLinking{},
	}
	if err := json.Unmarshal(raw, l.DeepLinking); err != nil {
		t.Fatal(err)
	}
	r, err := deeplink.NewRequest(l)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Every member of every type, under its name in the specification.
func TestItemsInFull(t *testing.T) {
	start, end := now, now.Add(time.Hour)
	picture, released := &deeplink.Picture{URL: "https://t/i.png", Width: 1, Height: 2}, false
	for name, tc := range map[string]struct {
		item deeplink.Item
		want string
	}{
		"resource link": {deeplink.ResourceLink{
			Title: "T", Text: "X", Icon: picture, Thumbnail: picture, Extra: map[string]any{"https://v.example/a": []int{1}},
			URL: "https://t/l", Custom: map[string]string{"a": "", "b": "$Context.id"},
			LineItem: &deeplink.LineItem{
				Maximum: 0.1 + 0.2, Label: "L", ResourceID: "r", Tag: "g", GradesReleased: &released,
				SubmissionReview: &lti.SubmissionReview{ReviewableStatus: []string{}, Label: "R", URL: "https://t/r", Custom: map[string]string{"c": "1"}},
			},
			Available: deeplink.Period{Start: start, End: end}, Submission: deeplink.Period{End: end},
			Window: &deeplink.Window{TargetName: "w", Width: 3, Height: 4, Features: "f=1"}, Frame: &deeplink.Frame{Width: 5, Height: 6},
		}, `{"type":"ltiResourceLink","title":"T","text":"X","icon":{"url":"https://t/i.png","width":1,"height":2},
			"thumbnail":{"url":"https://t/i.png","width":1,"height":2},"https://v.example/a":[1],"url":"https://t/l","custom":{"a":"","b":"$Context.id"},
			"lineItem":{"scoreMaximum":0.3,"label":"L","resourceId":"r","tag":"g","gradesReleased":false,
			"submissionReview":{"reviewableStatus":[],"label":"R","url":"https://t/r","custom":{"c":"1"}}},
			"available":{"startDateTime":"2026-03-01T10:15:30Z","endDateTime":"2026-03-01T11:15:30Z"},"submission":{"endDateTime":"2026-03-01T11:15:30Z"},
			"window":{"targetName":"w","width":3,"height":4,"windowFeatures":"f=1"},"iframe":{"width":5,"height":6}}`},
		"resource link, bare": {deeplink.ResourceLink{LineItem: &deeplink.LineItem{Maximum: 1, SubmissionReview: &lti.SubmissionReview{}}, Window: &deeplink.Window{}, Frame: &deeplink.Frame{}},
			`{"type":"ltiResourceLink","lineItem":{"scoreMaximum":1,"submissionReview":{}},"window":{},"iframe":{}}`},
		"link": {deeplink.Link{Title: "T", URL: "http://e.example/", Embed: "<b>", Window: &deeplink.Window{Width: 1}, Frame: &deeplink.PageFrame{Source: "https://e.example/f", Width: 7}},
			`{"type":"link","title":"T","url":"http://e.example/","embed":{"html":"<b>"},"window":{"width":1},"iframe":{"src":"https://e.example/f","width":7}}`},
		"file": {deeplink.File{URL: "https://t/f.pdf", MediaType: "application/pdf", ExpiresAt: end},
			`{"type":"file","url":"https://t/f.pdf","mediaType":"application/pdf","expiresAt":"2026-03-01T11:15:30Z"}`},
		"html":  {deeplink.HTML{Text: "X", HTML: "<p>"}, `{"type":"html","text":"X","html":"<p>"}`},
		"image": {deeplink.Image{URL: "https://t/i.png", Width: 1, Thumbnail: picture}, `{"type":"image","url":"https://t/i.png","width":1,"thumbnail":{"url":"https://t/i.png","width":1,"height":2}}`},
	} {
		t.Run(name, func(t *testing.T) { wantItem(t, request(), tc.item, tc.want) })
	}
}

func wantItem(t *testing.T, r deeplink.Request, item deeplink.Item, want string) {
	t.Helper()
	answer, err := deeplink.Respond(t.Context(), key(), r, []deeplink.Item{item})
	if err != nil {
		t.Fatal(err)
	}
	var wanted any
	if err := json.Unmarshal([]byte(want), &wanted); err != nil {
		t.Fatal(err)
	}
	if got := read(t, answer)[claimDL+"content_items"].([]any); len(got) != 1 || !reflect.DeepEqual(got[0], wanted) {
		t.Errorf("items %v, want %v", got, wanted)
	}
}

// Wishes that the platform has said it does not serve are left out.
func TestWishesLeftOut(t *testing.T) {
	wishes := deeplink.ResourceLink{LineItem: &deeplink.LineItem{Maximum: 5}, Window: &deeplink.Window{}, Frame: &deeplink.Frame{}}
	ignores, takes := false, true
	for name, tc := range map[string]struct {
		spoil func(*lti.DeepLinking)
		want  string
	}{
		"no line items":            {func(d *lti.DeepLinking) { d.AcceptLineItem = &ignores }, `{"type":"ltiResourceLink","window":{},"iframe":{}}`},
		"line items":               {func(d *lti.DeepLinking) { d.AcceptLineItem = &takes }, `{"type":"ltiResourceLink","lineItem":{"scoreMaximum":5},"window":{},"iframe":{}}`},
		"nothing about line items": {func(d *lti.DeepLinking) {}, `{"type":"ltiResourceLink","lineItem":{"scoreMaximum":5},"window":{},"iframe":{}}`},
		"no windows":               {func(d *lti.DeepLinking) { d.AcceptTargets = []string{"iframe"} }, `{"type":"ltiResourceLink","lineItem":{"scoreMaximum":5},"iframe":{}}`},
		"no frames":                {func(d *lti.DeepLinking) { d.AcceptTargets = []string{"window"} }, `{"type":"ltiResourceLink","lineItem":{"scoreMaximum":5},"window":{}}`},
	} {
		t.Run(name, func(t *testing.T) {
			r := request()
			tc.spoil(&r.Settings)
			wantItem(t, r, wishes, tc.want)
		})
	}
}

// OWN-D03, OWN-D06, CERT-D07.
func TestRefused(t *testing.T) {
	link := func(change func(*deeplink.ResourceLink)) []deeplink.Item {
		l := deeplink.ResourceLink{Title: "A", LineItem: &deeplink.LineItem{Maximum: 100}}
		change(&l)
		return []deeplink.Item{l}
	}
	maximum := func(x float64) []deeplink.Item {
		return link(func(l *deeplink.ResourceLink) { l.LineItem.Maximum = x })
	}
	extra := func(name string, value any) []deeplink.Item {
		return link(func(l *deeplink.ResourceLink) { l.Extra = map[string]any{name: value} })
	}
	one := func(i deeplink.Item) []deeplink.Item { return []deeplink.Item{i} }
	anything := func(*lti.DeepLinking) {}
	only := func(kind string) func(*lti.DeepLinking) {
		return func(d *lti.DeepLinking) { d.AcceptTypes = []string{kind} }
	}
	media := func(list string) func(*lti.DeepLinking) {
		return func(d *lti.DeepLinking) { d.AcceptMediaTypes = list }
	}
	for name, tc := range map[string]struct {
		settings func(*lti.DeepLinking)
		items    []deeplink.Item
		want     deeplink.Refused // without Detail
	}{
		"a type not asked for":         {only("link"), one(deeplink.ResourceLink{}), deeplink.Refused{Rule: deeplink.RuleType}},
		"two where one is taken":       {anything, []deeplink.Item{deeplink.ResourceLink{}, deeplink.ResourceLink{}}, deeplink.Refused{Item: 1, Rule: deeplink.RuleMultiple}},
		"the second of two":            {func(d *lti.DeepLinking) { d.AcceptMultiple = true }, []deeplink.Item{deeplink.ResourceLink{}, deeplink.HTML{}}, deeplink.Refused{Item: 1, Member: "html", Rule: deeplink.RuleRequired}},
		"no item":                      {anything, one(nil), deeplink.Refused{Rule: deeplink.RuleRequired}},
		"a link without URL":           {anything, one(deeplink.Link{}), deeplink.Refused{Member: "url", Rule: deeplink.RuleRequired}},
		"a link that runs":             {anything, one(deeplink.Link{URL: "javascript:alert(1)"}), deeplink.Refused{Member: "url", Rule: deeplink.RuleURL}},
		"a launch that runs":           {anything, link(func(l *deeplink.ResourceLink) { l.URL = "JavaScript:alert(1)" }), deeplink.Refused{Member: "url", Rule: deeplink.RuleURL}},
		"a URL without host":           {anything, link(func(l *deeplink.ResourceLink) { l.URL = "/launch" }), deeplink.Refused{Member: "url", Rule: deeplink.RuleURL}},
		"a URL with a user":            {anything, link(func(l *deeplink.ResourceLink) { l.URL = "https://tool.example@evil.example/" }), deeplink.Refused{Member: "url", Rule: deeplink.RuleURL}},
		"a port without host":          {anything, link(func(l *deeplink.ResourceLink) { l.URL = "https://:443/" }), deeplink.Refused{Member: "url", Rule: deeplink.RuleURL}},
		"a frame of nothing":           {anything, one(deeplink.Link{URL: "https://e.example", Frame: &deeplink.PageFrame{}}), deeplink.Refused{Member: "iframe.src", Rule: deeplink.RuleRequired}},
		"a frame of data":              {anything, one(deeplink.Link{URL: "https://e.example", Frame: &deeplink.PageFrame{Source: "data:text/html,x"}}), deeplink.Refused{Member: "iframe.src", Rule: deeplink.RuleURL}},
		"an icon without URL":          {anything, link(func(l *deeplink.ResourceLink) { l.Icon = &deeplink.Picture{} }), deeplink.Refused{Member: "icon.url", Rule: deeplink.RuleRequired}},
		"a thumbnail of negative size": {anything, link(func(l *deeplink.ResourceLink) { l.Thumbnail = &deeplink.Picture{URL: "https://t/i", Width: -1} }), deeplink.Refused{Member: "thumbnail.width", Rule: deeplink.RuleSize}},
		"a window of negative size":    {anything, link(func(l *deeplink.ResourceLink) { l.Window = &deeplink.Window{Height: -1} }), deeplink.Refused{Member: "window.height", Rule: deeplink.RuleSize}},
		"a maximum of 0":               {anything, maximum(0), deeplink.Refused{Member: "lineItem.scoreMaximum", Rule: deeplink.RuleMaximum}},
		"a maximum below 0":            {anything, maximum(-1), deeplink.Refused{Member: "lineItem.scoreMaximum", Rule: deeplink.RuleMaximum}},
		"a maximum that rounds to 0":   {anything, maximum(1e-12), deeplink.Refused{Member: "lineItem.scoreMaximum", Rule: deeplink.RuleMaximum}},
		"a maximum that is no number":  {anything, maximum(math.NaN()), deeplink.Refused{Member: "lineItem.scoreMaximum", Rule: deeplink.RuleMaximum}},
		"a maximum without end":        {anything, maximum(math.Inf(1)), deeplink.Refused{Member: "lineItem.scoreMaximum", Rule: deeplink.RuleMaximum}},
		"a review that runs": {anything, link(func(l *deeplink.ResourceLink) {
			l.LineItem.SubmissionReview = &lti.SubmissionReview{URL: "javascript:1"}
		}), deeplink.Refused{Member: "lineItem.submissionReview.url", Rule: deeplink.RuleURL}},
		"closed before it opens":       {anything, link(func(l *deeplink.ResourceLink) { l.Available = deeplink.Period{now, now.Add(-1)} }), deeplink.Refused{Member: "available", Rule: deeplink.RulePeriod}},
		"due before it starts":         {anything, link(func(l *deeplink.ResourceLink) { l.Submission = deeplink.Period{now, now.Add(-1)} }), deeplink.Refused{Member: "submission", Rule: deeplink.RulePeriod}},
		"a parameter without name":     {anything, link(func(l *deeplink.ResourceLink) { l.Custom = map[string]string{"": "x"} }), deeplink.Refused{Member: "custom", Rule: deeplink.RuleCustom}},
		"a vendor's member of null":    {anything, extra("https://v.example/x", map[string]any{"a": []any{nil}}), deeplink.Refused{Member: "https://v.example/x", Rule: deeplink.RuleExtra}},
		"a vendor's member of no JSON": {anything, extra("https://v.example/x", math.NaN()), deeplink.Refused{Member: "https://v.example/x", Rule: deeplink.RuleExtra}},
		"a member in a vendor's place": {anything, extra("type", "link"), deeplink.Refused{Member: "type", Rule: deeplink.RuleExtra}},
		"a file not asked for":         {media("image/*, text/csv"), one(deeplink.File{URL: "https://t/f", MediaType: "application/pdf"}), deeplink.Refused{Member: "mediaType", Rule: deeplink.RuleMediaType}},
		"a file of no type":            {media(""), one(deeplink.File{URL: "https://t/f", MediaType: "///"}), deeplink.Refused{Member: "mediaType", Rule: deeplink.RuleMediaType}},
		"html without html":            {anything, one(deeplink.HTML{}), deeplink.Refused{Member: "html", Rule: deeplink.RuleRequired}},
		"an image without URL":         {anything, one(deeplink.Image{}), deeplink.Refused{Member: "url", Rule: deeplink.RuleRequired}},
	} {
		t.Run(name, func(t *testing.T) {
			r := request()
			tc.settings(&r.Settings)
			answer, err := deeplink.Respond(t.Context(), key(), r, tc.items)
			refused, ok := errors.AsType[*deeplink.Refused](err)
			if !ok || answer != (deeplink.Answer{}) {
				t.Fatalf("answer %v, error %v", answer, err)
			}
			if refused.Detail == "" || refused.Error() == "" {
				t.Error("refused without a word")
			}
			got := *refused
			got.Detail = ""
			if got != tc.want {
				t.Errorf("refused %+v, want %+v", *refused, tc.want)
			}
		})
	}
}

func TestMediaTypesTaken(t *testing.T) {
	for list, mediaType := range map[string]string{"": "image/png", "image/*": "IMAGE/png", "text/csv,image/png;q=1": "image/png; a=b", " */* ": "x/y", "text/csv": ""} {
		r := request()
		r.Settings.AcceptMediaTypes = list
		if err := r.Check(deeplink.File{URL: "https://t/f", MediaType: mediaType}); err != nil {
			t.Errorf("%q of %q: %v", mediaType, list, err)
		}
	}
}

// The form that answers comes later than the launch that asked.
func TestRequestSurvivesJSON(t *testing.T) {
	empty, yes, no := "", true, false
	for _, change := range []func(*lti.DeepLinking){
		func(d *lti.DeepLinking) {},
		func(d *lti.DeepLinking) { d.Data = &empty },
		func(d *lti.DeepLinking) { data := "∂\u2028<\x00\""; d.Data, d.AcceptLineItem = &data, &no },
		func(d *lti.DeepLinking) {
			d.AcceptLineItem, d.AutoCreate, d.AcceptMultiple, d.Title, d.Text, d.AcceptMediaTypes = &yes, true, true, "T", "X", "a/b"
		},
	} {
		r := request()
		change(&r.Settings)
		raw, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		var back deeplink.Request
		if err := json.Unmarshal(raw, &back); err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(back, r) {
			t.Errorf("%s came back as %+v, was %+v", raw, back, r)
		}
	}
}

func TestNothingToAnswer(t *testing.T) {
	for name, l := range map[string]*lti.Launch{"no launch": nil, "another message": {MessageType: lti.MessageResourceLink}} {
		if _, err := deeplink.NewRequest(l); !errors.Is(err, deeplink.ErrNoRequest) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, spoil := range map[string]func(*deeplink.Request){
		"no issuer":        func(r *deeplink.Request) { r.Issuer = "" },
		"no client":        func(r *deeplink.Request) { r.ClientID = "" },
		"no deployment":    func(r *deeplink.Request) { r.DeploymentID = "" },
		"no return URL":    func(r *deeplink.Request) { r.Settings.ReturnURL = "" },
		"a return to code": func(r *deeplink.Request) { r.Settings.ReturnURL = "javascript://x/%0aalert(1)" },
	} {
		r := request()
		spoil(&r)
		if answer, err := deeplink.Cancel(t.Context(), key(), r); !errors.Is(err, deeplink.ErrNoRequest) || answer != (deeplink.Answer{}) {
			t.Errorf("%s: %v, %v", name, answer, err)
		}
	}
}
