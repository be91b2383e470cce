package launch

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
)

func TestEveryCheckHasASentence(t *testing.T) {
	for _, check := range append(lti.Checks(), lti.CheckRequest, lti.CheckDeepLinking) {
		s := sentenceOf(&lti.Refusal{Check: check})
		_, known := sentences[check]
		if !known && check != lti.CheckPlatformError {
			t.Errorf("%s has no sentence", check)
		}
		if s.text == "" || s.hint == "" || !slices.Contains([]int{400, 401, 403}, s.status) {
			t.Errorf("%s: %+v", check, s)
		}
		if strings.Contains(s.text+s.hint, string(check)) && strings.Contains(string(check), "_") {
			t.Errorf("%s: the sentence names the check", check)
		}
	}
}

func TestWayBackIsAnAddressThatAPageMayLink(t *testing.T) {
	l := newHouse(t, http.DefaultClient).endpoints
	for address, want := range map[string]string{
		"https://lms.example.com/back":         "https://lms.example.com/back?lti_errormsg=Sorry",
		"https://lms.example.com/back?a=b%20c": "https://lms.example.com/back?a=b%20c&lti_errormsg=Sorry",
		"http://localhost:8080/back":           "http://localhost:8080/back?lti_errormsg=Sorry",
		"http://lms.example.com/back":          "",
		"javascript:alert(1)":                  "",
		"https://user@lms.example.com/":        "",
		"//lms.example.com/back":               "",
		"":                                     "",
	} {
		verified := &lti.Launch{Presentation: &lti.Presentation{ReturnURL: address}}
		if got := l.wayBack(verified, "Sorry"); got != want {
			t.Errorf("%q gives %q, want %q", address, got, want)
		}
	}
	if got := l.wayBack(&lti.Launch{}, "Sorry"); got != "" {
		t.Errorf("no presentation gives %q", got)
	}
}
