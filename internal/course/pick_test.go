package course

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/lti"
)

// picked ticks scenarios.
func picked(all ...greenroom.Scenario) url.Values {
	form := url.Values{}
	for _, sc := range all {
		form.Add("picked", string(sc.ID))
	}
	return form
}

func field(name string, sc greenroom.Scenario) string { return name + "-" + string(sc.ID) }

func TestTwoScenariosGoToTheCourse(t *testing.T) {
	h := newHouse(t)
	a, b := h.scenario("anger", "Anger", "Loud.", "Easy"), h.scenario("bad-news", "Bad <u>news</u>", "Quiet.", "Hard")
	g := h.picks(nil)
	if to := g.get("", nil).is(http.StatusSeeOther).Header.Get("Location"); to != g.base+"/pick" {
		t.Errorf("sent to %s", to)
	}
	g.get("/pick", nil).is(http.StatusOK).shows("Pick scenarios", "Harbour <b>Engineering</b>", "2 scenarios", "Anger", "Bad <u>news</u>", "Find out what they need.")

	settings := g.get("/pick/items", picked(b, a)).is(http.StatusOK)
	settings.shows("How they appear in the course", "Add 2 activities to the course", "Time zone of the dates")
	form := settings.form()
	form.Set(field("title", b), "  Bad news, week 1 ")
	form.Set(field("maximum", b), "12,5")
	form.Set(field("tag", b), "week-1")
	form.Set(field("target", b), "window")
	form.Set(field("available-from", b), "2026-03-02T09:30")
	form.Set(field("submission-until", b), "2026-04-01T23:59")
	form.Set("zone", "Europe/Berlin")
	form.Set(field("graded", a), "no")
	form.Set(field("target", a), "iframe")
	form.Del(field("icon", a))
	sent := g.post("/pick/answer", form).is(http.StatusOK)
	sent.shows("Adding 2 activities to Harbour <b>Engineering</b>")
	if csp := sent.Header.Get("Content-Security-Policy"); !strings.Contains(csp, "form-action 'self' https:;") {
		t.Errorf("the form cannot leave: %s", csp)
	}

	claims := sent.answer()
	for name, want := range map[string]any{
		"iss": "abc", "aud": "https://lms.example.com",
		"https://purl.imsglobal.org/spec/lti/claim/message_type":  "LtiDeepLinkingResponse",
		"https://purl.imsglobal.org/spec/lti/claim/deployment_id": "1",
		"https://purl.imsglobal.org/spec/lti-dl/claim/data":       "köpt ✓ " + strings.Repeat("d", 100),
		"https://purl.imsglobal.org/spec/lti-dl/claim/msg":        "Added from Greenroom: 2 scenarios.",
	} {
		if claims[name] != want {
			t.Errorf("%s is %v, want %v", name, claims[name], want)
		}
	}
	items := claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"].([]any)
	if len(items) != 2 {
		t.Fatalf("items %v", items)
	}
	first, second := items[0].(map[string]any), items[1].(map[string]any)
	line := first["lineItem"].(map[string]any)
	if greenroom.ScenarioOfResource(line["resourceId"].(string)) != b.ID {
		t.Errorf("resource %v", line["resourceId"])
	}
	delete(line, "resourceId")
	review := map[string]any{"reviewableStatus": []any{"Completed"}, "url": h.kit.URLs.Launch(h.w.ID)}
	for name, is := range map[string]struct{ got, want any }{
		"type": {first["type"], "ltiResourceLink"}, "title": {first["title"], "Bad news, week 1"},
		"url":       {first["url"], h.kit.URLs.Launch(h.w.ID)},
		"custom":    {first["custom"], map[string]any{"scenario_id": string(b.ID), "scenario": "bad-news"}},
		"line item": {line, map[string]any{"scoreMaximum": 12.5, "label": "Bad news, week 1", "tag": "week-1", "submissionReview": review}},
		"available": {first["available"], map[string]any{"startDateTime": "2026-03-02T08:30:00Z"}},
		// Summer time has begun by then.
		"submission": {first["submission"], map[string]any{"endDateTime": "2026-04-01T21:59:00Z"}},
		"window":     {first["window"], map[string]any{"targetName": "_blank"}}, "no frame": {first["iframe"], nil},
		"icon":                {first["icon"], map[string]any{"url": publicURL + "/assets/logo.png", "width": 128.0, "height": 128.0}},
		"title of the second": {second["title"], "Anger"}, "no line item": {second["lineItem"], nil},
		"no icon": {second["icon"], nil}, "no dates": {second["available"], nil},
		"frame": {second["iframe"], map[string]any{"width": 960.0, "height": 720.0}},
	} {
		if fmt.Sprint(is.got) != fmt.Sprint(is.want) {
			t.Errorf("%s is %v, want %v", name, is.got, is.want)
		}
	}

	row := must(h.service.Store.Workspace(h.w.ID).Launch(t.Context(), g.launch))
	if row.AnsweredItems != 2 || !row.AnsweredAt.Equal(noon) || row.DeepLinking != "" {
		t.Errorf("logged as %+v", row)
	}
	for _, again := range []page{g.post("/pick/answer", form), g.post("/pick/cancel", nil), g.get("/pick", nil), g.get("/pick/items", picked(a))} {
		again.is(http.StatusConflict).shows("This was already sent to your course", "go back to your course")
		if strings.Contains(again.body, "JWT") {
			t.Error("answered twice")
		}
	}
}

func TestWhoCancelsSendsNothing(t *testing.T) {
	h := newHouse(t)
	a := h.scenario("anger", "Anger", "Loud.", "Easy")
	g := h.picks(nil)
	claims := g.post("/pick/cancel", picked(a)).is(http.StatusOK).answer()
	if items, ok := claims["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"].([]any); !ok || len(items) != 0 {
		t.Errorf("items %v", items)
	}
	if claims["https://purl.imsglobal.org/spec/lti-dl/claim/msg"] != "Nothing was picked in Greenroom." {
		t.Errorf("claims %v", claims)
	}
	g.post("/pick/answer", picked(a)).is(http.StatusConflict)
}

// The request's own address is the only one that an answer goes to.
func TestNoFormSaysWhereTheAnswerGoes(t *testing.T) {
	h := newHouse(t)
	g := h.picks(nil)
	form := picked(h.scenario("anger", "Anger", "Loud.", "Easy"))
	for _, name := range []string{"deep_link_return_url", "return_url", "url", "URL", "action"} {
		form.Set(name, "https://evil.example.com/")
	}
	form.Set("zone", "UTC")
	for name, value := range g.get("/pick/items", form).is(http.StatusOK).form() {
		form[name] = value
	}
	if sent := g.post("/pick/answer", form).is(http.StatusOK); strings.Contains(sent.body, "evil") {
		t.Error(sent.body)
	} else {
		sent.answer()
	}
}

func TestOnlyTheRequestsOwnBrowserPicks(t *testing.T) {
	h := newHouse(t)
	a := h.scenario("anger", "Anger", "Loud.", "Easy")
	g, other := h.picks(nil), h.picks(func(l *lti.Launch) { l.Subject = "4" })
	nobody := &guest{house: h, base: g.base}
	wrong := &guest{house: h, base: g.base, cookie: &http.Cookie{Name: g.cookie.Name, Value: other.cookie.Value}}
	student := h.picks(func(l *lti.Launch) {
		l.MessageType, l.DeepLinking, l.Roles = lti.MessageResourceLink, nil, lti.Roles{roles + "Learner"}
		l.ResourceLink, l.Custom = &lti.ResourceLink{ID: "link"}, map[string]string{"scenario_id": "anger"}
	})
	for name, p := range map[string]page{
		"the picker without a cookie":            nobody.get("/pick", nil),
		"an answer without a cookie":             nobody.post("/pick/answer", picked(a)),
		"an answer with another request's token": wrong.post("/pick/answer", picked(a)),
		"a cancelling without a cookie":          nobody.post("/pick/cancel", nil),
		"a learner at an activity":               student.get("/pick", nil),
	} {
		if p.StatusCode != http.StatusUnauthorized {
			t.Errorf("%s: %s", name, p.Status)
		}
		p.shows("This page has been closed in this browser")
		p.hides("Anger")
	}
	if row := must(h.service.Store.Workspace(h.w.ID).Launch(t.Context(), g.launch)); row.DeepLinking == "" {
		t.Error("the request counts as answered")
	}
}

// What was typed in the picker can be copied from the page that has closed it.
func TestWhatWasTypedInThePickerOutlivesItsLaunch(t *testing.T) {
	h := newHouse(t)
	a := h.scenario("anger", "Anger", "Loud.", "Easy")
	g := h.picks(nil)
	form := g.post("/pick/items", picked(a)).is(http.StatusOK).form()
	form.Set("title-"+string(a.ID), "Week <b>3</b>: anger")
	nobody := &guest{house: h, base: g.base}
	p := nobody.post("/pick/answer", form).is(http.StatusUnauthorized)
	p.shows("This page has been closed in this browser", "What you typed is kept on this page", "Activity 1, title Week <b>3</b>: anger")
	p.hides("Send it again")
}

func TestAnonymousTeachersPickToo(t *testing.T) {
	h := newHouse(t)
	a := h.scenario("anger", "Anger", "Loud.", "Easy")
	g := h.picks(func(l *lti.Launch) { l.Subject, l.Context = "", nil })
	g.get("/pick", nil).is(http.StatusOK).shows("activity of your course")
	g.post("/pick/answer", g.get("/pick/items", picked(a)).form()).is(http.StatusOK).answer()
	if all := must(h.service.Store.Workspace(h.w.ID).Learners(t.Context(), 0)); len(all) != 0 {
		t.Errorf("learners %v", all)
	}
}

func TestWhatCannotBeSent(t *testing.T) {
	h := newHouse(t)
	a, b := h.scenario("anger", "Anger", "Loud.", "Easy"), h.scenario("bad-news", "Bad news", "Quiet.", "Hard")
	strange := greenroom.Scenario{ID: "0190c0de-0000-7000-8000-000000000000"}
	for name, tc := range map[string]struct {
		spoil func(form url.Values)
		field string
		says  string
	}{
		"no title":                 {func(f url.Values) { f.Set(field("title", a), " ") }, field("title", a), "Enter a title."},
		"a long title":             {func(f url.Values) { f.Set(field("title", a), strings.Repeat("ö", 300)) }, field("title", a), "Use at most"},
		"no maximum":               {func(f url.Values) { f.Set(field("maximum", a), "") }, field("maximum", a), "Enter a number"},
		"a maximum of nothing":     {func(f url.Values) { f.Set(field("maximum", a), "0") }, field("maximum", a), "must be greater than 0"},
		"a maximum below":          {func(f url.Values) { f.Set(field("maximum", a), "-3") }, field("maximum", a), "must be greater than 0"},
		"a maximum that is none":   {func(f url.Values) { f.Set(field("maximum", a), "NaN") }, field("maximum", a), "Enter a number"},
		"a maximum beyond measure": {func(f url.Values) { f.Set(field("maximum", a), "1e300") }, field("maximum", a), "at most 1000000"},
		"a window that ends before": {func(f url.Values) {
			f.Set(field("available-from", a), "2026-03-02T09:30")
			f.Set(field("available-until", a), "2026-03-02T09:29")
		}, field("available-until", a), "must come after"},
		"a window without length": {func(f url.Values) {
			f.Set(field("submission-from", a), "2026-03-02T09:30")
			f.Set(field("submission-until", a), "2026-03-02T09:30")
		}, field("submission-until", a), "must come after"},
		"a day that is none":            {func(f url.Values) { f.Set(field("available-from", a), "2026-02-30T09:30") }, field("available-from", a), "like 2026-03-01 09:30"},
		"a zone that is none":           {func(f url.Values) { f.Set("zone", "Mars/Base") }, "zone", "no time zone"},
		"the server's own zone":         {func(f url.Values) { f.Set("zone", "Local") }, "zone", "no time zone"},
		"a tag without end":             {func(f url.Values) { f.Set(field("tag", a), strings.Repeat("x", 256)) }, field("tag", a), "at most 255"},
		"a target that was not offered": {func(f url.Values) { f.Set(field("target", a), "popup") }, field("target", a), "does not open activities there"},
		"a scenario that is gone":       {func(f url.Values) { f.Add("picked", string(strange.ID)) }, field("title", strange), "not in Greenroom any more"},
	} {
		t.Run(name, func(t *testing.T) {
			g := h.picks(nil)
			form := g.get("/pick/items", picked(a, b)).form()
			form.Set(field("title", b), "Typed & kept")
			form.Set(field("tag", b), "typed-tag")
			form.Set(field("graded", b), "no")
			form.Set(field("submission-until", b), "2027-01-01T00:00")
			tc.spoil(form)
			again := g.post("/pick/answer", form).is(http.StatusUnprocessableEntity)
			again.shows(tc.says)
			if !regexp.MustCompile(`(id|name)="` + tc.field + `"[^>]* aria-invalid="true"`).MatchString(again.body) {
				t.Errorf("not marked: %s", tc.field)
			}
			for name, want := range form {
				if got := again.form()[name]; name != "order" && name != field("target", a) && !slices.Equal(got, want) && !strings.HasSuffix(name, string(strange.ID)) {
					t.Errorf("%s is %q, and was %q", name, got, want)
				}
			}
			if row := must(h.service.Store.Workspace(h.w.ID).Launch(t.Context(), g.launch)); row.DeepLinking == "" {
				t.Error("the request counts as answered")
			}
		})
	}
}

func saveConnection(c greenroom.Connection) func(context.Context, greenroom.Tx) error {
	return func(ctx context.Context, tx greenroom.Tx) error { return tx.SaveConnection(ctx, c) }
}

func TestALMSThatTakesWholeNumbers(t *testing.T) {
	h := newHouse(t)
	h.c.Profile = "blackboard" // an administrator has said so
	a := h.scenario("anger", "Anger", "Loud.", "Easy")
	if err := h.service.Store.Workspace(h.w.ID).Update(t.Context(), saveConnection(h.c)); err != nil {
		t.Fatal(err)
	}
	g := h.picks(nil)
	form := g.get("/pick/items", picked(a)).form()
	form.Set(field("maximum", a), "12.5")
	g.post("/pick/answer", form).is(http.StatusUnprocessableEntity).shows("whole numbers only")
	form.Set(field("maximum", a), "12.0")
	if claims := g.post("/pick/answer", form).is(http.StatusOK).answer(); claims["sub"] != "abc" || claims["aud"] != "https://blackboard.com" {
		t.Errorf("claims %v", claims)
	}
}

func TestOneScenarioWhereTheLMSTakesOne(t *testing.T) {
	h := newHouse(t)
	a, b := h.scenario("anger", "Anger", "Loud.", "Easy"), h.scenario("bad-news", "Bad news", "Quiet.", "Hard")
	g := h.picks(func(l *lti.Launch) { l.DeepLinking.AcceptMultiple = false })
	list := g.get("/pick", picked(a)).is(http.StatusOK)
	list.shows("Pick a scenario", "It becomes an activity")
	if strings.Contains(list.body, `type="checkbox"`) || !strings.Contains(list.body, `type="radio"`) {
		t.Error("several can be ticked")
	}
	form := g.get("/pick/items", picked(a, b)).form()
	if got := form["picked"]; len(got) != 1 || got[0] != string(b.ID) {
		t.Errorf("picked %v", got)
	}
	if items := g.post("/pick/answer", form).is(http.StatusOK).answer()["https://purl.imsglobal.org/spec/lti-dl/claim/content_items"].([]any); len(items) != 1 {
		t.Errorf("items %v", items)
	}
}

func TestALMSThatMakesNoColumns(t *testing.T) {
	h := newHouse(t)
	a := h.scenario("anger", "Anger", "Loud.", "Easy")
	no := false
	g := h.picks(func(l *lti.Launch) { l.DeepLinking.AcceptLineItem = &no })
	settings := g.get("/pick/items", picked(a)).is(http.StatusOK)
	settings.shows("Not graded: your LMS makes no gradebook column")
	settings.hides("Maximum score")
	g.post("/pick/answer", settings.form()).is(http.StatusOK).answer()
}

// A request for files, say, cannot be answered with activities.
func TestALMSThatTakesNoActivities(t *testing.T) {
	h := newHouse(t)
	a := h.scenario("anger", "Anger", "Loud.", "Easy")
	g := h.picks(func(l *lti.Launch) { l.DeepLinking.AcceptTypes = []string{"file"} })
	g.post("/pick/answer", g.get("/pick/items", picked(a)).form()).is(http.StatusUnprocessableEntity).shows("does not take activities here")
	g.post("/pick/cancel", nil).is(http.StatusOK).answer()
}

func TestSearchingKeepsWhatIsPicked(t *testing.T) {
	h := newHouse(t)
	a, b := h.scenario("anger", "Anger", "Loud voices.", "Easy"), h.scenario("bad-news", "Bad news", "Quiet.", "Hard")
	g := h.picks(nil)
	for name, tc := range map[string]struct {
		search, difficulty string
		finds              []greenroom.Scenario
	}{
		"by title":           {"ANGER", "", []greenroom.Scenario{a}},
		"by description":     {"quiet", "", []greenroom.Scenario{b}},
		"by objective":       {"find need", "", []greenroom.Scenario{a, b}},
		"all words":          {"loud news", "", nil},
		"by difficulty":      {"", "Hard", []greenroom.Scenario{b}},
		"by both":            {"anger", "Hard", nil},
		"as text, no markup": {"<b>", "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			query := picked(a)
			query.Set("q", tc.search)
			query.Set("difficulty", tc.difficulty)
			list := g.get("/pick", query).is(http.StatusOK)
			found := strings.SplitN(list.body, " found</legend>", 2)
			if len(found) != 2 {
				t.Fatal(list.text())
			}
			for _, sc := range []greenroom.Scenario{a, b} {
				if got := strings.Contains(found[1], `id="pick-`+string(sc.ID)); got != slices.Contains(tc.finds, sc) {
					t.Errorf("found %s: %v", sc.Title, got)
				}
			}
			if got := list.form()["picked"]; len(got) != 1 || got[0] != string(a.ID) {
				t.Errorf("picked %v", got)
			}
			if len(tc.finds) == 0 {
				list.shows("No scenario has these words.")
			}
		})
	}
}

// From the settings one can go back to the list, look at a scenario, tick one
// more, and find all as it was typed.
func TestTheWayBackLosesNothing(t *testing.T) {
	h := newHouse(t)
	a, b := h.scenario("anger", "Anger", "Loud.", "Easy"), h.scenario("bad-news", "Bad news", "Quiet.", "Hard")
	c := h.scenario("call", "Call", "Cold.", "Hard")
	g := h.picks(nil)
	form := g.get("/pick/items", picked(a, b)).form()
	form.Set(field("title", a), "Typed <b>")
	form.Set(field("maximum", a), "7")
	form.Set(field("graded", b), "no")
	form.Del(field("icon", b))
	form.Set("zone", "Asia/Tokyo")
	form.Set("move", "up:"+string(b.ID))
	moved := g.post("/pick/items", form).is(http.StatusOK).form()

	list := g.post("/pick", moved).is(http.StatusOK)
	seen := g.post("/pick/scenarios/"+string(c.ID), list.form()).is(http.StatusOK)
	back := seen.form()
	back.Add("picked", string(c.ID)) // Pick this scenario
	settings := g.post("/pick/items", g.post("/pick", back).is(http.StatusOK).form()).is(http.StatusOK).form()
	for name, want := range map[string][]string{
		"picked":          {string(b.ID), string(a.ID), string(c.ID)},
		field("title", a): {"Typed <b>"}, field("maximum", a): {"7"}, field("icon", a): {"yes"},
		field("graded", b): {"no"}, field("icon", b): nil, "zone": {"Asia/Tokyo"},
		field("title", c): {"Call"}, field("maximum", c): {"100"}, field("graded", c): {"yes"},
	} {
		if !slices.Equal(settings[name], want) {
			t.Errorf("%s is %q, want %q", name, settings[name], want)
		}
	}
	settings.Set("drop", string(a.ID))
	if left := g.post("/pick/items", settings).form()["picked"]; !slices.Equal(left, []string{string(b.ID), string(c.ID)}) {
		t.Errorf("left %v", left)
	}
}

func TestPreview(t *testing.T) {
	h := newHouse(t)
	a := h.scenario("anger", "Anger", "Loud.", "Easy")
	g := h.picks(nil)
	seen := g.get("/pick/scenarios/"+string(a.ID), url.Values{"q": {"ang"}}).is(http.StatusOK)
	seen.shows("Anger", "Loud.", "Easy", "Find out what they need.", "Ada <i>Lovelace</i>", "Buyer", "Likes engines.",
		"A door opens.", "Who <em>are</em> you?", "choose between 2 replies", "Discovery", "Asks for needs", "Pick this scenario")
	if seen.form().Get("q") != "ang" {
		t.Error("the search is forgotten")
	}
	g.get("/pick/scenarios/"+string(a.ID), picked(a)).shows("Take it out")
	for _, id := range []string{"0190c0de-0000-7000-8000-000000000000", "anger", "../x"} {
		g.get("/pick/scenarios/"+url.PathEscape(id), nil).is(http.StatusNotFound).shows("Back to the start")
	}
}

func TestWhereThereIsNothingToPick(t *testing.T) {
	h := newHouse(t)
	g := h.picks(nil)
	g.get("/pick", nil).is(http.StatusOK).shows("There are no scenarios yet.", "Sales team", "Back to the course")
	g.get("/pick/items", nil).is(http.StatusUnprocessableEntity)
	h.scenario("anger", "Anger", "Loud.", "Easy")
	g.get("/pick/items", nil).is(http.StatusUnprocessableEntity).shows("Pick at least one scenario.")
	g.post("/pick/answer", nil).is(http.StatusUnprocessableEntity).shows("Pick at least one scenario.")
}

func TestPickingIsBounded(t *testing.T) {
	form := url.Values{"order": {"b", "gone"}}
	for n := range 50_000 {
		form["picked"] = append(form["picked"], fmt.Sprint(n))
	}
	form["picked"] = append([]string{"a", "b", "a", ""}, form["picked"]...)
	ids := pickedOf(form, greenroom.MaxItems)
	if len(ids) != mostCarried || !slices.Equal(ids[:4], []string{"b", "a", "0", "1"}) {
		t.Errorf("%d are carried on, first %v", len(ids), ids[:4])
	}
}
