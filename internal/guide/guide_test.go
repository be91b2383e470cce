package guide

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti/profile"
)

var update = flag.Bool("update", false, "write docs/platforms anew")

const folder = "../../docs/platforms"

func TestEveryProfileHasItsGuide(t *testing.T) {
	var guides, profiles []string
	for _, g := range All() {
		guides = append(guides, g.Code)
	}
	for _, p := range profile.All() {
		profiles = append(profiles, p.Code)
	}
	if !slices.Equal(guides, profiles) {
		t.Errorf("guides %v, profiles %v", guides, profiles)
	}
}

// The pages of docs/platforms are the data, and nothing else is there.
func TestThePagesAreTheData(t *testing.T) {
	want := map[string]string{}
	for _, g := range All() {
		want[g.Code+".md"] = g.Markdown()
	}
	for name, page := range want {
		path := filepath.Join(folder, name)
		if *update {
			if err := os.WriteFile(path, []byte(page), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if held, err := os.ReadFile(path); err != nil || string(held) != page {
			t.Errorf("%s is not what the data says: run go test ./internal/guide -update (%v)", name, err)
		}
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if want[e.Name()] == "" {
			t.Errorf("%s belongs to no guide", e.Name())
		}
	}
}

// A guide offers what its profile says the LMS has, and nothing else.
func TestGuidesAgreeWithProfiles(t *testing.T) {
	for _, p := range profile.All() {
		g, ok := For(p.Code)
		if !ok {
			continue // said above
		}
		dynamic := slices.ContainsFunc(g.Ways, func(w Way) bool { return w.Title == "Dynamic registration" })
		if dynamic != p.Registration.Dynamic {
			t.Errorf("%s: dynamic registration in the guide is %v, in the profile %v", p.Code, dynamic, p.Registration.Dynamic)
		}
		if len(g.Back) != 7 {
			t.Errorf("%s: %d fields of the manual form", p.Code, len(g.Back))
		}
		for _, w := range g.Ways {
			for _, f := range w.Fields {
				if f.Label == "" || f.Value == "" && f.Say == "" {
					t.Errorf("%s, %s: field %q says nothing", p.Code, w.Title, f.Label)
				}
			}
		}
		for _, b := range g.Back {
			if b.From == "" && b.Fixed == "" {
				t.Errorf("%s: nobody knows where %s is", p.Code, b.Field)
			}
		}
		if strings.Contains(g.Markdown(), "{") {
			t.Errorf("%s: something is not filled in", p.Code)
		}
	}
}
