package lti_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/greenroom-lti/greenroom/lti"
)

func TestParseKeySet(t *testing.T) {
	key := &platformKey().PublicKey
	odd := func(name string, value any) map[string]any {
		k := jwk("odd", key)
		k[name] = value
		return k
	}
	lacking := func(name string) map[string]any {
		k := jwk("odd", key)
		delete(k, name)
		return k
	}
	for name, row := range map[string]struct {
		odd     map[string]any
		skipped string // empty: it is taken
	}{
		"no kid":                 {lacking("kid"), "kid is absent"},
		"no modulus, only x5c":   {lacking("n"), "n is absent"},
		"kid as number":          {odd("kid", 5), "kid is not a string"},
		"elliptic":               {odd("kty", "EC"), `kty is "EC", not RSA`},
		"symmetric":              {odd("kty", "oct"), `kty is "oct", not RSA`},
		"for encryption":         {odd("use", "enc"), `use is "enc", not sig`},
		"another algorithm":      {odd("alg", "ES256"), `alg is "ES256"`},
		"cannot verify":          {odd("key_ops", []string{"encrypt"}), "key_ops lacks verify"},
		"modulus no base64url":   {odd("n", "%%"), "n is not base64url"},
		"modulus short":          {odd("n", "AQAB"), "17 bits are fewer than 2048"},
		"modulus of 16384 bits":  {odd("n", strings.Repeat("_", 2730)+"8"), "16384 bits are more than 8192"},
		"modulus even":           {odd("n", jwk("", key)["n"].(string)[:341]+"A"), "modulus is even"},
		"exponent 1":             {odd("e", "AQ"), "exponent is not an odd number from 3 to 2³¹-1"},
		"exponent even":          {odd("e", "AQAA"), "exponent is not an odd number from 3 to 2³¹-1"},
		"exponent of 40 bits":    {odd("e", "AQAAAAE"), "exponent is not an odd number from 3 to 2³¹-1"},
		"kid used before":        {odd("kid", "k1"), "its kid was used before"},
		"without alg":            {lacking("alg"), ""},
		"without use":            {lacking("use"), ""},
		"padded":                 {odd("n", jwk("", key)["n"].(string)+"=="), ""},
		"with members of others": {odd("x5t", "abc"), ""},
	} {
		t.Run(name, func(t *testing.T) {
			set, err := lti.ParseKeySet([]byte(keySet(jwk("k1", key), row.odd)))
			if err != nil {
				t.Fatal(err)
			}
			want := []string{"key 2: " + row.skipped}
			if row.skipped == "" {
				want = nil
			}
			if !slices.Equal(set.Skipped, want) {
				t.Errorf("skipped %q, want %q", set.Skipped, want)
			}
			if _, ok := set.Key("odd"); ok != (row.skipped == "") {
				t.Errorf("found: %v", ok)
			}
			if got, ok := set.Key("k1"); !ok || !got.Equal(key) {
				t.Error("the sound key is lost")
			}
		})
	}
}

// OWN-T13
func TestSpoiledKeySets(t *testing.T) {
	for name, document := range map[string]string{
		"empty":      "",
		"HTML":       "<html>maintenance</html>",
		"a list":     "[]",
		"null":       "null",
		"no keys":    "{}",
		"keys null":  `{"keys":null}`,
		"keys text":  `{"keys":"x"}`,
		"300 kB":     `{"keys":[` + strings.Repeat(" ", 300<<10) + `]}`,
		"101 keys":   `{"keys":[` + strings.Repeat("{},", 100) + `{}]}`,
		"trailing":   `{"keys":[]}x`,
		"Keys, once": `{"Keys":[]}`,
	} {
		t.Run(name, func(t *testing.T) {
			if set, err := lti.ParseKeySet([]byte(document)); err == nil {
				t.Errorf("read %+v", set)
			}
		})
	}
}

// CERT-K01, OWN-K02: what we publish can be read, and holds no secret.
func TestKeySetDocument(t *testing.T) {
	one, two := lti.PrivateKey{ID: "a", RSA: platformKey()}, lti.PrivateKey{ID: "b", RSA: foreignKey()}
	document := lti.KeySetDocument(one.Public(), two.Public())
	set, err := lti.ParseKeySet(document)
	if err != nil || len(set.Keys) != 2 || len(set.Skipped) != 0 {
		t.Fatalf("%+v, %v", set, err)
	}
	if key, ok := set.Key("b"); !ok || !key.Equal(&foreignKey().PublicKey) {
		t.Error("key b is another")
	}
	for _, private := range []string{`"d"`, `"p"`, `"q"`, `"dp"`, `"dq"`, `"qi"`} {
		if strings.Contains(string(document), private) {
			t.Errorf("document has %s", private)
		}
	}
	if got := string(lti.KeySetDocument()); got != `{"keys":[]}` {
		t.Errorf("no keys: %s", got)
	}
}

// A cacheRig is a key set cache with a clock that the test turns.
type cacheRig struct {
	*lti.KeySetCache
	doer *doer
	now  time.Time
	keys []map[string]any
	head []string
	down bool
	kept []string
}

func newCacheRig() *cacheRig {
	rig := &cacheRig{now: now, keys: []map[string]any{jwk("k1", &platformKey().PublicKey)}}
	rig.doer = &doer{answer: func(*http.Request) (*http.Response, error) {
		if rig.down {
			return nil, errors.New("connection refused")
		}
		return respond(http.StatusOK, keySet(rig.keys...), rig.head...), nil
	}}
	rig.KeySetCache = lti.NewKeySets(rig.doer, func() time.Time { return rig.now })
	rig.OnFetched = func(_ context.Context, r lti.Registration, document []byte) {
		rig.kept = append(rig.kept, r.ID+" "+string(document))
	}
	return rig
}

// ask looks for a key and tells how many calls that cost.
func (rig *cacheRig) ask(t *testing.T, r lti.Registration, kid string) (calls int, err error) {
	t.Helper()
	before := rig.doer.count()
	_, err = rig.Key(t.Context(), r, kid)
	return rig.doer.count() - before, err
}

func (rig *cacheRig) want(t *testing.T, kid string, wantCalls int, wantErr error) {
	t.Helper()
	calls, err := rig.ask(t, registration(), kid)
	if calls != wantCalls || !errors.Is(err, wantErr) || (err == nil) != (wantErr == nil) {
		t.Errorf("%d calls, error %v; want %d, %v", calls, err, wantCalls, wantErr)
	}
}

func TestKeySetIsCached(t *testing.T) {
	for control, fresh := range map[string]time.Duration{
		"":                      time.Hour,
		"public, max-age=7200":  2 * time.Hour,
		"max-age=1":             time.Minute,
		"max-age=-5":            time.Minute,
		"no-store":              time.Minute,
		"max-age=99999999":      24 * time.Hour,
		"max-age=soon":          time.Hour,
		"Max-Age=600, no-cache": 10 * time.Minute,
	} {
		t.Run(control, func(t *testing.T) {
			rig := newCacheRig()
			rig.head = []string{"Cache-Control", control}
			rig.want(t, "k1", 1, nil)
			rig.now = now.Add(fresh - time.Second)
			rig.want(t, "k1", 0, nil)
			rig.now = now.Add(fresh)
			rig.want(t, "k1", 1, nil)
			if len(rig.kept) != 2 || rig.kept[0] != "r1 "+keySet(rig.keys...) {
				t.Errorf("kept %q", rig.kept)
			}
		})
	}
}

// OWN-T09: a new key is found at once, made-up ones cost a call a minute.
func TestRotatedKey(t *testing.T) {
	rig := newCacheRig()
	rig.want(t, "k1", 1, nil)
	rig.keys = append(rig.keys, jwk("k2", &foreignKey().PublicKey))
	rig.want(t, "k2", 1, nil)
	rig.want(t, "k3", 0, lti.ErrUnknownKey)
	rig.now = rig.now.Add(time.Minute)
	rig.want(t, "k3", 1, lti.ErrUnknownKey)
	rig.want(t, "k1", 0, nil)
}

// OWN-T10
func TestMadeUpKids(t *testing.T) {
	rig := newCacheRig()
	for i := range 1000 {
		if _, err := rig.ask(t, registration(), fmt.Sprint("made-up-", i)); !errors.Is(err, lti.ErrUnknownKey) {
			t.Fatal(err)
		}
	}
	if calls := rig.doer.count(); calls != 2 {
		t.Errorf("%d calls, want 2", calls)
	}
}

// OWN-T14: while the platform is down, what was read before serves for a week.
func TestStaleKeySet(t *testing.T) {
	rig := newCacheRig()
	rig.want(t, "k1", 1, nil)
	rig.down = true
	rig.now = now.Add(2 * time.Hour)
	rig.want(t, "k1", 1, nil)
	rig.want(t, "k1", 0, nil) // not asked again at once
	rig.now = rig.now.Add(5 * time.Second)
	rig.want(t, "k1", 1, nil)
	rig.now = now.Add(8 * 24 * time.Hour)
	if _, err := rig.ask(t, registration(), "k1"); err == nil {
		t.Error("a set of last week still serves")
	}
	rig.down = false
	rig.now = rig.now.Add(5 * time.Second)
	rig.want(t, "k1", 1, nil)
}

// The set that the caller kept serves while the platform has been down since
// we started.
func TestKeptKeySet(t *testing.T) {
	rig := newCacheRig()
	rig.down = true
	r := registration()
	if _, err := rig.ask(t, r, "k1"); err == nil || errors.Is(err, lti.ErrUnknownKey) {
		t.Errorf("without a kept set: %v", err)
	}
	r.KeySet = []byte(keySet(rig.keys...))
	if calls, err := rig.ask(t, r, "k1"); err != nil || calls != 0 {
		t.Errorf("with a kept set: %d calls, %v", calls, err)
	}
	if _, err := rig.ask(t, r, "k2"); err == nil {
		t.Error("found a key that is not in it")
	}
}

// OWN-T13: whatever comes back, the cached set stays.
func TestSpoiledAnswersKeepTheCachedSet(t *testing.T) {
	for name, answer := range map[string]*http.Response{
		"HTML":     respond(http.StatusOK, "<html>"),
		"50 MB":    respond(http.StatusOK, strings.Repeat(" ", 50<<20)),
		"redirect": respond(http.StatusFound, "", "Location", "http://169.254.169.254/"),
		"503":      respond(http.StatusServiceUnavailable, "down"),
		"empty":    respond(http.StatusOK, ""),
	} {
		t.Run(name, func(t *testing.T) {
			rig := newCacheRig()
			rig.want(t, "k1", 1, nil)
			rig.doer.answer = func(*http.Request) (*http.Response, error) { return answer, nil }
			rig.now = now.Add(2 * time.Hour)
			rig.want(t, "k1", 1, nil)
			if len(rig.kept) != 1 {
				t.Errorf("kept %d documents", len(rig.kept))
			}
		})
	}
}

// Two registrations with one URL share a set; two URLs share nothing.
func TestKeySetsAreKeptByURL(t *testing.T) {
	rig := newCacheRig()
	rig.want(t, "k1", 1, nil)
	other := registration()
	other.ID, other.ClientID = "r2", "client-2"
	if calls, err := rig.ask(t, other, "k1"); calls != 0 || err != nil {
		t.Errorf("same URL: %d calls, %v", calls, err)
	}
	other.KeySetURL += "/other"
	if calls, err := rig.ask(t, other, "k1"); calls != 1 || err != nil {
		t.Errorf("other URL: %d calls, %v", calls, err)
	}
}

// A platform that registers again and again under new URLs does not fill the
// memory.
func TestKeySetsThatNobodyAsksForAreForgotten(t *testing.T) {
	at := now
	d := always(http.StatusOK, keySet(jwk("k1", &platformKey().PublicKey)))
	cache := lti.NewKeySets(d, func() time.Time { return at })
	r := registration()
	ask := func(n int) {
		t.Helper()
		r.KeySetURL = fmt.Sprintf("https://lms.example/jwks/%d", n)
		if _, err := cache.Key(t.Context(), r, "k1"); err != nil {
			t.Fatal(err)
		}
		at = at.Add(time.Millisecond)
	}
	for n := range 10_001 {
		ask(n)
		if n%500 == 0 {
			ask(0)
		}
	}
	before := d.count()
	ask(0)
	ask(10_000)
	if d.count() != before {
		t.Error("one that is asked for is forgotten")
	}
	ask(1)
	if d.count() != before+1 {
		t.Error("one that nobody asks for is kept")
	}
}

// A hundred launches at once make one request, and one that gives up does not
// take the answer from the others.
func TestOneRequestForMany(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		d := &doer{answer: func(r *http.Request) (*http.Response, error) {
			select {
			case <-gate:
				return respond(http.StatusOK, keySet(jwk("k1", &platformKey().PublicKey))), nil
			case <-r.Context().Done():
				return nil, r.Context().Err()
			}
		}}
		cache := lti.NewKeySets(d, nil)
		impatient, giveUp := context.WithCancel(t.Context())
		answers := make(chan error, 101)
		go func() {
			_, err := cache.Key(impatient, registration(), "k1")
			answers <- err
		}()
		synctest.Wait()
		for range 100 {
			go func() {
				_, err := cache.Key(t.Context(), registration(), "k1")
				answers <- err
			}()
		}
		synctest.Wait()
		giveUp()
		synctest.Wait()
		if err := <-answers; !errors.Is(err, context.Canceled) {
			t.Errorf("the impatient one got %v", err)
		}
		close(gate)
		for range 100 {
			if err := <-answers; err != nil {
				t.Error(err)
			}
		}
		if d.count() != 1 {
			t.Errorf("%d requests", d.count())
		}
	})
}

// A platform that never answers is given up after twenty seconds.
func TestSilentPlatform(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &doer{answer: func(r *http.Request) (*http.Response, error) {
			<-r.Context().Done()
			return nil, r.Context().Err()
		}}
		began := time.Now()
		if _, err := lti.NewKeySets(d, nil).Key(t.Context(), registration(), "k1"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
		if waited := time.Since(began); waited != 20*time.Second {
			t.Errorf("waited %s", waited)
		}
	})
}
