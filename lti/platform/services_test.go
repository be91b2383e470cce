package platform

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http/httptest"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/greenroom-lti/greenroom/lti"
)

// recordedSite is the whole recorded Moodle: courses, people, tools, links and
// columns, with their recorded IDs.
func recordedSite(t *testing.T) *Platform {
	t.Helper()
	p := recordedMoodle(t, nil)
	p.tools[recordedTool].Scopes = append(p.tools[recordedTool].Scopes, lti.ScopeMemberships)
	p.courses = map[string]*Course{}
	for _, c := range []Course{{ID: "2", Title: "Harbour Engineering 101", Label: "HE101", SourcedID: "SIS-HE101"}, {ID: "3", Title: "Bridges & Tunnels", Label: "BT&202"}, {ID: "4", Title: "Harbour Engineering 101 copy 1", Label: "HE101_1", Origins: []string{"2"}}} {
		c.roles = map[string][]string{}
		p.courses[c.ID] = &c
	}
	for _, u := range []User{
		{ID: "3", Name: "Tessa Teacher", GivenName: "Tessa", FamilyName: "Teacher", Username: "teacher1", SourcedID: "EMP-001"},
		{ID: "4", Name: "Tom Tutor", GivenName: "Tom", FamilyName: "Tutor", Username: "tutor1"},
		{ID: "5", Name: "Mona Manager", GivenName: "Mona", FamilyName: "Manager", Username: "manager1"},
		{ID: "6", Name: "Stina Student", GivenName: "Stina", FamilyName: "Student", Username: "student1", SourcedID: "STU-0001"},
		{ID: "7", Name: "Zoë Żółć-Müller", GivenName: "Zoë", FamilyName: "Żółć-Müller", Username: "student2", SourcedID: "STU-0002"},
		{ID: "8", Name: "Sam O'Neil & Co", GivenName: "Sam", FamilyName: "O'Neil & Co", Username: "student3"},
		{ID: "9", Name: "Sten Suspended", GivenName: "Sten", FamilyName: "Suspended", Username: "student4"},
		{ID: "10", Name: "Sunil Student", GivenName: "Sunil", FamilyName: "Student", Username: "student5"},
		{ID: "11", Name: "王 小明", GivenName: "王", FamilyName: "小明", Username: "student6"},
	} {
		u.Email = u.Username + "@example.test"
		p.AddUser(u)
	}
	for user, role := range map[string]string{"3": Instructor, "5": Instructor, "4": TeachingAssistant, "6": Learner, "7": Learner, "8": Learner, "10": Learner, "11": Learner} {
		p.Enrol("2", user, role)
	}
	for n := 1; n <= 40; n++ {
		id := fmt.Sprint(n + 11)
		p.AddUser(User{ID: id, Name: fmt.Sprintf("Bulk Student %d", n), GivenName: "Bulk", FamilyName: fmt.Sprintf("Student %d", n), Username: fmt.Sprintf("bulk%d", n), Email: fmt.Sprintf("bulk%d@example.test", n), SourcedID: fmt.Sprintf("B-%d", n)})
		p.Enrol("3", id, Learner)
	}
	p.Enrol("3", "6", Learner)
	p.Enrol("3", "3", Instructor)
	other := p.AddTool(ToolSettings{Name: "Other tool", ClientID: "Sduy4kzNdFA2lmE", DeploymentID: "2", Scopes: []string{}})
	p.items = map[string]*item{}
	for id, l := range map[string]Link{
		"1": {Course: "2", Title: "Crane simulation", item: "2"}, "2": {Course: "2", Title: "Ungraded reading"}, "3": {Course: "2", Title: "Max ten", item: "3"},
		"4": {Course: "2", Title: "Other", Tool: other.ClientID}, "5": {Course: "3", Title: "Bridge sim", item: "5"}, "6": {Course: "2", Title: "Group only", item: "6"},
	} {
		l.ID, l.deployment = id, "1"
		if l.Tool == "" {
			l.Tool = recordedTool
		}
		p.links[id] = &l
		if l.item != "" {
			p.put(l.item, l.Course, id, l.Title, 100)
		}
	}
	p.items["3"].maximum = 10
	p.selections["recorded"] = &Selection{ID: "recorded", Course: "2", User: "3", Tool: recordedTool}
	return p
}

// put adds a column with a recorded ID.
func (p *Platform) put(id, course, link, label string, maximum float64) *item {
	i := &item{ID: id, course: course, tool: recordedTool, link: link, label: label, maximum: maximum, coupled: true, grades: map[string]*Grade{}}
	fmt.Sscan(id, &i.n)
	p.items[id] = i
	return i
}

// next lets the platform's next ID be the recorded one.
func next(last int) func(*Platform) { return func(p *Platform) { p.last = last } }

func graded(item string, grades map[string]Grade) func(*Platform) {
	return func(p *Platform) {
		p.items[item].grades = map[string]*Grade{}
		for user, g := range grades {
			g.Set = true
			p.items[item].grades[user] = &g
		}
	}
}

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

// before are the things that had happened at Moodle before a request, and that
// no request of the tool had done.
var before = map[string]func(*Platform){
	"ags-li-20-create":          next(6),
	"ags-li-62-ungraded-create": next(20),
	"ags-li-61-scale-item":      func(p *Platform) { p.put("17", "2", "15", "Scale graded", 3) },
	"ags-li-64-deep-linked-items": func(p *Platform) {
		for id, i := range map[string]*item{"10": p.put("10", "2", "7", "Crane scenario A", 25), "11": p.put("11", "2", "8", "Multi 1", 25)} {
			i.resourceID, i.tag, i.coupled = "dl-res-1", "dl-tag", id != ""
		}
	},
	"ags-li-68-put-max-change": func(p *Platform) {
		p.put("19", "2", "17", "Progress test", 100)
		p.links["17"] = &Link{ID: "17", Course: "2", Tool: recordedTool}
		for _, user := range []string{"6", "7", "9"} {
			p.items["19"].grades[user] = &Grade{}
		}
		p.items["19"].grades["10"] = &Grade{Given: 91, Set: true, Stamp: at("2026-11-23T15:44:51Z")}
	},
	"ags-res-00-before":      graded("2", nil),
	"ags-res-01-after-first": graded("2", map[string]Grade{"6": {Given: 83, Comment: "well done", Stamp: at("2026-11-23T15:37:19Z")}}),
	"ags-res-11-user":        graded("2", map[string]Grade{"7": {Given: 42, Comment: "well done", Stamp: at("2026-11-23T16:37:28Z")}}),
	"ags-res-20-standalone": func(p *Platform) {
		i := p.put("7", "2", "", "Renamed item", 60)
		i.grades["6"] = &Grade{Given: 31, Set: true, Comment: "well done", Stamp: at("2026-11-23T16:37:29Z")}
	},
	"ags-sc-40-ts-no-fraction":   func(p *Platform) { p.items["19"].grades = map[string]*Grade{} },
	"ags-sc-47-error-ts-garbage": func(p *Platform) { p.items["2"].grades = map[string]*Grade{} },
	"ags-sc-72-course2":          func(p *Platform) { p.Enrol("3", "15", Learner) },
	"ags-sc-73-standalone":       func(p *Platform) { p.items["7"].grades = map[string]*Grade{} },
	"ags-sc-80-locked-item":      func(p *Platform) { p.put("15", "2", "13", "Locked", 100).locked = true },
	"ags-sc-81-overridden": func(p *Platform) {
		p.put("16", "2", "14", "Overridden", 100).grades["6"] = &Grade{Given: 55, Set: true, Overridden: true}
	},
	"ags-sc-90-error-unenrolled": func(p *Platform) { p.Enrol("2", "11") },
	"nrps-50-two-roles":          func(p *Platform) { p.Enrol("2", "4", TeachingAssistant, Learner) },
}

// notReplayed are the recorded exchanges that are not compared with this
// platform, by the beginnings of their names, with the reason.
var notReplayed = map[string]string{
	"auth-":           "browser pages and cookies of Moodle's own session; TestAuthenticationRequests makes the same requests",
	"cookie-":         "which cookies a browser sends back is not the platform's doing; internal/app/frames_test.go has browsers",
	"manual-01-form":  "a page of Moodle's",
	"return-url-":     "a page of Moodle's",
	"reg-00":          "a page of Moodle's",
	"reg-01":          "a request to the tool: TestRegistrationsOfTheProfiles opens it",
	"reg-40":          "a message between windows",
	"reg2-update-01":  "a request to the tool: TestRegistrationsOfTheProfiles opens it",
	"reg3-minimal-01": "a request to the tool: TestRegistrationsOfTheProfiles opens it",
	"dl-00":           "a page of Moodle's",
	"tok-00":          "a network guard that this platform has not",
	"tok-02":          "a request to the tool",
	"tok-40":          "the tool's key set of that moment is not in the recordings; ltitest rotates keys in OWN-K01",
	"tok-41":          "as tok-40",
	"tok-42":          "as tok-40",
	"tok-43":          "as tok-40",
	"tok-44":          "as tok-40",
	"tok-50":          "as tok-40",
	"ags-li-42":       "lists columns of activities that no request has made; ags-li-35 and ags-li-64 list the same way",
	"ags-li-47":       "as ags-li-42",
	"ags-li-60":       "as ags-li-41: a column that is gone",
	"ags-li-70":       "the hour that a token lives is over in no test; ags-li-50 has a token that is none",
	"ags-li-80":       "lists a copy that no request has made; TestACopyHasNewIDsAndKeepsWhatWasChosen makes one",
	"ags-res-10":      "grades of several hours; ags-res-01 and ags-res-11 have the same shape",
	"ags-sc-28":       "nginx's page: how a text for a number looks depends on the web server",
	"ags-sc-54":       "a line break in the reason phrase makes PHP answer 200; Go cannot send one",
	"ags-sc-68":       "its column was graded before by a request in another course",
	"ags-sc-82":       "grades by scale are not played",
	"ags-sc-83":       "as ags-li-41: a column that is gone",
	"nrps-04":         "the container of LIS 2.0, which LTI 1.3 does not know",
	"nrps-22":         "groups are not played",
	"nrps-41":         "Moodle's address names the tool; this one's does not",
	"launch":          "browser pages, login requests, and launches that launches.json holds: TestMoodleLaunchesAsRecorded",
	"pend-":           "login request; the launch is in launches.json",
	"dl-tool-login":   "login request; the launch is in launches.json",
}

func recorded(t *testing.T, file string) (all []exchange) {
	t.Helper()
	raw, err := os.ReadFile("testdata/moodle/" + file)
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func reasonFor(name string) string {
	for prefix, reason := range notReplayed {
		if strings.HasPrefix(name, prefix) {
			return reason
		}
	}
	return ""
}

// Rosters, line items, results, registrations and deep linking responses get
// the recorded answers: status, media type, Link and the members of the JSON.
func TestMoodleServicesAnswerAsRecorded(t *testing.T) {
	sites := map[string]*Platform{} // by what the requests are about
	for _, e := range recorded(t, "services.json") {
		if reasonFor(e.Name) != "" {
			continue
		}
		t.Run(e.Name, func(t *testing.T) {
			family, _, _ := strings.Cut(e.Name, "-")
			if sites[family] == nil {
				sites[family] = recordedSite(t)
			}
			p := sites[family]
			p.seedService(e)
			if prepare := before[e.Name]; prepare != nil {
				prepare(p)
			}
			r := httptest.NewRequest(e.Method, here(e.URL), strings.NewReader(e.Body))
			for name, value := range e.Headers {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			p.ServeHTTP(w, r)
			if w.Code != e.Status || w.Header().Get("Content-Type") != e.Type {
				t.Fatalf("%s\nanswers %d %s %s\nMoodle  %d %s %s", e.Note, w.Code, w.Header().Get("Content-Type"), w.Body, e.Status, e.Type, e.Answer)
			}
			if want := here2(e.Link); w.Header().Get("Link") != want {
				t.Errorf("Link\n%s\nnot\n%s", w.Header().Get("Link"), want)
			}
			if got, want := shape(e.Name, w.Body.Bytes()), shape(e.Name, []byte(e.Answer)); !reflect.DeepEqual(got, want) {
				t.Errorf("%s\nsays   %s\nMoodle %s", e.Note, pretty(got), pretty(want))
			}
		})
	}
}

// seedService makes the request's credentials good for what they were good for.
func (p *Platform) seedService(e exchange) {
	bearer, ok := strings.CutPrefix(e.Headers["Authorization"], "Bearer ")
	switch {
	case strings.HasPrefix(e.Name, "reg2-"):
		p.registrations[bearer] = pendingTool{clientID: recordedTool, update: true}
		if strings.HasSuffix(e.Name, "get-after") {
			p.change(recordedTool, askedIn("reg2-update-04-post-again"), []string{"https://tool.localhost:9444/launch", "https://tool.localhost:9444/deeplink", "https://tool.localhost:9444/launch2"})
			p.tools[recordedTool].logo = "https://tool.localhost:9444/logo.png"
		} else if e.Method == "GET" {
			p.change(recordedTool, askedIn("reg-30-registration-success"), []string{"https://tool.localhost:9444/launch", "https://tool.localhost:9444/deeplink"})
		}
	case strings.HasPrefix(e.Name, "reg3-"), strings.HasPrefix(e.Name, "reg4-"):
		var said struct {
			ClientID string `json:"client_id"`
			Tool     struct {
				DeploymentID int `json:"deployment_id,string"`
			} `json:"https://purl.imsglobal.org/spec/lti-tool-configuration"`
		}
		_ = json.Unmarshal([]byte(e.Answer), &said)
		delete(p.tools, said.ClientID)
		p.registrations[bearer] = pendingTool{clientID: said.ClientID}
		p.last = said.Tool.DeploymentID - 1
	case strings.HasPrefix(e.Name, "dl-return-"):
		p.selections["recorded"] = &Selection{ID: "recorded", Course: "2", User: "3", Tool: recordedTool}
		clock := sentAt(e)
		p.now = func() time.Time { return clock }
	case !ok || strings.Contains(e.Name, "no-token") || strings.Contains(e.Name, "bad-token"):
	case strings.Contains(e.Name, "error-scope"):
		p.access[bearer] = grant{recordedTool, []string{}, recordedAt.Add(accessLife)}
	case strings.Contains(e.Name, "readonly-create"):
		p.access[bearer] = grant{recordedTool, []string{lti.ScopeLineItemReadOnly}, recordedAt.Add(accessLife)}
	default:
		p.access[bearer] = grant{recordedTool, p.tools[recordedTool].Scopes, recordedAt.Add(accessLife)}
	}
}

// sentAt is when a recorded deep linking response was sent.
func sentAt(e exchange) time.Time {
	form, err := url.ParseQuery(e.Body)
	if err != nil {
		panic(err)
	}
	var claims jwt.MapClaims
	_, _, _ = jwt.NewParser().ParseUnverified(form.Get("JWT"), &claims)
	if strings.HasSuffix(e.Name, "-expired") {
		exp, _ := claims.GetExpirationTime()
		return exp.Add(time.Minute)
	}
	iat, _ := claims.GetIssuedAt()
	if iat == nil {
		return recordedAt
	}
	return iat.Time
}

// askedIn is what a recorded registration asks for.
func askedIn(name string) (ask wanted) {
	for _, file := range []string{"exchanges.json", "services.json"} {
		raw, err := os.ReadFile("testdata/moodle/" + file)
		var all []exchange
		if err == nil {
			err = json.Unmarshal(raw, &all)
		}
		if err != nil {
			panic(err)
		}
		for _, e := range all {
			if e.Name == name {
				if err := json.Unmarshal([]byte(e.Body), &ask); err != nil {
					panic(err)
				}
			}
		}
	}
	return ask
}

func here2(text string) string {
	return strings.ReplaceAll(here(strings.ReplaceAll(text, "https://moodle.localhost:9443", "§")), "§", "https://moodle.localhost:9443")
}

// shape is what of an answer must be the same.
func shape(name string, body []byte) any {
	var v any
	if json.Unmarshal(body, &v) != nil {
		return strings.HasPrefix(name, "dl-return") || strings.TrimSpace(string(body)) == ""
	}
	return translated(name, v)
}

func translated(name string, v any) any {
	switch v := v.(type) {
	case string:
		return reasons.Replace(here2(v))
	case []any:
		all := make([]any, len(v))
		for i, x := range v {
			all[i] = translated(name, x)
		}
		return all
	case map[string]any:
		all := map[string]any{}
		for member, x := range v {
			switch {
			case member == "https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome": // not played
			case strings.HasPrefix(name, "reg-0") && member != "issuer" && !strings.HasSuffix(member, "_endpoint"):
				all[member] = reflect.TypeOf(x).Kind().String()
			case member == "timestamp" && strings.HasPrefix(name, "ags-li-69"): // when Moodle rescaled
				all[member] = len(x.(string))
			case member == "scope":
				all[member] = slices.Sorted(slices.Values(strings.Fields(fmt.Sprint(x))))
			default:
				all[member] = translated(name, x)
			}
		}
		return all
	}
	return v
}

func pretty(v any) string {
	raw, err := json.MarshalIndent(v, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(raw)
}

// Every recorded exchange is replayed, or there is a reason why not.
func TestEveryRecordingIsComparedOrHasAReason(t *testing.T) {
	raw, err := os.ReadFile("testdata/moodle/index.txt")
	if err != nil {
		t.Fatal(err)
	}
	compared := map[string]bool{}
	for _, file := range []string{"exchanges.json", "services.json", "launches.json"} {
		for _, e := range recorded(t, file) {
			if compared[e.Name] {
				t.Errorf("%s is there twice", e.Name)
			}
			compared[e.Name] = true
		}
	}
	names := strings.Fields(string(raw))
	used := map[string]bool{}
	for _, name := range names {
		if !compared[name] && reasonFor(name) == "" {
			t.Errorf("%s is neither compared nor excused", name)
		}
		for prefix := range notReplayed {
			used[prefix] = used[prefix] || strings.HasPrefix(name, prefix)
		}
		delete(compared, name)
	}
	for name := range compared {
		t.Errorf("%s is not in the index", name)
	}
	for prefix := range maps.Keys(notReplayed) {
		if !used[prefix] {
			t.Errorf("an excuse for nothing: %s", prefix)
		}
	}
	if len(names) != 451 {
		t.Errorf("%d recordings", len(names))
	}
}
