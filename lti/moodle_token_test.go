package lti_test

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/greenroom-lti/greenroom/lti"
)

// Every recorded answer of Moodle's token endpoint, with what the client makes
// of it: a token, unless the recording is listed here.
func TestMoodleTokens(t *testing.T) {
	type want struct{ code, text string }
	table := map[string]want{
		"tok-00-loopback-blocked-by-default": {"", `Error | EXU Exception - mod_lti\local\ltiopenid\jwks_helper::fix_jwks_alg(): Argument #1 ($jwks) must be of type array, null given, called in [dirroot]/mod/lti/locallib.php on line 1336`},
		"tok-13-exp-past":                    {"", "Expired token"},
		"tok-14-exp-just-past":               {"", "Expired token"},
		"tok-15-iat-future":                  {"", "Cannot handle token with iat prior to 2026-11-23T16:40:09+0000"},
		"tok-16-iat-2s-future":               {"", "Cannot handle token with iat prior to 2026-11-23T16:35:11+0000"},
		"tok-18-no-kid":                      {"", "error/Error: kid must be provided in JWT header."},
		"tok-19-unknown-kid":                 {"", `{ "error" : ""kid" invalid, unable to lookup correct key" }`},
		"tok-20-wrong-key":                   {"", "Signature verification failed"},
		"tok-21-alg-rs512":                   {"", "Incorrect key for this algorithm"},
		"tok-22-alg-none":                    {"", "Algorithm not supported"},
		"tok-24-unknown-client":              {"invalid_client", "invalid_client"},
		"tok-25-garbage-assertion":           {"invalid_request", "invalid_request"},
		"tok-26-no-scope":                    {"invalid_request", "invalid_request"},
		"tok-27-unknown-scope":               {"invalid_scope", "invalid_scope"},
		"tok-30-grant-type":                  {"unsupported_grant_type", "unsupported_grant_type"},
		"tok-31-assertion-type":              {"unsupported_grant_type", "unsupported_grant_type"},
		"tok-32-json-body":                   {"invalid_request", "invalid_request"},
		"tok-33-get":                         {"invalid_request", "invalid_request"},
		"tok-35-tool-without-services":       {"invalid_scope", "invalid_scope"},
		"tok-50-deleted-tool":                {"invalid_client", "invalid_client"},
	}
	files, err := filepath.Glob("testdata/moodle/tok-*.json")
	if err != nil || len(files) != 41 {
		t.Fatalf("%d recordings, %v", len(files), err)
	}
	for name := range table {
		if !slices.Contains(files, "testdata/moodle/"+name+".json") {
			t.Errorf("no recording %s", name)
		}
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".json")
		t.Run(name, func(t *testing.T) {
			r := readExchange(t, file)
			s := newService()
			s.token = func(url.Values) *http.Response {
				return respond(r.Response.Status, r.Response.Body, "Content-Type", r.Response.Headers["content-type"])
			}
			// Some recorded requests are broken on purpose; the client's is not.
			token, err := newClient(s).Token(t.Context(), strings.Fields(parse(t, r.Request.Body).Get("scope"))...)
			want, refused := table[name]
			if !refused {
				if err != nil || len(token) != 32 || !strings.Contains(r.Response.Body, token) {
					t.Errorf("token %q, %v", token, err)
				}
				return
			}
			e, ok := errors.AsType[*lti.ServiceError](err)
			if !ok || e.Code != want.code || e.Text != want.text || !e.Permanent() {
				t.Errorf("error %+v\nwant %+v", e, want)
			}
		})
	}
}

// An exchange is one recorded call of the platform.
type exchange struct {
	Request  struct{ Body string }
	Response struct {
		Status  int
		Headers map[string]string
		Body    string
	}
}

func readExchange(t *testing.T, file string) exchange {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var r exchange
	if err := json.Unmarshal(raw, &r); err != nil {
		t.Fatal(err)
	}
	return r
}
