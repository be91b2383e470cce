package platform

import (
	"encoding/json"
	"maps"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
)

// notPlayed are recorded claims that this platform leaves out.
var notPlayed = map[string]string{
	claim + "lis": "source IDs are sent where there are any", claim + "ext": "Moodle's own",
	"https://purl.imsglobal.org/spec/lti-bo/claim/basicoutcome": "the service of LTI 1.1",
}

var itemIn = regexp.MustCompile(`/lineitems/(\d+)/lineitem`)

// Launches, deep linking requests and submission reviews carry the recorded
// claims, with the recorded values where those do not come from the site.
func TestMoodleLaunchesAsRecorded(t *testing.T) {
	raw, err := os.ReadFile("testdata/moodle/launches.json")
	var all []struct {
		Name, Note string
		Claims     map[string]any
	}
	if err == nil {
		err = json.Unmarshal(raw, &all)
	}
	if err != nil || len(all) < 30 {
		t.Fatal(len(all), err)
	}
	p := recordedSite(t)
	for _, x := range all {
		t.Run(x.Name, func(t *testing.T) {
			tool, h := p.stage(x.Claims)
			made, err := json.Marshal(p.claims(tool, h, x.Claims["nonce"].(string)))
			if err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal(made, &got); err != nil {
				t.Fatal(err)
			}
			got, want := compared(got), compared(x.Claims)
			if names := slices.Sorted(maps.Keys(got)); !slices.Equal(names, slices.Sorted(maps.Keys(want))) {
				t.Errorf("%s\nclaims %v\nMoodle %v", x.Note, names, slices.Sorted(maps.Keys(want)))
			}
			for name := range want {
				if !reflect.DeepEqual(got[name], want[name]) {
					t.Errorf("%s: %s\nis     %s\nMoodle %s", x.Note, name, pretty(got[name]), pretty(want[name]))
				}
			}
		})
	}
}

// stage makes what a recorded message is about.
func (p *Platform) stage(c map[string]any) (*Tool, hint) {
	object := func(name string) map[string]any { o, _ := c[name].(map[string]any); return o }
	text := func(o map[string]any, name string) string { s, _ := o[name].(string); return s }
	client, h := c["aud"].(string), hint{message: c[claim+"message_type"].(string), user: c["sub"].(string), tool: c["aud"].(string)}
	scopes := []string{}
	for _, s := range asList(object(claimAGS)["scope"]) {
		scopes = append(scopes, s.(string))
	}
	if c[claimNRPS] != nil {
		scopes = append(scopes, lti.ScopeMemberships)
	}
	_, named := c["name"]
	_, mailed := c["email"]
	p.tools[client] = &Tool{ToolSettings: ToolSettings{
		Name: "Stub Tool (updated)", ClientID: client, DeploymentID: c[claim+"deployment_id"].(string), Scopes: scopes,
		DeepLinkingURL: "https://tool.localhost:9444/deeplink", HideNames: !named, HideEmail: !mailed,
	}}
	context := object(claim + "context")
	h.course = text(context, "id")
	p.courses[h.course].Title, p.courses[h.course].Label = text(context, "title"), text(context, "label")
	var roles []string
	for _, r := range asList(c[claim+"roles"]) {
		roles = append(roles, r.(string))
	}
	if h.user == "4" && len(roles) == 1 { // the non-editing teacher
		roles = []string{TeachingAssistant}
	}
	p.courses[h.course].roles[h.user] = roles
	if p.users[h.user] == nil {
		p.users[h.user] = &User{ID: h.user, Name: text(c, "name"), GivenName: text(c, "given_name"), FamilyName: text(c, "family_name"), Email: text(c, "email")}
	}
	h.forUser = text(object(claim+"for_user"), "user_id")
	if h.message == lti.MessageDeepLinking {
		h.pick = "recorded"
		p.selections["recorded"].Tool = client
		return p.tools[client], h
	}
	link := object(claim + "resource_link")
	presentation := object(claim + "launch_presentation")
	l := &Link{
		ID: text(link, "id"), Title: text(link, "title"), Description: text(link, "description"), Course: h.course, Tool: client,
		deployment: c[claim+"deployment_id"].(string), TargetLinkURI: text(c, claim+"target_link_uri"),
		Window: text(presentation, "document_target") == "window",
	}
	if m := itemIn.FindStringSubmatch(text(object(claimAGS), "lineitem")); m != nil {
		l.item = m[1]
		p.put(l.item, h.course, l.ID, l.Title, 100)
	}
	p.links[l.ID] = l
	h.link = l.ID
	return p.tools[client], h
}

func asList(v any) []any { l, _ := v.([]any); return l }

// compared are the claims to be compared.
func compared(c map[string]any) map[string]any {
	all := map[string]any{}
	for name, value := range c {
		switch o, _ := value.(map[string]any); {
		case notPlayed[name] != "":
		case name == "exp":
			all[name] = c["exp"].(float64) - c["iat"].(float64)
		case name == "iat", name == claim+"custom":
			all[name] = "…"
		case name == claim+"tool_platform":
			all[name] = o["product_family_code"]
		case name == claim+"launch_presentation":
			o = maps.Clone(o)
			if o["return_url"] != nil {
				o["return_url"] = "…"
			}
			all[name] = o
		case name == claimDL+"deep_linking_settings":
			o = maps.Clone(o)
			o["deep_link_return_url"] = "…"
			all[name] = o
		default:
			all[name] = translated("launch", value)
		}
	}
	return all
}

// What Moodle makes of variables, by a recorded launch of a copied course.
func TestMoodleVariablesAsRecorded(t *testing.T) {
	p := recordedSite(t)
	user := p.users["6"]
	l, err := p.addLink("4", Link{Tool: recordedTool, Title: "Crane scenario A", Maximum: 25})
	if err != nil {
		t.Fatal(err)
	}
	p.Enrol("4", user.ID, Learner)
	h := hint{message: lti.MessageResourceLink, user: "6", tool: recordedTool, course: "4", link: l.ID}
	for variable, want := range map[string]any{
		"$Context.id.history": "2", "$User.username": "student1", "$User.id": "6", "$ResourceLink.id": l.ID,
		"$Does.not.exist": "$Does.not.exist", "v-$User.id-x": "v-$User.id-x", "$Context.label": "HE101_1", "$Context.sourcedId": "",
		"$ResourceLink.available.startDateTime": "$ResourceLink.available.startDateTime", "$ResourceLink.id.history": "$ResourceLink.id.history",
		"$Membership.role": "Learner", "$ResourceLink.title": "Crane scenario A", "$Message.locale": "$Message.locale",
		"$Person.name.full": "Stina Student", "$ToolProxyBinding.memberships.url": p.membersURL("4"),
		"$LineItem.url": p.itemURL(p.items[l.item], p.tools[recordedTool]),
	} {
		if got := p.resolve(variable, p.tools[recordedTool], h); got != want {
			t.Errorf("%s becomes %v, not %v", variable, got, want)
		}
	}
	h.link = ""
	if got := p.resolve("$ResourceLink.id", p.tools[recordedTool], h); got != nil {
		t.Errorf("without a link, $ResourceLink.id is %v, not null", got)
	}
	if strings.Contains(p.itemsURL("4", p.tools[recordedTool]), "&") {
		t.Error("type_id alone")
	}
}
