// Package column says how the domain's values lie in a column, in a form that
// both databases read the same: times as milliseconds since 1970, lists as
// JSON, scores as text.
package column

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/greenroom-lti/greenroom/internal/greenroom"
	"github.com/greenroom-lti/greenroom/internal/roleplay"
)

// Time is kept as milliseconds since 1970, the zero time as 0.
type Time time.Time

// Millis returns the time that n milliseconds since 1970 are, in UTC.
func Millis(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.UnixMilli(n).UTC()
}

// Value implements driver.Valuer.
func (t Time) Value() (driver.Value, error) {
	if time.Time(t).IsZero() {
		return int64(0), nil
	}
	return time.Time(t).UnixMilli(), nil
}

// Scan implements sql.Scanner.
func (t *Time) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("time: %T instead of an integer", src)
	}
	*t = Time(Millis(n))
	return nil
}

// Strings is kept as a JSON array, nil as empty text.
type Strings []string

// Value implements driver.Valuer.
func (s Strings) Value() (driver.Value, error) {
	if s == nil {
		return "", nil
	}
	b, err := json.Marshal([]string(s))
	return string(b), err
}

// Scan implements sql.Scanner.
func (s *Strings) Scan(src any) error {
	*s = nil
	text, err := scanText(src)
	if err != nil || text == "" {
		return err
	}
	return json.Unmarshal([]byte(text), (*[]string)(s))
}

// Changes are kept as a JSON array, none as empty text.
type Changes []greenroom.Change

// Value implements driver.Valuer.
func (c Changes) Value() (driver.Value, error) {
	if len(c) == 0 {
		return "", nil
	}
	b, err := json.Marshal([]greenroom.Change(c))
	return string(b), err
}

// Scan implements sql.Scanner.
func (c *Changes) Scan(src any) error {
	*c = nil
	text, err := scanText(src)
	if err != nil || text == "" {
		return err
	}
	return json.Unmarshal([]byte(text), (*[]greenroom.Change)(c))
}

// Heard is kept as a JSON array, none as empty text.
type Heard []greenroom.ScopeWord

// Value implements driver.Valuer.
func (h Heard) Value() (driver.Value, error) {
	if len(h) == 0 {
		return "", nil
	}
	b, err := json.Marshal([]greenroom.ScopeWord(h))
	return string(b), err
}

// Scan implements sql.Scanner.
func (h *Heard) Scan(src any) error {
	*h = nil
	text, err := scanText(src)
	if err != nil || text == "" {
		return err
	}
	return json.Unmarshal([]byte(text), (*[]greenroom.ScopeWord)(h))
}

// Test is a connection's last test, kept as a JSON object, none as empty text.
type Test struct{ *greenroom.ConnectionTest }

// Value implements driver.Valuer.
func (t Test) Value() (driver.Value, error) {
	if t.ConnectionTest == nil {
		return "", nil
	}
	b, err := json.Marshal(t.ConnectionTest)
	return string(b), err
}

// Scan implements sql.Scanner.
func (t *Test) Scan(src any) error {
	t.ConnectionTest = nil
	text, err := scanText(src)
	if err != nil || text == "" {
		return err
	}
	return json.Unmarshal([]byte(text), &t.ConnectionTest)
}

// Score is kept as text, for example 17/24.
type Score roleplay.Score

// Value implements driver.Valuer.
func (s Score) Value() (driver.Value, error) { return roleplay.Score(s).String(), nil }

// Scan implements sql.Scanner.
func (s *Score) Scan(src any) error {
	text, err := scanText(src)
	if err != nil {
		return err
	}
	score, err := roleplay.ParseScore(text)
	*s = Score(score)
	return err
}

// MaybeScore is a Score that may be missing: then it is kept as empty text.
type MaybeScore struct{ *roleplay.Score }

// Value implements driver.Valuer.
func (s MaybeScore) Value() (driver.Value, error) {
	if s.Score == nil {
		return "", nil
	}
	return s.String(), nil
}

// Scan implements sql.Scanner.
func (s *MaybeScore) Scan(src any) error {
	s.Score = nil
	text, err := scanText(src)
	if err != nil || text == "" {
		return err
	}
	score, err := roleplay.ParseScore(text)
	s.Score = &score
	return err
}

func scanText(src any) (string, error) {
	switch v := src.(type) {
	case string:
		return v, nil
	case []byte:
		return string(v), nil
	}
	return "", fmt.Errorf("%T instead of text", src)
}
