package app_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"
	"testing"
)

const module = "github.com/greenroom-lti/greenroom/"

// allowed names, for each room of the house, the rooms it may import. Imports
// go down only; every arrow that is not here is forbidden.
var allowed = map[string][]string{
	"lti":          {},
	"lti/ags":      {"lti"},
	"lti/deeplink": {"lti"},
	"lti/dynreg":   {"lti"},
	"lti/nrps":     {"lti"},
	"lti/pns":      {"lti"},
	"lti/profile":  {},
	"lti/platform": {"lti", "lti/ags", "lti/deeplink", "lti/dynreg", "lti/pns", "lti/profile"},
	"lti/ltitest":  {"lti", "lti/ags", "lti/deeplink", "lti/dynreg", "lti/platform", "lti/profile"},

	"internal/roleplay":  {},
	"internal/outbound":  {},
	"internal/greenroom": {"internal/roleplay", "lti", "lti/profile"},
	"internal/store":     {"internal/greenroom", "internal/roleplay", "internal/store/*"},
	"internal/platforms": {"internal/greenroom", "internal/outbound", "lti", "lti/ags", "lti/deeplink", "lti/dynreg", "lti/nrps", "lti/pns", "lti/profile"},
	"internal/jobs":      {"internal/greenroom"},
	"internal/web":       {"internal/greenroom", "internal/roleplay"},
	// The certificate authority is the operator's choice, and no LMS.
	"internal/certificates": {},
	// Figures are of the domain; who serves them, and what calls and queries
	// are, the room does not know.
	"internal/metrics": {"internal/greenroom"},
	"internal/launch":  {"internal/web", "internal/greenroom", "lti", "lti/dynreg", "lti/pns", "lti/profile"},
	"internal/guide":   {"lti/profile"},
	"internal/admin":   {"internal/web", "internal/greenroom", "internal/roleplay", "internal/guide", "lti/profile"},
	"internal/stage":   {"internal/web", "internal/greenroom", "internal/roleplay"},
	"internal/course":  {"internal/web", "internal/greenroom", "internal/roleplay", "lti"},
	"internal/demolms": {"lti/platform", "lti/profile", "lti"},
	"internal/soak":    {},
	"internal/app":     {"internal/*", "lti", "lti/*"},
	"cmd/greenroom":    {"internal/*", "lti", "lti/*"},
	"bench":            {"internal/*", "lti", "lti/*"},
}

// forbidden are the arrows that a tired engineer would draw first, with what
// they would cost.
var forbidden = []struct{ from, to, because string }{
	{"lti", "internal/*", "the library would know of us, and nobody else could use it"},
	{"lti/platform", "testing", "the demo LMS would link the testing package"},
	{"internal/greenroom", "net/http/httptest", "the domain opens no socket"},
	{"internal/greenroom", "database/sql", "the domain would speak SQL, and stores could not be held to one suite"},
	{"internal/greenroom", "html/template", "the domain would render"},
	{"internal/admin", "database/sql", "a page could reach another workspace's rows"},
	{"internal/admin", "internal/store", "a page could reach another workspace's rows"},
	{"internal/stage", "internal/store", "a page could reach another workspace's rows"},
	{"internal/course", "internal/store", "a page could reach another workspace's rows"},
	{"internal/launch", "internal/store", "an endpoint could reach another workspace's rows"},
	{"internal/launch", "internal/platforms", "endpoints deal with ports, not with the wire"},
	{"internal/jobs", "internal/web", "a worker would render"},
	{"internal/jobs", "internal/platforms", "a worker would decide what to say to an LMS"},
	{"internal/store", "internal/web", "the store decides and shows nothing"},
	{"internal/roleplay", "net/http", "grading would reach out"},
	{"internal/web", "internal/metrics", "a page would count for one watcher; it tells the observer"},
}

// third lists what rooms of the public library may use beside the standard
// library.
var third = map[string][]string{
	"lti":          {"github.com/golang-jwt/jwt/v5"},
	"lti/ags":      {},
	"lti/deeplink": {},
	"lti/dynreg":   {},
	"lti/nrps":     {},
	"lti/pns":      {},
	"lti/profile":  {},
	"lti/platform": {"github.com/golang-jwt/jwt/v5"},
	"lti/ltitest":  {"github.com/golang-jwt/jwt/v5"},
}

type listed struct {
	ImportPath string
	Imports    []string
}

func TestImportsGoDownOnly(t *testing.T) {
	for _, p := range list(t) {
		room := strings.TrimPrefix(p.ImportPath, module)
		for _, imported := range p.Imports {
			to, ours := strings.CutPrefix(imported, module)
			if ours && !within(room, to) && !permits(roomOf(room), to) {
				t.Errorf("%s imports %s: that arrow is not in the house's plan", room, to)
			}
			for _, f := range forbidden {
				if matches(f.from, room) && matches(f.to, strings.TrimPrefix(imported, module)) {
					t.Errorf("%s imports %s: %s", room, to, f.because)
				}
			}
			if list, public := third[room]; public && !ours && strings.Contains(imported, ".") && !contains(list, imported) {
				t.Errorf("%s imports %s: the library stands on the standard library and golang-jwt", room, imported)
			}
		}
	}
}

// list returns the packages of the module with what their non-test code
// imports.
func list(t *testing.T) []listed {
	cmd := exec.Command("go", "list", "-json=ImportPath,Imports", module+"...")
	out, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p listed
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
	if len(all) < len(allowed)/2 {
		t.Fatalf("go list names %d packages only", len(all))
	}
	return all
}

// roomOf returns the room that a folder belongs to: itself, or the nearest one
// above it that the plan names.
func roomOf(folder string) string {
	for {
		if _, ok := allowed[folder]; ok {
			return folder
		}
		i := strings.LastIndexByte(folder, '/')
		if i < 0 {
			return folder
		}
		folder = folder[:i]
	}
}

// within tells whether two folders are parts of one room.
func within(a, b string) bool { return roomOf(a) == roomOf(b) }

func permits(room, to string) bool {
	for _, pattern := range allowed[room] {
		if matches(pattern, to) {
			return true
		}
	}
	return false
}

func matches(pattern, name string) bool {
	if prefix, ok := strings.CutSuffix(pattern, "/*"); ok {
		return strings.HasPrefix(name, prefix+"/")
	}
	return pattern == name
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
