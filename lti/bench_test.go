package lti_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
)

// neverSpent lets a benchmark finish the same launch again and again.
type neverSpent struct{ *lti.MemoryStates }

func (neverSpent) Spend(context.Context, *lti.Launch) error { return nil }

func BenchmarkStartLogin(b *testing.B) {
	tool := loginTool()
	params, err := lti.NewParams(http.MethodPost, loginForm())
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := tool.StartLogin(b.Context(), params, launchURL); err != nil {
			b.Fatal(err)
		}
	}
}

// A launch with about as many claims as Moodle sends, its key set cached.
func BenchmarkFinishLaunch(b *testing.B) {
	a := newAttempt(b)
	a.tool.States = neverSpent{lti.NewMemoryStates([32]byte{})}
	a.claims[claim+"custom"] = map[string]string{"scenario_id": "crane-1", "colour": "red & blue; x", "user_id": "6"}
	a.claims[claim+"context"] = map[string]any{"id": "2", "label": "HE101", "title": "Harbour Engineering 101", "type": []string{"CourseSection"}}
	a.claims[claim+"launch_presentation"] = map[string]any{"locale": "en", "document_target": "iframe", "return_url": "https://lms.example/return?id=1"}
	a.claims[claim+"tool_platform"] = map[string]any{"guid": "86faf5b3dc50621597426c5bc0d867ba", "product_family_code": "moodle", "name": "EXU"}
	a.claims[claimAGS] = map[string]any{"scope": []string{lti.ScopeScore, lti.ScopeLineItemReadOnly}, "lineitem": "https://lms.example/items/1?type_id=1"}
	a.begin(b)
	params, err := lti.NewParams(http.MethodPost, map[string][]string{
		"state": {queryOf(b, a.started.RedirectURL).Get("state")}, "id_token": {a.idToken()},
	})
	if err != nil {
		b.Fatal(err)
	}
	cookies := []*http.Cookie{a.started.Cookie}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := a.tool.FinishLaunch(b.Context(), params, cookies, launchURL); err != nil {
			b.Fatal(err)
		}
	}
}
