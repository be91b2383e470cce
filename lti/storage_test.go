package lti_test

import (
	"errors"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
)

// storedLogin is a login that the platform offers storage for.
func storedLogin(t *testing.T, tool *lti.Tool) *lti.Login {
	t.Helper()
	form := loginForm()
	form.Set("lti_storage_target", "lti_storage_frame")
	login, err := startLogin(t, tool, form)
	if err != nil {
		t.Fatal(err)
	}
	return login
}

func TestALoginSaysWhatThePlatformsStorageIsToKeep(t *testing.T) {
	tool := loginTool()
	login := storedLogin(t, tool)
	want := lti.Storage{
		Target: "lti_storage_frame", Origin: issuer, Key: "lti_state_" + login.Pending.ID, Value: login.Cookie.Value,
	}
	if login.Storage == nil || *login.Storage != want {
		t.Errorf("storage %+v, want %+v", login.Storage, want)
	}
	plain, err := startLogin(t, tool, loginForm())
	if err != nil || plain.Storage != nil {
		t.Errorf("storage that nobody offered: %+v, %v", plain.Storage, err)
	}
}

// OWN-O24 and the ways around it.
func TestTheBrowserIsRecognisedByThePlatformsStorage(t *testing.T) {
	for name, tc := range map[string]struct {
		target         string // of the login's storage
		value, problem func(*lti.Login) string
		want           lti.Check // empty: accepted
		says           string
	}{
		"by the value that was kept": {
			target: "_parent", value: func(l *lti.Login) string { return l.Storage.Value },
		},
		"not by another value": {
			target: "_parent", value: func(*lti.Login) string { return "another" },
			want: lti.CheckBrowser, says: "another secret",
		},
		"not by the state itself, which travels in URLs": {
			target: "_parent", value: func(l *lti.Login) string { return l.Pending.ID },
			want: lti.CheckBrowser, says: "another secret",
		},
		"not by nothing": {
			target: "_parent", problem: func(*lti.Login) string { return "timeout" },
			want: lti.CheckBrowser, says: `gave nothing back: "timeout"`,
		},
		"not by a script's long story": {
			target: "_parent", problem: func(*lti.Login) string { return strings.Repeat("x", 5000) },
			want: lti.CheckBrowser, says: strings.Repeat("x", 40) + `"`,
		},
		"not where the login was offered none": {
			value: func(l *lti.Login) string { return l.Cookie.Value },
			want:  lti.CheckBrowser, says: "offered no storage",
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newAttempt(t)
			if tc.target != "" {
				v.login.Set("lti_storage_target", tc.target)
			}
			v.begin(t)
			login, form := v.started, v.answer(t)
			params, err := lti.NewParams(http.MethodPost, form)
			if err != nil {
				t.Fatal(err)
			}
			value, problem := "", ""
			if tc.value != nil {
				value = tc.value(login)
			}
			if tc.problem != nil {
				problem = tc.problem(login)
			}
			launch, err := v.tool.FinishLaunch(t.Context(), params.WithStored(value, problem), nil, launchURL)
			if tc.want == "" {
				if err != nil || !launch.Stored || launch.StorageTarget != tc.target {
					t.Errorf("launch %+v, %v", launch, err)
				}
				return
			}
			refusal, ok := errors.AsType[*lti.Refusal](err)
			if !ok || refusal.Check != tc.want || !strings.Contains(err.Error(), tc.says) {
				t.Errorf("got %v, want a refusal of %s that says %q", err, tc.want, tc.says)
			}
		})
	}
}

func TestALaunchByCookieIsNotByStorage(t *testing.T) {
	v := newAttempt(t)
	v.login.Set("lti_storage_target", "_parent")
	v.begin(t)
	login, form := v.started, v.answer(t)
	params, err := lti.NewParams(http.MethodPost, form)
	if err != nil {
		t.Fatal(err)
	}
	launch, err := v.tool.FinishLaunch(t.Context(), params, []*http.Cookie{login.Cookie}, launchURL)
	if err != nil || launch.Stored {
		t.Errorf("launch %+v, %v", launch, err)
	}
}

func TestWhichLaunchesWaitForTheStorage(t *testing.T) {
	for name, tc := range map[string]struct {
		spoil func(t *testing.T, v *attempt, login *lti.Login, form url.Values) (cookies []*http.Cookie)
		waits bool
	}{
		"one whose cookie stayed away": {
			func(*testing.T, *attempt, *lti.Login, url.Values) []*http.Cookie { return nil }, true,
		},
		"one with the cookie of another login": {
			func(t *testing.T, v *attempt, _ *lti.Login, _ url.Values) []*http.Cookie {
				other, err := startLogin(t, v.tool, v.login)
				if err != nil {
					t.Fatal(err)
				}
				return []*http.Cookie{other.Cookie}
			}, true,
		},
		"not one with its cookie": {
			func(_ *testing.T, _ *attempt, l *lti.Login, _ url.Values) []*http.Cookie {
				return []*http.Cookie{l.Cookie}
			}, false,
		},
		"not one with a state that is not ours": {
			func(_ *testing.T, _ *attempt, _ *lti.Login, f url.Values) []*http.Cookie {
				f.Set("state", "made-up")
				return nil
			}, false,
		},
		"not one in which the platform reports an error": {
			func(_ *testing.T, _ *attempt, _ *lti.Login, f url.Values) []*http.Cookie {
				f.Set("error", "login_required")
				return nil
			}, false,
		},
		"not one without a token": {
			func(_ *testing.T, _ *attempt, _ *lti.Login, f url.Values) []*http.Cookie {
				f.Del("id_token")
				return nil
			}, false,
		},
	} {
		t.Run(name, func(t *testing.T) {
			v := newAttempt(t)
			v.login.Set("lti_storage_target", "_parent")
			v.begin(t)
			login, form := v.started, v.answer(t)
			cookies := tc.spoil(t, v, login, form)
			params, err := lti.NewParams(http.MethodPost, form)
			if err != nil {
				t.Fatal(err)
			}
			storage := v.tool.Storage(t.Context(), params, cookies, launchURL)
			if (storage != nil) != tc.waits {
				t.Fatalf("storage %+v, want one: %v", storage, tc.waits)
			}
			if tc.waits && (*storage != lti.Storage{Target: "_parent", Origin: issuer, Key: login.Storage.Key}) {
				t.Errorf("storage %+v", storage)
			}
		})
	}
	t.Run("not one that nobody offered storage for", func(t *testing.T) {
		v := newAttempt(t)
		v.begin(t)
		form := v.answer(t)
		params, err := lti.NewParams(http.MethodPost, form)
		if err != nil {
			t.Fatal(err)
		}
		if s := v.tool.Storage(t.Context(), params, nil, launchURL); s != nil {
			t.Errorf("storage %+v", s)
		}
	})
}
