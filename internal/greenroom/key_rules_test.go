package greenroom

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
)

// day is a moment so many days after the beginning of these tests.
func day(n float64) time.Time {
	return time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC).Add(time.Duration(n * 24 * float64(time.Hour)))
}

// keyOf is a key with its times in days; 0 for none.
func keyOf(id string, signs, retires, withdrawn float64) Key {
	k := Key{ID: KeyID(id), CreatedAt: day(signs), SignsAt: day(signs), Sealed: []byte(id)}
	if retires != 0 {
		k.RetiresAt = day(retires)
	}
	if withdrawn != 0 {
		k.WithdrawnAt = day(withdrawn)
	}
	return k
}

func TestStateOfAKey(t *testing.T) {
	for name, row := range map[string]struct {
		key  Key
		at   float64
		want KeyState
	}{
		"before it signs":                      {keyOf("k", 2, 0, 0), 1.999, KeyUpcoming},
		"from the moment it signs":             {keyOf("k", 2, 0, 0), 2, KeySigning},
		"with an end to come":                  {keyOf("k", 2, 5, 0), 4.999, KeySigning},
		"from its end":                         {keyOf("k", 2, 5, 0), 5, KeyRetiring},
		"long after its end, not withdrawn":    {keyOf("k", 2, 5, 0), 500, KeyRetiring},
		"withdrawn":                            {keyOf("k", 2, 5, 12), 12, KeyWithdrawn},
		"withdrawn before it ever signed":      {Key{WithdrawnAt: day(1)}, 2, KeyWithdrawn},
		"withdrawn, on a clock that is behind": {keyOf("k", 2, 5, 12), 3, KeyWithdrawn},
	} {
		if got := row.key.State(day(row.at)); got != row.want {
			t.Errorf("%s: %s, want %s", name, got, row.want)
		}
	}
}

// told names keys with their times in days.
func told(keys ...Key) string {
	days := func(at time.Time) string {
		if at.IsZero() {
			return "-"
		}
		return fmt.Sprint(at.Sub(day(0)).Hours() / 24)
	}
	var all []string
	for _, k := range keys {
		all = append(all, fmt.Sprintf("%s %s %s %s %t", k.ID, days(k.SignsAt), days(k.RetiresAt), days(k.WithdrawnAt), len(k.Sealed) > 0))
	}
	return strings.Join(all, "; ")
}

func TestRotate(t *testing.T) {
	for name, row := range map[string]struct {
		keys   []Key
		at     float64
		atOnce bool
		want   string // the new key and those that change: signs, retires, withdrawn, private half
		busy   float64
	}{
		"one signs until the new one does": {[]Key{keyOf("a", 1, 0, 0)}, 10, false, "new 11 - - true; a 1 11 - true", 0},
		"while the one before is still published": {
			[]Key{keyOf("b", 5, 0, 0), keyOf("a", 1, 5, 0)}, 10, false, "new 11 - - true; b 5 11 - true", 0},
		"while one is under way": {[]Key{keyOf("b", 10.5, 0, 0), keyOf("a", 1, 10.5, 0)}, 10, false, "", 10.5},
		"where none signs":       {nil, 10, false, "new 10 - - true", 0},
		"at once, nothing older is trusted": {
			[]Key{keyOf("b", 5, 0, 0), keyOf("a", 1, 5, 0)}, 10, true,
			"new 10 - - true; b 5 10 10 false; a 1 5 10 false", 0},
		"at once, while one is under way": {
			[]Key{keyOf("b", 10.5, 0, 0), keyOf("a", 1, 10.5, 0)}, 10, true,
			"new 10 - - true; b - 10 10 false; a 1 10 10 false", 0},
		"at once, what is withdrawn stays as it was": {
			[]Key{keyOf("b", 5, 0, 0), keyOf("a", 1, 2, 3)}, 10, true, "new 10 - - true; b 5 10 10 false", 0},
		"at once, by a second click": {[]Key{keyOf("b", 10, 0, 0), keyOf("a", 1, 10, 10)}, 10.0001, true, "", 10},
		"at once, right after a planned one": {[]Key{keyOf("b", 11, 0, 0), keyOf("a", 10, 11, 0)}, 10.0001, true,
			"new 10.0001 - - true; b - 10.0001 10.0001 false; a 10 10.0001 10.0001 false", 0},
		"at once, with a key just made": {[]Key{keyOf("a", 10, 0, 0)}, 10.0001, true,
			"new 10.0001 - - true; a 10 10.0001 10.0001 false", 0},
	} {
		t.Run(name, func(t *testing.T) {
			next, changed, err := KeyPolicy{}.OrUsual().rotate(row.keys, Key{ID: "new", Sealed: []byte("new")}, day(row.at), row.atOnce)
			if row.busy != 0 {
				if busy, ok := errors.AsType[*RotationError](err); !ok || !busy.SignsAt.Equal(day(row.busy)) {
					t.Errorf("got %v", err)
				}
				return
			}
			if got := told(append([]Key{next}, changed...)...); err != nil || got != row.want {
				t.Errorf("%s, %v\nwant %s", got, err, row.want)
			}
		})
	}
}

// Whatever happened, one key signs at any time.
func TestExactlyOneKeySignsAtAnyTime(t *testing.T) {
	policy := KeyPolicy{MaxAge: 30 * 24 * time.Hour}.OrUsual()
	keys := []Key{keyOf("first", 0, 0, 0)}
	replace := func(changed ...Key) {
		for _, c := range changed {
			keys[slices.IndexFunc(keys, func(k Key) bool { return k.ID == c.ID })] = c
		}
	}
	for hour := range 24 * 200 {
		now := day(float64(hour) / 24)
		withdraw, due := policy.due(keys, now)
		for _, k := range withdraw {
			replace(k.withdraw(now))
		}
		leaked := hour%1700 == 1699
		if due || leaked {
			next, changed, err := policy.rotate(keys, Key{ID: KeyID(fmt.Sprint("key-", hour))}, now, leaked)
			if err != nil {
				t.Fatal(now, err)
			}
			replace(changed...)
			keys = append(keys, next)
		}
		count := map[KeyState]int{}
		for _, k := range keys {
			count[k.State(now)]++
		}
		if count[KeySigning] != 1 || count[KeyUpcoming] > 1 || count[KeyRetiring] > 1 {
			t.Fatalf("%s: %v of %s", now, count, told(keys...))
		}
	}
	if len(keys) < 7 {
		t.Errorf("%d keys in 200 days", len(keys))
	}
}

func TestDue(t *testing.T) {
	policy := KeyPolicy{MaxAge: 180 * 24 * time.Hour}.OrUsual()
	for name, row := range map[string]struct {
		policy   KeyPolicy
		keys     []Key
		at       float64
		withdraw string
		rotate   bool
	}{
		"a young key":                 {policy, []Key{keyOf("a", 0, 0, 0)}, 178.9, "", false},
		"one whose successor is due":  {policy, []Key{keyOf("a", 0, 0, 0)}, 179, "", true},
		"one that has its successor":  {policy, []Key{keyOf("b", 180, 0, 0), keyOf("a", 0, 180, 0)}, 179.5, "", false},
		"no rotation by age":          {KeyPolicy{}.OrUsual(), []Key{keyOf("a", 0, 0, 0)}, 5000, "", false},
		"an overlap that is not over": {policy, []Key{keyOf("b", 10, 0, 0), keyOf("a", 0, 10, 0)}, 16.9, "", false},
		"an overlap that is over":     {policy, []Key{keyOf("b", 10, 0, 0), keyOf("a", 0, 10, 0)}, 17, "a", false},
		"nothing is withdrawn twice":  {policy, []Key{keyOf("b", 10, 0, 0), keyOf("a", 0, 10, 17)}, 30, "", false},
		"no key":                      {policy, nil, 30, "", false},
	} {
		withdraw, rotate := row.policy.due(row.keys, day(row.at))
		var ids []string
		for _, k := range withdraw {
			ids = append(ids, string(k.ID))
		}
		if strings.Join(ids, " ") != row.withdraw || rotate != row.rotate {
			t.Errorf("%s: %v, %v", name, ids, rotate)
		}
	}
}

func TestPublishedKeysBeginWithTheOneThatSigns(t *testing.T) {
	keys := []Key{keyOf("next", 10, 0, 0), keyOf("now", 5, 10, 0), keyOf("before", 1, 5, 0), keyOf("gone", 0, 1, 8)}
	var ids []string
	for _, k := range PublishedKeys(keys, day(9)) {
		ids = append(ids, string(k.ID))
	}
	if want := []string{"now", "next", "before"}; !slices.Equal(ids, want) {
		t.Errorf("%v, want %v", ids, want)
	}
	if k, err := RetiringKey(keys, day(9)); err != nil || k.ID != "before" {
		t.Errorf("retiring: %s, %v", k.ID, err)
	}
	if _, err := RetiringKey(keys[:2], day(9)); !errors.Is(err, ErrNotFound) {
		t.Errorf("nothing retires: %v", err)
	}
}

func TestKeyPolicies(t *testing.T) {
	const hour, days = time.Hour, 24 * time.Hour
	for name, row := range map[string]struct {
		policy KeyPolicy
		want   string // in the error, empty for none
	}{
		"the usual":             {KeyPolicy{}, ""},
		"half a year":           {KeyPolicy{MaxAge: 180 * days, Overlap: 7 * days}, ""},
		"as short as it goes":   {KeyPolicy{MaxAge: 2 * days, Overlap: days}, ""},
		"an overlap of an hour": {KeyPolicy{Overlap: hour}, "at least 24h0m0s"},
		"an age of a week":      {KeyPolicy{MaxAge: 7 * days}, "at least 192h0m0s"},
		"an age below 0":        {KeyPolicy{MaxAge: -hour}, "cannot be negative"},
	} {
		err := row.policy.Check()
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestUsesAreWrittenOnceAnHourUnlessThePlatformChangesItsMind(t *testing.T) {
	hours := func(n float64) time.Time { return day(n / 24) }
	accepted, refused := KeyUse{AcceptedAt: hours(10)}, KeyUse{AcceptedAt: hours(1), RefusedAt: hours(10)}
	for name, row := range map[string]struct {
		use  KeyUse
		what Signing
		at   float64
		want bool
	}{
		"the first time":              {KeyUse{}, SigningAccepted, 10, true},
		"again soon":                  {accepted, SigningAccepted, 10.9, false},
		"again after an hour":         {accepted, SigningAccepted, 11, true},
		"refused after it was taken":  {accepted, SigningRefused, 10.1, true},
		"refused for the first time":  {KeyUse{}, SigningRefused, 10, true},
		"refused again soon":          {refused, SigningRefused, 10.9, false},
		"refused after an hour":       {refused, SigningRefused, 11, true},
		"taken after it was refused":  {refused, SigningAccepted, 10.1, true},
		"an answer that says nothing": {accepted, SigningUnjudged, 50, false},
	} {
		next, worth := row.use.note(row.what, hours(row.at))
		if worth != row.want {
			t.Errorf("%s: worth a write: %v", name, worth)
		}
		if row.what == SigningUnjudged && next != row.use {
			t.Errorf("%s: %+v", name, next)
		}
	}
}
