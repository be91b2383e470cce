package pns_test

import (
	"errors"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
	"github.com/greenroom-lti/greenroom/lti/pns"
)

func one(t *testing.T, claims map[string]any) pns.Received {
	t.Helper()
	received, err := pns.Read(t.Context(), tool(), strings.NewReader(posted(t, sign(t, key(), claims))))
	if err != nil || len(received) != 1 {
		t.Fatalf("%v, %v", received, err)
	}
	return received[0]
}

func TestContextCopy(t *testing.T) {
	got := one(t, copied("1"))
	if got.Err != nil {
		t.Fatal(got.Err)
	}
	n := got.Notice
	if n.ID != "1" || n.Type != pns.ContextCopyNotice || !n.At.Equal(now.Add(-29500*time.Millisecond)) || n.Message.DeploymentID != "d1" || n.Message.Registration.ID != "r1" {
		t.Errorf("notice %+v", n)
	}
	if want := (&pns.ContextCopy{Context: lti.Context{ID: "c2", Title: "Copy"}, Origins: []string{"c1"}}); !reflect.DeepEqual(n.ContextCopy, want) {
		t.Errorf("copy %+v", n.ContextCopy)
	}
	if n.Replay() != (pns.ReplayKey{Issuer: "https://lms.example", ClientID: "client-1", Nonce: "n-1"}) {
		t.Errorf("replay %+v", n.Replay())
	}
}

func TestOtherNotices(t *testing.T) {
	for _, kind := range []string{pns.HelloWorldNotice, "LtiAssetProcessorSubmissionNotice"} {
		claims := copied("1")
		delete(claims, claim+"context")
		delete(claims, claim+"origin_contexts")
		claims[claim+"notice"] = map[string]any{"id": "1", "type": kind, "timestamp": 5}
		if got := one(t, claims); got.Err != nil || got.Notice.Type != kind || got.Notice.ContextCopy != nil || !got.Notice.At.IsZero() {
			t.Errorf("%s: %+v", kind, got)
		}
	}
}

// OWN-P01
func TestSpoiledNotices(t *testing.T) {
	with := func(name string, value any) func(map[string]any) {
		return func(c map[string]any) { c[name] = value }
	}
	without := func(name string) func(map[string]any) {
		return func(c map[string]any) { delete(c, name) }
	}
	notice := func(name string, value any) func(map[string]any) {
		return func(c map[string]any) { c[claim+"notice"].(map[string]any)[name] = value }
	}
	for name, row := range map[string]struct {
		spoil func(map[string]any)
		want  lti.Check
	}{
		"another audience":           {with("aud", "someone-else"), lti.CheckRegistration},
		"an unknown deployment":      {with(claim+"deployment_id", "d2"), lti.CheckDeployment},
		"expired":                    {with("exp", now.Add(-2*time.Minute).Unix()), lti.CheckExpiry},
		"without nonce":              {without("nonce"), lti.CheckNonce},
		"a launch, not a notice":     {without(claim + "notice"), lti.CheckNotice},
		"a notice of null":           {with(claim+"notice", nil), lti.CheckNotice},
		"a notice as text":           {with(claim+"notice", "LtiContextCopyNotice"), lti.CheckNotice},
		"the type of a draft":        {func(c map[string]any) { delete(c, claim+"notice"); c[claim+"notice_type"] = "x" }, lti.CheckNotice},
		"no id":                      {notice("id", nil), lti.CheckNotice},
		"an id that is a number":     {notice("id", 5), lti.CheckNotice},
		"an endless id":              {notice("id", strings.Repeat("x", 256)), lti.CheckNotice},
		"an id over two lines":       {notice("id", "a\nb"), lti.CheckNotice},
		"no type":                    {notice("type", ""), lti.CheckNotice},
		"a copy of no context":       {without(claim + "context"), lti.CheckNotice},
		"a copy of nothing":          {without(claim + "origin_contexts"), lti.CheckNotice},
		"a copy of an empty list":    {with(claim+"origin_contexts", []string{}), lti.CheckNotice},
		"a copy of numbers":          {with(claim+"origin_contexts", []int{1}), lti.CheckNotice},
		"a copy of a nameless one":   {with(claim+"origin_contexts", []string{"c1", ""}), lti.CheckNotice},
		"a copy of a thousand":       {with(claim+"origin_contexts", slices.Repeat([]string{"c1"}, 1000)), lti.CheckNotice},
		"a context without an id":    {with(claim+"context", map[string]any{"title": "x"}), lti.CheckNotice},
		"a context out of all bound": {with(claim+"context", map[string]any{"id": strings.Repeat("x", 256)}), lti.CheckClaims},
	} {
		t.Run(name, func(t *testing.T) {
			claims := copied("1")
			row.spoil(claims)
			wantRefused(t, one(t, claims), row.want)
		})
	}
}

func wantRefused(t *testing.T, got pns.Received, want lti.Check) {
	t.Helper()
	refusal, ok := errors.AsType[*lti.Refusal](got.Err)
	if !ok || got.Notice != nil {
		t.Fatalf("received %+v, want a refusal by %q", got, want)
	}
	if refusal.Check != want || refusal.Spec != want.Spec() || refusal.Spec == "" || refusal.Cause == nil {
		t.Errorf("refused by %q (%v), want %q", refusal.Check, refusal.Cause, want)
	}
}

// OWN-P01: a bad notice does not lose the good ones, and each is taken once.
func TestManyNotices(t *testing.T) {
	forged, good := sign(t, foreign(), copied("1")), sign(t, key(), copied("2"))
	body := `{"other":1,"notices":[{"jwt":"` + forged + `"},{"jwt":"` + good + `"},{},{"jwt":5},"x",{"jwt":"` + good + `"},{"jwt":"` + sign(t, key(), copied("3")) + `"}]}`
	received, err := pns.Read(t.Context(), tool(), strings.NewReader(body))
	if err != nil || len(received) != 7 {
		t.Fatalf("%v, %v", received, err)
	}
	for i, want := range []lti.Check{lti.CheckSignature, "", lti.CheckToken, lti.CheckToken, lti.CheckToken, lti.CheckReplay, ""} {
		if want != "" {
			wantRefused(t, received[i], want)
		} else if received[i].Err != nil || received[i].Notice == nil {
			t.Errorf("notice %d: %v", i+1, received[i].Err)
		}
	}
}

func TestNoListOfNotices(t *testing.T) {
	for name, body := range map[string]string{
		"nothing":          "",
		"a page":           "<html>",
		"a list":           "[]",
		"null":             "null",
		"no notices":       `{}`,
		"an empty list":    `{"notices":[]}`,
		"one, not listed":  `{"notices":{"jwt":"x"}}`,
		"10,000 notices":   `{"notices":[` + strings.Repeat(`{},`, 9_999) + `{}]}`,
		"101 notices":      `{"notices":[` + strings.Repeat(`{},`, 100) + `{}]}`,
		"too many bytes":   `{"notices":[{}],"x":"` + strings.Repeat("x", 1<<20) + `"}`,
		"too deep":         strings.Repeat(`{"notices":[`, 100),
		"something behind": `{"notices":[{}]} {}`,
	} {
		received, err := pns.Read(t.Context(), tool(), strings.NewReader(body))
		if received != nil {
			t.Errorf("%s: %d notices", name, len(received))
		}
		wantRefused(t, pns.Received{Err: err}, lti.CheckRequest)
	}
	_, err := pns.Read(t.Context(), tool(), iotest.ErrReader(errors.New("gone")))
	wantRefused(t, pns.Received{Err: err}, lti.CheckRequest)
}

// Whatever is posted, nothing becomes a notice that the platform has not signed,
// and each refusal names its check. Nobody has the key here.
func FuzzNotices(f *testing.F) {
	forged := unsigned(f, copied("1"))
	f.Add(posted(f, forged))
	f.Add(posted(f, forged, "", forged+"."))
	f.Add(`{"notices":[{"jwt":null},[],5,{"JWT":"` + forged + `"}]}`)
	modulus := new(big.Int).SetBit(big.NewInt(1), 2047, 1)
	tool := tool()
	tool.KeySets = keyOfNobody{N: modulus, E: 65537}
	f.Fuzz(func(t *testing.T, body string) {
		received, err := pns.Read(t.Context(), tool, strings.NewReader(body))
		if err != nil {
			wantNamed(t, err)
		}
		if len(received) > 100 {
			t.Errorf("%d notices", len(received))
		}
		for _, each := range received {
			wantNamed(t, each.Err)
			if each.Notice != nil {
				t.Errorf("%s is believed", body)
			}
		}
	})
}

// Whatever a platform has signed as a notice, it is refused or complete and
// within bounds.
func FuzzNoticeClaims(f *testing.F) {
	f.Add(`{"id":"1","type":"LtiContextCopyNotice","timestamp":"2026-03-01T10:15:00Z"}`, `["c1"]`, true)
	f.Add(`{"id":"1","type":"LtiContextCopyNotice","timestamp":5}`, `[null,""]`, true)
	f.Add(`{"id":"\u0000","type":"x"}`, `{}`, false)
	f.Add(`"LtiContextCopyNotice"`, `null`, false)
	f.Fuzz(func(t *testing.T, notice, origins string, inContext bool) {
		m := &lti.Message{Claims: []byte(`{"` + claim + `notice":` + notice + `,"` + claim + `origin_contexts":` + origins + `}`)}
		if inContext {
			m.Context = &lti.Context{ID: "c2"}
		}
		n, err := pns.NoticeOf(m)
		if err == nil {
			wantComplete(t, n)
		}
	})
}

func wantNamed(t *testing.T, err error) {
	t.Helper()
	if refusal, ok := errors.AsType[*lti.Refusal](err); !ok || refusal.Check == "" || refusal.Spec == "" || refusal.Internal {
		t.Errorf("error %v", err)
	}
}

func wantComplete(t *testing.T, n *pns.Notice) {
	t.Helper()
	if n.ID == "" || len(n.ID) > 255 || strings.ContainsAny(n.ID, "\x00\r\n") || n.Type == "" || (n.ContextCopy != nil) != (n.Type == pns.ContextCopyNotice) {
		t.Errorf("notice %+v", n)
	}
	if n.ContextCopy != nil && (n.ContextCopy.Context.ID == "" || len(n.ContextCopy.Origins) == 0 || slices.Contains(n.ContextCopy.Origins, "")) {
		t.Errorf("copy %+v", n.ContextCopy)
	}
}
