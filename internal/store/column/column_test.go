package column

import (
	"database/sql"
	"database/sql/driver"
	"reflect"
	"testing"
	"time"

	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

func TestValuesComeBack(t *testing.T) {
	score, err := roleplay.ParseScore("17/24")
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		value driver.Valuer
		kept  driver.Value
		back  interface {
			sql.Scanner
			driver.Valuer
		}
	}{
		"a time":         {Time(time.UnixMilli(1_700_000_000_123).UTC()), int64(1_700_000_000_123), new(Time)},
		"before 1970":    {Time(time.UnixMilli(-1).UTC()), int64(-1), new(Time)},
		"the zero time":  {Time{}, int64(0), new(Time)},
		"a list":         {Strings{"a", `"b`, ""}, `["a","\"b",""]`, new(Strings)},
		"an empty list":  {Strings{}, "[]", new(Strings)},
		"no list":        {Strings(nil), "", new(Strings)},
		"a score":        {Score(score), "17/24", new(Score)},
		"a score at all": {MaybeScore{&score}, "17/24", new(MaybeScore)},
		"no score":       {MaybeScore{}, "", new(MaybeScore)},
	} {
		t.Run(name, func(t *testing.T) {
			kept, err := tc.value.Value()
			if err != nil || kept != tc.kept {
				t.Fatalf("kept as %v, %v; want %v", kept, err, tc.kept)
			}
			if err := tc.back.Scan(kept); err != nil {
				t.Fatal(err)
			}
			if back := reflect.ValueOf(tc.back).Elem().Interface(); !reflect.DeepEqual(back, tc.value) {
				t.Errorf("came back as %+v, want %+v", back, tc.value)
			}
		})
	}
}

func TestWhatIsNoValueIsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		column sql.Scanner
		kept   any
	}{
		"a time of text":      {new(Time), "2026-11-23"},
		"a list of numbers":   {new(Strings), "[1]"},
		"a list that is null": {new(Strings), nil},
		"half a score":        {new(Score), "17/"},
		"a score above one":   {new(MaybeScore), "3/2"},
		"a score in bytes":    {new(Score), []byte("x")},
	} {
		if err := tc.column.Scan(tc.kept); err == nil {
			t.Errorf("%s: read as %+v", name, tc.column)
		}
	}
}
